// What happens around the ordinary night: a kept password, a second account in one archive, a dry run, Ctrl-C and kill -9 in the middle,
// a busy account, a database that goes away, a schema from the future, a dump that is loaded elsewhere.
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openDatabase } from "@packetboat/database";
import { type Dovecot, orSkip, startDovecot, startProxy, until, WireClient } from "@packetboat/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CommandReport } from "../src/display/report.ts";
import { range } from "./accounts.ts";
import { freshProgram, loadedFiles, type Program } from "./program.ts";

const MANY = 900;
const CAROL = "carol@127.0.0.1";
const mail = (n: number) =>
  Buffer.from(`Subject: ${n}\r\nMessage-ID: <${n}@example.org>\r\n\r\n${"A line of text.\r\n".repeat(400)}`);

let cli: Program;
let dovecot: Dovecot | undefined;
const urlOf = (user: string, password = ":pass") => `imap://${user}${password}@127.0.0.1:${dovecot?.port}?tls=none`;

beforeAll(async () => {
  cli = await freshProgram();
  dovecot = await orSkip(
    () => undefined,
    () => startDovecot(),
  );
  if (dovecot === undefined) return;
  for (const [user, messages] of [
    ["alice", 3],
    ["bob", 2],
    ["carol", MANY],
  ] as const) {
    const client = await WireClient.login({ port: dovecot.port }, user);
    await client.appendMany("INBOX", range(1, messages).map(mail));
    await client.logout();
  }
}, 120_000);
afterAll(async () => {
  await dovecot?.stop();
  await cli[Symbol.asyncDispose]();
});

/** Skips where there is no server. */
const night = (name: string, run: () => Promise<void>) =>
  it(name, async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    await run();
  });

interface Trees {
  readonly mailboxes: readonly { readonly path: readonly string[]; readonly messages: number }[];
}
const treeOf = async (archive: string) =>
  (await cli.json<Trees>(["restore", "list", archive])).mailboxes.map(
    ({ path, messages }) => `${path.join("/")} ${messages}`,
  );

describe("a run over nothing", () => {
  night("loads nothing that only mail or a terminal needs", async () => {
    await cli.must(["backup", urlOf("alice"), "--archive", "quick"]);
    const { ended, loaded } = await loadedFiles((options) =>
      cli.run(["backup", urlOf("alice"), "--archive", "quick"], options),
    );
    expect(ended.stdout).toMatch(/no change/);
    for (const name of ["drizzle", "log-update", "clack", "/commands/mirror", "apps/restore"])
      expect(
        loaded.filter((url) => url.includes(name)),
        name,
      ).toEqual([]);
    expect(loaded.filter((url) => !url.includes("/node_modules/")).length).toBeLessThan(310);
  });
});

describe("accounts", () => {
  night("a password that is kept is sealed, and opens for the nightly run only with its key", async () => {
    await cli.must(["account", "add", urlOf("alice"), "--keep-password"]);
    await cli.must(["link", "add", `alice@127.0.0.1:${dovecot?.port}`, "mail"]);
    expect(await cli.must(["sync", "mail"])).toMatch(/INBOX +3 new/);
    // Also where it stands in the address once more: the lines for every night need no other.
    const first = await cli.must(["backup", urlOf("alice"), "--archive", "again"]);
    expect(first).toMatch(/ExecStart=.* --quiet$/m);
    expect(first).not.toMatch(/password/i);
    const key = join(cli.home, "secrets.key");
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    const original = await readFile(key);
    await rm(key);
    const without = await cli.run(["sync", "mail"]);
    expect(without).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^packetboat: The key of the kept passwords, .*\n$/),
    });
    await writeFile(key, original, { mode: 0o600 });
    expect((await cli.run(["sync", "mail"])).code).toBe(0);
  });

  night("a second account in one archive lies below its own name; the same account is recognised", async () => {
    await cli.must(["backup", urlOf("bob"), "--archive", "mail"]);
    expect(await treeOf("mail")).toEqual(["INBOX 3", `bob@127.0.0.1:${dovecot?.port}/INBOX 2`]);
    expect(await cli.must(["backup", urlOf("bob")])).toMatch(/→ mail: no change/);
    const { accounts } = await cli.json<{ accounts: readonly unknown[] }>(["account", "list"]);
    expect(accounts).toHaveLength(2);
  });

  night("removing one leaves the mail", async () => {
    const name = `bob@127.0.0.1:${dovecot?.port}`;
    expect(await cli.run(["account", "remove", name])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/Add --yes to do it/),
    });
    await cli.must(["account", "remove", name, "--yes"]);
    expect(await treeOf("mail")).toContain(`${name}/INBOX 2`);
    await cli.must(["archive", "remove", "mail", "--yes"]);
    expect((await cli.run(["restore", "list", "mail"])).code).toBe(2);
  });
});

