// Flags as the server shows them: gathered from the answers of a STORE, or asked for. It must never give a flag that was only sent (F1).
import { formatUids, hasUid, type ObservedMessage, type UidSet, uidCount } from "@packetboat/core";
import { Refused } from "./errors.ts";
import type { FetchRow } from "./fetch-line.ts";
import type { Gate } from "./gate.ts";
import { observedOf, PAGE } from "./pages.ts";
import { uidPieces } from "./pieces.ts";

/** By UID; the last answer counts. */
export type Shown = Map<number, ObservedMessage>;

/** Notes what an answer shows of one of these messages. */
export function noteShown(shown: Shown, uids: UidSet): (row: FetchRow) => void {
  return (row) => {
    const message = observedOf(row);
    if (message === null || !hasUid(uids, message.uid)) return;
    shown.set(message.uid, { ...message, modseq: message.modseq ?? shown.get(message.uid)?.modseq ?? null });
  };
}

/** Most FETCH answers that changes of so many messages can bring, those of other people included. */
const rowsFor = (uids: UidSet): number => 4 * uidCount(uids) + 10_000;

/** Asks for flags. What is gone, or refused, is not in the answer. */
export async function flagsOf(gate: Gate, uids: UidSet, modseq: boolean): Promise<Shown> {
  const shown: Shown = new Map();
  for (const piece of uidPieces(uids, PAGE)) {
    try {
      await gate.command(`UID FETCH ${formatUids(piece)} (UID FLAGS${modseq ? " MODSEQ" : ""})`, {
        onFetch: noteShown(shown, piece),
        maxRows: rowsFor(piece),
      });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }
  return shown;
}
