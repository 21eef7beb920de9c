// An export as a download: unpacked, it is the export to a directory, file for file. What is damaged is left out, what breaks off is no zip, and
// a reader that leaves ends the reading of the archive.
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MailError } from "@packetboat/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ExportMessage, type ExportOutcome, exportEml, exportMaildir, exportMbox } from "../src/index.ts";
import { exportPacked, type PackedFormat } from "../src/packed-export.ts";
import { zipTree } from "../src/read/zip-tree.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "pb-packed-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const subject = { archive: "you@example.com", revision: 7, time: null, selection: "" };
const mailboxes = [["INBOX"], ["Work", "a.b"], ["Reçus & café"], ["../evil\n"], ["Empty"]].map((path) => ({
  path,
  role: null,
  subscribed: true,
}));
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

function message(id: number, mailbox: readonly string[], text: string, stored = text): ExportMessage {
  const bytes = Buffer.from(text, "latin1");
  return {
    id,
    mailbox,
    sha256: sha256(Buffer.from(stored, "latin1")),
    size: bytes.length,
    flags: ["\\Seen", "$Later"],
    internalDate: Date.UTC(2020, 0, id, 1, 2, 3),
    bytes: async function* () {
      for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
      if (stored !== text) throw new MailError("BLOB_MISMATCH", "damaged");
    },
  };
}
const LARGE = `Subject: large\r\n\r\n${`From me ${"to you ".repeat(30)}\r\n>From me\r\n`.repeat(5_000)}`;
const all = () => [
  message(1, ["INBOX"], "From: a\r\n\r\nFrom the body\0\xff\r\n>From it\r\n"),
  message(2, ["INBOX"], ""),
  message(3, ["INBOX"], LARGE),
  message(4, ["INBOX"], "no header, no line end"),
  message(5, ["Work", "a.b"], "From \r>From"),
  message(6, ["../evil\n"], "x\n".repeat(200_000)),
];

interface Source {
  readonly messages: AsyncGenerator<ExportMessage>;
  readonly given: () => number;
  readonly ended: () => boolean;
}
function source(messages: readonly ExportMessage[], breakAfter = Number.POSITIVE_INFINITY): Source {
  let over = false;
  let given = 0;
  const give = async function* () {
    try {
      for (const [index, each] of messages.entries()) {
        if (index >= breakAfter) throw new Error("interrupted");
        given++;
        yield each;
      }
    } finally {
      over = true;
    }
  };
  return { messages: give(), given: () => given, ended: () => over };
}

async function packed(format: PackedFormat, of: Source, leavesAfter = Number.POSITIVE_INFINITY) {
  const spool = await mkdtemp(join(root, "spool-"));
  const chunks: Uint8Array[] = [];
  const zip = exportPacked(format, subject, mailboxes, of.messages, { spool });
  let outcome: ExportOutcome | null = null;
  for (;;) {
    const next = await zip.next();
    if (next.done === true) outcome = next.value;
    else chunks.push(next.value);
    if (next.done === true || of.given() > leavesAfter) break;
  }
  await zip.return(null as never);
  const file = join(spool, "..", `${format}.zip`);
  await writeFile(file, Buffer.concat(chunks));
  return { file, outcome };
}

async function gathered(bytes: AsyncIterable<Buffer>): Promise<readonly Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return chunks;
}

interface Entries {
  readonly files: Readonly<Record<string, { readonly sha256: string; readonly modified: number | null }>>;
  readonly text: (name: string) => string;
}

