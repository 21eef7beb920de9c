// Sets of UIDs as sorted ranges: what a mailbox of a million messages needs to say who is there in a few bytes (I4), and the form
// that IMAP speaks ("1:500,502"). Immutable. It must never hold one number per message.
import type { Uid } from "./ids.ts";

/** Sorted, disjoint, not touching: [[1, 500], [502, 502]]. Both ends are included. */
export type UidSet = readonly (readonly [number, number])[];

export const NO_UIDS: UidSet = [];

/** Gives the set of any UIDs, in any order, repeated or not. */
export function uidSet(uids: Iterable<number>): UidSet {
  const sorted = [...uids];
  let inOrder = true;
  for (let i = 1; i < sorted.length && inOrder; i++) inOrder = (sorted[i - 1] as number) <= (sorted[i] as number);
  if (!inOrder) sorted.sort((a, b) => a - b);
  return mergeRanges(sorted.map((uid) => [uid, uid] as const));
}

/** Joins ranges that overlap or touch. The input must be sorted by its lower ends. */
function mergeRanges(ranges: readonly (readonly [number, number])[]): UidSet {
  const out: [number, number][] = [];
  for (const [from, to] of ranges) {
    const last = out.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out;
}

/** How many UIDs are in it. */
export function uidCount(set: UidSet): number {
  let count = 0;
  for (const [from, to] of set) count += to - from + 1;
  return count;
}

/** Whether a UID is in it (binary search). */
export function hasUid(set: UidSet, uid: number): boolean {
  let low = 0;
  let high = set.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = set[middle] as readonly [number, number];
    if (uid < range[0]) high = middle - 1;
    else if (uid > range[1]) low = middle + 1;
    else return true;
  }
  return false;
}

/** What is in either. */
export function unionUids(a: UidSet, b: UidSet): UidSet {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  return mergeRanges([...a, ...b].sort((x, y) => x[0] - y[0]));
}

/** What is in `a` and not in `b`. */
export function subtractUids(a: UidSet, b: UidSet): UidSet {
  const out: [number, number][] = [];
  let j = 0;
  for (const [start, end] of a) {
    let from = start;
    while (j < b.length && (b[j] as readonly [number, number])[1] < from) j++;
    let k = j;
    while (k < b.length && (b[k] as readonly [number, number])[0] <= end) {
      const [cutFrom, cutTo] = b[k] as readonly [number, number];
      if (cutFrom > from) out.push([from, cutFrom - 1]);
      from = Math.max(from, cutTo + 1);
      k++;
    }
    if (from <= end) out.push([from, end]);
  }
  return out;
}

/** What is in both. */
export function intersectUids(a: UidSet, b: UidSet): UidSet {
  return subtractUids(a, subtractUids(a, b));
}

/** The part of it from `from` to `to`, both included. */
export function clipUids(set: UidSet, from: number, to: number): UidSet {
  return intersectUids(set, from <= to ? [[from, to]] : NO_UIDS);
}

/** Walks it in ascending order. */
export function* eachUid(set: UidSet): Generator<Uid> {
  for (const [from, to] of set) for (let uid = from; uid <= to; uid++) yield uid as Uid;
}

/** Cuts it into sets of at most `size` UIDs, ascending: what one FETCH asks for. */
export function* uidChunks(set: UidSet, size: number): Generator<UidSet> {
  let chunk: [number, number][] = [];
  let room = size;
  for (const [start, end] of set) {
    let from = start;
    while (from <= end) {
      const to = Math.min(end, from + room - 1);
      chunk.push([from, to]);
      room -= to - from + 1;
      from = to + 1;
      if (room === 0) {
        yield chunk;
        chunk = [];
        room = size;
      }
    }
  }
  if (chunk.length > 0) yield chunk;
}

/** IMAP's own spelling: "1:500,502". Empty for the empty set, which no command accepts. */
export function formatUids(set: UidSet): string {
  return set.map(([from, to]) => (from === to ? String(from) : `${from}:${to}`)).join(",");
}

/** Reads IMAP's spelling. Throws nothing: what is not a number or a range of numbers is left out (a server's answer is not trusted). */
export function parseUids(text: string): UidSet {
  const ranges: [number, number][] = [];
  for (const part of text.split(",")) {
    const match = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(part.trim());
    if (!match) continue;
    const a = Number(match[1]);
    const b = Number(match[2] ?? match[1]);
    if (a < 1 || b < 1 || a > 4294967295 || b > 4294967295) continue;
    ranges.push([Math.min(a, b), Math.max(a, b)]);
  }
  return mergeRanges(ranges.sort((x, y) => x[0] - y[0]));
}
