// Decisions about messages: flags of known ones (1 1 1), arrivals (0 ? 1), proved absences (1 ? 0) and moves (M4). Plain data in, ops out;
// the same functions serve a page of a flag scan and a delta of three messages. Nothing here may assume what was not observed.
import type { BaseIdentity, BaseRow, UnboundMessage } from "../base.ts";
import type { Digest } from "../digest.ts";
import { type Flags, mergeFlags, sameFlags, unionFlags } from "../flags.ts";
import type { MailboxId, RemoteMailboxId, Uid } from "../ids.ts";
import type { Link } from "../link.ts";
import type { ObservedMessage, RemoteIdentity } from "../observation.ts";
import type { ArchiveOp, BaseOp, Binding } from "../ops.ts";
import { uidSet } from "../uidset.ts";
import { matchMultisets } from "./match.ts";
import { membership } from "./membership.ts";

/** Ops of one decision, with how many messages each kind concerns. */
export interface MessagePlan {
  readonly archive: readonly ArchiveOp[];
  readonly base: readonly BaseOp[];
}

/** Merges the flags that a look showed with those of the archive. Rows without an observed message are left alone: nothing is proved of them. */
export function planFlags(link: Link, rows: readonly BaseRow[], observed: readonly ObservedMessage[]): MessagePlan {
  const archive: ArchiveOp[] = [];
  const base: BaseOp[] = [];
  const seen = new Map(observed.map((message) => [message.uid, message]));
  for (const row of rows) {
    const message = seen.get(row.uid);
    if (message === undefined) continue;
    const decision = membership("bound", row.archive ? "live" : "none", "present", link.rights, link.policy.removals);
    // M3: a message that the archive removed keeps its removal; a flag change never brings it back.
    if (decision === "merge" && row.archive !== null) {
      const merged = mergeFlags(row.flags, row.archive.flags, message.flags, link.rights.pull);
      if (!sameFlags(merged.archive, row.archive.flags)) {
        archive.push({ kind: "setFlags", messageId: row.messageId, since: row.archive.since, flags: merged.archive });
      }
    }
    if (!sameFlags(row.flags, message.flags)) {
      base.push({
        kind: "rebase",
        remoteMailboxId: row.remoteMailboxId,
        uid: row.uid,
        flags: message.flags,
        modseq: message.modseq,
      });
    }
  }
  return { archive, base };
}

/** A message that a server has and the base has not, once its bytes are known. */
export interface Arrival {
  readonly uid: Uid;
  readonly flags: Flags;
  readonly modseq: bigint | null;
  readonly internalDate: number | null;
  readonly emailId: string | null;
  readonly sha256: Digest;
  readonly canonical: Digest;
}

export interface ArrivalPlan extends MessagePlan {
  readonly stored: number;
  readonly matched: number;
}

function bindingOf(remoteMailboxId: RemoteMailboxId, arrival: Omit<Arrival, "sha256" | "canonical">): Binding {
  const { uid, flags, modseq, emailId } = arrival;
  return { remoteMailboxId, uid, flags, modseq, emailId };
}

/**
 * Plans a batch of arrivals of one mailbox: those that the archive's mailbox already holds unbound are met (0 1 1: flags become the
 * union, C3), the others are stored. `unbound` holds every unbound live message of that mailbox with one of the arrivals' digests.
 */
export function planArrivals(
  link: Link,
  mailboxId: MailboxId,
  remoteMailboxId: RemoteMailboxId,
  arrivals: readonly Arrival[],
  unbound: readonly UnboundMessage[],
): ArrivalPlan {
  const archive: ArchiveOp[] = [];
  const base: BaseOp[] = [];
  const candidates = unbound.map((message) => ({ ...message, flags: message.live.flags }));
  const matching = matchMultisets(
    candidates,
    arrivals,
    (message) => message.canonical,
    (arrival) => arrival.canonical,
  );
  for (const [message, arrival] of matching.pairs) {
    base.push({ kind: "bind", messageId: message.messageId, binding: bindingOf(remoteMailboxId, arrival) });
    const flags = unionFlags(message.live.flags, arrival.flags);
    if (link.rights.pull && !sameFlags(flags, message.live.flags)) {
      archive.push({ kind: "setFlags", messageId: message.messageId, since: message.live.since, flags });
    }
  }
  let stored = 0;
  for (const arrival of matching.right) {
    if (membership("none", "none", "present", link.rights, link.policy.removals) !== "pull") continue;
    stored++;
    archive.push({
      kind: "addMessage",
      mailboxId,
      sha256: arrival.sha256,
      internalDate: arrival.internalDate,
      flags: arrival.flags,
      binding: bindingOf(remoteMailboxId, arrival),
    });
  }
  return { archive, base, stored, matched: matching.pairs.length };
}

/** An arrival seen without its body, in the mailbox where it appeared. */
export interface ArrivalSighting {
  readonly remoteMailboxId: RemoteMailboxId;
  readonly mailboxId: MailboxId;
  readonly identity: RemoteIdentity;
}

