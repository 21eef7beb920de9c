// The archive as it was, with the real program against Dovecot: mail is changed by another program between two nights, and both nights
// are read back as lists and as files, byte for byte what the server handed out then. Erasing, and letting through what a guard holds.
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, truncate, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { corpusMessages, type Dovecot, orSkip, startDovecot, WireClient } from "@packetboat/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CommandReport } from "../src/display/report.ts";
import { range } from "./accounts.ts";
import { type Program, program } from "./program.ts";

const ARCHIVE = "mail";
const MAILBOXES = ["INBOX", "Work", "Work/Äöü & more", "Lists", "Large"];
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const mail = (subject: string) => Buffer.from(`Subject: ${subject}\r\n\r\nAbout ${subject}.\r\n`);

/** Over 8 MB, so that it is stored in parts, and one over 1 MB, which is streamed. */
const large = (bytes: number) =>
  Buffer.from(
    `Subject: large\r\n\r\n${(
      randomBytes(bytes / 2)
        .toString("hex")
        .match(/.{1,72}/g) ?? []
    ).join("\r\n")}\r\n`,
  );

let cli: Program;
let dovecot: Dovecot | undefined;
let directory: string;
/** What the server held after each night: mailbox → one line a message. */
type Held = Readonly<Record<string, readonly string[]>>;
let first: Held;
let second: Held;

const backup = () =>
  cli.run(["backup", `imap://alice:pass@127.0.0.1:${dovecot?.port}?tls=none`, "--archive", ARCHIVE, "--json"]);

async function onServer<T>(work: (client: WireClient) => Promise<T>): Promise<T> {
  await using client = await WireClient.login({ port: dovecot?.port ?? 0 }, "alice");
  return await work(client);
}

const served = (): Promise<Held> =>
  onServer(async (client) => {
    const held: Record<string, readonly string[]> = {};
    const there = new Set((await client.list()).map(({ name }) => name));
    for (const mailbox of MAILBOXES) {
      if (!there.has(mailbox)) continue;
      const { exists } = await client.select(mailbox, "EXAMINE");
      const messages = exists > 0 ? await client.fetch() : [];
      held[mailbox] = messages.map(({ bytes, flags }) => `${sha256(bytes)} ${bytes.length} ${flags.join(" ")}`).sort();
    }
    return held;
  });

