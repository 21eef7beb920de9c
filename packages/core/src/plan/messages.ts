// Decisions about messages: flags of known ones (1 1 1), arrivals (0 ? 1), proved absences (1 ? 0) and moves (M4). Plain data in, ops out;
// the same functions serve a page of a flag scan and a delta of three messages. Nothing here may assume what was not observed.
import type { BaseIdentity, BaseRow, UnboundMessage } from "../base.ts";
import type { Digest } from "../digest.ts";
import { commonFlags, type Flags, mergeFlags, sameFlags, unionFlags, withoutFlags } from "../flags.ts";
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

/**
 * Merges the flags that a look at the mailbox paired with `mailboxId` showed with those of the archive. Rows without an observed message
 * are left alone: nothing is proved of them.
 */
export function planFlags(
  link: Link,
  mailboxId: MailboxId,
  rows: readonly BaseRow[],
  observed: readonly ObservedMessage[],
): MessagePlan {
  const archive: ArchiveOp[] = [];
  const base: BaseOp[] = [];
  const seen = new Map(observed.map((message) => [message.uid, message]));
  for (const row of rows) {
    const message = seen.get(row.uid);
    if (message === undefined) continue;
    const decision = membership("bound", row.archive ? "live" : "none", "present", link.rights, link.policy.removals);
    // M3: a message that the archive removed keeps its removal; a flag change never brings it back.
    if (decision === "merge" && row.archive !== null) {
      const shown = row.archive.mailboxId === mailboxId ? message.flags : withoutMark(row.flags, message.flags);
      const merged = mergeFlags(row.flags, row.archive.flags, shown, link.rights.pull);
      if (!sameFlags(merged.archive, row.archive.flags)) {
        archive.push({ kind: "setFlags", messageId: row.messageId, since: row.archive.since, flags: merged.archive });
      }
    }
    const flags = agreed(link, row, message.flags);
    if (!sameFlags(row.flags, flags)) {
      const { remoteMailboxId, uid } = row;
      base.push({ kind: "rebase", remoteMailboxId, uid, flags, modseq: message.modseq });
    }
  }
  return { archive, base };
}

/**
 * M3, S1: a message that the archive has elsewhere by now is not marked \Deleted there because its original is. A COPY leaves the original
 * behind, and who marked it may have been a run of ours that was killed before its EXPUNGE; was it a person, the move wins.
 */
function withoutMark(base: Flags, shown: Flags): Flags {
  return withoutFlags(shown, withoutFlags(["\\Deleted"], base));
}

/**
 * What the base takes of what a server shows. Without `pull` a flag that only the server has is no affair of the archive's, and must not
 * look like one that the archive took off: a push would remove it (0 1 1: the union stays).
 */
function agreed(link: Link, row: Pick<BaseRow, "flags" | "archive">, shown: Flags): Flags {
  return link.rights.pull ? shown : commonFlags(shown, unionFlags(row.flags, row.archive?.flags ?? []));
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
  /** Absences that an arrival of the same bytes explains (M9): no longer gone. */
  readonly renewed: readonly BaseIdentity[];
}

function bindingOf(remoteMailboxId: RemoteMailboxId, arrival: Omit<Arrival, "sha256" | "canonical">): Binding {
  const { uid, flags, modseq, emailId } = arrival;
  return { remoteMailboxId, uid, flags, modseq, emailId };
}

const canonicalOf = (message: { readonly canonical: Digest }): Digest => message.canonical;
const bytesOf = (message: { readonly sha256: Digest }): Digest => message.sha256;

/**
 * Plans a batch of arrivals of one mailbox. First those with the bytes of a message that is proved gone from the same mailbox: one
 * message with a new UID (M9). Then those that the archive's mailbox already holds unbound are met (0 1 1: flags become the union, C3):
 * equal bytes before equal canonical form (C4). The others are stored. `unbound` holds every unbound live message of that mailbox with
 * one of the arrivals' digests; `gone` every absence of that mailbox which no move explains.
 */
