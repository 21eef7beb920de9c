// packetboat apply as a person lives it, with the real program and a real database: the sample, a second time, another file, what is removed and
// what never is, and what is refused. No server is needed: apply signs in nowhere.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ScratchDatabase, scratchDatabase } from "@packetboat/database/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Ended, loadedFiles, type RunOptions, runProgram } from "./program.ts";

const SAMPLE = join(import.meta.dirname, "../../../docs/packetboat.sample.yaml");

let scratch: ScratchDatabase;
let directory: string;

beforeEach(async () => {
  scratch = await scratchDatabase();
  directory = await mkdtemp(join(tmpdir(), "pb-apply-"));
});
afterEach(async () => {
  await scratch.close();
  await rm(directory, { recursive: true, force: true });
});

const run = (args: readonly string[], options?: RunOptions): Promise<Ended> =>
  runProgram(args, { PACKETBOAT_HOME: directory, PACKETBOAT_DATABASE_URL: scratch.url }, options);

async function must(args: readonly string[], options?: RunOptions): Promise<string> {
  const { code, stdout, stderr } = await run(args, options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

async function file(text: string): Promise<string> {
  const path = join(directory, "packetboat.yaml");
  await writeFile(path, text);
  return path;
}

/** Everything that apply may write, as the database holds it. */
async function held(): Promise<string> {
  const { rows } = await scratch.pool.query(
    `select (select json_agg(a order by a.id) from archive a) as archives, (select json_agg(c order by c.id) from account c) as accounts,
      (select json_agg(l order by l.id) from link l) as links, (select json_agg(s order by s.link_id) from schedule s) as schedules`,
  );
  return JSON.stringify(rows);
}

describe("the sample", () => {
  it("is applied, and the second time there is nothing to change", async () => {
    const empty = await held();
    const dry = await must(["apply", "-f", SAMPLE, "--dry-run"]);
    expect(dry).toMatch(/\n13 changes to make\. Nothing was changed\.\n$/);
    expect(await held()).toBe(empty);
    const done = await must(["apply", "-f", SAMPLE]);
    expect(done.replace("13 changes made.", "13 changes to make. Nothing was changed.")).toBe(dry);
    const after = await held();
    expect(await must(["apply", "-f", SAMPLE])).toBe("Nothing to change.\n");
    expect(await must(["apply", "-f", SAMPLE, "--prune", "--quiet"])).toBe("");
    expect(await held()).toBe(after);
    expect(await must(["account", "show", "you@mail.example.com"])).toContain(
      "environment variable PACKETBOAT_PASSWORD_HOME",
    );
    const { rows } = await scratch.pool.query("select cron, next_at is null as never from schedule order by link_id");
    expect(rows).toEqual([
      { cron: "30 2 * * *", never: false },
      { cron: "0 */6 * * *", never: false },
      { cron: null, never: true },
    ]);
  });

  it("is printed, with its schema, without a database", async () => {
    const away = { PACKETBOAT_DATABASE_URL: "postgres://nobody@127.0.0.1:1/nothing" };
    const sample = await run(["apply", "--sample"], { env: away });
    expect(sample).toEqual({ code: 0, stderr: "", stdout: await readFile(SAMPLE, "utf8") });
    const schema = await run(["apply", "--schema"], { env: away });
    expect(JSON.parse(schema.stdout)).toMatchObject({ title: "packetboat.yaml", additionalProperties: false });
    expect((await run(["apply", "--schema", "--sample"], { env: away })).code).toBe(2);
  });
});

const TWO = `archives: [all, old]
accounts:
  a: { url: "imaps://a@x.example", password: { env: PB_TEST_SECRET } }
  b: { url: "imaps://b@x.example" }
links:
  - { account: a, archive: all, prefix: A }
  - { account: b, archive: old, push: true, schedule: { cron: "0 1 * * *" } }
`;
const ONE = `archives: [all]
accounts:
  a: { url: "imaps://a@x.example", password: { env: PB_TEST_SECRET } }
links:
  - { account: a, archive: all, prefix: B }
`;

describe("another file", () => {
  it("changes what it names, mentions the rest, and removes that only with --prune and a yes", async () => {
    await must(["apply", "-f", await file(TWO)]);
    const path = await file(ONE);
    const said = await must(["apply", "-f", path]);
    expect(said).toContain("~ link     a@x.example → all: prefix: A → B\n");
    expect(said).toContain("account b@x.example is not in the file and stays; --prune removes it.");
    const refused = await run(["apply", "-f", path, "--prune"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/removes 1 account and 1 link, but no mail.*Add --yes/);
    const { steps } = JSON.parse(await must(["apply", "-f", path, "--prune", "--yes", "--json"])) as {
      steps: unknown[];
    };
    expect(steps).toEqual([
      { change: "remove-link", account: "b@x.example", archive: "old" },
      { change: "remove-account", account: "b@x.example" },
    ]);
    const { rows } = await scratch.pool.query("select name from archive order by name");
    expect(rows).toEqual([{ name: "all" }, { name: "old" }]);
    expect(await must(["apply", "-f", path, "--prune"])).toContain("Nothing to change.");
  });

  it("with a problem changes nothing, says where, and shows no password", async () => {
    const before = await held();
    const path = await file(TWO.replace("{ env: PB_TEST_SECRET }", "hunter2").replace("prefix", "prefx"));
    const { code, stdout, stderr } = await run(["apply", "-f", path]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/packetboat\.yaml:3:\d+: accounts\.a\.password is never written here/);
    expect(stderr).toMatch(/packetboat\.yaml:6:\d+: link 1 knows no prefx\. Did you mean prefix\?/);
    expect(stderr).toMatch(/\npacketboat: .*packetboat\.yaml has 2 problems\. Nothing was changed\.\n$/);
    expect(stderr).not.toContain("hunter2");
    expect(await held()).toBe(before);
  });

  it("that would mix an account up with one that it does not name is refused before anything is done", async () => {
    await must(["apply", "-f", await file(TWO)]);
    const before = await held();
    const path = await file(
      'archives: [all, new]\naccounts: { c: { url: "imaps://c@x.example" } }\nlinks: [{ account: c, archive: all }]\n',
    );
    const { code, stderr } = await run(["apply", "-f", path]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/would mix it up with a@x\.example.*\npacketboat: .*Nothing was changed\.\n$/);
    expect(await held()).toBe(before);
  });

  it("that is not there names the way to one", async () => {
    const { code, stderr } = await run(["apply", "-f", join(directory, "none.yaml")]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/cannot be read \(ENOENT\)\. packetboat apply --sample prints one/);
  });
});

describe("a password by reference", () => {
  it("is read from the variable that the file names when it is needed", async () => {
    await must(["apply", "-f", await file(TWO)]);
    const { code, stderr } = await run(["account", "test", "a@x.example"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /The environment variable PB_TEST_SECRET, which holds the password of a@x\.example, is not set\./,
    );
  });
});

describe("what other commands load", () => {
  it("is neither the schema library nor the YAML parser", async () => {
    const { ended, loaded } = await loadedFiles((options) => run(["link", "list"], options));
    expect(ended.code).toBe(0);
    expect(loaded.filter((url) => /\/zod\/|\/yaml\/|config\/src\/declared/.test(url))).toEqual([]);
  });
});
