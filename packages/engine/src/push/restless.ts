// Messages that two clients change to and fro (G4): what a push would do with them it leaves alone for a day, as a row of its own, and says
// so. It must never hold back a removal, nor ask the archive for messages that nothing is to be done with.
import { type PushOp, RESTLESS_CHANGES, RESTLESS_WINDOW, type RemoteMailboxId, restless } from "@packetboat/core";
import { commit } from "../context.ts";
import { keep } from "./unsent.ts";
import { nameOf, type Writing } from "./writing.ts";

type Carried = Extract<PushOp, { kind: "store" | "move" }>;

/** What carries on what a client did: a move, or flags; not the removal of a tombstoned message. */
const isCarried = (op: PushOp): op is Carried => (op.kind === "store" || op.kind === "move") && op.row.live !== null;

const placeOf = (op: Carried): RemoteMailboxId => (op.kind === "move" ? op.to : op.at.remoteMailboxId);

/** What is to be done now: the ops without those of messages that are left alone, which get a row that says until when. */
export async function withoutRestless(writing: Writing, ops: readonly PushOp[]): Promise<readonly PushOp[]> {
  const { run } = writing;
  const carried = ops.filter(isCarried);
  if (carried.length === 0) return ops;
  const messages = carried.map((op) => op.row.messageId);
  const now = run.now();
  const alone = restless(await run.archive.versionsSince(messages, now - RESTLESS_WINDOW, RESTLESS_CHANGES), now);
  if (alone.size === 0) return ops;
  const kept = carried.flatMap((op) => {
    const until = alone.get(op.row.messageId);
    if (until === undefined) return [];
    const place = placeOf(op);
    const { messages: before = 0, until: latest = 0 } = writing.restless.get(place) ?? {};
    writing.restless.set(place, { messages: before + 1, until: Math.max(until, latest) });
    const detail = `two clients change it to and fro; it is left alone until ${moment(until)}`;
    return [keep(writing, op.row, place, op.kind === "move" ? "move" : "flags", "RESTLESS", detail)];
  });
  await commit(run, { archive: [], base: kept });
  return ops.filter((op) => !(isCarried(op) && alone.has(op.row.messageId)));
}

/** One line a mailbox; once, though a push may be walked several times. */
export function tellRestless(writing: Writing): void {
  const { notes } = writing.run.tally;
  for (const [id, { messages, until }] of writing.restless) {
    const mailbox = nameOf(writing, id);
    const what = messages === 1 ? "1 message is" : `${messages} messages are`;
    const text = `${mailbox}: ${what} changed to and fro by two clients; left alone here until ${moment(until)}.`;
    const told = notes.findIndex((note) => note.kind === "leftAlone" && note.mailbox === mailbox);
    notes[told < 0 ? notes.length : told] = { kind: "leftAlone", mailbox, text };
  }
}

/** "2026-03-01 12:30 UTC". */
const moment = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace("T", " ")} UTC`;
