// What every export has in common, whatever its format: the place it takes for itself, the manifest, the sums, the count of what was
// written. A format says only how one message is put. It must never write into a place that holds anything else, nor give the manifest
// its name before all that it lists is written.
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Digest, type Flags, type MailboxPath, MailError, pathKey, type Role } from "@packetboat/core";
import { codeOf } from "./errors.ts";
import { ABOUT, MAILBOXES, MANIFEST, SUMS } from "./file-names.ts";
import { type InOrder, inOrder } from "./in-order.ts";
import { TextFile, writeWhole } from "./text-file.ts";

/** What is exported: one archive as it was at one revision. `selection` names what was left out, in any spelling that is stable. */
export interface ExportSubject {
  readonly archive: string;
  readonly revision: number;
  /** Milliseconds since 1970 when that revision was made, or null. */
  readonly time: number | null;
  readonly selection: string;
}

export interface ExportMailbox {
  readonly path: MailboxPath;
  readonly role: Role | null;
  readonly subscribed: boolean;
}

/** A message to be written. Those of one mailbox follow each other. */
export interface ExportMessage {
  readonly id: number;
  readonly mailbox: MailboxPath;
  readonly sha256: Digest;
  readonly size: number;
  readonly flags: Flags;
  /** Milliseconds since 1970; becomes the file's time, where a message is a file. */
  readonly internalDate: number | null;
  readonly bytes: ExportBytes;
  /** How else they become a file. Null, the default: `bytes` are written. */
  readonly file?: FileElsewhere | null;
}

/**
 * Writes the bytes to a new file, proved, somewhere else than on this thread: in a while. Asked for instead of the bytes, before the next message is.
 * False: they are damaged, and nothing was written. Rejects as the file system does.
 */
export type FileElsewhere = (place: { readonly path: string; readonly time: number | null }) => Promise<boolean>;

/**
 * Bytes that are proved by whoever gives them: all of them in memory, or a walk that is asked for once, or not at all where they are there
 * already, and throws BLOB_MISMATCH, at the latest after the last slice, where they do not have the digest. They are read before the next message
 * is asked for: whoever keeps some of them copies them.
 */
export type ExportBytes = Uint8Array | (() => AsyncIterable<Uint8Array>);

export interface ExportOutcome {
  readonly messages: number;
  readonly bytes: number;
  /** Of these, how many an earlier, interrupted export had written. */
  readonly alreadyThere: number;
  /** Files of an earlier export that were half written or were changed since, and were written anew. */
  readonly rewritten: readonly string[];
  /**
   * Messages whose bytes did not have the digest that the archive states; not in the manifest. Where a message is a file it is kept
   * under this name, `….damaged`; elsewhere it is left out.
   */
  readonly damaged: readonly string[];
}

export interface ExportProgress {
  readonly messages: number;
  readonly bytes: number;
}

export interface ExportOptions {
  readonly onProgress?: (progress: ExportProgress) => void;
  readonly signal?: AbortSignal;
}

/** A line of manifest.jsonl. */
export interface ManifestLine {
  /** Of the message's file, or of the mbox that it is in; relative, with "/". */
  readonly path: string;
  readonly sha256: Digest;
  readonly size: number;
  readonly mailbox: MailboxPath;
  readonly flags: Flags;
  /** ISO 8601, or null. */
  readonly internalDate: string | null;
  readonly message: number;
  readonly revision: number;
}

/** A line of mailboxes.jsonl: every mailbox, empty ones too. */
export interface MailboxLine {
  /** Of its directory or file, relative, with "/". */
  readonly path: string;
  readonly mailbox: MailboxPath;
  readonly role: Role | null;
  readonly subscribed: boolean;
}

/** What became of one message. */
export interface Put {
  readonly kind: "written" | "there" | "rewritten" | "damaged";
  readonly path: string;
}

/** A message on its way into the export. Not a promise of it: whoever gets this must not wait for more than the asking. */
export interface Putting {
  readonly put: Put | Promise<Put>;
}

/** Adds up what is put, and writes the manifest beside it. */
export class ExportRecord {
  readonly #subject: ExportSubject;
  readonly #options: ExportOptions;
  readonly #manifest: TextFile;
  readonly #outcome = { messages: 0, bytes: 0, alreadyThere: 0, rewritten: [] as string[], damaged: [] as string[] };

  private constructor(subject: ExportSubject, options: ExportOptions, manifest: TextFile) {
    this.#subject = subject;
    this.#options = options;
    this.#manifest = manifest;
  }

  /** `manifest`: where it will be when it is whole. */
  static async begin(manifest: string, subject: ExportSubject, options: ExportOptions): Promise<ExportRecord> {
    return new ExportRecord(subject, options, await TextFile.begin(manifest));
  }

  get outcome(): ExportOutcome {
    return this.#outcome;
  }

  /** Throws the reason of a signal that was aborted. */
  check(): void {
    this.#options.signal?.throwIfAborted();
  }

  /** True when the message is in the export. */
  async add(message: ExportMessage, { kind, path }: Put): Promise<boolean> {
    const outcome = this.#outcome;
    if (kind === "damaged") {
      outcome.damaged.push(path);
      return false;
    }
    if (kind === "there") outcome.alreadyThere++;
    if (kind === "rewritten") outcome.rewritten.push(path);
    await this.#manifest.line(JSON.stringify(manifestLine(path, message, this.#subject.revision)));
    outcome.messages++;
    outcome.bytes += message.size;
    this.#options.onProgress?.(outcome);
    return true;
  }

