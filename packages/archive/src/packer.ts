// Many bodies packed on a thread of their own: packing takes as long as all that the main thread does for a message, and there is a second
// core. The thread is started when there is enough to do, lives as long as the process and never keeps it alive. Bodies travel in arenas
// that are used again and again: a buffer for each megabyte would make the garbage collector work as hard as the packing.
// It must never take longer for a few small messages than doing it here would, nor use an arena again while anybody reads what is in it.
import { Worker } from "node:worker_threads";
import { type Packed, pack, packSegment } from "./codec.ts";

/** What the thread is asked: pieces of `arena`, one after the other. */
export interface PackingTask {
  readonly id: number;
  readonly arena: ArrayBuffer;
  readonly lengths: readonly number[];
  readonly segments: boolean;
}

/** What it answers: the packed pieces, in the same arena, in the same order, from its start. */
export interface PackingAnswer {
  readonly id: number;
  readonly arena: ArrayBuffer;
  readonly packed: readonly { readonly codec: number; readonly length: number }[];
}

/** Packed forms, readable until they are released. */
export interface PackedAll {
  readonly packed: readonly Packed[];
  /** Nobody reads them any more. Whoever forgets it costs memory, nothing else. */
  readonly release: () => void;
}

interface Waiting {
  readonly resolve: (all: PackedAll) => void;
  readonly reject: (error: unknown) => void;
}

/** So much is packed here first, in 3 ms a megabyte: a thread takes 50 to 100 ms to start, which a run with a few new messages need not pay. */
const WORTH_A_THREAD_BYTES = 4 * 1_048_576;
/** Arenas have a multiple of this, so that the next megabyte fits where the last one was. */
const ARENA_STEP = 524_288;
/** Larger ones are rare, and more than these are never in use at once. */
const KEPT_ARENA_BYTES = 2_097_152;
const KEPT_ARENAS = 16;

let packedHere = 0;
let thread: Worker | null = null;
let lastId = 0;
const waiting = new Map<number, Waiting>();
const freeArenas: ArrayBuffer[] = [];

/** Packs these bodies, or with `segments` these segments of a large one. Gives their packed forms in the same order. */
export async function packAll(pieces: readonly Buffer[], segments = false): Promise<PackedAll> {
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (thread === null) {
    packedHere += total;
    if (packedHere < WORTH_A_THREAD_BYTES)
      return { packed: pieces.map((piece) => (segments ? packSegment(piece) : pack(piece))), release: () => undefined };
  }
  const arena = arenaOf(total);
  const bytes = Buffer.from(arena);
  let at = 0;
  for (const piece of pieces) at += piece.copy(bytes, at);
  const task: PackingTask = { id: ++lastId, arena, lengths: pieces.map(({ length }) => length), segments };
  thread ??= startThread();
  const asked = thread;
  return new Promise((resolve, reject) => {
    waiting.set(task.id, { resolve, reject });
    asked.ref();
    asked.postMessage(task, [arena]);
  });
}

function arenaOf(bytes: number): ArrayBuffer {
  const fitting = freeArenas.findIndex((arena) => arena.byteLength >= bytes);
  const [free] = fitting === -1 ? [] : freeArenas.splice(fitting, 1);
  return free ?? new ArrayBuffer(Math.max(1, Math.ceil(bytes / ARENA_STEP)) * ARENA_STEP);
}

function keep(arena: ArrayBuffer): void {
  if (arena.byteLength <= KEPT_ARENA_BYTES && freeArenas.length < KEPT_ARENAS) freeArenas.push(arena);
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
    const forms = packed.map(({ codec, length }) => {
      at += length;
      return { codec, bytes: Buffer.from(arena, at - length, length) };
    });
    let released = false;
    const release = (): void => {
      if (!released) keep(arena);
      released = true;
    };
    task?.resolve({ packed: forms, release });
  });
  started.on("error", (error) => {
    // Out of memory, say. What waited fails and is done again by the next run; the next batch starts another thread.
    thread = null;
    for (const task of waiting.values()) task.reject(error);
    waiting.clear();
  });
  return started;
}
