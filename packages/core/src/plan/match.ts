// Pairs two multisets of messages: N identical messages stay N (C3). Used for first contact, for moves and for rekeys, which differ only
// in what counts as the same. It must never pair one message twice, and never let Message-ID or size alone decide (C4).
import type { Flags } from "../flags.ts";

/** What ties are broken by, in this order: INTERNALDATE, flags, then the order of the input (UID order). */
export interface Tied {
  readonly internalDate: number | null;
  readonly flags: Flags;
}

/** Pairs in the order of `right`, with what stayed alone on either side, in input order. */
export interface Matching<Left, Right> {
  readonly pairs: readonly (readonly [Left, Right])[];
  readonly left: readonly Left[];
  readonly right: readonly Right[];
}

const flagsKey = (flags: Flags): string => flags.join(" ").toLowerCase();

/**
 * Pairs members with equal identity. `identity` gives null for what can match nothing. Three passes, each over what the one before
 * left: date and flags equal, date equal, identity alone. Linear in the input.
 */
export function matchMultisets<Left extends Tied, Right extends Tied>(
  left: readonly Left[],
  right: readonly Right[],
  identityOfLeft: (member: Left) => string | null,
  identityOfRight: (member: Right) => string | null,
): Matching<Left, Right> {
  const ties: readonly ((member: Tied) => string)[] = [
    (member) => `|${member.internalDate}|${flagsKey(member.flags)}`,
    (member) => `|${member.internalDate}`,
    () => "",
  ];
  const partner = new Map<Right, Left>();
  let restLeft = left;
  let restRight = right;
  for (const tie of ties) {
    const waiting = new Map<string, Left[]>();
    for (const member of restLeft) {
      const identity = identityOfLeft(member);
      if (identity === null) continue;
      const key = identity + tie(member);
      const queue = waiting.get(key);
      if (queue) queue.push(member);
      else waiting.set(key, [member]);
    }
    // Queues are read from the front by position: shift() on a long queue of identical messages would be quadratic.
    const next = new Map<string, number>();
    const taken = new Set<Left>();
    for (const member of restRight) {
      const identity = identityOfRight(member);
      if (identity === null) continue;
      const key = identity + tie(member);
      const at = next.get(key) ?? 0;
      const found = waiting.get(key)?.[at];
      if (found === undefined) continue;
      next.set(key, at + 1);
      taken.add(found);
      partner.set(member, found);
    }
    restLeft = restLeft.filter((member) => !taken.has(member));
    restRight = restRight.filter((member) => !partner.has(member));
    if (restLeft.length === 0 || restRight.length === 0) break;
  }
  const pairs: (readonly [Left, Right])[] = [];
  for (const member of right) {
    const found = partner.get(member);
    if (found !== undefined) pairs.push([found, member]);
  }
  return { pairs, left: restLeft, right: restRight };
}
