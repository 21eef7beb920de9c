// What becomes of the output of a command that cannot be written: a reader that went away has seen enough, anything else is a failure that is
// told, because a file cut off in the middle looks like a whole one. It must never take a write for whole of which the disk took a part.
import { writeSync } from "node:fs";
import { MailError } from "@packetboat/core";

interface Chunks {
  fd?: number;
  _write?: unknown;
}

/**
 * Makes a stream on a file write all of what it is given, or fail. Node's own takes one write for enough, and a disk that has become full takes
 * the beginning of it and refuses the next only.
 */
export function writeWhole(stdout: object): void {
  // A terminal and a pipe are sockets, which write on by themselves.
  if (stdout.constructor.name !== "SyncWriteStream") return;
  const stream = stdout as Chunks;
  stream._write = (chunk: Buffer, _encoding: string, done: (error?: unknown) => void): void => {
    try {
      for (let at = 0; at < chunk.length; ) at += writeSync(stream.fd ?? 1, chunk, at, chunk.length - at);
    } catch (error) {
      done(error);
      return;
    }
    done();
  };
}

/** Gives what is to be told of a failed write; null for a reader that left. */
export function unwritten(error: unknown): MailError | null {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  if (code === "EPIPE") return null;
  const why =
    code === "ENOSPC" || code === "EDQUOT"
      ? "the disk is full"
      : code === "EFBIG"
        ? "the file has become as large as it may be"
        : `the system refused it (${code})`;
  return new MailError("DISK_FULL", `What was to be written to the output could not be: ${why}.`, { cause: error });
}

/** A failed write is told by the stream a moment after it was made. */
export const writesTold = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
