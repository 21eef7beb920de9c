// Removes exactly the messages that are named (M6, trap 39): UID EXPUNGE; without UIDPLUS the messages that others marked \Deleted lose the
// mark for the moment of EXPUNGE. It must never call a message gone that was not asked for afterwards.
import {
  type Expunged,
  formatUids,
  MailError,
  NO_UIDS,
  subtractUids,
  type UidSet,
  uidSet,
  unionUids,
} from "@packetboat/core";
import { Refused } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { existing, search } from "./listing.ts";
import { uidPieces } from "./pieces.ts";
import { opRefused, thrownRefusal, wantsPause } from "./write-errors.ts";

async function mark(gate: Gate, uids: UidSet, sign: "+" | "-"): Promise<void> {
  for (const piece of uidPieces(uids))
    await gate.command(`UID STORE ${formatUids(piece)} ${sign}FLAGS.SILENT (\\Deleted)`);
}

/** Without UIDPLUS: EXPUNGE takes all that is marked, so what others marked is unmarked before and marked again after, back to back. */
async function expungeAlone(gate: Gate, uids: UidSet): Promise<void> {
  const foreign = subtractUids(await search(gate, "DELETED", { exists: 0 }), uids);
  await mark(gate, foreign, "-");
  try {
    await gate.command("EXPUNGE");
  } finally {
    // Also after a refusal; a connection that broke off leaves them unmarked: docs/inherent-problems.md.
    if (!gate.closed) await mark(gate, foreign, "+");
  }
}

async function expungeNamed(gate: Gate, uids: UidSet): Promise<void> {
  for (const piece of uidPieces(uids)) await gate.command(`UID EXPUNGE ${formatUids(piece)}`);
}

/** Which of these are still there, by SEARCH; where that is refused, by FETCH. */
async function remaining(gate: Gate, uids: UidSet): Promise<UidSet> {
  try {
    return await existing(gate, uids, { exists: 0 });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
  let found = NO_UIDS;
  for (const piece of uidPieces(uids)) {
    const shown: number[] = [];
    await gate.command(`UID FETCH ${formatUids(piece)} (UID)`, {
      onFetch: (row) => {
        if (row.uid !== undefined) shown.push(row.uid);
      },
    });
    found = unionUids(found, uidSet(shown));
  }
  return found;
}

function stillThere(): MailError {
  return new MailError(
    "OP_REFUSED",
    "The server kept messages that it was told to remove: they are tried again in the next run.",
    { scope: "mailbox" },
  );
}

/** Removes these messages from the mailbox that is open read-write, and asks which are gone. */
export async function expunge(gate: Gate, uids: UidSet): Promise<Expunged> {
  let refused: Refused | null = null;
  try {
    await mark(gate, uids, "+");
    await (gate.capabilities.has("UIDPLUS") ? expungeNamed(gate, uids) : expungeAlone(gate, uids));
  } catch (error) {
    if (!(error instanceof Refused) || wantsPause(error)) throw thrownRefusal(error, gate.endpoint);
    refused = error;
  }
  const left = await remaining(gate, uids);
  if (left.length === 0) return { gone: uids, error: null };
  return { gone: subtractUids(uids, left), error: refused === null ? stillThere() : opRefused(refused, "mailbox") };
}