export interface MovePlan {
  /** One entry for each move, so that a stale one can be told apart. */
  readonly moves: readonly {
    readonly from: BaseIdentity;
    readonly to: ArrivalSighting;
    readonly ops: MessagePlan;
  }[];
  /** Absences that no arrival explains. */
  readonly gone: readonly BaseIdentity[];
}

/** C4: the immutable id, else fingerprint, INTERNALDATE and size together; nothing less decides a move. */
function moveIdentity(side: {
  readonly emailId: string | null;
  readonly fingerprint: Digest | null;
  readonly internalDate: number | null;
  readonly size: number;
}): string | null {
  if (side.emailId !== null) return `id:${side.emailId}`;
  if (side.fingerprint === null || side.internalDate === null) return null;
  return `${side.fingerprint}|${side.internalDate}|${side.size}`;
}

/**
 * Pairs what is proved gone with what arrived in the same account (M4, M9). A pair is one op: the archive's message changes its mailbox
 * and its UID, flags are merged (M3), nothing is downloaded. Where the archive itself moved the message, the archive's place wins (M5).
 */
export function planMoves(link: Link, gone: readonly BaseIdentity[], arrivals: readonly ArrivalSighting[]): MovePlan {
  const right = arrivals.map((arrival) => ({ ...arrival.identity, arrival }));
  const matching = matchMultisets(gone, right, moveIdentity, moveIdentity);
  const moves = matching.pairs.map(([from, { arrival }]) => ({ from, to: arrival, ops: moveOps(link, from, arrival) }));
  return { moves, gone: matching.left };
}

function moveOps(link: Link, from: BaseIdentity, to: ArrivalSighting): MessagePlan {
  const { uid, flags, emailId } = to.identity;
  const base: BaseOp[] = [
    { kind: "unbind", remoteMailboxId: from.remoteMailboxId, uids: uidSet([from.uid]) },
    {
      kind: "bind",
      messageId: from.messageId,
      binding: { remoteMailboxId: to.remoteMailboxId, uid, flags, modseq: null, emailId },
    },
  ];
  if (from.archive === null || !link.rights.pull) return { archive: [], base };
  const live = from.archive;
  const merged = mergeFlags(from.flags, live.flags, flags, true).archive;
  const archive: ArchiveOp[] = [];
  if (to.mailboxId !== live.mailboxId) {
    archive.push({
      kind: "moveMessage",
      messageId: from.messageId,
      since: live.since,
      mailboxId: to.mailboxId,
      flags: merged,
    });
  } else if (!sameFlags(merged, live.flags)) {
    archive.push({ kind: "setFlags", messageId: from.messageId, since: live.since, flags: merged });
  }
  return { archive, base };
}

/**
 * Plans proved absences that are no moves (1 1 0, 1 0 0). `mailboxId` is the archive's mailbox that theirs is paired with: a message
 * that the archive has since moved elsewhere stays (M3: the move wins).
 */
export function planGone(link: Link, mailboxId: MailboxId, gone: readonly BaseRow[]): MessagePlan {
  const archive: ArchiveOp[] = [];
  const base: BaseOp[] = [];
  for (const row of gone) {
    const decision = membership("bound", row.archive ? "live" : "none", "absent", link.rights, link.policy.removals);
    if (decision === "tombstone" && row.archive !== null && row.archive.mailboxId === mailboxId) {
      archive.push({ kind: "removeMessage", messageId: row.messageId, since: row.archive.since });
    }
    base.push({ kind: "unbind", remoteMailboxId: row.remoteMailboxId, uids: uidSet([row.uid]) });
  }
  return { archive, base };
}

/** Whether an absence is a removal in the archive, and so counts for the guards (G1). */
export function isRemoval(link: Link, mailboxId: MailboxId, row: BaseRow): boolean {
  return link.rights.pull && row.archive !== null && row.archive.mailboxId === mailboxId;
}

export interface RekeyPlan {
  readonly pairs: readonly (readonly [Uid, Uid])[];
  /** Base rows without a partner: dropped, with a line in the report; nothing is removed (U1). */
  readonly unmatched: number;
}

/** Matches all base rows of a mailbox again after a new UIDVALIDITY: by immutable id or fingerprint, ties by INTERNALDATE, flags, UID order (U1). */
export function planRekey(rows: readonly BaseIdentity[], seen: readonly RemoteIdentity[]): RekeyPlan {
  const matching = matchMultisets(
    rows,
    seen,
    (row) => row.emailId ?? row.fingerprint,
    (message) => message.emailId ?? message.fingerprint,
  );
  // A server may have begun to offer immutable ids since: then one side has an id where the other has none, and the header decides.
  const again = matchMultisets(
    matching.left,
    matching.right,
    (row) => row.fingerprint,
    (message) => message.fingerprint,
  );
  const pairs = [...matching.pairs, ...again.pairs].map(([row, message]) => [row.uid, message.uid] as const);
  return { pairs, unmatched: again.left.length };
}