beforeAll(async () => {
  cli = await program();
  directory = await mkdtemp(join(tmpdir(), "pb-past-"));
  dovecot = await orSkip(
    () => undefined,
    () => startDovecot(),
  );
  if (dovecot === undefined) return;
  await onServer(async (client) => {
    for (const mailbox of MAILBOXES.slice(1)) await client.create(mailbox);
    let kept = 0;
    for await (const { bytes } of corpusMessages()) {
      // Every ninth: hostile structures of all kinds; the whole corpus goes through elsewhere.
      if (kept++ % 9 === 0 && bytes.length > 0)
        await client.append("INBOX", bytes, { flags: kept % 2 === 0 ? ["\\Seen"] : [] });
    }
    for (const bytes of [9_000_000, 1_500_000]) await client.append("Large", large(bytes));
    await client.appendMany(
      "Lists",
      range(0, 24).map((n) => mail(`list ${n}`)),
    );
    await client.append("Work/Äöü & more", mail("work"), {
      flags: ["\\Flagged", "$Later"],
      date: "29-Feb-2024 12:30:05 +0000",
    });
  });
}, 120_000);
afterAll(async () => {
  await dovecot?.stop();
  await cli[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

interface Listing {
  readonly revision: number;
  readonly mailboxes: readonly {
    readonly path: readonly string[];
    readonly messages: number;
    readonly unread: number;
  }[];
}
interface Line {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  readonly mailbox: readonly string[];
  readonly flags: readonly string[];
  readonly internalDate: string | null;
}

/** What lies in an export, read from the files themselves and held against the manifest and the sums. */
async function exported(target: string): Promise<{ readonly held: Held; readonly lines: readonly Line[] }> {
  execFileSync("sha256sum", ["--strict", "--quiet", "-c", "SHA256SUMS"], { cwd: target });
  const text = await readFile(join(target, "manifest.jsonl"), "utf8");
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
  const held: Record<string, string[]> = {};
  for (const { path, mailbox, flags } of lines) {
    const bytes = await readFile(join(target, path));
    const name = mailbox.join("/");
    held[name] = [...(held[name] ?? []), `${sha256(bytes)} ${bytes.length} ${[...flags].sort().join(" ")}`];
  }
  const files = (await readdir(target, { recursive: true })).filter((name) => name.endsWith(".eml"));
  expect(files.length).toBe(lines.length);
  return { held: Object.fromEntries(Object.entries(held).map(([name, all]) => [name, all.sort()])), lines };
}

const notEmpty = (held: Held): Held => Object.fromEntries(Object.entries(held).filter(([, all]) => all.length > 0));

describe("two nights", () => {
  it("are both listed and exported as they were", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    first = await served();
    expect((await backup()).code).toBe(0);
    const before = await cli.json<Listing>(["restore", "list", ARCHIVE]);
    const between = new Date().toISOString();
    await onServer(async (client) => {
      await client.select("INBOX");
      const uids = await client.uids();
      await client.store(`${uids[0]}:${uids[2]}`, "+FLAGS", ["\\Answered", "Work/Later"]);
      await client.expunge(String(uids[3]));
      await client.move(`${uids[4]},${uids[5]}`, "Work");
      await client.append("INBOX", mail("of the second night"));
      await client.select("Work");
      await client.delete("Work/Äöü & more");
    });
    second = await served();
    expect((await backup()).code).toBe(0);
    const after = await cli.json<Listing>(["restore", "list", ARCHIVE]);
    expect(after.revision).toBeGreaterThan(before.revision);
    for (const [at, revision, state] of [
      [[], after.revision, second],
      [["--at", String(before.revision)], before.revision, first],
      [["--at", between], before.revision, first],
    ] as const) {
      const listing = await cli.json<Listing>(["restore", "list", ARCHIVE, ...at]);
      expect(listing.revision).toBe(revision);
      const counts = listing.mailboxes.map(({ path, messages, unread }) => [path.join("/"), [messages, unread]]);
      const unread = (all: readonly string[]) => all.filter((line) => !line.includes("\\Seen")).length;
      expect(Object.fromEntries(counts)).toEqual(
        Object.fromEntries(Object.entries(state).map(([name, all]) => [name, [all.length, unread(all)]])),
      );
      const target = join(directory, `export-${at.join("")}`);
      await cli.must(["restore", "export", ARCHIVE, "--to", `eml:${target}`, ...at]);
      const { held, lines } = await exported(target);
      expect(held).toEqual(notEmpty(state));
      const dated = lines.find(({ mailbox }) => mailbox.join("/") === "Work/Äöü & more");
      expect(dated?.internalDate ?? null).toBe(state === first ? "2024-02-29T12:30:05.000Z" : null);
    }
    expect((await cli.json<Listing>(["restore", "list", ARCHIVE, "--at", "2001-01-01"])).mailboxes).toEqual([]);
    expect(await cli.must(["restore", "list", ARCHIVE, "--at", "0"])).toMatch(
      /^mail is empty at revision 0\. Its newest/,
    );
  });

  it("show what changed in the log, in the runs, and message by message", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    const log = await cli.must(["log", ARCHIVE, "--limit", "1"]);
    expect(log).toMatch(/run 2 {2}1 added, 3 flag changes, 2 moved, 2 removed, 1 mailbox\n/);
    expect(log).toMatch(/\n {9}INBOX → Work +2 moved\n/);
    expect(log).toMatch(/\n {9}Work\/Äöü & more +mailbox removed\n/);
    expect(log).toMatch(/There is more/);
    const runs = await cli.json<{ runs: { run: number; totals: { stored: number } }[] }>(["runs"]);
    expect(runs.runs.map(({ run }) => run)).toEqual([2, 1]);
    expect(runs.runs[0]?.totals.stored).toBe(1);
    expect(await cli.must(["runs", "2"])).toMatch(/^Run 2, ok, started .*\n[\s\S]*Done: 1 new/);
    const list = await cli.json<{ messages: { flags: string[]; sha256: string; mailbox: string[] }[] }>([
      "restore",
      "list",
      ARCHIVE,
      "--mailbox",
      "inbox",
      "--mailbox",
      "Work",
    ]);
    const listed = list.messages.map((each) => `${each.sha256} ${each.flags.join(" ")}`).sort();
    const both = [...(second.INBOX ?? []), ...(second.Work ?? [])].map((line) => line.replace(/ \d+ /, " ")).sort();
    expect(listed.map((line) => line.split(" ")[0])).toEqual(both.map((line) => line.split(" ")[0]));
    const typo = await cli.run(["restore", "list", ARCHIVE, "--mailbox", "Wrok"]);
    expect(typo).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/^packetboat: No mailbox matches Wrok/),
    });
  });

  it("an interrupted export goes on at its own revision, though the archive moved on", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    const target = join(directory, "resumed");
    await cli.must(["restore", "export", ARCHIVE, "--to", `eml:${target}`]);
    const files = (await readdir(target, { recursive: true })).filter((name) => name.endsWith(".eml")).sort();
    // As a kill leaves it: no sums and no manifest yet, one file cut off, the rest not begun.
    for (const name of ["SHA256SUMS", "manifest.jsonl", ...files.slice(6)]) await unlink(join(target, name));
    await truncate(join(target, files[5] ?? ""), 10);
    await onServer((client) => client.append("INBOX", mail("later")));
    expect((await backup()).code).toBe(0);
    const done = await cli.json<{ alreadyThere: number; messages: number }>([
      "restore",
      "export",
      ARCHIVE,
      "--to",
      `eml:${target}`,
    ]);
    expect(done).toMatchObject({ alreadyThere: 5, messages: files.length });
    expect((await exported(target)).held).toEqual(notEmpty(second));
    const other = await cli.run(["restore", "export", ARCHIVE, "--to", `eml:${target}`]);
    expect(other).toMatchObject({ code: 2, stderr: expect.stringMatching(/holds another export/) });
  });
});

