// What happens around the ordinary night: a kept password, a second account in one archive, a dry run, Ctrl-C and kill -9 in the middle,
// a busy account, a database that goes away, a schema from the future, a dump that is loaded elsewhere.
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Dovecot, orSkip, startDovecot, WireClient } from "@packetboat/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CommandReport } from "../src/display/report.ts";
import { type Program, program } from "./program.ts";

const MANY = 2_000;
const mail = (n: number) =>
  Buffer.from(`Subject: ${n}\r\nMessage-ID: <${n}@example.org>\r\n\r\n${"A line of text.\r\n".repeat(400)}`);

let cli: Program;
let dovecot: Dovecot | undefined;
const urlOf = (user: string, password = ":pass") => `imap://${user}${password}@127.0.0.1:${dovecot?.port}?tls=none`;

beforeAll(async () => {
  cli = await program();
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
    for (let n = 1; n <= messages; n++) await client.append("INBOX", mail(n));
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

describe("accounts", () => {
  night("a password that is kept is sealed, and opens for the nightly run only with its key", async () => {
    await cli.must(["account", "add", urlOf("alice"), "--keep-password"]);
    await cli.must(["link", "add", `alice@127.0.0.1:${dovecot?.port}`, "mail"]);
    expect(await cli.must(["sync", "mail"])).toMatch(/INBOX +3 new/);
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

describe("interruptions", () => {
  const stored = async () => (await treeOf("carol@127.0.0.1").catch(() => ["INBOX 0"]))[0];

  night("a dry run writes nothing", async () => {
    await cli.must(["account", "add", urlOf("carol"), "--keep-password"]);
    await cli.must(["link", "add", `carol@127.0.0.1:${dovecot?.port}`, "carol@127.0.0.1"]);
    const report = await cli.json<CommandReport>(["sync", "carol@127.0.0.1", "--dry-run"]);
    expect(report.totals).toMatchObject({ fetched: MANY, stored: 0 });
    expect(await treeOf("carol@127.0.0.1")).toEqual([]);
    expect((await cli.json<{ runs: readonly unknown[] }>(["runs", "--archive", "carol@127.0.0.1"])).runs).toEqual([]);
  });

  night(
    "Ctrl-C ends with 130 and keeps what is stored; kill -9 too; the next run completes it, nothing twice",
    async () => {
      const log = { PACKETBOAT_LOG: "debug" };
      const stopped = await cli.run(["backup", urlOf("carol")], {
        env: log,
        kill: { when: /stored|FETCH|fetch/, signal: "SIGINT" },
      });
      expect([0, 130]).toContain(stopped.code);
      const killed = await cli.run(["backup", urlOf("carol")], {
        env: log,
        kill: { when: /stored|FETCH|fetch/, signal: "SIGKILL" },
      });
      expect([0, null]).toContain(killed.code);
      await cli.must(["backup", urlOf("carol")]);
      expect(await stored()).toBe(`INBOX ${MANY}`);
      expect((await cli.run(["verify", "carol@127.0.0.1", "--deep"])).code).toBe(0);
    },
  );

  night("two backups of one account at once: one waits for the other, both end well", async () => {
    const both = await Promise.all([cli.run(["backup", urlOf("carol")]), cli.run(["backup", urlOf("carol")])]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
  });
});

describe("the database", () => {
  night("a dump is loaded into another home, and is all there", async () => {
    const file = join(cli.home, "all.dump");
    expect(await cli.must(["database", "dump", file])).toMatch(
      new RegExp(`Dumped ${MANY.toLocaleString("en-US")} messages`),
    );
    await using other = await program();
    await other.must(["database", "load", file]);
    expect((await other.run(["verify", "carol@127.0.0.1", "--no-servers"])).code).toBe(3);
    expect((await other.json<Trees>(["restore", "list", "carol@127.0.0.1"])).mailboxes).toMatchObject([
      { messages: MANY },
    ]);
  });
});
