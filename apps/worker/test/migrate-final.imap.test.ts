// `migrate --final` as a person runs it, with the real program between two real accounts: proved, then not, and why; and the options that
// mean nothing alone.
import { type Dovecot, orSkip, startDovecot, WireClient } from "@packetboat/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { FinalReport } from "../src/display/final.ts";
import { type Program, program } from "./program.ts";

let cli: Program;
let from: Dovecot | undefined;
let to: Dovecot | undefined;

beforeAll(async () => {
  cli = await program();
  from = await orSkip(
    () => undefined,
    () => startDovecot(),
  );
  if (from !== undefined) to = await startDovecot({ format: "maildir", separator: "." });
});
afterAll(async () => {
  await from?.stop();
  await to?.stop();
  await cli[Symbol.asyncDispose]();
});

const mail = (subject: string, eol = "\r\n") => Buffer.from(["Subject: x", "", `About ${subject}.`, ""].join(eol));

it("proves what it carried over, and names what is not there", async (context) => {
  if (from === undefined || to === undefined) return context.skip("skipped: no Dovecot");
  const urls = [`imap://alice:pass@127.0.0.1:${from.port}?tls=none`, `imap://bob:pass@127.0.0.1:${to.port}?tls=none`];
  await using alice = await WireClient.login({ port: from.port }, "alice");
  await alice.create("Work/Plans");
  for (const subject of ["one", "two", "two"])
    await alice.append("INBOX", mail(subject), { flags: ["\\Seen", "$Work"] });
  await alice.append("Work/Plans", mail("plan", "\n"));

  const proved = await cli.must(["migrate", ...urls, "--final"]);
  expect(proved).toMatch(
    /\nProved: all 4 messages of \S+ are on \S+: compared one by one, [23] mailboxes\.\nCompared: whole/,
  );
  const deep = await cli.must(["migrate", ...urls, "--final", "--deep", "--verbose"]);
  expect(deep).toMatch(/\nmailbox +messages +on target\n/);
  expect(deep).toMatch(/Work\/Plans +1 +1\n/);
  expect(deep).toMatch(/\nProved: all 4 messages .*\nCompared: every byte \(\d+ bytes read from both servers\)/);
  expect(await cli.must(["migrate", ...urls, "--final", "--quiet"])).toBe("");

  await using bob = await WireClient.login({ port: to.port }, "bob");
  await bob.select("INBOX");
  await bob.expunge("3");
  await bob.store("1", "-FLAGS", ["\\Seen"]);
  const missing = await cli.run(["migrate", ...urls, "--final"]);
  expect(missing).toMatchObject({ code: 3 });
  expect(missing.stdout).toMatch(/INBOX +3 +2 +1 missing, 1 with other flags/);
  expect(missing.stdout).toMatch(/INBOX: missing on the target: UID [23]\n/);
  expect(missing.stdout).toMatch(/\nNot all: 3 of 4 messages of /);
  const asJson = await cli.run(["migrate", ...urls, "--final", "--json"]);
  const report = JSON.parse(asJson.stdout) as { outcome: string; exitCode: number; final: FinalReport };
  expect([asJson.code, report.exitCode, report.outcome]).toEqual([3, 3, "partial"]);
  expect(report.final.totals).toMatchObject({ messages: 4, present: 3, missing: 1, altered: 0 });
  const quiet = await cli.run(["migrate", ...urls, "--final", "--quiet"]);
  expect(quiet).toMatchObject({ code: 3, stdout: "" });
  expect(quiet.stderr).toContain("Not all: 3 of 4");
});

it.each([
  ["--deep", "add --final"],
  ["--verbose", "add --final"],
  ["--final --dry-run", "leave out --dry-run"],
])("refuses %s", async (options, sentence) => {
  const urls = ["imap://a:pass@127.0.0.1:1?tls=none", "imap://b:pass@127.0.0.1:1?tls=none"];
  const { code, stderr } = await cli.run(["migrate", ...urls, ...options.split(" ")]);
  expect(code).toBe(2);
  expect(stderr).toContain(sentence);
});
