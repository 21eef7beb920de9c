// The nightly backup as a person lives it, with the real program against Dovecot: first night, quiet night, busy night, the past, proof,
// and the way back as files. Another program (the tests' own client) changes the server in between.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Dovecot, orSkip, startDovecot, WireClient } from "@packetboat/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CommandReport } from "../src/display/report.ts";
import type { VerifyReport } from "../src/verify/outcome.ts";
import { freshProgram, type Program } from "./program.ts";

const ARCHIVE = "alice@127.0.0.1";
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const mail = (subject: string) =>
  Buffer.from(`Subject: ${subject}\r\nMessage-ID: <${subject}@example.org>\r\n\r\nAbout ${subject}.\r\n`);

let cli: Program;
let dovecot: Dovecot | undefined;
let url: string;
let directory: string;

beforeAll(async () => {
  cli = await freshProgram();
  directory = await mkdtemp(join(tmpdir(), "pb-journey-"));
  dovecot = await orSkip(
    () => undefined,
    () => startDovecot(),
  );
  url = `imap://alice:pass@127.0.0.1:${dovecot?.port}?tls=none`;
});
afterAll(async () => {
  await dovecot?.stop();
  await cli[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** Lets another program work on alice's mail. */
async function onServer(work: (client: WireClient) => Promise<void>): Promise<void> {
  if (dovecot === undefined) throw new Error("no server");
  const client = await WireClient.login({ port: dovecot.port }, "alice");
  await work(client);
  await client.logout();
}

interface Listing {
  readonly revision: number;
  readonly mailboxes: readonly { readonly path: readonly string[]; readonly messages: number }[];
}
async function tree(...at: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const { mailboxes } = await cli.json<Listing>(["restore", "list", ARCHIVE, ...at]);
  return Object.fromEntries(mailboxes.map(({ path, messages }) => [path.join("/"), messages]));
}

describe("nights", () => {
  it("the first night: everything, where it lies, how to read it back, and the lines for every night", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    await onServer(async (client) => {
      for (const mailbox of ["Work", "Work/2024", "Reçus & café"]) await client.create(mailbox);
      for (const subject of ["one", "two", "three"]) await client.append("INBOX", mail(subject));
      await client.append("Work/2024", mail("plan"), {
        flags: ["\\Seen", "$Important"],
        date: "29-Feb-2024 12:30:05 +0000",
      });
    });
    const stdout = await cli.must(["backup", url]);
    expect(stdout).toMatch(/INBOX +3 new/);
    expect(stdout).toMatch(/Done: 4 new/);
    expect(stdout).toMatch(/17 3 \* \* \* .*packetboat backup 'imap:\/\/alice@127\.0\.0\.1:\d+\?tls=none'/);
    expect(stdout).toMatch(/ExecStart=/);
    expect(stdout).toContain(`restore list ${ARCHIVE}`);
    expect(stdout).not.toContain("alice:pass");
    expect(await tree()).toEqual({ INBOX: 3, "Reçus & café": 0, Work: 0, "Work/2024": 1 });
  });

  it("a quiet night: one line, and nothing with --quiet", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    expect(await cli.must(["backup", url])).toMatch(
      /^alice@127\.0\.0\.1:\d+ → alice@127\.0\.0\.1: no change in \d+ mailboxes \(\d+\.\d s\)\.\n$/,
    );
    expect(await cli.run(["backup", url, "--quiet"])).toEqual({ code: 0, stdout: "", stderr: "" });
    const report = await cli.json<CommandReport>(["backup", url]);
    expect(report).toMatchObject({ version: 1, outcome: "ok", exitCode: 0, totals: { fetched: 0, stored: 0 } });
  });

  it("a busy night: new, flagged, moved, removed and renamed, in the log and at every earlier moment", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    const before = (await cli.json<Listing>(["restore", "list", ARCHIVE])).revision;
    await onServer(async (client) => {
      await client.select("INBOX");
      await client.append("INBOX", mail("four"));
      await client.store("1", "+FLAGS", ["\\Flagged", "$Later"]);
      await client.move("2", "Work");
      await client.store("3", "+FLAGS", ["\\Deleted"]);
      await client.expunge("3");
      await client.rename("Work/2024", "Work/Archive 2024");
    });
    const { totals, runs } = await cli.json<CommandReport>(["backup", url]);
    expect(totals).toMatchObject({ stored: 1, flagsChanged: 1, movedIn: 1, movedOut: 1, removed: 1, fetched: 1 });
    expect(runs[0]?.notes.map(({ kind }) => kind)).toContain("mailboxRenamed");
    const now = { INBOX: 2, "Reçus & café": 0, Work: 1, "Work/Archive 2024": 1 };
    expect(await tree()).toEqual(now);
    expect(await tree("--at", String(before))).toEqual({ INBOX: 3, "Reçus & café": 0, Work: 0, "Work/2024": 1 });
    const log = await cli.must(["log", ARCHIVE]);
    for (const word of [/1 added/, /1 flag change/, /1 moved/, /1 removed/, /1 mailbox/]) expect(log).toMatch(word);
    expect(await cli.must(["runs"])).toMatch(/ok/);
    expect(await cli.must(["status"])).toMatch(/All is up to date/);
  });
});

