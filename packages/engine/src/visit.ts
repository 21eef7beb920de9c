// One look at one mailbox, step by step as its parts arrive: flags are merged page by page, and what remains is who arrived and who is
// proved gone, as sets of UIDs. It must never conclude an absence before the look's `end` (M1).
import {
  type ArchiveOp,
  asMailError,
  type BaseIdentity,
  type BaseOp,
  type Batch,
  hasUid,
  intersectUids,
  judgePresence,
  type ListedMailbox,
  type Look,
  type MailboxBase,
  type Marks,
  NO_UIDS,
  type ObservationPart,
  type ObservedMessage,
  type Pending,
  planFlags,
  type Revision,
  type RunId,
  retriesOf,
  showPath,
  subtractUids,
  type Uid,
  type UidSet,
  uidCount,
  uidSet,
  unionUids,
} from "@packetboat/core";
import { approvedAdditions } from "./approvals.ts";
import { judgeContact } from "./contact.ts";
import { commit, type Pass, stopIfAsked } from "./context.ts";
import { holdAdditions, suspicionOf, tellHeld } from "./held.ts";
import { count, countFailure } from "./tally.ts";

/** The op that brings a removed mailbox of the archive back. */
export type Revival = Extract<ArchiveOp, { kind: "reviveMailbox" }>;

/** What a look left to do in one mailbox. */
export interface Visit {
  readonly listed: ListedMailbox;
  readonly base: MailboxBase;
  readonly mailbox: string;
  /** Of before the look (S3); committed when everything below is done or pending. */
  readonly marks: Marks;
  /** A complete look: every base row was compared (I5). */
  readonly complete: boolean;
  /** On the server, not in the base, not waiting for approval. */
  arrived: UidSet;
  /** In the base, proved absent (M1). */
  gone: UidSet;
  readonly pending: ReadonlyMap<Uid, Pending>;
  /** The halted run whose approved additions are among `arrived` (G3). */
  readonly approval: RunId | null;
  /** Rows of `gone` that no move explains; an arrival of the same bytes may (M9). Filled when moves are applied. */
  unexplained: readonly BaseIdentity[];
  /** The archive's mailbox was made by this run, and nobody else has written since: nothing in it can be met. */
  fresh: boolean;
  /** The archive's revision on which additions are planned (S4); null before the first batch. */
  plannedAt: Revision | null;
  /** B5: what brings the archive's mailbox back, should something arrive; null while it is live. */
  readonly revival: Revival | null;
  /** An op was stale, or part of it failed: marks stay where they were, and the mailbox is planned again. */
  unfinished: boolean;
}

/** A mailbox to be looked at. */
export interface Work {
  readonly listed: ListedMailbox;
  readonly base: MailboxBase;
  /** The archive's mailbox was made just now. */
  readonly fresh: boolean;
  readonly revival: Revival | null;
}

const FIRST_UID = 1 as Uid;

/** Observes a mailbox and merges flags on the way. The rekey of a changed UIDVALIDITY is not its affair (rekey.ts). */
export async function observeMailbox(
  run: Pass,
  { listed, base, fresh, revival }: Work,
  decided: Look,
): Promise<Visit | "rekey"> {
  const mailbox = showPath(listed.path);
  const from = decided.kind === "delta" ? (decided.since.uidNext as Uid) : FIRST_UID;
  let known = fresh ? { bound: NO_UIDS, pending: [] } : await run.archive.known(base.id, from);
  // A first pull that was killed left rows without marks: their flags may have changed since, and no delta will ever say so.
  const look: Look = decided.kind === "list" && known.bound.length > 0 ? { kind: "flags" } : decided;
  let marks: Marks | null = null;
  let end: Extract<ObservationPart, { kind: "end" }> | null = null;
  let unfinished = false;
  for await (const part of run.remote.observe(listed, look)) {
    stopIfAsked(run);
    if (part.kind === "marks") {
      marks = part.marks;
      if (marks.uidValidity !== base.uidValidity) return "rekey";
    } else if (part.kind === "messages") {
      count(run.tally, mailbox, { observed: part.messages.length });
      if (look.kind !== "list" && !(await mergePage(run, base, mailbox, part.messages))) unfinished = true;
    } else end = part;
  }
  if (marks === null || end === null) throw asMailError(new Error("a look ended without its marks or its end"));
  // A delta that contradicts the count came with a full listing (I5): now the whole base is needed.
  if (end.listed !== null && from !== FIRST_UID) known = await run.archive.known(base.id, FIRST_UID);
  const presence = judgePresence(known.bound, known.pending, end);
  count(run.tally, mailbox, { observed: look.kind === "list" ? uidCount(end.listed ?? end.arrived) : 0 }, look.kind);
  const isContact = !fresh && base.marks === null && known.bound.length === 0 && known.pending.length === 0;
  const contact = isContact ? await meet(run, listed, base, mailbox, marks, presence.arrived) : NO_UIDS;
  const vanished = await boundAmong(run, base, presence.vanished);
  const absent = await provedAbsent(run, listed, marks, presence.doubtful);
  await settle(run, base, unionUids(presence.returned, subtractUids(presence.doubtful, absent)));
  const approval = await approvedAdditions(run, base, known.pending);
  const { retry, held } = retriesOf(known.pending, approval?.uids ?? NO_UIDS);
  const waiting = unionUids(retry, held);
  const lost = end.listed === null ? intersectUids(waiting, end.vanished) : subtractUids(waiting, end.listed);
  await settle(run, base, lost);
  await holdStill(run, base, mailbox, known.pending, subtractUids(held, lost), marks);
  const resting = restingAmong(run, mailbox, known.pending, subtractUids(retry, lost), approval?.uids ?? NO_UIDS);
  return {
    listed,
    base,
    mailbox,
    marks,
    complete: look.kind !== "delta",
    arrived: unionUids(subtractUids(presence.arrived, contact), subtractUids(subtractUids(retry, lost), resting)),
    gone: unionUids(unionUids(presence.gone, vanished), absent),
    pending: new Map(known.pending.map((row) => [row.uid, row])),
    approval: approval?.runId ?? null,
    unexplained: [],
    fresh,
    // A mailbox that this run made was empty before it began.
    plannedAt: fresh ? run.revision : null,
    revival,
    unfinished,
  };
}

