// How a dump is cut into frames, written and read back: a length, a CRC-32 over length and content, the content; at the end a SHA-256 over
// everything before it. The CRC names damage before anything of the frame is used, the SHA-256 proves the whole.
// It must never hold more than a frame and a chunk, nor give a frame that is not proved.
import { createHash } from "node:crypto";
import type { Writable } from "node:stream";
import { crc32 } from "node:zlib";
import { MailError } from "@packetboat/core";
import { databaseCode } from "@packetboat/database";

/** Larger content is written in several frames; a larger length is damage. */
const FRAME_BYTES = 1_048_576;
const HEAD_BYTES = 8;

export interface FrameSink {
  /** As it is, outside a frame. */
  readonly raw: (bytes: Buffer) => Promise<void>;
  /** An empty one ends a table. Content over FRAME_BYTES becomes several frames. */
  readonly frame: (bytes: Buffer) => Promise<void>;
  /** Of everything written so far. */
  readonly digest: () => Buffer;
  readonly length: () => number;
  /** Takes the listeners off the stream. */
  readonly release: () => void;
}

/** Writes to a stream, paced by it. What the stream refuses is thrown as DISK_FULL or CONFIG_INVALID. */
export function frameSink(out: Writable): FrameSink {
  const hash = createHash("sha256");
  let length = 0;
  // Every failure comes back through a write's own callback; an error event without a listener would end the process.
  const ignore = (): void => undefined;
  out.on("error", ignore);
  const write = async (bytes: Buffer): Promise<void> =>
    new Promise((resolve, reject) => {
      out.write(bytes, (error) => (error ? reject(writeFailure(error)) : resolve()));
    });
  const raw = async (bytes: Buffer): Promise<void> => {
    hash.update(bytes);
    length += bytes.length;
    await write(bytes);
  };
  const one = async (bytes: Buffer): Promise<void> => {
    await raw(headOf(bytes));
    if (bytes.length > 0) await raw(bytes);
  };
  const frame = async (bytes: Buffer): Promise<void> => {
    if (bytes.length === 0) return one(bytes);
    for (let at = 0; at < bytes.length; at += FRAME_BYTES) await one(bytes.subarray(at, at + FRAME_BYTES));
  };
  const release = (): void => void out.off("error", ignore);
  return { raw, frame, digest: () => hash.copy().digest(), length: () => length, release };
}

function headOf(bytes: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(bytes.length);
  head.writeUInt32BE(sumOf(head.subarray(0, 4), bytes), 4);
  return head;
}

function sumOf(length: Buffer, bytes: Buffer): number {
  return crc32(bytes, crc32(length));
}

export interface FrameSource {
  /** Exactly so many bytes. Throws CONFIG_INVALID when the file ends before. */
  readonly raw: (bytes: number) => Promise<Buffer>;
  /** The next frame, proved by its CRC. Throws CONFIG_INVALID. */
  readonly frame: () => Promise<Buffer>;
  /** Throws CONFIG_INVALID when anything follows. */
  readonly end: () => Promise<void>;
  /** Of everything read so far. */
  readonly digest: () => Buffer;
  readonly length: () => number;
}

/** Reads from chunks of any size. */
export function frameSource(input: AsyncIterable<Buffer>): FrameSource {
  const iterator = input[Symbol.asyncIterator]();
  const hash = createHash("sha256");
  let chunks: Buffer[] = [];
  let available = 0;
  let length = 0;
  const pull = async (): Promise<boolean> => {
    const next = await iterator.next().catch((error: unknown) => {
      throw readFailure(error);
    });
    if (next.done === true) return false;
    chunks.push(next.value);
    available += next.value.length;
    return true;
  };
  const raw = async (bytes: number): Promise<Buffer> => {
    while (available < bytes) if (!(await pull())) throw damaged("is cut off");
    const joined = chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks, available);
    const taken = joined.subarray(0, bytes);
    chunks = [joined.subarray(bytes)];
    available -= bytes;
    length += bytes;
    hash.update(taken);
    return taken;
  };
  const frame = async (): Promise<Buffer> => {
    const head = await raw(HEAD_BYTES);
    const size = head.readUInt32BE();
    if (size > FRAME_BYTES) throw damaged("is damaged");
    const bytes = size === 0 ? Buffer.alloc(0) : await raw(size);
    if (sumOf(head.subarray(0, 4), bytes) !== head.readUInt32BE(4)) throw damaged("is damaged");
    return bytes;
  };
  const end = async (): Promise<void> => {
    while (available === 0) if (!(await pull())) return;
    throw damaged("goes on after its end");
  };
  return { raw, frame, end, digest: () => hash.copy().digest(), length: () => length };
}

/** The refusal of a dump; `what` follows "The dump". */
export function damaged(what: string): MailError {
  return new MailError("CONFIG_INVALID", `The dump ${what}. Nothing was loaded; use another copy of the file.`);
}

function writeFailure(error: Error): MailError {
  const code = databaseCode(error);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new MailError("DISK_FULL", "There is no room for the dump. Write it to another disk, or make room.", {
      cause: error,
    });
  }
  return fileFailure("written", error);
}

function readFailure(error: unknown): MailError {
  return fileFailure("read", error);
}

function fileFailure(what: string, cause: unknown): MailError {
  const reason = databaseCode(cause) ?? "no reason given";
  return new MailError(
    "CONFIG_INVALID",
    `The dump cannot be ${what} (${reason}). Check the file's path, its directory and their permissions.`,
    { cause },
  );
}
