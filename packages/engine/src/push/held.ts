// Messages of the archive that wait for an approval before they are sent into a mailbox (G3, held.ts): they are kept as held by this run, and
// told. It must never send one of them unapproved, nor hold what came into the archive since.
import type { PushOp } from "@packetboat/core";
import { commit } from "../context.ts";
import type { AppendOp } from "./append.ts";
import { keep } from "./unsent.ts";
import { nameOf, type Writing } from "./writing.ts";

/** It waits for that mailbox: moved to another one since, it goes there. */
const isHeld = (op: PushOp): op is AppendOp =>
  op.kind === "append" &&
  op.row.unsent?.kind === "append" &&
  op.row.unsent.reason === "HALTED" &&
  op.row.unsent.remoteMailboxId === op.to;

/** What is to be done now: the ops without appends that nobody has approved. */
export async function withoutHeld(writing: Writing, ops: readonly PushOp[]): Promise<readonly PushOp[]> {
  const { run, approved } = writing;
  const waiting = new Set<PushOp>();
  for (const op of ops.filter(isHeld)) {
    const approval = approved.get(op.row.messageId);
    if (approval === undefined) waiting.add(op);
    else run.appliedApprovals.add(approval);
  }
  if (waiting.size === 0) return ops;
  const kept = [...waiting].filter(isHeld).map((op) => {
    writing.held.set(op.to, (writing.held.get(op.to) ?? 0) + 1);
    return keep(writing, op.row, op.to, "append", "HALTED", op.row.unsent?.detail ?? "");
  });
  await commit(run, { archive: [], base: kept });
  return ops.filter((op) => !waiting.has(op));
}

/** One line a mailbox. */
export function tellHeldAppends(writing: Writing): void {
  for (const [id, messages] of writing.held) {
    const mailbox = nameOf(writing, id);
    const what = messages === 1 ? "1 message of the archive waits" : `${messages} messages of the archive wait`;
    const text = `${what} for approval before being sent to ${mailbox}.`;
    const { halts } = writing.run.tally;
    if (halts.some((halt) => halt.text === text)) continue; // a push may be walked several times
    halts.push({ guard: "fewMatches", mailbox, messages, of: messages, text });
  }
}
