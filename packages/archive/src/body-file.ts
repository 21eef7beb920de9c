// A body as a file of its own: unpacked, proved, then written by blocking calls. Ten thousand small files through libuv's threads take three
// times as long as the disk needs, and whoever calls this is on a thread of its own, or has little to write.
// It must never write bytes that are not proved (C1), follow a link that lies where the file is to be, nor leave a part of a file.
import { closeSync, constants, futimesSync, openSync, rmSync, writeSync } from "node:fs";
import { isUnpackedInto, type PackedBody } from "./codec.ts";

/** Where a body is wanted. */
export interface BodyPlace {
  readonly path: string;
  /** Milliseconds since 1970; becomes the file's time, where the file system can hold it. Null: now. */
  readonly time: number | null;
}

/** Larger bodies are rare. */
const KEPT_BYTES = 1_048_576;
let kept = Buffer.alloc(0);

/** Writes a body to a new file; false, and no file, when it is damaged. Throws what the file system says. */
export function fileBody(packed: PackedBody, { path, time }: BodyPlace): boolean {
  const body = roomFor(packed.size);
  if (!isUnpackedInto(packed, body)) return false;
  const file = openNew(path);
  let whole = false;
  try {
    // A full disk may take a part of a write, and say ENOSPC to the next only.
    for (let at = 0; at < body.length; ) at += writeSync(file, body, at);
    if (time !== null) date(file, time / 1000);
    whole = true;
  } finally {
    closeSync(file);
    if (!whole) rmSync(path, { force: true });
  }
  return true;
}

/** The same memory for one body after the other: it stays in the processor's cache on the way from zstd to the file. */
function roomFor(bytes: number): Buffer {
  if (bytes > KEPT_BYTES) return Buffer.allocUnsafe(bytes);
  if (kept.length === 0) kept = Buffer.allocUnsafeSlow(KEPT_BYTES);
  return kept.subarray(0, bytes);
}

const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && "code" in error && codes.includes(String(error.code));

const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

/** Opened exclusively: a link that somebody placed there is removed, not followed. */
function openNew(path: string): number {
  try {
    return openSync(path, NEW, 0o600);
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
    rmSync(path, { force: true });
    return openSync(path, NEW, 0o600);
  }
}

function date(file: number, seconds: number): void {
  try {
    futimesSync(file, seconds, seconds);
  } catch (error) {
    // C2: a date that the file system cannot hold is still in the manifest.
    if (!isCode(error, "EINVAL", "EOVERFLOW", "ERR_OUT_OF_RANGE")) throw error;
  }
}
