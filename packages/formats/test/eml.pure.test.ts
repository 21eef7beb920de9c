// An export of EML files: the same bytes, sums that sha256sum accepts, resumed after a break, refused over anything else.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MailError } from "@packetboat/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ExportMessage, exportEml, type ManifestLine } from "../src/index.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "pb-eml-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const subject = { archive: "you@example.com", revision: 7, time: null, selection: "" };
const mailboxes = [["INBOX"], ["inbox", "x"], ["Work", "../evil"], ["Empty"]].map((path) => ({
  path,
  role: null,
  subscribed: true,
}));
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

let read: number[] = [];
function message(id: number, mailbox: readonly string[], text: string, digest?: string): ExportMessage {
  const bytes = Buffer.from(text, "latin1");
  return {
    id,
    mailbox,
    sha256: digest ?? sha256(bytes),
    size: bytes.length,
    flags: ["\\Seen"],
    internalDate: Date.UTC(2020, 0, id),
    bytes: async function* () {
      read.push(id);
      for (let at = 0; at < bytes.length; at += 5) yield bytes.subarray(at, at + 5);
      if (digest !== undefined) throw new MailError("BLOB_MISMATCH", "damaged");
    },
  };
}
const all = () => [
  message(1, ["INBOX"], "From: a\r\n\r\nbody\0\xff"),
  message(2, ["Work", "../evil"], ""),
  message(3, ["INBOX"], "no header"),
];
async function* stream(messages: readonly ExportMessage[], breakAfter = Number.POSITIVE_INFINITY) {
  for (const [index, each] of messages.entries()) {
    if (index >= breakAfter) throw new Error("interrupted");
    yield each;
  }
}

it("writes the bytes, the dates, a manifest, and sums that sha256sum accepts", async () => {
  read = [];
  const target = join(root, "new", "export");
  const outcome = await exportEml(target, subject, mailboxes, stream(all()));
  expect(outcome).toMatchObject({ messages: 3, bytes: 26, alreadyThere: 0, damaged: [] });
  const lines = (await readFile(join(target, "manifest.jsonl"), "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as ManifestLine);
  expect(lines.map(({ path, mailbox, message: id, revision }) => ({ path, mailbox, id, revision }))).toEqual([
    { path: "INBOX/2020-01-01_000000_1.eml", mailbox: ["INBOX"], id: 1, revision: 7 },
    { path: "Work/_._evil/2020-01-02_000000_2.eml", mailbox: ["Work", "../evil"], id: 2, revision: 7 },
    { path: "INBOX/2020-01-03_000000_3.eml", mailbox: ["INBOX"], id: 3, revision: 7 },
  ]);
  for (const line of lines) expect(sha256(await readFile(join(target, line.path)))).toBe(line.sha256);
  expect((await stat(join(target, lines[0]!.path))).mtimeMs).toBe(Date.UTC(2020, 0, 1));
  expect((await readdir(target)).sort()).toEqual(
    [
      "Empty",
      "INBOX",
      "SHA256SUMS",
      "Work",
      "inbox~ebdf965c",
      "mailboxes.jsonl",
      "manifest.jsonl",
      "packetboat-export.json",
    ].sort(),
  );
  execFileSync("sha256sum", ["--strict", "-c", "SHA256SUMS"], { cwd: target });
});

it("goes on after a break without asking for what is there, and mends what was half written", async () => {
  const target = join(root, "export");
  await expect(exportEml(target, subject, mailboxes, stream(all(), 2))).rejects.toThrow("interrupted");
  expect(await readdir(target)).not.toContain("manifest.jsonl");
  await writeFile(join(target, "Work/_._evil/2020-01-02_000000_2.eml"), "half");
  read = [];
  expect(await exportEml(target, subject, mailboxes, stream(all()))).toMatchObject({
    messages: 3,
    alreadyThere: 1,
    rewritten: [expect.stringMatching(/\.eml$/)],
  });
  expect(read).toEqual([2, 3]);
  execFileSync("sha256sum", ["--strict", "-c", "SHA256SUMS"], { cwd: target });
});

it("refuses a directory that holds anything else", async () => {
  const target = join(root, "export");
  await mkdir(target);
  await writeFile(join(target, "mine"), "mine");
  await expect(exportEml(target, subject, mailboxes, stream(all()))).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(/is not empty/),
  });
  await rm(join(target, "mine"));
  await exportEml(target, subject, mailboxes, stream(all()));
  await expect(exportEml(target, { ...subject, revision: 8 }, mailboxes, stream(all()))).rejects.toThrow(
    /holds another export/,
  );
  await expect(exportEml(join(target, "manifest.jsonl"), subject, mailboxes, stream(all()))).rejects.toMatchObject({
    code: "CONFIG_INVALID",
  });
});

it("names a message whose bytes are not those of its digest, and writes the rest", async () => {
  const target = join(root, "export");
  const outcome = await exportEml(
    target,
    subject,
    mailboxes,
    stream([message(1, ["INBOX"], "changed", sha256(Buffer.from("stored"))), message(3, ["INBOX"], "fine")]),
  );
  expect(outcome).toMatchObject({ messages: 1, damaged: ["INBOX/2020-01-01_000000_1.eml.damaged"] });
  execFileSync("sha256sum", ["--strict", "-c", "SHA256SUMS"], { cwd: target });
});

it.skipIf(!existsSync("/dev/full"))("says that the disk is full", async () => {
  const failing = { ...message(1, ["INBOX"], "x"), bytes: () => failingBytes() };
  await expect(exportEml(join(root, "export"), subject, mailboxes, stream([failing]))).rejects.toMatchObject({
    code: "DISK_FULL",
  });
});

/** Writing to /dev/full gives the kernel's own ENOSPC. */
async function* failingBytes(): AsyncGenerator<Uint8Array> {
  await writeFile("/dev/full", "x");
  yield Buffer.alloc(0);
}