describe("watching", () => {
  it("status is 0 when all is well, and 1 with the reason when the last run failed or is long ago", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    expect(await cli.run(["status", "--quiet"])).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await cli.must(["status"])).toMatch(/ ok +2\d{3}-.* ago +\d+ +1\d MB\n\nAll is up to date\.\n$/);
    const wrong = await cli.run(["backup", `imap://alice:no@127.0.0.1:${dovecot.port}?tls=none`, "--archive", ARCHIVE]);
    expect(wrong.code).toBe(4);
    const failing = await cli.run(["status", "--json"]);
    expect(failing.code).toBe(1);
    expect(JSON.parse(failing.stdout).links).toMatchObject([{ archive: ARCHIVE, state: "failing", well: false }]);
    expect((await cli.run(["status", "-q"])).stderr).toMatch(/run \d+ failed .* refused the sign-in/);
    expect((await backup()).code).toBe(0);
    expect((await cli.run(["status"])).code).toBe(0);
  });

  it("what a guard holds is listed, let through only when it is said so, and applied by the next run", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    await onServer(async (client) => {
      await client.delete("Lists");
      await client.create("Lists");
      await client.appendMany(
        "Lists",
        range(0, 29).map((n) => mail(`another list ${n}`)),
      );
    });
    // Cron sends what is written: a halt is no success that --quiet may pass over.
    const quiet = await cli.run([
      "backup",
      `imap://alice:pass@127.0.0.1:${dovecot.port}?tls=none`,
      "--archive",
      ARCHIVE,
      "-q",
    ]);
    expect(quiet).toMatchObject({ code: 5, stdout: "", stderr: expect.stringMatching(/Halted by a guard:/) });
    const halted = await backup();
    expect(halted.code).toBe(5);
    const id = String((JSON.parse(halted.stdout) as CommandReport).runs.at(-1)?.run);
    expect((await cli.run(["status"])).stdout).toMatch(
      new RegExp(`holds back 30 messages.*packetboat approve ${id}\n`),
    );
    const shown = await cli.run(["approve", id]);
    expect(shown).toMatchObject({ code: 2, stderr: expect.stringMatching(/add --yes/) });
    expect(shown.stdout).toMatch(/holds back 30 messages to be added:\n {2}Lists +30 messages to be added +UID 1:30\n/);
    expect(await cli.run(["approve", "1", "--yes"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`approve ${id}`),
    });
    expect(await cli.run(["approve", "999", "--yes"])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no run 999/),
    });
    expect(await cli.must(["approve", id, "--yes"])).toMatch(/Approved: 30 messages\./);
    expect((await backup()).code).toBe(0);
    const { mailboxes } = await cli.json<Listing>(["restore", "list", ARCHIVE]);
    // U1: a new numbering never removes, so the old 25 stay.
    expect(mailboxes.find(({ path }) => path[0] === "Lists")?.messages).toBe(55);
    const used = await cli.run(["approve", id, "--yes"]);
    expect(used).toMatchObject({ code: 2, stderr: expect.stringMatching(/used up/) });
  });

  it("what is forgotten is gone from every revision, and is not pulled again", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    expect(await cli.run(["forget", ARCHIVE])).toMatchObject({ code: 2, stderr: expect.stringMatching(/Say which/) });
    const refused = await cli.run(["forget", ARCHIVE, "--mailbox", "Large"]);
    expect(refused).toMatchObject({ code: 2, stdout: expect.stringMatching(/Large {2}2 messages/) });
    const large = async (at: readonly string[]) => {
      const { mailboxes } = await cli.json<Listing>(["restore", "list", ARCHIVE, ...at]);
      return mailboxes.find(({ path }) => path[0] === "Large")?.messages;
    };
    expect(await large([])).toBe(2);
    const erased = await cli.must(["forget", ARCHIVE, "--mailbox", "Large", "--yes"]);
    expect(erased).toMatch(/Erased 2 messages \(1\d MB\).*\nDumps .* still hold the bytes/);
    const number = /Revision (\d+) of the log/.exec(erased)?.[1] ?? "";
    expect(await cli.must(["log", ARCHIVE, "--revision", number])).toMatch(/2 messages erased for good/);
    const again = await backup();
    expect((JSON.parse(again.stdout) as CommandReport).totals.fetched).toBe(0);
    const { revision } = await cli.json<Listing>(["restore", "list", ARCHIVE]);
    for (const at of [[], ["--at", "5"], ["--at", String(revision)]]) expect((await large(at)) ?? 0).toBe(0);
    expect(await cli.must(["log", ARCHIVE, "--limit", "2"])).toMatch(/2 erased for good/);
  });
});
