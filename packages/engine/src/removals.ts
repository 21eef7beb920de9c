// Removals of a run: judged by the guards, then applied last, after every copy (S5). What a guard holds back becomes a row of its own,
// committed with the marks (S3, G1). It must never remove what was not proved absent, and never destroy bytes (M2).
import {
  type BaseIdentity,
  type BaseOp,
  hasUid,
  isRemoval,
  judgeRemovals,
  type MailboxBase,
  type MailboxId,
  type MessageId,
  NO_UIDS,
  planGone,
  type RemoteMailboxId,
  type RemovalCount,
  showPath,
  type Uid,
  type UidSet,
  uidSet,
} from "@packetboat/core";
import { commit, type Pass, stopIfAsked } from "./context.ts";
import { count } from "./tally.ts";
import type { Visit } from "./visit.ts";

const BATCH = 1_000;
const DAY = 86_400_000;
const LAST_UID = 4294967295 as Uid;

/** What is gone from one mailbox of the base; `vanished` when the mailbox itself is. */
interface Loss {
  readonly base: MailboxBase;
  readonly mailbox: string;
  readonly visit: Visit | null;
  readonly rows: readonly BaseIdentity[];
}

/** Everything that the account's base held before this run: what shares are measured against. */
export type BoundBefore = ReadonlyMap<RemoteMailboxId, number>;

/** Judges and applies all absences that are no moves; drops mailboxes that are proved gone and empty, and gives how many. `live`: those that the archive has now. */
export async function applyRemovals(
  run: Pass,
  gone: readonly BaseIdentity[],
  visits: readonly Visit[],
  vanished: readonly MailboxBase[],
  live: ReadonlySet<MailboxId>,
  bound: BoundBefore,
): Promise<number> {
  const byMailbox = Map.groupBy(gone, (row) => row.remoteMailboxId);
  const losses: Loss[] = [
    ...visits.map((visit) => ({
      base: visit.base,
      mailbox: visit.mailbox,
      visit,
      rows: byMailbox.get(visit.base.id) ?? [],
    })),
    ...vanished.map((base) => ({
      base,
      mailbox: showPath(base.path),
      visit: null,
      rows: byMailbox.get(base.id) ?? [],
    })),
  ];
  const approvals = await run.archive.approved(run.now());
  const before = gone.length === 0 ? new Map<MailboxId, number>() : await run.archive.removedSince(run.now() - DAY);
  const counts = losses.map((loss) => removalCount(run, loss, approvals.get(loss.base.id)?.uids ?? [], bound, before));
  const verdict = judgeRemovals([...counts, ...untouched(losses, bound)], run.archiveIsPushed, run.link.policy);
  run.tally.halts.push(...verdict.halts);
  for (const text of verdict.warnings) run.tally.notes.push({ kind: "warning", mailbox: null, text });
  let dropped = 0;
  for (const loss of losses) {
    stopIfAsked(run);
    const approval = approvals.get(loss.base.id);
    const judged = verdict.held.has(loss.base.id);
    const waiting = await heldBefore(run, loss);
    const held = loss.rows.filter(
      (row) => (judged || hasUid(waiting, row.uid)) && isHeld(run, loss, row, approval?.uids ?? []),
    );
    if (!judged) tellStillHeld(run, loss, held.length, bound);
    await applyLoss(run, loss, held);
    // Without `pull` the rows stay, as gone: a mailbox that its owner removed is not made again.
    if (loss.visit === null && held.length === 0 && run.link.rights.pull) {
      await dropMailbox(run, loss.base, live.has(loss.base.mailboxId));
      dropped++;
    }
    if (approval && held.length < loss.rows.length) run.appliedApprovals.add(approval.runId);
  }
  return dropped;
}

/**
 * Gives what is gone without what a push has moved: an open intent that is settled by now has bound it in its new place too (S2). Its old row
 * goes, and it is no removal, wherever the archive has it meanwhile (M4). What is gone from there as well is removed.
 */
export async function withoutMovedByPush(run: Pass, gone: readonly BaseIdentity[]): Promise<readonly BaseIdentity[]> {
  if (!run.link.rights.push || gone.length === 0) return gone;
  const keyOf = (id: RemoteMailboxId, uid: Uid): string => `${id} ${uid}`;
  const missing = new Set(gone.map((row) => keyOf(row.remoteMailboxId, row.uid)));
  const ids = [...new Set(gone.map((row) => row.messageId))].toSorted((a, b) => a - b);
  const there = new Set<MessageId>();
  for await (const rows of run.archive.pushRows(ids))
    for (const { messageId, placements } of rows)
      if (placements.some(({ remoteMailboxId: id, uid }) => uid !== null && !missing.has(keyOf(id, uid))))
        there.add(messageId);
  const byMailbox = Map.groupBy(
    gone.filter((row) => there.has(row.messageId)),
    (row) => row.remoteMailboxId,
  );
  const base = [...byMailbox].flatMap(([remoteMailboxId, rows]): BaseOp[] => {
    const uids = uidSet(rows.map((row) => row.uid));
    return [
      { kind: "unbind", remoteMailboxId, uids },
      { kind: "settled", remoteMailboxId, uids },
    ];
  });
  if (base.length > 0) await commit(run, { archive: [], base });
  return gone.filter((row) => !there.has(row.messageId));
}

