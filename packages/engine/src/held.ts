// Additions that a guard holds back (G3), in both directions: kept as rows of their own, and told again by every run until somebody approves
// them, so that a nightly run never looks good while mail waits. It must never hold what arrived or was made since (U3).
import {
  type BaseOp,
  eachUid,
  type MailboxBase,
  type MessageId,
  type Pending,
  type UidSet,
  uidCount,
} from "@packetboat/core";
import type { Pass } from "./context.ts";

/** What was found wrong: a mailbox matched anew, or met for the first time. */
export type Suspicion = "rekey" | "contact";

const DETAIL: Readonly<Record<Suspicion, string>> = {
  rekey: "the mailbox was matched anew and fewer than half of its messages were known",
  contact: "the mailbox and the archive's, met for the first time, share fewer than half of their messages",
};

/** Why these rows wait, as their first run has written it. */
export function suspicionOf(pending: readonly Pending[]): Suspicion {
  return pending.some(({ kind, detail }) => kind === "addition" && detail === DETAIL.contact) ? "contact" : "rekey";
}

/** The rows of additions to the archive that wait, under this run: it is the one whose approval lets them through. */
export function holdAdditions(run: Pass, base: MailboxBase, uids: UidSet, why: Suspicion): readonly BaseOp[] {
  return [...eachUid(uids)].map((uid) => {
    const pending = { remoteMailboxId: base.id, uid, detail: DETAIL[why], bytes: null, attempts: 0, runId: run.runId };
    return { kind: "pending", pending: { ...pending, kind: "addition", reason: "HALTED" } };
  });
}

/** The same for what the archive has and the server's mailbox has not: it is not sent before the same approval. */
export function holdAppends(
  run: Pass,
  base: MailboxBase,
  messages: readonly MessageId[],
  why: Suspicion,
): readonly BaseOp[] {
  return messages.map((messageId) => {
    const row = { remoteMailboxId: base.id, messageId, detail: DETAIL[why], attempts: 0, runId: run.runId };
    return { kind: "unsent", unsent: { ...row, kind: "append", reason: "HALTED" } };
  });
}

/** Says so in the report, once though a mailbox may be looked at twice (M4); `of`: what the mailbox holds on the server. */
export function tellHeld(run: Pass, mailbox: string, uids: UidSet, of: number, why: Suspicion): void {
  const held = uidCount(uids);
  if (held === 0) return;
  const text = {
    rekey: `${mailbox} was matched anew and fewer than half of its messages are known: ${held} wait for approval.`,
    contact: `${mailbox} and the archive's ${mailbox} share fewer than half of their messages: ${held} wait for approval.`,
  }[why];
  const { halts } = run.tally;
  const told = halts.findIndex((halt) => halt.guard === "fewMatches" && halt.mailbox === mailbox);
  halts[told < 0 ? halts.length : told] = { guard: "fewMatches", mailbox, messages: held, of, text };
}