/** Each file of a zip, as another program would unpack it. */
async function unpacked(file: string): Promise<Entries> {
  const tree = await zipTree(file);
  const files: Record<string, { sha256: string; modified: number | null }> = {};
  const texts = new Map<string, string>();
  const walk = async (at: readonly string[]): Promise<void> => {
    const { directories, files: names } = await tree.list(at);
    for (const name of names) {
      const found = await tree.file([...at, name]);
      const bytes = Buffer.concat(found === null ? [] : await gathered(found.bytes()));
      files[[...at, name].join("/")] = { sha256: sha256(bytes), modified: found?.modified ?? null };
      texts.set([...at, name].join("/"), bytes.toString());
    }
    for (const name of directories) await walk([...at, name]);
  };
  await walk([]);
  await tree.close();
  return { files, text: (name) => texts.get(name) ?? "" };
}

async function written(directory: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile()) found[file.slice(directory.length + 1)] = sha256(await readFile(file));
  }
  return found;
}

describe.each([
  ["eml", exportEml],
  ["mbox", exportMbox],
  ["maildir", exportMaildir],
] as const)("a download of %s", (format, run) => {
  it("is the export to a directory, with its manifest and dates", async () => {
    const directory = join(root, "directory");
    await run(directory, subject, mailboxes, source(all()).messages);
    const { file, outcome } = await packed(format, source(all()));
    expect(outcome).toMatchObject({ messages: 6, damaged: [] });
    const { files } = await unpacked(file);
    // The sums of both list the same; in which order is no matter.
    const sums = (text: string): readonly string[] => text.split("\n").sort();
    const own = await written(directory);
    const sumsOf = (entries: Readonly<Record<string, unknown>>) => Object.keys(entries).sort();
    expect(sumsOf(files)).toEqual(sumsOf(own));
    for (const [name, digest] of Object.entries(own))
      if (name !== "SHA256SUMS") expect(files[name]?.sha256, name).toBe(digest);
    const { text } = await unpacked(file);
    expect(sums(text("SHA256SUMS"))).toEqual(sums(await readFile(join(directory, "SHA256SUMS"), "utf8")));
    if (format === "mbox") return;
    for (const name of Object.keys(files).filter((each) => /\.eml$|\/cur\//.test(each)))
      expect(files[name]?.modified, name).toBe((await stat(join(directory, name))).mtimeMs);
  });

  it("leaves a damaged message out and has the rest", async () => {
    const damaged = [
      message(1, ["INBOX"], "changed", "stored"),
      message(2, ["INBOX"], LARGE, "stored"),
      ...all().slice(2),
    ];
    const { file, outcome } = await packed(format, source(damaged));
    expect(outcome).toMatchObject({ messages: 4, damaged: [expect.any(String), expect.any(String)] });
    const { text, files } = await unpacked(file);
    const manifest = text("manifest.jsonl").trim().split("\n");
    expect(manifest.map((line) => JSON.parse(line).message)).toEqual([3, 4, 5, 6]);
    const listed = text("SHA256SUMS").trim().split("\n");
    for (const line of listed) expect(files[line.slice(66)]?.sha256, line).toBe(line.slice(0, 64));
  });

  it("that breaks off is no zip, and ends the reading of the archive", async () => {
    const broken = source(all(), 4);
    await expect(packed(format, broken)).rejects.toThrow("interrupted");
    const left = source(all());
    const { file } = await packed(format, left, 2);
    expect(left.ended()).toBe(true);
    await expect(unpacked(file)).rejects.toThrow(/no zip file/);
  });
});

it("a zip of a mailbox beyond 4 GB announces wide numbers", async () => {
  const { centralRecord, endOfZip } = await import("../src/zip-records.ts");
  const size = 5_000_000_000;
  const entry = { name: "a.mbox", method: 8, crc: 1, packed: size, size, modified: null, streamed: true };
  const record = centralRecord(entry, size);
  expect(record.subarray(20, 28).toString("hex")).toBe("ffffffffffffffff");
  expect(record.readUInt16LE(46 + 6 + 2)).toBe(24);
  for (const at of [0, 8, 16]) expect(Number(record.readBigUInt64LE(46 + 6 + 4 + at))).toBe(size);
  expect(endOfZip(1, 100, size).length).toBe(22 + 56 + 20);
});
