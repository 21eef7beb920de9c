// One message's file: written, or found already there and proved against its digest. Most are written elsewhere (FileElsewhere); here are those that
// come in slices.
// It must never follow a link that lies where a file is to be made, nor leave a file under its name whose bytes are not proved.
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { type FileHandle, open, rename, rm, utimes } from "node:fs/promises";
import { type Digest, isMailError } from "@packetboat/core";
import { codeOf } from "./errors.ts";
import type { ExportBytes, FileElsewhere } from "./export-frame.ts";

/** Bytes up to which a file is read in one go. */
const SMALL_BYTES = 256 * 1024;

export interface FileContent {
  readonly sha256: Digest;
  readonly size: number;
  /** Milliseconds since 1970; becomes the file's time. */
  readonly internalDate: number | null;
  readonly bytes: ExportBytes;
  readonly file?: FileElsewhere | null;
}

/**
 * Writes a message; false when its bytes are not those of its digest: then they are kept under `path.damaged`, or none where they were to be written
 * elsewhere. One that has a `file` is asked for before this returns.
 */
export async function writeMessage(path: string, message: FileContent): Promise<boolean> {
  const { file = null, internalDate: time } = message;
  if (file === null) return await writeHere(path, message);
  if (await file({ path, time })) return true;
  await (await openNew(`${path}.damaged`)).close();
  return false;
}

/** Hands out the slices; false when the archive noticed that they are damaged, which may be as late as after the last one. */
export async function take(
  { bytes }: Pick<FileContent, "bytes">,
  each: (slice: Uint8Array) => void | Promise<void>,
): Promise<boolean> {
  if (typeof bytes !== "function") {
    await each(bytes);
    return true;
  }
  try {
    for await (const slice of bytes()) await each(slice);
    return true;
  } catch (error) {
    if (!isMailError(error) || error.code !== "BLOB_MISMATCH") throw error;
    return false;
  }
}

/** Opened exclusively: a link that somebody placed there is removed, not followed. */
async function openNew(path: string): Promise<FileHandle> {
  await rm(path, { force: true });
  return await open(path, "wx", 0o600);
}

async function writeHere(path: string, message: FileContent): Promise<boolean> {
  const { internalDate } = message;
  const file = await openNew(path);
  let whole: boolean | null = null;
  try {
    whole = await take(message, (slice) => file.writeFile(slice));
  } finally {
    await file.close();
    if (whole === null) await rm(path, { force: true });
  }
  if (!whole) {
    await rename(path, `${path}.damaged`);
    return false;
  }
  if (internalDate !== null) await utimes(path, internalDate / 1000, internalDate / 1000).catch(ignoreOddDate);
  return true;
}

/** C2: a date that the file system cannot hold is still in the manifest. */
function ignoreOddDate(error: unknown): void {
  if (!["EINVAL", "EOVERFLOW", "ERR_OUT_OF_RANGE"].includes(codeOf(error))) throw error;
}

/** Whether the file is there already, with exactly these bytes. */
export async function isWritten(
  path: string,
  { sha256, size }: Pick<FileContent, "sha256" | "size">,
): Promise<boolean> {
  try {
    if (size <= SMALL_BYTES) return isWrittenSmall(path, sha256, size);
    const file = await open(path, "r");
    try {
      if ((await file.stat()).size !== size) return false;
      const hash = createHash("sha256");
      for await (const slice of file.createReadStream({ autoClose: false })) hash.update(slice as Buffer);
      return hash.digest("hex") === sha256;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
}

function isWrittenSmall(path: string, sha256: Digest, size: number): boolean {
  const file = openSync(path, "r");
  try {
    return fstatSync(file).size === size && createHash("sha256").update(readFileSync(file)).digest("hex") === sha256;
  } finally {
    closeSync(file);
  }
}