/**
 * Looks at a page of flags against the base and commits the difference at once: flags commute, so no order can lose one. Gives false when
 * something was stale: no later delta would show it, so the marks must stay where they were (S4).
 */
export async function mergePage(
  run: Pass,
  base: MailboxBase,
  mailbox: string,
  messages: readonly ObservedMessage[],
): Promise<boolean> {
  const uids = uidSet(messages.map((message) => message.uid));
  return await run.company.turn(async () => {
    let isWhole = true;
    for await (const rows of run.archive.base(base.id, uids)) {
      const ops: Batch = planFlags(run.link, base.mailboxId, rows, messages);
      const stale = await commit(run, ops);
      if (stale.size > 0) isWhole = false;
      count(run.tally, mailbox, { flagsChanged: ops.archive.length - stale.size });
    }
    return isWhole;
  });
}

/** Which of these the base holds; VANISHED may name UIDs that were never ours (trap 10). */
async function boundAmong(run: Pass, base: MailboxBase, uids: UidSet): Promise<UidSet> {
  let bound: UidSet = NO_UIDS;
  if (uids.length === 0) return bound;
  for await (const rows of run.archive.base(base.id, uids))
    bound = unionUids(bound, uidSet(rows.map((row) => row.uid)));
  return bound;
}

/** G1: removals that a halt held back are proved again in each run. */
async function provedAbsent(run: Pass, listed: ListedMailbox, marks: Marks, uids: UidSet): Promise<UidSet> {
  let absent = uids;
  if (uids.length === 0) return absent;
  for await (const page of run.remote.identify(listed, marks.uidValidity, uids, { fingerprint: false })) {
    absent = subtractUids(absent, uidSet(page.map((message) => message.uid)));
  }
  return absent;
}

/** C6: what is not tried again in this run, though it still waits; listed with the reason that it had. */
function restingAmong(
  run: Pass,
  mailbox: string,
  pending: readonly Pending[],
  waiting: UidSet,
  approved: UidSet,
): UidSet {
  if (run.retries !== false) return NO_UIDS;
  const resting = subtractUids(waiting, approved);
  for (const { uid, reason, detail } of pending)
    if (reason !== "HALTED" && hasUid(resting, uid)) countFailure(run.tally, { mailbox, uid, code: reason, detail });
  return resting;
}

async function settle(run: Pass, base: MailboxBase, uids: UidSet): Promise<void> {
  if (uids.length === 0) return;
  await commit(run, { archive: [], base: [{ kind: "settled", remoteMailboxId: base.id, uids }] });
}

/** G3: gives what the first contact of two filled mailboxes holds back. */
async function meet(
  run: Pass,
  listed: ListedMailbox,
  base: MailboxBase,
  mailbox: string,
  marks: Marks,
  arrived: UidSet,
): Promise<UidSet> {
  const { held, ops } = await judgeContact(run, listed, base, marks, arrived);
  await commit(run, { archive: [], base: ops });
  tellHeld(run, mailbox, held, uidCount(arrived), "contact");
  return held;
}

/** G3: what waits is told by every run, under the run that can be approved. */
async function holdStill(
  run: Pass,
  base: MailboxBase,
  mailbox: string,
  pending: readonly Pending[],
  held: UidSet,
  marks: Marks,
): Promise<void> {
  const why = suspicionOf(pending);
  await commit(run, { archive: [], base: holdAdditions(run, base, held, why) });
  tellHeld(run, mailbox, held, marks.messages ?? uidCount(held), why);
}

/** The ops that end a visit: its marks (S3), nothing while something of it is unfinished. */
export function marksOf(visit: Visit): readonly BaseOp[] {
  if (visit.unfinished) return [];
  return [{ kind: "marks", remoteMailboxId: visit.base.id, marks: visit.marks, complete: visit.complete }];
}

/** Takes UIDs out of what is still to be fetched. */
export function arrivedWithout(visit: Visit, uids: Iterable<Uid>): void {
  visit.arrived = subtractUids(visit.arrived, uidSet(uids));
}
