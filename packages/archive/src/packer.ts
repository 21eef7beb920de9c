// Many bodies packed on a thread of their own: packing takes as long as all that the main thread does for a message, and there is a second
// core. It must never take longer for a few small messages than doing it here would, nor use an arena again while anybody reads what is in it.
import { Worker } from "node:worker_threads";
import { arenaOf, keepArena } from "./arenas.ts";
import { type Packed, pack, packSegment } from "./codec.ts";
import { TaskThread } from "./task-thread.ts";

/** What the thread is asked: pieces of `arena`, one after the other. */
export interface PackingTask {
  readonly arena: ArrayBuffer;
  readonly lengths: readonly number[];
  readonly segments: boolean;
}

/** What it answers: the packed pieces, in the same arena, in the same order, from its start. */
export interface PackingAnswer {
  readonly arena: ArrayBuffer;
  readonly packed: readonly { readonly codec: number; readonly length: number }[];
}

/** Packed forms, readable until they are released. */
export interface PackedAll {
  readonly packed: readonly Packed[];
  /** Nobody reads them any more. Whoever forgets it costs memory, nothing else. */
  readonly release: () => void;
}

/** So much is packed here first, in 3 ms a megabyte: a thread takes 50 to 100 ms to start, which a run with a few new messages need not pay. */
const WORTH_A_THREAD_BYTES = 4 * 1_048_576;

let packedHere = 0;
const thread = new TaskThread<PackingTask, PackingAnswer>(
  () => new Worker(new URL("packing-thread.ts", import.meta.url), { resourceLimits: { maxYoungGenerationSizeMb: 4 } }),
);

/** Packs these bodies, or with `segments` these segments of a large one. Gives their packed forms in the same order. */
export async function packAll(pieces: readonly Buffer[], segments = false): Promise<PackedAll> {
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (!thread.started) {
    packedHere += total;
    if (packedHere < WORTH_A_THREAD_BYTES)
      return { packed: pieces.map((piece) => (segments ? packSegment(piece) : pack(piece))), release: () => undefined };
  }
  const arena = arenaOf(total);
  const bytes = Buffer.from(arena);
  let at = 0;
  for (const piece of pieces) at += piece.copy(bytes, at);
  const answer = await thread.ask({ arena, lengths: pieces.map(({ length }) => length), segments }, [arena]);
  return formsOf(answer);
}

function formsOf({ arena, packed }: PackingAnswer): PackedAll {
  let at = 0;
  const forms = packed.map(({ codec, length }) => {
    at += length;
    return { codec, bytes: Buffer.from(arena, at - length, length) };
  });
  let released = false;
  const release = (): void => {
    if (!released) keepArena(arena);
    released = true;
  };
  return { packed: forms, release };
}