export function planArrivals(
  link: Link,
  mailboxId: MailboxId,
  remoteMailboxId: RemoteMailboxId,
  arrivals: readonly Arrival[],
  unbound: readonly UnboundMessage[],
  gone: readonly BaseIdentity[] = [],
): ArrivalPlan {
  const archive: ArchiveOp[] = [];
  const base: BaseOp[] = [];
  const renewed = matchMultisets(gone, arrivals, canonicalOf, canonicalOf);
  for (const [from, arrival] of renewed.pairs) {
    const ops = moveOps(link, from, mailboxId, mailboxId, bindingOf(remoteMailboxId, arrival));
    archive.push(...ops.archive);
    base.push(...ops.base);
  }
  const candidates = unbound.map((message) => ({ ...message, flags: message.live.flags }));
  const exact = matchMultisets(candidates, renewed.right, bytesOf, bytesOf);
  const folded = matchMultisets(exact.left, exact.right, canonicalOf, canonicalOf);
  for (const [message, arrival] of [...exact.pairs, ...folded.pairs]) {
    base.push({ kind: "bind", messageId: message.messageId, binding: bindingOf(remoteMailboxId, arrival) });
    const flags = unionFlags(message.live.flags, arrival.flags);
    if (link.rights.pull && !sameFlags(flags, message.live.flags)) {
      archive.push({ kind: "setFlags", messageId: message.messageId, since: message.live.since, flags });
    }
  }
  let stored = 0;
  for (const arrival of folded.right) {
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
  const matched = renewed.pairs.length + exact.pairs.length + folded.pairs.length;
  return { archive, base, stored, matched, renewed: renewed.pairs.map(([from]) => from) };
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

interface Identified {
  readonly emailId: string | null;
  readonly fingerprint: Digest | null;
  readonly internalDate: number | null;
  readonly size: number;
}

/** C4: without an immutable id, fingerprint, INTERNALDATE and size together; nothing less decides a move. */
function headerIdentity({ fingerprint, internalDate, size }: Identified): string | null {
  return fingerprint === null || internalDate === null ? null : `${fingerprint}|${internalDate}|${size}`;
}

const emailIdOf = (side: Identified): string | null => side.emailId;

/**
 * Pairs what is proved gone with what arrived in the same account (M4). A pair is one op: the archive's message changes its mailbox
 * and its UID, flags are merged (M3), nothing is downloaded. Within one mailbox a header decides nothing (C4: a draft saved again keeps
 * it and its size); there only an immutable id pairs here, and bytes in {@link planArrivals} (M9). `homes` tells which archive mailbox a
 * remote one is paired with: where the archive itself moved the message, the archive's place wins (M5).
 */
export function planMoves(
  link: Link,
  gone: readonly BaseIdentity[],
  arrivals: readonly ArrivalSighting[],
  homes: ReadonlyMap<RemoteMailboxId, MailboxId> = new Map(),
): MovePlan {
  const right = arrivals.map((arrival) => ({ ...arrival.identity, arrival }));
  const byId = matchMultisets(gone, right, emailIdOf, emailIdOf);
  const byHeader = matchMultisets(byId.left, byId.right, headerIdentity, headerIdentity, {
    left: (row) => row.remoteMailboxId,
    right: ({ arrival }) => arrival.remoteMailboxId,
  });
  const moves = [...byId.pairs, ...byHeader.pairs].map(([from, { arrival }]) => {
    const { uid, flags, emailId } = arrival.identity;
    const binding: Binding = { remoteMailboxId: arrival.remoteMailboxId, uid, flags, modseq: null, emailId };
    const home = homes.get(from.remoteMailboxId) ?? from.archive?.mailboxId ?? null;
    return { from, to: arrival, ops: moveOps(link, from, home, arrival.mailboxId, binding) };
  });
  return { moves, gone: byHeader.left };
}

/** `home`: the archive mailbox that the message was in when it was last agreed on. */
function moveOps(
  link: Link,
  from: BaseIdentity,
  home: MailboxId | null,
  mailboxId: MailboxId,
  binding: Binding,
): MessagePlan {
  const flags = agreed(link, from, binding.flags);
  const base: BaseOp[] = [
    { kind: "unbind", remoteMailboxId: from.remoteMailboxId, uids: uidSet([from.uid]) },
    { kind: "bind", messageId: from.messageId, binding: { ...binding, flags } },
  ];
  if (!link.rights.pull) return { archive: [], base };
  if (from.archive === null) {
    // M3: removed elsewhere and moved here: the move wins.
    return { archive: [{ kind: "reviveMessage", messageId: from.messageId, mailboxId, flags: binding.flags }], base };
  }
  const { messageId } = from;
  const { since, ...live } = from.archive;
  const merged = mergeFlags(from.flags, live.flags, binding.flags, true).archive;
  if (mailboxId !== live.mailboxId && home === live.mailboxId) {
    return { archive: [{ kind: "moveMessage", messageId, since, mailboxId, flags: merged }], base };
  }
  if (sameFlags(merged, live.flags)) return { archive: [], base };
  return { archive: [{ kind: "setFlags", messageId, since, flags: merged }], base };
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
    const uids = uidSet([row.uid]);
    base.push({ kind: decision === "markGone" ? "markGone" : "unbind", remoteMailboxId: row.remoteMailboxId, uids });
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

/** A draft saved again while the mailbox was renumbered keeps its header: with another size it is another message, fetched and met by its bytes. */
const headerAndSize = ({ fingerprint, size }: Identified): string | null =>
  fingerprint === null ? null : `${fingerprint}|${size}`;

/**
 * Matches all base rows of a mailbox again after a new UIDVALIDITY: by immutable id, else by fingerprint and size; ties by INTERNALDATE,
 * flags, UID order (U1). A server that lies about sizes costs downloads, never a message.
 */
export function planRekey(rows: readonly BaseIdentity[], seen: readonly RemoteIdentity[]): RekeyPlan {
  const matching = matchMultisets(
    rows,
    seen,
    (row) => row.emailId,
    (message) => message.emailId,
  );
  // A server may have begun to offer immutable ids since, or give new ones with the new UIDVALIDITY: then the header decides.
  const again = matchMultisets(matching.left, matching.right, headerAndSize, headerAndSize);
  const pairs = [...matching.pairs, ...again.pairs].map(([row, message]) => [row.uid, message.uid] as const);
  return { pairs, unmatched: again.left.length };
}