describe("proof", () => {
  const verify = async (...more: readonly string[]) => {
    const ended = await cli.run(["verify", ARCHIVE, "--json", ...more], { env: { PACKETBOAT_PASSWORD: "pass" } });
    return { code: ended.code, report: JSON.parse(ended.stdout) as VerifyReport };
  };

  it("verify and verify --deep are clean; without a server it says so and ends with 3", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    const plain = await verify();
    expect(plain.report.servers).toMatchObject([{ asked: true, messages: 4, findings: [] }]);
    expect(plain.code).toBe(0);
    const deep = await verify("--deep");
    expect(deep).toMatchObject({
      code: 0,
      report: { stored: { findings: [] }, servers: [{ asked: true, messages: 4, findings: [], remarks: [] }] },
    });
    const none = await cli.run(["verify", ARCHIVE]);
    expect(none.code).toBe(3);
    expect(none.stdout).toMatch(/servers: not asked/);
  });

  it("what another program did to the server since is named", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    await onServer(async (client) => {
      await client.select("INBOX");
      await client.store("1", "-FLAGS", ["\\Flagged"]);
      await client.append("INBOX", mail("five"));
      await client.select("Work");
      await client.store("1", "+FLAGS", ["\\Deleted"]);
      await client.expunge("1");
    });
    const { code, report } = await verify();
    const [server] = report.servers;
    if (server?.asked !== true) throw new Error("not asked");
    expect(server.findings.map(({ kind, mailbox, uids }) => ({ kind, mailbox, uids }))).toEqual([
      { kind: "flagsDiffer", mailbox: "INBOX", uids: [[1, 1]] },
      { kind: "missingOnServer", mailbox: "Work", uids: [[1, 1]] },
    ]);
    expect(server.remarks).toEqual([{ kind: "arrivedSince", mailbox: "INBOX", uids: [[5, 5]] }]);
    expect(code).toBe(1);
    await cli.must(["backup", url]);
    expect((await verify()).code).toBe(0);
  });
});

describe("the way back", () => {
  it("an export holds the server's bytes, dates and flags, and sha256sum accepts it", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    const target = join(directory, "export");
    await cli.must(["restore", "export", ARCHIVE, "--to", `eml:${target}`]);
    execFileSync("sha256sum", ["--strict", "-c", "SHA256SUMS"], { cwd: target });
    const lines = (await readFile(join(target, "manifest.jsonl"), "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const onDisk = await Promise.all(
      lines.map(async ({ path }: { path: string }) => sha256(await readFile(join(target, path)))),
    );
    const served: string[] = [];
    await onServer(async (client) => {
      for (const mailbox of ["INBOX", "Work", "Work/Archive 2024", "Reçus & café"]) {
        if ((await client.select(mailbox, "EXAMINE")).exists > 0)
          served.push(...(await client.fetch()).map(({ bytes }) => sha256(bytes)));
      }
    });
    expect(onDisk.sort()).toEqual(served.sort());
    const plan = lines.find(({ mailbox }: { mailbox: string[] }) => mailbox.join("/") === "Work/Archive 2024");
    expect(plan).toMatchObject({ flags: ["$Important", "\\Seen"], internalDate: "2024-02-29T12:30:05.000Z" });
    expect(await readdir(target)).toContain("Reçus & café");
    const again = await cli.run(["restore", "export", ARCHIVE, "--to", `eml:${target}`, "--at", "1"]);
    expect(again).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(/holds another export/) });
  });
});
