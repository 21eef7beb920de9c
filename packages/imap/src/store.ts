// ±FLAGS of messages in the mailbox that is open read-write, never an absolute FLAGS (F1). Flags are given as the server showed them
// afterwards. It must never report a flag that was only sent.
import {
  type FlagChange,
  type Flags,
  formatUids,
  type MailError,
  type ObservedMessage,
  type Stored,
  subtractUids,
  type UidSet,
  uidSet,
} from "@packetboat/core";
import { Refused } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { PAGE } from "./pages.ts";
import { uidPieces } from "./pieces.ts";
import type { Writable } from "./select.ts";
import { isKeyword, sendableFlags } from "./sendable.ts";
import { flagsOf, noteShown, rowsFor, type Shown } from "./shown-flags.ts";
import { opRefused, thrownRefusal, wantsPause } from "./write-errors.ts";

/** One STORE. Gives the refusal, if it is one of what was asked. */
async function storeOnce(
  gate: Gate,
  uids: UidSet,
  sign: "+" | "-",
  flags: Flags,
  shown: Shown,
): Promise<Refused | null> {
  if (flags.length === 0) return null;
  try {
    await gate.command(`UID STORE ${formatUids(uids)} ${sign}FLAGS (${flags.join(" ")})`, {
      onFetch: noteShown(shown, uids),
      maxRows: rowsFor(uids),
    });
    return null;
  } catch (error) {
    if (error instanceof Refused && !wantsPause(error)) return error;
    throw thrownRefusal(error, gate.endpoint);
  }
}

/** The same; refused with keywords, once more with system flags alone: a keyword too many must not keep \Seen back (F2). */
async function storeFlags(
  gate: Gate,
  uids: UidSet,
  sign: "+" | "-",
  flags: Flags,
  shown: Shown,
): Promise<Refused | null> {
  const refused = await storeOnce(gate, uids, sign, flags, shown);
  const system = flags.filter((flag) => !isKeyword(flag));
  if (refused === null || system.length === 0 || system.length === flags.length) return refused;
  return await storeOnce(gate, uids, sign, system, shown);
}

async function storePage(gate: Gate, opened: Writable, uids: UidSet, change: FlagChange): Promise<Stored[]> {
  const shown: Shown = new Map();
  const add = sendableFlags(change.add, opened.permanentFlags);
  const remove = sendableFlags(change.remove, opened.permanentFlags);
  const refusals = [
    await storeFlags(gate, uids, "+", add, shown),
    await storeFlags(gate, uids, "-", remove, shown),
  ].filter((refused) => refused !== null);
  const [refused] = refusals;
  if (refused !== undefined)
    return [{ kind: "refused", uids, error: opRefused(refused, "message") satisfies MailError }];
  const silent = subtractUids(uids, uidSet(shown.keys()));
  for (const [uid, message] of await flagsOf(gate, silent, opened.modseq)) shown.set(uid, message);
  return [...shown.values()].sort(byUid).map((message) => ({ kind: "shown", ...message }));
}

const byUid = (a: ObservedMessage, b: ObservedMessage): number => a.uid - b.uid;

/** Stores changes in pages of at most 1,000 messages. Messages that are gone are in no answer. */
export async function* store(
  gate: Gate,
  opened: Writable,
  changes: readonly FlagChange[],
): AsyncGenerator<readonly Stored[]> {
  let page: Stored[] = [];
  for (const change of changes) {
    for (const uids of uidPieces(change.uids, PAGE)) {
      const stored = await storePage(gate, opened, uids, change);
      if (page.length + stored.length > PAGE) {
        yield page;
        page = [];
      }
      page.push(...stored);
    }
  }
  if (page.length > 0) yield page;
}
