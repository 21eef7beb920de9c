// Writes messages into one zip file, laid out as the EML export is: a file for each message, and the same three files about it, so that
// whoever unpacks it can prove it by `sha256sum -c`. An interrupted export reads the entries that it finds, proves them and goes on. Of what it
// has written it keeps nothing in memory: the directory for the end is spooled beside the file. It must never give the file its name
// before it is whole.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { lstat, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { crc32, createDeflateRaw, deflateRaw, inflateRaw } from "node:zlib";
import { MailError } from "@packetboat/core";
import { AppendedFile } from "./appended-file.ts";
import {
  aboutText,
  asExportError,
  type ExportMailbox,
  type ExportMessage,
  type ExportOptions,
  type ExportOutcome,
  ExportRecord,
  type ExportSubject,
  mailboxLines,
  makeWithParents,
  type Put,
  placeOf,
} from "./export-frame.ts";
import { ABOUT, MAILBOXES, MANIFEST, mailboxDirectories, messageFileName, SUMS } from "./file-names.ts";
import { take } from "./message-file.ts";
import { syncDirectory, TextFile } from "./text-file.ts";
import {
  centralRecord,
  DEFLATED,
  endOfZip,
  LOCAL_BYTES,
  LOCAL_SIGNATURE,
  localHeader,
  STORED,
  type ZipEntry,
} from "./zip-records.ts";

/** Bytes up to which an entry is packed in one go. */
const SMALL_BYTES = 1_048_576;
const PROVED_BYTES = 64 * 1_048_576;
const deflated = promisify(deflateRaw);
const inflated = promisify(inflateRaw);

/** Exports to the file `path`, which must not exist; `path.part` holds what is not finished. Throws as exportEml does. */
export async function exportZip(
  path: string,
  subject: ExportSubject,
  mailboxes: readonly ExportMailbox[],
  messages: AsyncIterable<ExportMessage>,
  options: ExportOptions = {},
): Promise<ExportOutcome> {
  try {
    if (existsSync(path))
      throw new MailError("CONFIG_INVALID", `${path} is there already. Name a file that does not exist yet.`);
    await makeWithParents(dirname(path));
    const about = aboutText("zip", subject);
    const begun = await begunAs(path, about);
    if (begun === "other")
      throw new MailError(
        "CONFIG_INVALID",
        `${path}.part is of another export. Remove it, or name a file that does not exist yet.`,
      );
    const zip = await ZipFile.begin(path, begun === "same");
    const record = await ExportRecord.begin(`${path}.manifest`, subject, options);
    const sums = await TextFile.begin(`${path}.sums`);
    try {
      await zip.text(ABOUT, about);
      const places = mailboxDirectories(mailboxes.map(({ path: each }) => each));
      for await (const message of messages) {
        record.check();
        const put = await zip.message(placeOf(places, message.mailbox), message);
        if (await record.add(message, put)) await sums.line(`${message.sha256}  ${put.path}`);
      }
      await sums.line(`${await zip.text(MAILBOXES, mailboxLines(mailboxes, places))}  ${MAILBOXES}`);
      await sums.line(`${await record.finish()}  ${MANIFEST}`);
      await sums.finish();
      await zip.file(MANIFEST, `${path}.manifest`);
      await zip.file(SUMS, `${path}.sums`);
      await zip.finish();
      for (const spool of [`${path}.manifest`, `${path}.sums`]) await rm(spool, { force: true });
      return record.outcome;
    } finally {
      await record.close();
      await sums.close();
      await zip.close();
    }
  } catch (error) {
    throw asExportError(error, path);
  }
}

/** What the unfinished file is about: its first entry says so. */
async function begunAs(path: string, about: string): Promise<"same" | "other" | "nothing"> {
  const found = await lstat(`${path}.part`).catch(() => null);
  if (found === null || found.size === 0) return "nothing";
  const read = await readAbout(path);
  // One that was broken off before its first entry was whole holds nothing.
  return read === about ? "same" : read === null ? "nothing" : "other";
}

/** The text that the unfinished export to a zip file begins with; null where there is none. */
export async function readAbout(path: string): Promise<string | null> {
  const file = await open(`${path}.part`, "r").catch(() => null);
  if (file === null) return null;
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(SMALL_BYTES), 0, SMALL_BYTES, 0);
    const entry = readLocal(buffer.subarray(0, bytesRead));
    if (entry === null || entry.name !== ABOUT || entry.method !== STORED) return null;
    return buffer.toString("utf8", entry.headerBytes, entry.headerBytes + entry.size);
  } finally {
    await file.close();
  }
}

interface LocalEntry extends Omit<ZipEntry, "modified"> {
  readonly headerBytes: number;
}

/** Reads a local header that we may have written; null when it is none, or not whole. */
function readLocal(bytes: Buffer): LocalEntry | null {
  if (bytes.length < LOCAL_BYTES || bytes.readUInt32LE(0) !== LOCAL_SIGNATURE) return null;
  const nameBytes = bytes.readUInt16LE(26);
  const headerBytes = LOCAL_BYTES + nameBytes + bytes.readUInt16LE(28);
  if (bytes.length < headerBytes) return null;
  return {
    name: bytes.toString("utf8", LOCAL_BYTES, LOCAL_BYTES + nameBytes),
    method: bytes.readUInt16LE(8),
    crc: bytes.readUInt32LE(14),
    packed: bytes.readUInt32LE(18),
    size: bytes.readUInt32LE(22),
    headerBytes,
  };
}

class ZipFile {
  readonly #path: string;
  readonly #file: AppendedFile;
  readonly #directory: AppendedFile;
  #count = 0;

