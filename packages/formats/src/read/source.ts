// What a reader of other programs' mail gives, whatever its format, and what it reads from: a tree of files, on the disk or in a zip. Types, and
// the bounds that hold for all of them. It must never give a message that is not whole, nor let one that is damaged end the reading.
import { type Flags, type MailboxPath, MailError, type Role } from "@packetboat/core";

/** A message above this is named and left out: it would not fit through any server, and one is held whole. */
export const MAX_MESSAGE_BYTES = 512 * 1_048_576;

export type SourceItem =
  | { readonly kind: "mailbox"; readonly path: MailboxPath; readonly role: Role | null; readonly subscribed: boolean }
  | SourceMessage
  | SourceFailure;

export interface SourceMessage {
  readonly kind: "message";
  /** The same message in several mailboxes is one blob (B6). None: the source holds it as removed, and it is left out. */
  readonly mailboxes: readonly MailboxPath[];
  readonly flags: Flags;
  /** Milliseconds since 1970; null where the source states none (C2). */
  readonly internalDate: number | null;
  readonly bytes: Buffer;
  readonly place: string;
}

/** What could not be read. `place` is for people: a file, or a message's number in one. */
export interface SourceFailure {
  readonly kind: "failed";
  readonly place: string;
  readonly reason: "tooLarge" | "damaged" | "unreadable" | "unsafeName" | "empty";
  readonly detail: string;
}

/** A path below the root of a tree, in segments. */
export type FilePath = readonly string[];

export interface SourceFile {
  readonly path: FilePath;
  readonly size: number;
  /** Milliseconds since 1970, or null. */
  readonly modified: number | null;
  /** From the beginning. Throws MESSAGE_UNREADABLE for this file where the tree is damaged. */
  readonly bytes: () => AsyncIterable<Buffer>;
}

/** Names of one directory, sorted, so that the same source is read in the same order. Links are neither. */
export interface Listing {
  readonly directories: readonly string[];
  readonly files: readonly string[];
}

export interface SourceTree {
  /** For people. */
  readonly name: string;
  /** Nothing where there is no such directory. */
  readonly list: (directory: FilePath) => Promise<Listing>;
  readonly file: (path: FilePath) => Promise<SourceFile | null>;
  /** What the tree itself has refused until now: more may come with each listing. */
  readonly refused: () => readonly SourceFailure[];
  readonly close: () => Promise<void>;
}

export interface ReadOptions {
  /** Told how many more bytes of the source were read. */
  readonly onRead?: (bytes: number) => void;
  /** Line ends stay as they lie in an mbox or a Maildir. Default: LF alone becomes CRLF, see asMail. */
  readonly keepLineEnds?: boolean;
}

export const placeOfFile = (path: FilePath): string => path.join("/");

export const failed = (place: string, reason: SourceFailure["reason"], detail: string): SourceFailure => ({
  kind: "failed",
  place,
  reason,
  detail,
});

/** (1, "byte") → "1 byte"; (2, "byte") → "2 bytes". */
export const counted = (value: number, one: string): string => `${value} ${one}${value === 1 ? "" : "s"}`;

export const TOO_LARGE = "It has more than 512 MB. It was left out.";

/** The bytes of a file, or why they cannot be had. */
export async function wholeFile(file: SourceFile, options: ReadOptions): Promise<Buffer | SourceFailure> {
  const place = placeOfFile(file.path);
  if (file.size > MAX_MESSAGE_BYTES) return failed(place, "tooLarge", TOO_LARGE);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of file.bytes()) {
      options.onRead?.(chunk.length);
      length += chunk.length;
      // What a file says of its size may be wrong, or change.
      if (length > MAX_MESSAGE_BYTES) return failed(place, "tooLarge", TOO_LARGE);
      chunks.push(chunk);
    }
  } catch (error) {
    return asFailure(place, error);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length);
}

/** The same of a file that is a message by its name alone: without a byte it is none, no server would take it, and something went wrong with it once. */
export async function messageFile(file: SourceFile, options: ReadOptions): Promise<Buffer | SourceFailure> {
  const bytes = await wholeFile(file, options);
  if (!Buffer.isBuffer(bytes) || bytes.length > 0) return bytes;
  return failed(placeOfFile(file.path), "empty", "The file is empty: there is no message in it.");
}

/** A failure of one file; what is wider than that is thrown on. */
export function asFailure(place: string, error: unknown): SourceFailure {
  if (error instanceof MailError && error.code === "MESSAGE_UNREADABLE")
    return failed(place, "unreadable", error.message);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (["EACCES", "EPERM", "EIO", "ENOENT", "EISDIR", "ELOOP", "ENAMETOOLONG", "EINVAL"].includes(code))
    return failed(place, "unreadable", `It cannot be read (${code}).`);
  throw error;
}

/** The text of a small file; null where there is none. Throws CONFIG_INVALID when it is larger than `most`, or cannot be read. */
export async function textOf(tree: SourceTree, path: FilePath, most = 1_048_576): Promise<string | null> {
  const file = await tree.file(path);
  if (file === null) return null;
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of file.bytes()) {
      length += chunk.length;
      if (length > most)
        throw new MailError("CONFIG_INVALID", `${placeOfFile(path)} is too large to be what it is called.`);
      chunks.push(chunk);
    }
  } catch (error) {
    const { place, detail } = asFailure(placeOfFile(path), error);
    throw new MailError("CONFIG_INVALID", `${place}: ${detail}`, { cause: error });
  }
  return Buffer.concat(chunks).toString("utf8");
}

const LF = 10;
const CR = 13;

/**
 * A message as a server hands it out. Mail on a Unix disk has LF where it had CRLF on the wire; whoever stored it there (mbsync, Dovecot,
 * imap-backup) took the CR away, and puts it back. So a message without any CR gets CRLF, and is the one that the server had; one with a CR
 * is left as it is.
 */
export function asMail(bytes: Buffer, { keepLineEnds = false }: ReadOptions): Buffer {
  if (keepLineEnds || bytes.includes(CR)) return bytes;
  let lines = 0;
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) lines++;
  if (lines === 0) return bytes;
  const out = Buffer.allocUnsafe(bytes.length + lines);
  let length = 0;
  let from = 0;
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, from)) {
    length += bytes.copy(out, length, from, at);
    out[length++] = CR;
    out[length++] = LF;
    from = at + 1;
  }
  bytes.copy(out, length, from);
  return out;
}