  /** Gives the manifest's digest; it has its name now. */
  finish(): Promise<Digest> {
    return this.#manifest.finish();
  }

  close(): Promise<void> {
    return this.#manifest.close();
  }
}

function manifestLine(path: string, message: ExportMessage, revision: number): ManifestLine {
  const { sha256, size, mailbox, flags, internalDate, id } = message;
  return { path, sha256, size, mailbox, flags, internalDate: isoOf(internalDate), message: id, revision };
}

/** C2: a date that a calendar does not have is no date. */
function isoOf(time: number | null): string | null {
  const date = time === null ? null : new Date(time);
  return date === null || Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** The lines of mailboxes.jsonl. `places`: by pathKey. */
export function mailboxLines(mailboxes: readonly ExportMailbox[], places: ReadonlyMap<string, string>): string {
  const lines = mailboxes.map(({ path: mailbox, role, subscribed }): string => {
    const line: MailboxLine = { path: placeOf(places, mailbox), mailbox, role, subscribed };
    return `${JSON.stringify(line)}\n`;
  });
  return lines.join("");
}

/** Throws BUG for a mailbox that the export does not know. */
export function placeOf(places: ReadonlyMap<string, string>, mailbox: MailboxPath): string {
  const place = places.get(pathKey(mailbox));
  if (place !== undefined) return place;
  throw new MailError("BUG", "Packetboat has a defect: a message outside the exported mailboxes. Please report this.");
}

/** What packetboat-export.json says. */
export const aboutText = (format: string, subject: ExportSubject): string =>
  `${JSON.stringify({ format: `packetboat ${format} export 1`, ...subject })}\n`;

/** Takes the directory for this export; true when it was begun before. Throws CONFIG_INVALID when it holds anything else. */
async function claim(directory: string, format: string, subject: ExportSubject): Promise<boolean> {
  await makeWithParents(directory);
  const found = await readdir(directory);
  const about = aboutText(format, subject);
  if (found.length === 0) {
    await writeWhole(join(directory, ABOUT), about);
    return false;
  }
  if (found.includes(ABOUT) && (await readFile(join(directory, ABOUT), "utf8")) === about) return true;
  const what = found.includes(ABOUT) ? "holds another export" : "is not empty";
  throw new MailError(
    "CONFIG_INVALID",
    `The directory ${directory} ${what}. Name one that is empty or does not exist yet.`,
  );
}

/** Not mkdir's own `recursive`: where a parent exists and nothing can be made in it (/proc), that tries for ever. */
export async function makeWithParents(directory: string): Promise<void> {
  if (existsSync(directory)) return;
  if (dirname(directory) !== directory) await makeWithParents(dirname(directory));
  await mkdir(directory);
}

/** An export into a directory of its own: claimed, with the three files about it at its top. */
export interface DirectoryExport {
  readonly directory: string;
  readonly record: ExportRecord;
  readonly sums: TextFile;
  readonly resumed: boolean;
  /** What becomes of messages whose files are written elsewhere, in their order. */
  readonly order: InOrder;
}

/** Notes what becomes of a message, behind those before it; one whose bytes are read here is waited for. Throws what an earlier one failed with. */
export async function putInOrder(into: DirectoryExport, message: ExportMessage, { put }: Putting): Promise<void> {
  const { record, sums, order } = into;
  const ready = Promise.resolve(put);
  order.add(ready, async (done) => {
    if (await record.add(message, done)) await sums.line(`${message.sha256}  ${done.path}`);
  });
  if (!message.file) await ready;
  order.check();
}

/** Runs an export into a directory; `work` puts the messages and their sums. Throws as asExportError says. */
export async function exportToDirectory(
  directory: string,
  about: { readonly format: string; readonly subject: ExportSubject; readonly options: ExportOptions },
  mailboxes: string,
  work: (into: DirectoryExport) => Promise<void>,
): Promise<ExportOutcome> {
  try {
    const resumed = await claim(directory, about.format, about.subject);
    const record = await ExportRecord.begin(join(directory, MANIFEST), about.subject, about.options);
    const sums = await TextFile.begin(join(directory, SUMS));
    try {
      const mailboxesSum = await writeWhole(join(directory, MAILBOXES), mailboxes);
      await inOrder((order) => work({ directory, record, sums, resumed, order }));
      await sums.line(`${mailboxesSum}  ${MAILBOXES}`);
      await sums.line(`${await record.finish()}  ${MANIFEST}`);
      await sums.finish();
      return record.outcome;
    } finally {
      await record.close();
      await sums.close();
    }
  } catch (error) {
    throw asExportError(error, directory);
  }
}

/** Maps what the file system refuses. */
export function asExportError(error: unknown, place: string): unknown {
  const code = codeOf(error);
  if (error instanceof MailError) return error;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new MailError(
      "DISK_FULL",
      `The disk under ${place} is full. Make room, then run the same export again: it goes on where it was.`,
      { cause: error },
    );
  }
  if (code === "EFBIG") {
    const path = error instanceof Error && "path" in error ? String(error.path) : place;
    return new MailError(
      "CONFIG_INVALID",
      `${path} would be larger than a file may be there (EFBIG). Name another place, or raise the limit (ulimit -f).`,
      { cause: error },
    );
  }
  if (["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "EISDIR", "ENAMETOOLONG", "ELOOP", "ENOENT"].includes(code)) {
    return new MailError("CONFIG_INVALID", `${place} cannot be written (${code}). Name another place.`, {
      cause: error,
    });
  }
  return error;
}
