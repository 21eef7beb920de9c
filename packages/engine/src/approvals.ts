// What a person let through (G1, G3): asked for when something waits for it, marked as used when the run is at its end and nothing waits any
// more. It must never be used up before everything that it lists is committed: a run that is killed would lose the permission with it.
import { hasUid, type MailboxBase, type Pending, type RunId, type UidSet } from "@packetboat/core";
import type { Pass } from "./context.ts";

/** The approval under which held additions of this mailbox are let through, or null. */
export async function approvedAdditions(
  run: Pass,
  base: MailboxBase,
  pending: readonly Pending[],
): Promise<{ readonly runId: RunId; readonly uids: UidSet } | null> {
  const additions = pending.filter((row) => row.kind === "addition");
  if (additions.length === 0) return null;
  const approval = (await run.archive.approved(run.now())).get(base.id);
  return approval && additions.some((row) => hasUid(approval.uids, row.uid)) ? approval : null;
}

/**
 * An approval is used once. One run may hold removals and additions in many mailboxes: what did not get through this time (a mailbox that
 * could not be read, an interruption) is let through by the next run under the same approval, until it expires.
 */
export async function useApprovals(run: Pass): Promise<void> {
  if (run.dryRun || run.appliedApprovals.size === 0) return;
  const additions = [...(await run.archive.approved(run.now())).values()].map((approval) => approval.runId);
  const open = new Set([...additions, ...(await run.archive.approvedPushes(run.now())).values()]);
  for (const id of run.appliedApprovals) if (!open.has(id)) await run.archive.useApproval(id);
}
