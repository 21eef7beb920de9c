// Who is in the opened mailbox, proved (M1): UID SEARCH, its count compared with EXISTS while nothing changed; where SEARCH is refused
// or cut off (trap 44), FETCH of the UIDs. It must never give a listing that could be missing somebody.
import { formatUids, NO_UIDS, parseUids, type UidSet, uidCount, uidSet, unionUids } from "@packetboat/core";
import { observationIncomplete, Refused } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { uidPieces } from "./pieces.ts";
import { type Answer, isList, numberOf, textOf } from "./tokens.ts";

/** A mailbox that changes in every one of so many looks is not listed in this run. */
const TRIES = 4;

/** EXISTS as it changes under a listing. */
export interface Count {
  exists: number;
}

/** Reads the ALL of an ESEARCH answer as ranges, never as numbers: a mailbox of a million is one range. Null: no ESEARCH answer. */
function readEsearch(answer: Answer): UidSet {
  const tokens = answer.attributes ?? [];
  for (let i = 0; i + 1 < tokens.length; i++) {
    const token = tokens[i];
    if (!isList(token) && textOf(token)?.toUpperCase() === "ALL") return parseUids(textOf(tokens[i + 1]) ?? "");
  }
  return NO_UIDS;
}

/** Reads a SEARCH answer. */
function readSearch(answer: Answer): UidSet {
  if (answer.numbers) return uidSet(answer.numbers.filter((uid) => uid > 0 && uid <= 4_294_967_295));
  return uidSet((answer.attributes ?? []).flatMap((token) => numberOf(token) || []));
}

/** Keeps EXISTS current: the changes that any command may announce. */
export function counting(count: Count) {
  return {
    EXISTS: (answer: Answer) => {
      count.exists = numberOf({ value: answer.command }) ?? count.exists;
    },
    EXPUNGE: () => {
      count.exists = Math.max(0, count.exists - 1);
    },
    VANISHED: (answer: Answer) => {
      const [first] = answer.attributes ?? [];
      if (!isList(first)) count.exists = Math.max(0, count.exists - uidCount(parseUids(textOf(first) ?? "")));
    },
  };
}

/** Gives the UIDs that UID SEARCH of `criteria` (ASCII) names. Throws Refused. */
async function search(gate: Gate, criteria: string, count: Count): Promise<UidSet> {
  let found: UidSet = NO_UIDS;
  const esearch = gate.capabilities.has("ESEARCH");
  await gate.command(`UID SEARCH ${esearch ? "RETURN (ALL) " : ""}${criteria}`, {
    on: {
      ...counting(count),
      ESEARCH: (answer) => {
        found = unionUids(found, readEsearch(answer));
      },
      SEARCH: (answer) => {
        found = unionUids(found, readSearch(answer));
      },
    },
  });
  return found;
}

/** UIDs by FETCH, for servers whose SEARCH is refused or cut off. */
async function fetchUids(gate: Gate, count: Count): Promise<UidSet> {
  const uids: number[] = [];
  // An empty mailbox has no message numbers: FETCH 1:* would be BAD.
  if (count.exists === 0) return NO_UIDS;
  await gate.command("FETCH 1:* (UID)", {
    on: counting(count),
    onFetch: (row) => {
      if (row.uid !== undefined) uids.push(row.uid);
    },
    maxRows: 2 * count.exists + 10_000,
  });
  return uidSet(uids);
}

/** Every UID of the opened mailbox. Throws OBSERVATION_INCOMPLETE when no listing agrees with EXISTS. */
export async function listUids(gate: Gate, count: Count): Promise<UidSet> {
  let searchable = true;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const changes = gate.changes;
    try {
      const found = searchable ? await search(gate, "ALL", count) : await fetchUids(gate, count);
      // A change announced during the command leaves it open which view was listed: look again.
      if (gate.changes !== changes) continue;
      if (uidCount(found) === count.exists) return found;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (!searchable) break;
    }
    searchable = false;
  }
  throw observationIncomplete("the listing differs from EXISTS");
}

/** Which of these UIDs exist, asked in this session. */
export async function existing(gate: Gate, uids: UidSet, count: Count): Promise<UidSet> {
  let found: UidSet = NO_UIDS;
  for (const piece of uidPieces(uids)) found = unionUids(found, await search(gate, `UID ${formatUids(piece)}`, count));
  return found;
}
