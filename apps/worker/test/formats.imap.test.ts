// Formats judged by other programs: Dovecot serves the exported Maildir with the same messages, flags, keywords, dates and subscriptions; mutt
// counts the messages of the mboxes; and what was imported is pushed to a server, from where it came or to another.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { corpusMessages, type Dovecot, muttCount, orSkip, startDovecot, WireClient } from "@packetboat/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Program, program } from "./program.ts";

const run = promisify(execFile);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);
const ARCHIVE = "mail";
const MAILBOXES = ["INBOX", "Reçus & café", "Work", "Work/2024", "Empty"];
const FLAGS = [["\\Seen"], ["\\Flagged", "$Forwarded"], ["\\Answered", "\\Draft", "NonJunk", "$Label1"], []];
const DATES = ["29-Feb-2024 12:30:05 +0000", "01-Jan-1999 00:00:00 +0000"];

let cli: Program;
let source: Dovecot | undefined;
let maildir: Dovecot | undefined;
let root: string;

type Held = Readonly<Record<string, readonly string[]>>;

async function served(server: Dovecot, user: string): Promise<Held> {
  await using client = await WireClient.login({ port: server.port }, user);
  const held: Record<string, readonly string[]> = {};
  for (const name of MAILBOXES) {
    await client.select(name, "EXAMINE");
    const messages = await client.fetch();
    held[name] = messages
      .map(({ bytes, flags, internalDate }) => [sha256(bytes), internalDate, ...flags].join(" "))
      .sort();
  }
  return held;
}

beforeAll(async () => {
  cli = await program({ PACKETBOAT_PASSWORD: "pass" });
  root = await mkdtemp(join(tmpdir(), "pb-judged-"));
  [source, maildir] =
    (await orSkip(
      () => undefined,
      () => Promise.all([startDovecot(), startDovecot({ format: "maildir" })]),
    )) ?? [];
  if (source === undefined) return;
  await using client = await WireClient.login({ port: source.port }, "alice");
  for (const name of MAILBOXES.slice(1)) await client.create(name);
  let n = 0;
  for await (const { bytes } of corpusMessages()) {
    if (n++ % 3 !== 0 || bytes.length === 0) continue;
    const [flags = [], date] = [FLAGS[n % FLAGS.length], DATES[n % DATES.length]];
    await client.append(MAILBOXES[n % 4] ?? "INBOX", bytes, { flags, ...(date === undefined ? {} : { date }) });
  }
  await cli.must(["backup", `imap://alice:pass@127.0.0.1:${source.port}?tls=none`, "--archive", ARCHIVE]);
}, 90_000);
afterAll(async () => {
  await source?.stop();
  await maildir?.stop();
  await cli[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

describe("an export is judged", () => {
  it("C1 C2 by Dovecot, which serves the Maildir with the same bytes, flags, keywords and dates", async (context) => {
    if (source === undefined || maildir === undefined) return context.skip("skipped: no Dovecot");
    const target = join(root, "maildir");
    await cli.must(["restore", "export", ARCHIVE, "--to", `maildir:${target}`]);
    await run("sha256sum", ["--strict", "--quiet", "-c", "SHA256SUMS"], { cwd: target });
    await mkdir(maildir.home("bob"), { recursive: true });
    await cp(target, join(maildir.home("bob"), "Maildir"), { recursive: true, preserveTimestamps: true });
    await run("chmod", ["-R", "a+rwX", maildir.home("bob")]);
    expect(await served(maildir, "bob")).toEqual(await served(source, "alice"));
    // Used by Dovecot, it is imported as what it was: twice adds nothing.
    const { totals, failed } = await cli.json<{ totals: { added: number; messages: number }; failed: number }>([
      "import",
      ARCHIVE,
      `maildir:${join(maildir.home("bob"), "Maildir")}`,
    ]);
    expect([totals.added, failed]).toEqual([0, 0]);
    expect(totals.messages).toBeGreaterThan(100);
  }, 90_000);

  it("by mutt, and by Python where there is one, which count the same messages in each mbox", async (context) => {
    if (source === undefined) return context.skip("skipped: no Dovecot");
    const target = join(root, "mbox");
    await cli.must(["restore", "export", ARCHIVE, "--to", `mbox:${target}`]);
    await run("chmod", ["-R", "a+rX", root]);
    const { mailboxes } = await cli.json<{ mailboxes: { path: string[]; messages: number }[] }>([
      "restore",
      "list",
      ARCHIVE,
    ]);
    for (const { path, messages } of mailboxes.filter((one) => one.messages > 0)) {
      const file = join(target, `${path.join("/")}.mbox`);
      const count = await orSkip(context.skip, () => muttCount(file));
      expect(count, file).toBe(messages);
      if (existsSync("/usr/bin/python3")) {
        const asked = "import mailbox, sys; print(len(mailbox.mbox(sys.argv[1])))";
        expect(Number((await run("/usr/bin/python3", ["-c", asked, file])).stdout)).toBe(messages);
      }
    }
  }, 90_000);
});

describe("what was imported", () => {
  it("M10 is pushed to an account as it is in the source, and once", async (context) => {
    if (source === undefined) return context.skip("skipped: no Dovecot");
    const target = join(root, "mail.zip");
    await cli.must(["restore", "export", ARCHIVE, "--to", `zip:${target}`]);
    expect((await readFile(target)).subarray(0, 4).toString("latin1")).toBe("PK\x03\x04");
    await cli.must(["import", "fresh", target]);
    const push = ["restore", "push", "fresh", "--to", `imap://carol:pass@127.0.0.1:${source.port}?tls=none`];
    for (let times = 0; times < 2; times++) {
      await cli.must(push);
      expect(await served(source, "carol")).toEqual(await served(source, "alice"));
    }
  }, 90_000);
});
