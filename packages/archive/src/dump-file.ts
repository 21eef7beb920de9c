// A dump as a file: written beside its name, made durable, then renamed, so that the name never stands for half a dump and yesterday's is
// replaced only by a whole one. Readable by its owner alone: it holds all mail.
import { randomBytes } from "node:crypto";
import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { finished } from "node:stream/promises";
import { isMailError, MailError } from "@packetboat/core";
import { databaseCode } from "@packetboat/database";
import type { Pool } from "pg";
import { type Dumped, type DumpOptions, dumpDatabase, loadDatabase, type TransferOptions } from "./dump.ts";

const CHUNK_BYTES = 1_048_576;

/**
 * Dumps into a file of mode 0600, replacing one of that name at the end; a symbolic link stays one. Throws what dumpDatabase throws, and
 * CONFIG_INVALID when the path is no file: a rename would put one in the place of a device.
 */
export async function dumpToFile(pool: Pool, named: string, options: DumpOptions = {}): Promise<Dumped> {
  const there = await stat(named).catch(() => null);
  if (there !== null && !there.isFile())
    throw new MailError("CONFIG_INVALID", `${named} is no file. Name the file that the dump is to be written to.`);
  const path = there === null ? named : await realpath(named);
  const partial = `${path}.${randomBytes(4).toString("hex")}.partial`;
  try {
    const dumped = await dumpInto(pool, await open(partial, "wx", 0o600), options);
    await rename(partial, path);
    await syncDirectory(dirname(path));
    return dumped;
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw fileError(path, error);
  }
}

async function dumpInto(pool: Pool, handle: FileHandle, options: DumpOptions): Promise<Dumped> {
  // flush: fsync before it is closed.
  const out = handle.createWriteStream({ flush: true, highWaterMark: CHUNK_BYTES });
  try {
    const dumped = await dumpDatabase(pool, out, options);
    const written = finished(out);
    out.end();
    await written;
    return dumped;
  } catch (error) {
    out.destroy();
    throw error;
  }
}

/** Loads a dump from a file. Throws what loadDatabase throws, and CONFIG_INVALID when there is no such file. */
export async function loadFromFile(pool: Pool, path: string, options: TransferOptions = {}): Promise<Dumped> {
  try {
    const handle = await open(path, "r");
    const input = handle.createReadStream({ highWaterMark: CHUNK_BYTES });
    try {
      return await loadDatabase(pool, input as AsyncIterable<Buffer>, options);
    } finally {
      input.destroy();
    }
  } catch (error) {
    throw fileError(path, error);
  }
}

/** A rename is durable once its directory is. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What the file system itself refuses, with the name that the user typed. */
function fileError(path: string, error: unknown): unknown {
  if (isMailError(error) || !(error instanceof Error) || !("syscall" in error)) return error;
  const code = databaseCode(error) ?? "no reason given";
  const text =
    code === "ENOENT"
      ? `There is no ${path}, or no directory for it. Check the path.`
      : `${path} cannot be used (${code}). Check the path and its permissions.`;
  return new MailError("CONFIG_INVALID", text, { cause: error });
}
