// Many bodies written to files of their own, on a thread: unpacking, proving and writing them takes longer than all else that an export does.
// What is asked for is done soon after, and told by a promise of its own.
// It must never hold more than a few megabytes of bodies, nor leave a promise open once it was closed.
import { Worker } from "node:worker_threads";
import { arenaOf, keepArena } from "./arenas.ts";
import type { BodyPlace } from "./body-file.ts";
import type { PackedBody } from "./codec.ts";
import { type FileRefusal, type FilingAnswer, type FilingTask, fileTask } from "./filing-task.ts";
import { TaskThread } from "./task-thread.ts";

/** Bytes of bodies that are sent to the thread together, and so many that may be on their way. */
const GROUP_BYTES = 1_048_576;
const ASKED_BYTES = 4 * GROUP_BYTES;
/** Fewer are written here: a thread takes 50 to 100 ms to start. */
const WORTH_A_THREAD_BYTES = 4 * 1_048_576;

const thread = new TaskThread<FilingTask, FilingAnswer>(
  () => new Worker(new URL("filing-thread.ts", import.meta.url), { resourceLimits: { maxYoungGenerationSizeMb: 4 } }),
);

interface Told {
  readonly resolve: (written: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** What is gathered for the thread: bodies that are copied already, so that nobody holds on to what came from the database. */
interface Group {
  readonly packed: Buffer<ArrayBuffer>;
  readonly bodies: FilingTask["bodies"][number][];
  readonly told: Told[];
  packedBytes: number;
  bytes: number;
}

/** Files that are to be written. */
export class Filing {
  readonly #onThread: boolean;
  #group: Group | null = null;
  /** What the thread has, oldest first; it answers in this order. */
  readonly #asked: Promise<void>[] = [];
  #askedBytes = 0;

  /** `expected`: so many bytes of bodies, about. */
  constructor(expected: number) {
    this.#onThread = thread.started || expected >= WORTH_A_THREAD_BYTES;
    // It starts while the database is asked.
    if (this.#onThread) thread.start();
  }

  /**
   * Writes a body to a new file: in a while, or when `flush` is called. What is stored of it is copied before this returns. False: it is damaged,
   * and nothing was written. Rejects as the file system does.
   */
  file(body: PackedBody, { path, time }: BodyPlace): Promise<boolean> {
    const { codec, bytes, size, sha256 } = body;
    const group = this.#groupFor(bytes.length);
    group.packedBytes += bytes.copy(group.packed, group.packedBytes);
    group.bytes += size;
    group.bodies.push({ codec, length: bytes.length, size, sha256, path, time });
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    group.told.push({ resolve, reject });
    if (group.bytes >= GROUP_BYTES) this.flush();
    return promise;
  }

  /** Waits for no more. */
  flush(): void {
    const group = this.#group;
    if (group === null) return;
    this.#group = null;
    this.#askedBytes += group.bytes;
    const done = this.#done(group).finally(() => {
      this.#askedBytes -= group.bytes;
      this.#asked.shift();
    });
    this.#asked.push(done);
  }

  /** Resolves when more may be asked for. */
  async room(): Promise<void> {
    while (this.#askedBytes >= ASKED_BYTES) await this.#asked[0];
  }

  /** The group that has so much room. */
  #groupFor(bytes: number): Group {
    if (this.#group !== null && this.#group.packed.length - this.#group.packedBytes < bytes) this.flush();
    this.#group ??= {
      packed: Buffer.from(arenaOf(Math.max(GROUP_BYTES, bytes))),
      bodies: [],
      told: [],
      packedBytes: 0,
      bytes: 0,
    };
    return this.#group;
  }

  /** Told to each that asked; itself it does not fail. */
  async #done({ packed, bodies, told }: Group): Promise<void> {
    const task: FilingTask = { packed: packed.buffer, bodies };
    try {
      const answer = this.#onThread
        ? await thread.ask(task, [task.packed])
        : { packed: task.packed, outcomes: fileTask(task) };
      keepArena(answer.packed);
      for (const [i, { resolve, reject }] of told.entries()) {
        const outcome = answer.outcomes[i] ?? false;
        if (typeof outcome === "boolean") resolve(outcome);
        else reject(errorOf(outcome));
      }
    } catch (error) {
      for (const { reject } of told) reject(error);
    }
  }
}

const errorOf = ({ code, path, message }: FileRefusal): Error => Object.assign(new Error(message), { code, path });