describe("mailboxes", () => {
  night(
    "that are rotated on the server (B goes, A becomes B, a new A comes) are in step after one command",
    async () => {
      await using client = await WireClient.login({ port: dovecot?.port ?? 0 }, "dave");
      for (const [mailbox, messages] of [
        ["A", 2],
        ["B", 3],
        ["C", 4],
      ] as const) {
        await client.create(mailbox);
        await client.appendMany(
          mailbox,
          range(1, messages).map((n) => mail(100 * messages + n)),
        );
      }
      await cli.must(["backup", urlOf("dave"), "--archive", "rotated"]);
      await client.delete("B");
      await client.rename("A", "B");
      await client.create("A");
      await client.append("A", mail(900));
      expect((await cli.run(["backup", urlOf("dave")])).code).toBe(0);
      expect(await treeOf("rotated")).toEqual(["INBOX 0", "A 1", "B 2", "C 4"]);
      await client.delete("B");
      await client.rename("A", "B");
      await client.rename("C", "A");
      expect((await cli.run(["backup", urlOf("dave")])).code).toBe(0);
      expect((await cli.run(["backup", urlOf("dave")])).code).toBe(0);
      expect(await treeOf("rotated")).toEqual(["INBOX 0", "A 4", "B 1"]);
      expect(await cli.must(["backup", urlOf("dave")])).toMatch(/no change/);
      await cli.must(["verify", "rotated", "--deep"], { env: { PACKETBOAT_PASSWORD: "pass" } });
    },
  );
});

describe("interruptions", () => {
  night("a dry run writes nothing", async () => {
    await cli.must(["account", "add", urlOf("carol"), "--keep-password"]);
    await cli.must(["link", "add", `carol@127.0.0.1:${dovecot?.port}`, CAROL]);
    const report = await cli.json<CommandReport>(["sync", CAROL, "--dry-run"]);
    expect(report.totals).toMatchObject({ fetched: MANY, stored: 0 });
    const words = await cli.must(["sync", CAROL, "--dry-run"]);
    expect(words).toMatch(/A dry run: [\d,]+ new .* Nothing was changed\.\n$/);
    expect(await treeOf(CAROL)).toEqual([]);
    expect((await cli.json<{ runs: readonly unknown[] }>(["runs", "--archive", CAROL])).runs).toEqual([]);
  });

  /** Runs a backup through a proxy that holds the mail back in the middle of a message, and strikes then. */
  async function brokenBackup(strike: { readonly signal: NodeJS.Signals } | { readonly act: () => void }) {
    if (dovecot === undefined) throw new Error("no server");
    await using proxy = await startProxy({ port: dovecot.port });
    proxy.stallMidLiteral(MANY / 3);
    const stalled = until(() => proxy.struck() > 0, "the stall", 20_000);
    const url = `imap://carol:pass@127.0.0.1:${proxy.port}?tls=none`;
    const running = cli.run(
      ["backup", url, "--archive", "broken"],
      "signal" in strike ? { kill: { when: stalled, signal: strike.signal } } : {},
    );
    await stalled;
    if ("act" in strike) strike.act();
    return await running;
  }

  night("Ctrl-C in the middle ends with 130 and says that what is stored is safe; so it is", async () => {
    const { code, stderr } = await brokenBackup({ signal: "SIGINT" });
    expect(code).toBe(130);
    expect(stderr).toMatch(/^packetboat: stopping .*\npacketboat: .*safe.*again.*\n$/);
    expect(await cli.must(["runs"])).toMatch(/interrupted/);
    expect((await cli.run(["verify", "broken", "--no-servers"])).stdout).toMatch(/all as they were stored/);
  });

  night("kill -9 in the middle: the next command starts at once, and nothing is there twice", async () => {
    expect((await brokenBackup({ signal: "SIGKILL" })).code).toBe(null);
    expect((await cli.run(["verify", "broken", "--no-servers"])).stdout).toMatch(/all as they were stored/);
    await cli.must(["backup", urlOf("carol"), "--archive", CAROL]);
    expect(await treeOf(CAROL)).toEqual([`INBOX ${MANY}`]);
    expect((await cli.run(["verify", CAROL, "--deep"])).code).toBe(0);
  });

  night("the database goes away in the middle: exit code 1, one line, and the next run is well", async () => {
    const postmaster = await readFile(join(cli.home, "postgres-18", "postmaster.pid"), "utf8");
    const { code, stderr } = await brokenBackup({
      act: () => process.kill(Number(postmaster.split("\n")[0]), "SIGQUIT"),
    });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^packetboat: [^\n]*database[^\n]*\n$/),
    });
    expect(await cli.must(["backup", urlOf("carol"), "--archive", CAROL])).toMatch(/no change/);
  });

  night("two backups of one account at once: one waits for the other, both end well", async () => {
    const both = await Promise.all([0, 1].map(() => cli.run(["backup", urlOf("carol"), "--archive", CAROL])));
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
  });
});

describe("the database", () => {
  night("a schema from the future is refused by name, and nothing is changed", async () => {
    await using other = await freshProgram();
    await other.must(["archive", "list"]);
    const database = await openDatabase({ home: other.home, env: { PACKETBOAT_DATABASE_KEEP: "1" } });
    await database.pool.query("insert into schema_migration (number, name, sha256) values (9999, 'future', 'x')");
    await database.close();
    const { code, stdout, stderr } = await other.run(["archive", "list"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^packetboat: The database was upgraded by a newer Packetboat .*\n$/);
  });

  night("a dump is loaded into another home, and is all there", async () => {
    const file = join(cli.home, "all.dump");
    expect(await cli.must(["database", "dump", file])).toMatch(/Dumped [\d,]+ messages/);
    await using other = await freshProgram();
    await other.must(["database", "load", file]);
    expect((await other.run(["verify", CAROL, "--no-servers"])).code).toBe(3);
    expect((await other.json<Trees>(["restore", "list", CAROL])).mailboxes).toMatchObject([{ messages: MANY }]);
  });
});
