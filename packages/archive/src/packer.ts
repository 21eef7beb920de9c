// Many bodies packed on a thread of their own: packing takes as long as all that the main thread does for a message, and there is a second
// core. The thread is started when there is enough to do, lives as long as the process and never keeps it alive.
// It must never take longer for a few small messages than doing it here would.
import { Worker } from "node:worker_threads";
import { type Packed, pack, packSegment } from "./codec.ts";

/** What the thread is asked: pieces of `arena`, one after the other. */
export interface PackingTask {
  readonly id: number;
  readonly arena: ArrayBuffer;
  readonly lengths: readonly number[];
  readonly segments: boolean;
}

/** What it answers: the packed pieces, in the same order. */
export interface PackingAnswer {
  readonly id: number;
  readonly arena: ArrayBuffer;
  readonly packed: readonly { readonly codec: number; readonly length: number }[];
}

interface Waiting {
  readonly resolve: (packed: readonly Packed[]) => void;
  readonly reject: (error: unknown) => void;
}

/** So much is packed here first: a thread takes 50 ms to start, which a nightly run with a few new messages need not pay. */
const WORTH_A_THREAD_BYTES = 1_048_576;

let packedHere = 0;
let thread: Worker | null = null;
let lastId = 0;
const waiting = new Map<number, Waiting>();

/** Packs these bodies, or with `segments` these segments of a large one. Gives their packed forms in the same order. */
export async function packAll(pieces: readonly Buffer[], segments = false): Promise<readonly Packed[]> {
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (thread === null) {
    packedHere += total;
    if (packedHere < WORTH_A_THREAD_BYTES) return pieces.map((piece) => (segments ? packSegment(piece) : pack(piece)));
  }
  const arena = Buffer.from(new ArrayBuffer(total));
  let at = 0;
  for (const piece of pieces) at += piece.copy(arena, at);
  const task = { id: ++lastId, arena: arena.buffer, lengths: pieces.map(({ length }) => length), segments };
  thread ??= startThread();
  const asked = thread;
  return new Promise((resolve, reject) => {
    waiting.set(task.id, { resolve, reject });
    asked.ref();
    asked.postMessage(task, [task.arena]);
  });
}

function startThread(): Worker {
  const started = new Worker(new URL("packing-thread.ts", import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
  started.on("message", ({ id, arena, packed }: PackingAnswer) => {
    const task = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) started.unref();
    let at = 0;
    task?.resolve(
      packed.map(({ codec, length }) => {
        at += length;
        return { codec, bytes: Buffer.from(arena, at - length, length) };
      }),
    );
  });
  started.on("error", (error) => {
    // Out of memory, say. What waited fails and is done again by the next run; the next batch starts another thread.
    thread = null;
    for (const task of waiting.values()) task.reject(error);
    waiting.clear();
  });
  return started;
}
