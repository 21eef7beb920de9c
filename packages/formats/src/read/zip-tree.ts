// A zip file as a source. Nothing of it is ever unpacked to the disk; names are only names, and those that climb out or are absurd are refused
// one by one. Entries that share bytes are refused as a whole: it is how a small file claims to be an enormous one. It must never give more
// bytes of an entry than it states, nor hold more of the directory than it must.
import { open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { MailError } from "@packetboat/core";
import yauzl from "yauzl";
import { type FilePath, failed, type Listing, type SourceFailure, type SourceFile, type SourceTree } from "./source.ts";

/** A directory of more entries is no mail. */
const MAX_ENTRIES = 5_000_000;
const MAX_NAME_BYTES = 4_096;
const MAX_DEPTH = 64;
/** Longer lists of refused names help nobody. */
const MAX_REFUSED = 1_000;

type Kept = Pick<
  yauzl.Entry,
  | "compressedSize"
  | "uncompressedSize"
  | "compressionMethod"
  | "relativeOffsetOfLocalHeader"
  | "generalPurposeBitFlag"
  | "crc32"
> & { readonly modified: number | null };

interface Directory {
  readonly directories: Map<string, Directory>;
  readonly files: Map<string, Kept>;
}

const emptyDirectory = (): Directory => ({ directories: new Map(), files: new Map() });

/** Opens a zip file; sentences call it `called`. Throws CONFIG_INVALID when it is none, is damaged, encrypted as a whole, or a bomb. */
export async function zipTree(path: string, called = path): Promise<SourceTree> {
  const { size } = await open(path, "r").then(async (file) => {
    try {
      return await file.stat();
    } finally {
      await file.close();
    }
  });
  const zip = await opened(path, called);
  try {
    const root = emptyDirectory();
    const refused = await readDirectory(zip, called, size, root);
    return {
      name: called,
      list: async (directory) => listing(find(root, directory)),
      file: async (asked) => fileOf(zip, root, asked),
      refused: () => refused,
      close: async () => zip.close(),
    };
  } catch (error) {
    zip.close();
    throw error;
  }
}

function opened(path: string, called: string): Promise<yauzl.ZipFile> {
  const options = { lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: true };
  return new Promise((resolve, reject) => {
    yauzl.open(path, options, (error, zip) => (error ? reject(notReadable(called, error)) : resolve(zip)));
  });
}

const notReadable = (called: string, cause: unknown): MailError =>
  new MailError("CONFIG_INVALID", `${called} is no zip file that can be read: ${said(cause)}.`, { cause });

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error)).replace(/\.+$/, "");

async function readDirectory(
  zip: yauzl.ZipFile,
  called: string,
  size: number,
  root: Directory,
): Promise<readonly SourceFailure[]> {
  if (zip.entryCount > MAX_ENTRIES)
    throw new MailError(
      "CONFIG_INVALID",
      `${called} says that it has ${zip.entryCount} files. That is more than is read.`,
    );
  const refused: SourceFailure[] = [];
  let packed = 0;
  await new Promise<void>((resolve, reject) => {
    zip.on("error", (error) => reject(notReadable(called, error)));
    zip.on("end", resolve);
    zip.on("entry", (entry: yauzl.Entry) => {
      packed += entry.compressedSize;
      if (packed > size) {
        reject(
          new MailError(
            "CONFIG_INVALID",
            `${called} states more bytes than it has: its files overlap. It was not read.`,
          ),
        );
        return;
      }
      const why = keep(root, entry);
      if (why !== null && refused.length < MAX_REFUSED) refused.push(why);
      zip.readEntry();
    });
    zip.readEntry();
  });
  return refused;
}

