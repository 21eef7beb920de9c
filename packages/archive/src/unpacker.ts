// Many bodies unpacked and proved on a thread of their own: that takes longer than all else that whoever reads many of them does. What is
// given has the digest that the archive states, or is told to be damaged; nothing in between.
// It must never take longer for a few small messages than doing it here would, nor use an arena again while anybody reads what is in it.
import { Worker } from "node:worker_threads";
import type { Digest } from "@packetboat/core";
import { arenaOf, keepArena } from "./arenas.ts";
import { isUnpackedInto, type PackedBody } from "./codec.ts";
import { TaskThread } from "./task-thread.ts";

/** What the thread is asked: bodies in `packed`, one after the other, to be unpacked into `plain`, one after the other. */
export interface UnpackingTask {
  readonly packed: ArrayBuffer;
  readonly plain: ArrayBuffer;
  readonly bodies: readonly {
    readonly codec: number;
    readonly length: number;
    readonly size: number;
    readonly sha256: Digest;
  }[];
}

/** What it answers: which of them are whole. */
export interface UnpackingAnswer {
  readonly packed: ArrayBuffer;
  readonly plain: ArrayBuffer;
  readonly whole: readonly boolean[];
}

/** Bodies in their order, readable until they are released; null for one that is damaged. */
export interface UnpackedAll {
  readonly bodies: readonly (Buffer | null)[];
  /** Nobody reads them any more. Whoever forgets it costs memory, nothing else. */
  readonly release: () => void;
}

/** So much is unpacked here first, in 5 ms a megabyte: a thread takes 50 to 100 ms to start. */
const WORTH_A_THREAD_BYTES = 4 * 1_048_576;

let unpackedHere = 0;
const thread = new TaskThread<UnpackingTask, UnpackingAnswer>(
  () =>
    new Worker(new URL("unpacking-thread.ts", import.meta.url), { resourceLimits: { maxYoungGenerationSizeMb: 4 } }),
);

/** Unpacks these bodies. They are copied before this returns. */
export async function unpackAll(packed: readonly PackedBody[]): Promise<UnpackedAll> {
  const size = packed.reduce((sum, each) => sum + each.size, 0);
  if (!thread.started) {
    unpackedHere += size;
    if (unpackedHere < WORTH_A_THREAD_BYTES) return unpackedAlone(packed);
  }
  const arena = arenaOf(packed.reduce((sum, { bytes }) => sum + bytes.length, 0));
  const all = Buffer.from(arena);
  let at = 0;
  for (const { bytes } of packed) at += bytes.copy(all, at);
  const bodies = packed.map(({ codec, bytes, ...body }) => ({
    codec,
    length: bytes.length,
    size: body.size,
    sha256: body.sha256,
  }));
  const plain = arenaOf(size);
  return inArena(await thread.ask({ packed: arena, plain, bodies }, [arena, plain]), bodies);
}

function inArena({ packed, plain, whole }: UnpackingAnswer, bodies: UnpackingTask["bodies"]): UnpackedAll {
  keepArena(packed);
  let at = 0;
  const found = bodies.map(({ size }, i) => {
    at += size;
    return whole[i] === true ? Buffer.from(plain, at - size, size) : null;
  });
  let released = false;
  const release = (): void => {
    if (!released) keepArena(plain);
    released = true;
  };
  return { bodies: found, release };
}

function unpackedAlone(packed: readonly PackedBody[]): UnpackedAll {
  const bodies = packed.map((each) => {
    const body = Buffer.allocUnsafe(each.size);
    return isUnpackedInto(each, body) ? body : null;
  });
  return { bodies, release: () => undefined };
}
