// Zips as no honest program makes them: names that lead out, sizes that lie, bytes that are shared. One entry never ends the reading of the
// others, and nothing is ever unpacked to the disk.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { centralRecord, DEFLATED, endOfZip, localHeader, STORED } from "../src/zip-records.ts";
import { readAll, shown } from "./reading.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "pb-zip-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

interface Hostile {
  readonly name: string | Buffer;
  readonly bytes?: string;
  readonly size?: number;
  readonly crc?: number;
  readonly flags?: number;
  readonly offset?: number;
  /** As a Unix states it: type and permissions. */
  readonly mode?: number;
}

/** A zip with entries as no honest program makes them. */
function zipOf(entries: readonly Hostile[]): Buffer {
  const parts: Buffer[] = [];
  const records: Buffer[] = [];
  let at = 0;
  for (const { name, bytes = "a: b\n", size, crc, flags, offset, mode } of entries) {
    const body = deflateRawSync(Buffer.from(bytes));
    const shown = Buffer.isBuffer(name) ? "x".repeat(name.length) : name;
    const entry = {
      name: shown,
      method: DEFLATED,
      crc: crc ?? crc32(bytes),
      packed: body.length,
      size: size ?? bytes.length,
      modified: null,
    };
    const record = centralRecord(entry, offset ?? at);
    if (Buffer.isBuffer(name)) name.copy(record, 46);
    if (flags !== undefined) record.writeUInt16LE(flags, 8);
    if (mode !== undefined) {
      record.writeUInt8(3, 5);
      record.writeUInt32LE(mode * 0x1_0000, 38);
    }
    records.push(record);
    const local = localHeader(entry);
    parts.push(local, body);
    at += local.length + body.length;
  }
  const directory = Buffer.concat(records);
  return Buffer.concat([...parts, directory, endOfZip(records.length, directory.length, at)]);
}

describe("a zip file", () => {
  const read = async (entries: readonly Hostile[]) => {
    await writeFile(join(root, "x.zip"), zipOf(entries));
    return await readAll(join(root, "x.zip"));
  };

  it("of EML files is read without being unpacked", async () => {
    const { what, messages } = await read([{ name: "mail/Work/a.eml" }, { name: "mail/Home/b.eml" }]);
    expect([what, ...messages.map(shown)]).toEqual(["zip of EML files", "Home: a: b\n", "Work: a: b\n"]);
    expect(messages[0]?.internalDate).toBeNull();
  });

  it("zip-slip and absurd names are refused one by one", async () => {
    const names = [
      "../evil.eml",
      "a/../../evil.eml",
      "/etc/evil.eml",
      "C:/evil.eml",
      "..\\evil.eml",
      "a//b.eml",
      "./c.eml",
      `${"d/".repeat(70)}x.eml`,
      `${"e".repeat(5_000)}.eml`,
      "nul\0.eml",
      "twice.eml",
      "twice.eml",
    ];
    const { messages, failures } = await read([
      { name: "fine.eml" },
      { name: "new\r\nline.eml" },
      ...names.map((name) => ({ name })),
    ]);
    expect(messages.map(({ place }) => place)).toEqual(["fine.eml", "new\r\nline.eml", "twice.eml"]);
    expect(failures).toHaveLength(11);
    expect(new Set(failures.map(({ reason }) => reason))).toEqual(new Set(["unsafeName"]));
  });

  it("a link is no message", async () => {
    const { messages, failures } = await read([
      { name: "a.eml", mode: 0o100644 },
      { name: "link.eml", bytes: "/etc/passwd", mode: 0o120777 },
    ]);
    expect(messages.map(({ place }) => place)).toEqual(["a.eml"]);
    expect(failures).toMatchObject([{ place: "link.eml", reason: "unsafeName" }]);
  });

  it("an entry that is damaged, encrypted or longer than it says is named, and the others are read", async () => {
    const { messages, failures } = await read([
      { name: "a.eml" },
      { name: "crc.eml", crc: 1 },
      { name: "long.eml", bytes: "x".repeat(1_000_000), size: 10 },
      { name: "large.eml", size: 0x7fff_ffff },
      { name: "secret.eml", flags: 1 },
      { name: "z.eml" },
    ]);
    expect(messages.map(({ place }) => place)).toEqual(["a.eml", "z.eml"]);
    expect(failures.map(({ place, reason }) => `${place} ${reason}`).sort()).toEqual([
      "crc.eml unreadable",
      "large.eml tooLarge",
      "long.eml unreadable",
      "secret.eml unreadable",
    ]);
  });

  it("a bomb of entries that share their bytes is refused as a whole", async () => {
    const bomb = Array.from({ length: 50 }, (_, i) => ({
      name: `${i}.eml`,
      bytes: i === 0 ? "x".repeat(100_000) : "",
      offset: 0,
    }));
    const zip = zipOf(bomb);
    // All of them state the first one's bytes.
    const first = zip.indexOf(Buffer.from("PK\x01\x02", "latin1"));
    for (let at = first; at !== -1; at = zip.indexOf(Buffer.from("PK\x01\x02", "latin1"), at + 4))
      zip.copy(zip, at + 16, first + 16, first + 28);
    await writeFile(join(root, "x.zip"), zip);
    await expect(readAll(join(root, "x.zip"))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/overlap/),
    });
  });

  it("names in no stated code page are read", async () => {
    const { messages } = await read([{ name: Buffer.from("caf\xe9.eml", "latin1"), flags: 0 }]);
    expect(messages.map(({ place }) => place)).toEqual(["café.eml"]);
  });

  it("truncated, or none at all, is refused in one sentence", async () => {
    await writeFile(join(root, "x.zip"), zipOf([{ name: "a.eml" }]).subarray(0, 60));
    await expect(readAll(join(root, "x.zip"))).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await writeFile(join(root, "x.zip"), "no");
    await expect(readAll(join(root, "x.zip"), "zip")).rejects.toThrow(/is no zip file/);
  });
});

it("stored entries are written as they are", () => {
  const entry = { name: "a", method: STORED, crc: 0, packed: 0, size: 0, modified: Date.UTC(2099, 0, 1) };
  expect(localHeader(entry)).toHaveLength(31);
  expect(endOfZip(70_000, 10, 5_000_000_000)).toHaveLength(98);
});