/** Puts an entry in its place; gives why not. */
function keep(root: Directory, entry: yauzl.Entry): SourceFailure | null {
  const raw = entry.fileName as unknown as Buffer;
  const name = decoded(raw, (entry.generalPurposeBitFlag & 0x800) !== 0);
  const isDirectory = name.endsWith("/");
  const segments = (isDirectory ? name.slice(0, -1) : name).split("/");
  const shown = name.slice(0, 200);
  if (raw.length > MAX_NAME_BYTES || segments.length > MAX_DEPTH)
    return failed(shown, "unsafeName", "Its name is too long.");
  if (!segments.every(isPlain)) return failed(shown, "unsafeName", "Its name leads out of the archive.");
  if (isLink(entry)) return failed(shown, "unsafeName", "It is a link, and links are not followed.");
  if (entry.isEncrypted()) return failed(shown, "unreadable", "It is encrypted.");
  let at = root;
  for (const segment of isDirectory ? segments : segments.slice(0, -1)) {
    const next = at.directories.get(segment) ?? emptyDirectory();
    at.directories.set(segment, next);
    at = next;
  }
  const last = segments.at(-1) ?? "";
  if (isDirectory) return null;
  if (at.files.has(last)) return failed(shown, "unsafeName", "Another file has the same name.");
  // Not the entry itself, which holds a copy of its name and all that was stated about it.
  at.files.set(last, {
    compressedSize: entry.compressedSize,
    uncompressedSize: entry.uncompressedSize,
    compressionMethod: entry.compressionMethod,
    relativeOffsetOfLocalHeader: entry.relativeOffsetOfLocalHeader,
    generalPurposeBitFlag: entry.generalPurposeBitFlag,
    crc32: entry.crc32,
    modified: modifiedOf(entry),
  });
  return null;
}

/** Names of old programs are in a code page that is not stated; what is no UTF-8 is read byte by byte. */
function decoded(raw: Buffer, isUtf8: boolean): string {
  const text = raw.toString("utf8");
  return (isUtf8 || !text.includes("\ufffd") ? text : raw.toString("latin1")).replaceAll("\\", "/");
}

/** Made on a Unix, with the mode of a symbolic link: what it holds is where it leads to, and no mail. */
const isLink = (entry: yauzl.Entry): boolean =>
  entry.versionMadeBy >>> 8 === 3 && ((entry.externalFileAttributes >>> 16) & 0o170000) === 0o120000;

function isPlain(segment: string): boolean {
  return (
    segment !== "" && segment !== "." && segment !== ".." && !segment.includes("\0") && !/^[A-Za-z]:$/.test(segment)
  );
}

function modifiedOf(entry: yauzl.Entry): number | null {
  const time = entry.getLastModDate({ timezone: "UTC" }).getTime();
  const isStamped = entry.extraFields.some(({ id }) => id === 0x5455 || id === 0x000a);
  // MS-DOS has no "none"; its first day is what is written for it.
  return Number.isNaN(time) || (!isStamped && time < Date.UTC(1980, 0, 2)) ? null : time;
}

function find(root: Directory, path: FilePath): Directory | null {
  let at: Directory | undefined = root;
  for (const segment of path) at = at?.directories.get(segment);
  return at ?? null;
}

const listing = (directory: Directory | null): Listing => ({
  directories: [...(directory?.directories.keys() ?? [])].sort(),
  files: [...(directory?.files.keys() ?? [])].sort(),
});

function fileOf(zip: yauzl.ZipFile, root: Directory, path: FilePath): SourceFile | null {
  const kept = find(root, path.slice(0, -1))?.files.get(path.at(-1) ?? "");
  if (kept === undefined) return null;
  return { path, size: kept.uncompressedSize, modified: kept.modified, bytes: () => bytesOf(zip, kept) };
}

async function* bytesOf(zip: yauzl.ZipFile, kept: Kept): AsyncGenerator<Buffer> {
  const entry = Object.assign(Object.create(yauzl.Entry.prototype) as yauzl.Entry, kept);
  try {
    const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
      zip.openReadStream(entry, (error, opening) => (error ? reject(error) : resolve(opening)));
    });
    let crc = 0;
    for await (const chunk of stream) {
      crc = crc32(chunk as Buffer, crc);
      yield chunk as Buffer;
    }
    if (crc !== kept.crc32) throw new Error("its checksum is another one");
  } catch (error) {
    throw new MailError("MESSAGE_UNREADABLE", `It is damaged in the zip file: ${said(error)}.`, { cause: error });
  }
}
