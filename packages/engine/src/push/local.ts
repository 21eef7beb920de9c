// What goes wrong with one mailbox during a push stays with it (B7), and what has no lasting UIDs is not changed by them (U4). It must never
// let an error that is wider than a mailbox pass for a small one.
import { asMailError, type PushOp, type RemoteMailboxId } from "@packetboat/core";
import { count } from "../tally.ts";
import { nameOf, type Writing } from "./writing.ts";

/**
 * Runs a step on a mailbox. Null: the mailbox could not be opened, or changed under the step; it is told, nothing of these mailboxes counts
 * as pushed, and what was sent without an answer stays with its intents (S2). Throws what is wider.
 */
export async function within<T>(
  writing: Writing,
  ids: readonly RemoteMailboxId[],
  step: () => Promise<T>,
): Promise<T | null> {
  try {
    return await step();
  } catch (thrown) {
    const error = asMailError(thrown);
    const [id] = ids;
    if ((error.scope !== "mailbox" && error.scope !== "message") || id === undefined) throw error;
    const { run, unfinished } = writing;
    for (const one of ids) unfinished.add(one);
    if (error.retry === "now") run.tally.again = true;
    const mailbox = nameOf(writing, id);
    const text = `${mailbox}: ${error.message}`;
    if (!run.tally.notes.some((note) => note.text === text))
      run.tally.notes.push({ kind: "mailboxFailed", mailbox, text });
    count(run.tally, mailbox, {});
    return null;
  }
}

/** U4: in a mailbox without UIDVALIDITY nobody knows whose UIDs these are by now: it waits for a look that gives it one. */
export function withoutUnnumbered({ paired }: Writing, op: PushOp): PushOp {
  const at = op.kind === "move" ? op.from : "at" in op ? op.at : null;
  const by = at?.remoteMailboxId;
  if (by === undefined || paired.get(by)?.base.uidValidity !== null) return op;
  return { kind: "blocked", row: op.row, by };
}