/** Mailboxes that were not looked at hold messages too: without them the loss of one small mailbox would be the loss of everything. */
function untouched(losses: readonly Loss[], bound: BoundBefore): RemovalCount[] {
  const touched = new Set(losses.map((loss) => loss.base.id));
  return [...bound]
    .filter(([id]) => !touched.has(id))
    .map(([remoteMailboxId, base]) => ({
      remoteMailboxId,
      mailbox: "",
      role: null,
      removals: 0,
      base,
      removedBefore: 0,
    }));
}

function isHeld(run: Pass, loss: Loss, row: BaseIdentity, approved: UidSet): boolean {
  return isRemoval(run.link, loss.base.mailboxId, row) && !hasUid(approved, row.uid);
}

/** G1: a halt stays until it is approved or the messages are back. New mail changes the shares that a guard measures, and must not lift it. */
async function heldBefore(run: Pass, { base, rows, visit }: Loss): Promise<UidSet> {
  if (rows.length === 0) return NO_UIDS;
  const pending =
    visit?.pending.values() ?? (base.pending > 0 ? (await run.archive.known(base.id, LAST_UID)).pending : []);
  return uidSet([...pending].filter((row) => row.kind === "removal").map((row) => row.uid));
}

function tellStillHeld(run: Pass, { base, mailbox }: Loss, messages: number, bound: BoundBefore): void {
  if (messages === 0) return;
  const of = bound.get(base.id) ?? messages;
  const text = `${messages} of ${of} messages in ${mailbox} are gone from the server and still wait for approval`;
  run.tally.halts.push({ guard: "removals", mailbox, messages, of, text });
}

function removalCount(
  run: Pass,
  loss: Loss,
  approved: UidSet,
  bound: BoundBefore,
  before: ReadonlyMap<MailboxId, number>,
): RemovalCount {
  return {
    remoteMailboxId: loss.base.id,
    mailbox: loss.mailbox,
    role: loss.base.role,
    removals: loss.rows.filter((row) => isHeld(run, loss, row, approved)).length,
    base: bound.get(loss.base.id) ?? 0,
    removedBefore: before.get(loss.base.mailboxId) ?? 0,
  };
}

async function applyLoss(run: Pass, loss: Loss, held: readonly BaseIdentity[]): Promise<void> {
  const holding = new Set(held);
  const rows = loss.rows.filter((row) => !holding.has(row));
  for (let at = 0; at < rows.length; at += BATCH) {
    const page = rows.slice(at, at + BATCH);
    const plan = planGone(run.link, loss.base.mailboxId, page);
    const settled: BaseOp = {
      kind: "settled",
      remoteMailboxId: loss.base.id,
      uids: uidSet(page.map((row) => row.uid)),
    };
    const stale = await commit(run, { archive: plan.archive, base: [...plan.base, settled] });
    if (stale.size > 0 && loss.visit) loss.visit.unfinished = true;
    count(run.tally, loss.mailbox, { removed: plan.archive.length - stale.size });
  }
  await commit(run, { archive: [], base: held.map((row) => holdRemoval(run, row)) });
}

function holdRemoval(run: Pass, row: BaseIdentity): BaseOp {
  const detail = "gone from the server; a guard holds its removal from the archive until it is approved";
  const { remoteMailboxId, uid } = row;
  const pending = { remoteMailboxId, uid, detail, bytes: null, attempts: 0, runId: run.runId };
  return { kind: "pending", pending: { ...pending, kind: "removal", reason: "HALTED" } };
}

/** B5: the archive's mailbox goes too, unless something that this link did not bring lives in it. */
async function dropMailbox(run: Pass, base: MailboxBase, live: boolean): Promise<void> {
  await commit(run, {
    archive: live ? [{ kind: "removeMailbox", mailboxId: base.mailboxId }] : [],
    base: [{ kind: "dropMailboxBase", remoteMailboxId: base.id }],
  });
  const mailbox = showPath(base.path);
  const text = `${mailbox} no longer exists on the server. Its mail stays readable at every earlier revision.`;
  run.tally.notes.push({ kind: "mailboxRemoved", mailbox, text });
}
