// UID sets of the simulator's own making: slow, obvious, and independent of the code that it judges.
// It must never import a value from core.
import type { Uid, UidSet } from "@packetboat/core";

/** Gives the set of these UIDs as sorted ranges that neither overlap nor touch. */
export function rangesOf(uids: Iterable<number>): UidSet {
  const out: [number, number][] = [];
  for (const uid of [...new Set(uids)].sort((a, b) => a - b)) {
    const last = out.at(-1);
    if (last && last[1] + 1 === uid) last[1] = uid;
    else out.push([uid, uid]);
  }
  return out;
}

export function inRanges(set: UidSet, uid: number): boolean {
  return set.some(([from, to]) => from <= uid && uid <= to);
}

/** Gives those of `present` (ascending) that are in the set. Costs the members, not the width of the ranges: "1:4294967295" is cheap. */
export function pick(set: UidSet, present: Iterable<number>): Uid[] {
  const out: Uid[] = [];
  let at = 0;
  for (const uid of present) {
    while (at < set.length && (set[at]?.[1] ?? 0) < uid) at++;
    const range = set[at];
    if (range === undefined) break;
    if (range[0] <= uid) out.push(uid as Uid);
  }
  return out;
}

/** Walks every number of the set: for sets that were made from messages, not for "1:4294967295". */
export function* members(set: UidSet): Generator<Uid> {
  for (const [from, to] of set) for (let uid = from; uid <= to; uid++) yield uid as Uid;
}

/** What is left of the set without these UIDs (ascending). Costs the members that are taken out, not the width of the ranges. */
export function exceptFor(set: UidSet, uids: readonly number[]): UidSet {
  return set.flatMap(([from, to]) => {
    const out: [number, number][] = [];
    let start = from;
    for (const uid of uids) {
      if (uid < start || uid > to) continue;
      if (start < uid) out.push([start, uid - 1]);
      start = uid + 1;
    }
    return start <= to ? [...out, [start, to] as const] : out;
  });
}
