// How much room a disk must have before Packetboat writes: the decision (pure) and the question to the file system.
// It must never be asked about a database that is not on this machine.
import { statfsSync } from "node:fs";
import { MailError } from "@packetboat/core";

const LEAST_FREE_BYTES = 1_000_000_000;
const LEAST_FREE_SHARE = 0.05;

export interface DiskSpace {
  /** What an ordinary user may still use. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Gives how many bytes must be made free before a run may write; 0 when there is room: at least 1 GB and 5 %. */
export function missingBytes({ freeBytes, totalBytes }: DiskSpace): number {
  const needed = Math.max(LEAST_FREE_BYTES, Math.ceil(totalBytes * LEAST_FREE_SHARE));
  return Math.max(0, needed - freeBytes);
}

/** Throws DISK_LOW, saying how much is needed, when the disk under `path` is below 1 GB or 5 % free, or would be after `wanted` bytes more. */
export function ensureDiskSpace(path: string, wanted = 0): void {
  const { bavail, bsize, blocks } = statfsSync(path);
  const missing = missingBytes({ freeBytes: bavail * bsize - wanted, totalBytes: blocks * bsize });
  if (missing === 0) return;
  const free = megabytes(bavail * bsize);
  throw new MailError(
    "DISK_LOW",
    `The disk of ${path} has only ${free} MB free; Packetboat stops below 1 GB or 5 %. Make ${megabytes(missing)} MB free, then run it again.`,
    {
      context: { missingBytes: missing, freeBytes: bavail * bsize },
    },
  );
}

function megabytes(bytes: number): string {
  return Math.ceil(bytes / 1_000_000).toLocaleString("en-US");
}
