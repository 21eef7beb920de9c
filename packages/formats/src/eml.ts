// Writes messages as a tree of EML files, one directory per mailbox, byte for byte as they were stored, with a manifest and the sums that
// `sha256sum -c` reads. One message is in flight, in the slices that it comes in. An interrupted export goes on where it was when it is
// called again. It must never write outside its directory, into one that holds anything else, or a file whose bytes are not proved.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Digest, type Flags, type MailboxPath, MailError, pathKey } from "@packetboat/core";
import { codeOf } from "./errors.ts";
import { ABOUT, MANIFEST, mailboxDirectories, messageFileName, SUMS } from "./file-names.ts";
import { isWritten, writeMessage } from "./message-file.ts";

/** What is exported: one archive as it was at one revision. `selection` names what was left out, in any spelling that is stable. */
export interface ExportSubject {
  readonly archive: string;
  readonly revision: number;
  /** Milliseconds since 1970 when that revision was made, or null. */
  readonly time: number | null;
  readonly selection: string;
}

/** A message to be written. */
export interface ExportMessage {
  readonly id: number;
  readonly mailbox: MailboxPath;
  readonly sha256: Digest;
  readonly size: number;
  readonly flags: Flags;
  /** Milliseconds since 1970; becomes the file's time. */
  readonly internalDate: number | null;
  /** The bytes, asked for once, or not at all where the file is already there. */
  readonly bytes: () => AsyncIterable<Uint8Array>;
}

export interface ExportOutcome {
  readonly messages: number;
  readonly bytes: number;
  /** Of these, how many an earlier, interrupted export had written. */
  readonly alreadyThere: number;
  /** Files of an earlier export that were half written or were changed since, and were written anew. */
  readonly rewritten: readonly string[];
  /** Files whose bytes did not have the digest that the archive states; kept as `…eml.damaged`, not in the manifest. */
  readonly damaged: readonly string[];
}

export interface ExportProgress {
  readonly messages: number;
  readonly bytes: number;
}

/** A line of manifest.jsonl. */
export interface ManifestLine {
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

/**
 * Exports to `directory`, which must be empty, absent, or hold the same export. `mailboxes` get a directory even when they are empty.
 * Throws CONFIG_INVALID when the directory holds anything else, DISK_FULL when there is no room.
 */
export async function exportEml(
  directory: string,
  subject: ExportSubject,
  mailboxes: readonly MailboxPath[],
  messages: AsyncIterable<ExportMessage>,
  options: { readonly onProgress?: (progress: ExportProgress) => void; readonly signal?: AbortSignal } = {},
): Promise<ExportOutcome> {
  try {
    const resumed = await claim(directory, subject);
    const directories = mailboxDirectories(mailboxes);
    for (const path of directories.values()) await mkdir(join(directory, path), { recursive: true });
    return await writeAll(directory, subject, directories, messages, resumed, options);
  } catch (error) {
    throw asExportError(error, directory);
  }
}

/** Takes the directory for this export; true when it was begun before. */
async function claim(directory: string, subject: ExportSubject): Promise<boolean> {
  await makeWithParents(directory);
  const found = await readdir(directory);
  const about = `${JSON.stringify({ format: "packetboat eml export 1", ...subject })}\n`;
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
async function makeWithParents(directory: string): Promise<void> {
  if (existsSync(directory)) return;
  if (dirname(directory) !== directory) await makeWithParents(dirname(directory));
  await mkdir(directory);
}

async function writeAll(
  directory: string,
  subject: ExportSubject,
  directories: ReadonlyMap<string, string>,
  messages: AsyncIterable<ExportMessage>,
  resumed: boolean,
  options: { readonly onProgress?: (progress: ExportProgress) => void; readonly signal?: AbortSignal },
): Promise<ExportOutcome> {
  const outcome = { messages: 0, bytes: 0, alreadyThere: 0, rewritten: [] as string[], damaged: [] as string[] };
  const manifest = await TextFile.begin(join(directory, MANIFEST));
  const sums = await TextFile.begin(join(directory, SUMS));
  try {
    for await (const message of messages) {
      options.signal?.throwIfAborted();
      const place = directories.get(pathKey(message.mailbox));
      if (place === undefined)
        throw new MailError(
          "BUG",
          "Packetboat has a defect: a message outside the exported mailboxes. Please report this.",
        );
      const path = `${place}/${messageFileName(message.internalDate, message.id)}`;
      const file = join(directory, path);
      const there = resumed && (await isWritten(file, message));
      if (there) outcome.alreadyThere++;
      else {
        if (resumed && existsSync(file)) outcome.rewritten.push(path);
        if (!(await writeMessage(file, message))) {
          outcome.damaged.push(`${path}.damaged`);
          continue;
        }
      }
      await manifest.line(JSON.stringify(manifestLine(path, message, subject.revision)));
      await sums.line(`${message.sha256}  ${path}`);
      outcome.messages++;
      outcome.bytes += message.size;
      options.onProgress?.(outcome);
    }
    await sums.line(`${await manifest.finish()}  ${MANIFEST}`);
    await sums.finish();
    return outcome;
  } finally {
    await manifest.close();
    await sums.close();
  }
}

function manifestLine(path: string, message: ExportMessage, revision: number): ManifestLine {
  const { sha256, size, mailbox, flags, internalDate, id } = message;
  const date = internalDate === null ? null : new Date(internalDate);
  return {
    path,
    sha256,
    size,
    mailbox,
    flags,
    internalDate: date === null || Number.isNaN(date.getTime()) ? null : date.toISOString(),
    message: id,
    revision,
  };
}

/** A text file that appears under its name only when it is whole and on the disk. */
class TextFile {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #hash = createHash("sha256");
  #waiting = "";
  #open = true;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async begin(path: string): Promise<TextFile> {
    await rm(path, { force: true });
    await rm(`${path}.part`, { force: true });
    return new TextFile(path, await open(`${path}.part`, "wx", 0o600));
  }

  async line(text: string): Promise<void> {
    this.#waiting += `${text}\n`;
    if (this.#waiting.length > 65_536) await this.#flush();
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = "";
    this.#hash.update(bytes);
    await this.#file.writeFile(bytes);
  }

  /** Puts the file in its place and gives its digest. */
  async finish(): Promise<Digest> {
    await this.#flush();
    await this.#file.sync();
    await this.close();
    await rename(`${this.#path}.part`, this.#path);
    await syncDirectory(dirname(this.#path));
    return this.#hash.digest("hex");
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#file.close();
  }
}

async function writeWhole(path: string, text: string): Promise<void> {
  const file = await open(`${path}.part`, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function asExportError(error: unknown, directory: string): unknown {
  const code = codeOf(error);
  if (error instanceof MailError) return error;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new MailError(
      "DISK_FULL",
      `The disk under ${directory} is full. Make room, then run the same export again: it goes on where it was.`,
      { cause: error },
    );
  }
  if (["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "EISDIR", "ENAMETOOLONG", "ELOOP"].includes(code)) {
    return new MailError(
      "CONFIG_INVALID",
      `The directory ${directory} cannot be written (${code}). Name another one.`,
      { cause: error },
    );
  }
  return error;
}