  private constructor(path: string, file: AppendedFile, directory: AppendedFile) {
    this.#path = path;
    this.#file = file;
    this.#directory = directory;
  }

  static async begin(path: string, resumed: boolean): Promise<ZipFile> {
    const file = await AppendedFile.open(`${path}.part`, resumed);
    return new ZipFile(path, file, await AppendedFile.open(`${path}.directory`, false));
  }

  async message(place: string, message: ExportMessage): Promise<Put> {
    const { id, internalDate: modified, size } = message;
    const path = `${place}/${messageFileName(modified, id)}`;
    if (await this.#isThere(path, message)) return { kind: "there", path };
    const large = size > SMALL_BYTES;
    const written = large ? await this.#large(path, modified, message) : await this.#small(path, modified, message);
    return written ? { kind: "written", path } : { kind: "damaged", path };
  }

  async #small(name: string, modified: number | null, message: Pick<ExportMessage, "bytes">): Promise<boolean> {
    const slices: Uint8Array[] = [];
    const whole = await take(message, (slice) => {
      slices.push(slice);
    });
    if (whole) await this.#put(name, modified, Buffer.concat(slices));
    return whole;
  }

  async #put(name: string, modified: number | null, bytes: Buffer, pack = true): Promise<void> {
    const packed = pack ? await deflated(bytes) : bytes;
    const smaller = packed.length < bytes.length;
    const body = smaller ? packed : bytes;
    const method = smaller ? DEFLATED : STORED;
    const entry = { name, modified, method, crc: crc32(bytes), packed: body.length, size: bytes.length };
    const offset = this.#file.position;
    await this.#file.append(localHeader(entry));
    await this.#file.append(body);
    await this.#list(entry, offset);
  }

  /** Sizes are known at the end only, and written over what stands in the header. */
  async #large(name: string, modified: number | null, message: Pick<ExportMessage, "bytes">): Promise<boolean> {
    const offset = this.#file.position;
    const blank = { name, modified, method: DEFLATED, crc: 0, packed: 0, size: 0 };
    const header = localHeader(blank);
    await this.#file.append(header);
    let crc = 0;
    let size = 0;
    const packer = createDeflateRaw();
    const drained = (async () => {
      for await (const packed of packer) await this.#file.append(packed as Buffer);
    })();
    drained.catch(() => undefined);
    const whole = await take(message, async (slice) => {
      crc = crc32(slice, crc);
      size += slice.length;
      if (!packer.write(slice)) await Promise.race([new Promise((resolve) => packer.once("drain", resolve)), drained]);
    });
    packer.end();
    await drained;
    if (!whole) {
      await this.#file.cutTo(offset);
      return false;
    }
    const entry = { ...blank, crc, size, packed: this.#file.position - offset - header.length };
    await this.#file.patch(offset, localHeader(entry));
    await this.#list(entry, offset);
    return true;
  }

  async #list(entry: ZipEntry, offset: number): Promise<void> {
    this.#count++;
    await this.#directory.append(centralRecord(entry, offset));
  }

  /** Takes the entry that lies at the position when it is exactly this message. */
  async #isThere(name: string, { internalDate: modified, sha256, size }: ExportMessage): Promise<boolean> {
    if (this.#file.found === 0) return false;
    const offset = this.#file.position;
    const head = await this.#file.read(offset, LOCAL_BYTES + 1_024);
    const found = readLocal(head);
    const whole =
      found !== null && found.name === name && found.size === size && (await this.#proves(offset, found, sha256));
    if (!whole || found === null) {
      await this.#file.cutTo(offset);
      return false;
    }
    await this.#file.take(found.headerBytes + found.packed);
    await this.#list({ ...found, modified }, offset);
    return true;
  }

  async #proves(offset: number, { method, packed, size, headerBytes }: LocalEntry, sha256: string): Promise<boolean> {
    // Read whole; one that is larger is written anew.
    if (Math.max(packed, size) > PROVED_BYTES) return false;
    const bytes = await this.#file.read(offset + headerBytes, packed);
    if (bytes.length < packed) return false;
    const plain =
      method === STORED ? bytes : await inflated(bytes, { maxOutputLength: Math.max(1, size) }).catch(() => null);
    return plain !== null && createHash("sha256").update(plain).digest("hex") === sha256;
  }

  /** A short text as an entry; gives its digest. The first one is stored as it is, to be read by readAbout. */
  async text(name: string, text: string): Promise<string> {
    const bytes = Buffer.from(text);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const there = { internalDate: null, sha256, size: bytes.length } as ExportMessage;
    if (!(await this.#isThere(name, there))) await this.#put(name, null, bytes, name !== ABOUT);
    return sha256;
  }

  /** A spooled file as an entry. */
  async file(name: string, spool: string): Promise<void> {
    if (this.#file.found > 0) await this.#file.cutTo(this.#file.position);
    const file = await open(spool, "r");
    try {
      const bytes = (): AsyncIterable<Uint8Array> => file.createReadStream({ autoClose: false });
      await this.#large(name, null, { bytes });
    } finally {
      await file.close();
    }
  }

  async finish(): Promise<void> {
    const offset = this.#file.position;
    await this.#directory.flush();
    const size = this.#directory.position;
    for (let at = 0; at < size; at += SMALL_BYTES)
      await this.#file.append(await this.#directory.read(at, Math.min(SMALL_BYTES, size - at)));
    await this.#file.append(endOfZip(this.#count, size, offset));
    await this.#file.finish();
    await this.#directory.close();
    await rename(`${this.#path}.part`, this.#path);
    await rm(`${this.#path}.directory`, { force: true });
    await syncDirectory(dirname(this.#path));
  }

  async close(): Promise<void> {
    await this.#file.close();
    await this.#directory.close();
  }
}
