// What could not be sent: a row of its own with its reason, so that the mailbox's push counts as done, and one line in the report (C6, S3).
// It must never leave a message out silently.
import type { BaseOp, MailError, PushRow, RemoteMailboxId, Unsent } from "@packetboat/core";
import { countFailure } from "../tally.ts";
import { nameOf, type Writing } from "./writing.ts";

/** The op that keeps it, counted as a failure of this run. */
export function failed(
  writing: Writing,
  row: PushRow,
  remoteMailboxId: RemoteMailboxId,
  kind: Unsent["kind"],
  error: Pick<MailError, "code" | "message">,
): BaseOp {
  const { run } = writing;
  const { code, message: detail } = error;
  countFailure(run.tally, { mailbox: nameOf(writing, remoteMailboxId), uid: null, code, detail });
  return keep(writing, row, remoteMailboxId, kind, code, detail);
}

/** The same without a line among the failures: what a guard holds back is told as a halt, what is left alone in a note. */
export function keep(
  { run }: Writing,
  row: PushRow,
  remoteMailboxId: RemoteMailboxId,
  kind: Unsent["kind"],
  reason: Unsent["reason"],
  detail: string,
): BaseOp {
  const attempts = (row.unsent?.attempts ?? 0) + (reason === "HALTED" || reason === "RESTLESS" ? 0 : 1);
  const { messageId } = row;
  return { kind: "unsent", unsent: { remoteMailboxId, messageId, kind, reason, detail, attempts, runId: run.runId } };
}
