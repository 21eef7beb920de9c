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

/** Where a member is; a pair of one place is not made by this identity (C4: within one mailbox a header decides nothing). */
export interface Apart<Left, Right> {
  readonly left: (member: Left) => unknown;
  readonly right: (member: Right) => unknown;
}

/** Members of one key that wait for a partner. Read from the front by position: shift() on a long queue would be quadratic. */
interface Queue<Member> {
  readonly members: Member[];
  next: number;
}

const ANYWHERE = {};

/** Takes the first member that waits under a key, of another place than `place`. */
function takeFrom<Member>(queues: Map<unknown, Queue<Member>> | undefined, place: unknown): Member | undefined {
  for (const [of, queue] of queues ?? []) {
    if (of === place) continue;
    const found = queue.members[queue.next++];
    if (queue.next >= queue.members.length) queues?.delete(of);
    return found;
  }
  return undefined;
}

/**
 * Pairs members with equal identity. `identity` gives null for what can match nothing. Three passes, each over what the one before
 * left: date and flags equal, date equal, identity alone. Linear in the input.
 */
export function matchMultisets<Left extends Tied, Right extends Tied>(
  left: readonly Left[],
  right: readonly Right[],
  identityOfLeft: (member: Left) => string | null,
  identityOfRight: (member: Right) => string | null,
  apart: Apart<Left, Right> | null = null,
): Matching<Left, Right> {
  if (left.length === 0 || right.length === 0) return { pairs: [], left, right };
  const ties: readonly ((member: Tied) => string)[] = [
    (member) => `|${member.internalDate}|${flagsKey(member.flags)}`,
    (member) => `|${member.internalDate}`,
    () => "",
  ];
  const partner = new Map<Right, Left>();
  let restLeft = left;
  let restRight = right;
  for (const tie of ties) {
    const waiting = new Map<string, Map<unknown, Queue<Left>>>();
    for (const member of restLeft) {
      const identity = identityOfLeft(member);
      if (identity === null) continue;
      const key = identity + tie(member);
      const place = apart ? apart.left(member) : ANYWHERE;
      const queues = waiting.get(key) ?? new Map<unknown, Queue<Left>>();
      const queue = queues.get(place);
      if (queue) queue.members.push(member);
      else waiting.set(key, queues.set(place, { members: [member], next: 0 }));
    }
    const taken = new Set<Left>();
    for (const member of restRight) {
      const identity = identityOfRight(member);
      if (identity === null) continue;
      const found = takeFrom(waiting.get(identity + tie(member)), apart?.right(member));
      if (found === undefined) continue;
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
