// Files that were sent to be imported: each lies in the home, readable by nobody else, until its job has ended, however it ended. What a process
// that died left behind is taken away by whoever starts next. It must never hold a file in memory, nor take one away that another process reads.
import { mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { endLost, getJob, isAtWork, type Random } from "@packetboat/archive";
import { MailError } from "@packetboat/core";
import { type Database, ensureDiskSpace } from "@packetboat/database";
import { importAsked } from "./asked.ts";

/** Bytes between two looks at what room there is. */
const LOOK_BYTES = 64 * 1_048_576;
/** A file of a database that this process does not ask is old by then. */
const FOREIGN_MS = 7 * 86_400_000;
const NAME = /^(\d{1,16})-([\w-]{22})$/;

/** A file that is here whole. */
export interface UploadedFile {
  readonly path: string;
  readonly bytes: number;
  /** Safe to be called twice. */
  readonly remove: () => Promise<void>;
}

export interface Receiving {
  /** Of the file's name, beside its job's number. */
  readonly mark: string;
  readonly bytes: AsyncIterator<Uint8Array>;
  /** Ends it early. */
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
}

export interface Uploads {
  /** The largest file that is taken, in bytes. */
  readonly most: number;
  /** What a file is marked with, so that it is known whose it is. */
  readonly newMark: (random: Random) => string;
  /** Throws TOO_LARGE and DISK_LOW for a file that says to be so large. */
  readonly expect: (size: number | null) => Promise<void>;
  /**
   * Writes a file down as it comes. Throws TOO_LARGE, DISK_LOW, DISK_FULL, the reason of the signal, and INTERRUPTED where its sender left;
   * then nothing of it stays.
   */
  readonly receive: (job: number, receiving: Receiving) => Promise<UploadedFile>;
  /** Takes away files whose jobs nobody works on, and says of those jobs that they ended. */
  readonly sweep: (now: number) => Promise<void>;
}

/** Of one process. `directory` is made when the first file comes. */
export function openUploads(pool: Database["pool"], directory: string, most: number): Uploads {
  const expect: Uploads["expect"] = async (size) => {
    if (size !== null && size > most) throw tooLarge(most);
    await makeDirectory(directory);
    ensureDiskSpace(directory, size ?? 0);
  };
  return {
    most,
    newMark: (random) => random(16).toString("base64url"),
    expect,
    receive: async (job, receiving) => {
      const path = join(directory, `${job}-${receiving.mark}`);
      const remove = () => rm(path, { force: true });
      await makeDirectory(directory);
      try {
        return { path, bytes: await write(path, receiving, { directory, most }), remove };
      } catch (error) {
        await remove();
        throw error;
      }
    },
    sweep: async (now) => {
      for (const name of await namesIn(directory)) {
        const path = join(directory, name);
        if (await isLeft(pool, path, name, now)) await rm(path, { force: true });
      }
      await endLost(pool, "import", { code: "INTERRUPTED", text: LOST }, now);
    },
  };
}

const LOST =
  "Packetboat was stopped while it was at work on this, and the file is gone. Send it again: what is there already is not added twice.";

/** Its job is nobody's any more; of a job that is not in this database: it is old. */
async function isLeft(pool: Database["pool"], path: string, name: string, now: number): Promise<boolean> {
  const [, id, mark] = NAME.exec(name) ?? [];
  if (id === undefined) return false;
  const job = await getJob(pool, Number(id));
  const isOurs = importAsked.safeParse(job?.asked).data?.mark === mark;
  if (job !== null && isOurs) return !isAtWork(job.state);
  const { mtimeMs = now } = (await stat(path).catch(() => null)) ?? {};
  return now - mtimeMs > FOREIGN_MS;
}

async function write(
  path: string,
  { bytes, signal, onBytes }: Receiving,
  { directory, most }: { readonly directory: string; readonly most: number },
): Promise<number> {
  await using file = await open(path, "wx", 0o600);
  let size = 0;
  let looked = 0;
  for await (const chunk of untilStopped(bytes, signal)) {
    size += chunk.byteLength;
    if (size > most) throw tooLarge(most);
    if (size - looked > LOOK_BYTES) {
      ensureDiskSpace(directory);
      looked = size;
    }
    await file.appendFile(chunk);
    onBytes(size);
  }
  return size;
}

/** A sender who is silent must not keep it from being stopped. Throws the reason of the signal, and INTERRUPTED where the sender left. */
async function* untilStopped(bytes: AsyncIterator<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const stopped = Promise.withResolvers<never>();
  // Nobody may be waiting when it is.
  stopped.promise.catch(() => undefined);
  const stop = (): void => stopped.reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    signal.throwIfAborted();
    for (;;) {
      const next = bytes.next().catch((cause: unknown) => {
        throw new MailError("INTERRUPTED", "The file did not come whole. Send it again.", { cause });
      });
      next.catch(() => undefined);
      const { done = false, value } = await Promise.race([next, stopped.promise]);
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    // Not waited for: a sender who is silent would keep it.
    void bytes.return?.().catch(() => undefined);
  }
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new MailError(
      "CONFIG_INVALID",
      `Files that are sent cannot be kept in the home of this server (${code}). PACKETBOAT_HOME names it; packetboat web must be able to write there.`,
      { cause: error },
    );
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

const tooLarge = (most: number): MailError =>
  new MailError(
    "TOO_LARGE",
    `Files of at most ${Math.floor(most / 1_000_000).toLocaleString("en-US")} MB are taken. Send it in parts, start packetboat web with a larger --most-upload, or use ./packetboat import on the server.`,
  );
