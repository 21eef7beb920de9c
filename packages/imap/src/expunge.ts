// Removes exactly the messages that are named (M6, trap 39): UID EXPUNGE; without UIDPLUS the messages that others marked \Deleted lose the
// mark for the moment of EXPUNGE. It must never call a message gone that was not asked for afterwards.
import { type Expunged, formatUids, hasUid, MailError, subtractUids, type UidSet, uidSet } from "@packetboat/core";
import { Refused } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { existing } from "./listing.ts";
import { uidPieces } from "./pieces.ts";
import { opRefused, thrownRefusal, wantsPause } from "./write-errors.ts";

async function mark(gate: Gate, uids: UidSet, sign: "+" | "-"): Promise<void> {
  for (const piece of uidPieces(uids))
    await gate.command(`UID STORE ${formatUids(piece)} ${sign}FLAGS.SILENT (\\Deleted)`);
}

/** Messages of the mailbox that are marked. By FETCH: a SEARCH that is cut off (trap 44) would give others' mail away. */
async function marked(gate: Gate): Promise<UidSet> {
  const uids: number[] = [];
  await gate.command("UID FETCH 1:4294967295 (UID FLAGS)", {
    onFetch: ({ uid, flags }) => {
      if (uid !== undefined && flags?.some((flag) => flag.toLowerCase() === "\\deleted")) uids.push(uid);
    },
  });
  return uidSet(uids);
}

/** Without UIDPLUS: EXPUNGE takes all that is marked, so what others marked is unmarked before and marked again after, back to back. */
async function expungeAlone(gate: Gate, uids: UidSet): Promise<void> {
  const foreign = subtractUids(await marked(gate), uids);
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

/** Which of these are still there. By FETCH, since a SEARCH may be cut off (trap 44); by SEARCH where FETCH of nothing is refused. */
async function remaining(gate: Gate, uids: UidSet): Promise<UidSet> {
  const found: number[] = [];
  try {
    for (const piece of uidPieces(uids))
      await gate.command(`UID FETCH ${formatUids(piece)} (UID)`, {
        onFetch: ({ uid }) => {
          if (uid !== undefined && hasUid(piece, uid)) found.push(uid);
        },
      });
    return uidSet(found);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
  return await existing(gate, uids, { exists: 0 });
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
