// After an attempt to fetch a set of messages: what is settled, what is asked for again, and in which portions (trap 28). A message
// that ends the connection, or that the server refuses, is found by asking for it alone; the others go on. Pure.
// It must never settle a message as failed because the connection was bad while others were fetched.
import { subtractUids, type UidSet, uidChunks, uidCount, uidSet } from "@packetboat/core";

/** How an attempt ended. `ok`: the server said so; `refused`: NO or BAD; `lost`: the connection broke or fell silent. */
export interface Attempt {
  readonly asked: UidSet;
  /** UIDs that came with a body. */
  readonly answered: UidSet;
  readonly ended: "ok" | "refused" | "lost";
  /** Of what was not answered: what still exists, asked after an `ok`. Null otherwise. */
  readonly existing: UidSet | null;
  /** A single message that was asked for before and not had. */
  readonly again: boolean;
}

export interface NextSteps {
  /** Not in the mailbox any more. */
  readonly gone: UidSet;
  /** Asked for alone, and not had. */
  readonly failed: UidSet;
  /** To be asked for, in this order. */
  readonly again: readonly UidSet[];
  /** The first of `again`, when it is one message that was not had: the next time is its last. */
  readonly suspect: number | null;
}

const NOTHING: UidSet = [];

function halves(set: UidSet): readonly UidSet[] {
  return [...uidChunks(set, Math.ceil(uidCount(set) / 2))];
}

/**
 * The suspect alone, then the others. Servers answer in order, so it is the first one after the last answer; those left out before it
 * are gone rather than broken.
 */
function suspectFirst(
  left: UidSet,
  answered: UidSet,
): { readonly again: readonly UidSet[]; readonly suspect: number | null } {
  const last = answered.at(-1)?.[1] ?? 0;
  const first = left.find(([, to]) => to > last);
  const suspect = first === undefined ? left[0]?.[0] : Math.max(first[0], last + 1);
  if (suspect === undefined) return { again: [], suspect: null };
  const alone = uidSet([suspect]);
  const rest = subtractUids(left, alone);
  return { again: rest.length === 0 ? [alone] : [alone, rest], suspect };
}

/** Decides what follows an attempt. */
export function afterAttempt({ asked, answered, ended, existing, again: second }: Attempt): NextSteps {
  const left = subtractUids(asked, answered);
  const there = ended === "ok" ? (existing ?? left) : left;
  const gone = subtractUids(left, there);
  if (there.length === 0) return { gone, failed: NOTHING, again: [], suspect: null };
  if (uidCount(asked) === 1 && second) return { gone, failed: there, again: [], suspect: null };
  // A server that refuses a set before it answers anything does not say whom it means: halves find it in few commands.
  if (ended === "refused" && answered.length === 0 && uidCount(left) > 1)
    return { gone, failed: NOTHING, again: halves(left), suspect: null };
  return { gone, failed: NOTHING, ...suspectFirst(there, answered) };
}
