// Memory that bodies travel in between threads, used again and again: a buffer for each megabyte would make the garbage collector work as
// hard as the packing. Transferred, never shared: whoever has an arena is alone with it. It must never be kept while anybody reads in it.

/** Arenas have a multiple of this, so that the next megabyte fits where the last one was. */
const ARENA_STEP = 524_288;
/** Larger ones are rare, and more than these are never in use at once. */
const KEPT_ARENA_BYTES = 2_097_152;
const KEPT_ARENAS = 16;

const freeArenas: ArrayBuffer[] = [];

/** Gives an arena of at least so many bytes, with whatever lies in it. */
export function arenaOf(bytes: number): ArrayBuffer {
  const fitting = freeArenas.findIndex((arena) => arena.byteLength >= bytes);
  const [free] = fitting === -1 ? [] : freeArenas.splice(fitting, 1);
  return free ?? new ArrayBuffer(Math.max(1, Math.ceil(bytes / ARENA_STEP)) * ARENA_STEP);
}

/** Takes an arena back that nobody reads any more. Whoever forgets it costs memory, nothing else. */
export function keepArena(arena: ArrayBuffer): void {
  if (arena.byteLength <= KEPT_ARENA_BYTES && freeArenas.length < KEPT_ARENAS) freeArenas.push(arena);
}
