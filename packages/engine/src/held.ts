// Additions that a guard holds back (G3): kept as rows of their own, and told again by every run until somebody approves them, so that a
// nightly run never looks good while mail waits. It must never hold what arrived since (U3).
import { type BaseOp, eachUid, type MailboxBase, type UidSet, uidCount } from "@packetboat/core";
import type { Pass } from "./context.ts";

/** The rows of additions that wait, under this run: it is the one whose approval lets them through. */
export function holdAdditions(run: Pass, base: MailboxBase, uids: UidSet): readonly BaseOp[] {
  const detail = "the mailbox was matched anew and fewer than half of its messages were known";
  return [...eachUid(uids)].map((uid) => {
    const pending = { remoteMailboxId: base.id, uid, detail, bytes: null, attempts: 0, runId: run.runId };
    return { kind: "pending", pending: { ...pending, kind: "addition", reason: "HALTED" } };
  });
}

/** Says so in the report, once though a mailbox may be looked at twice (M4); `of`: what the mailbox holds on the server. */
export function tellHeld(run: Pass, mailbox: string, uids: UidSet, of: number): void {
  const held = uidCount(uids);
  if (held === 0) return;
  const text = `${mailbox} was matched anew and fewer than half of its messages are known: ${held} wait for approval.`;
  const { halts } = run.tally;
  const told = halts.findIndex((halt) => halt.guard === "fewMatches" && halt.mailbox === mailbox);
  halts[told < 0 ? halts.length : told] = { guard: "fewMatches", mailbox, messages: held, of, text };
}
