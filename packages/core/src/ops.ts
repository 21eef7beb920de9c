// The elements of a plan: plain data, printable, storable, comparable. An op says what shall be true afterwards and which version row
// it was planned on; the archive executes a batch of them in one transaction and reports what was stale (S4).

import type { Intent, Pending, ServerCopy, Unsent } from "./base.ts";
import type { Digest } from "./digest.ts";
import type { Flags } from "./flags.ts";
import type { MailboxId, MessageId, RemoteMailboxId, Revision, RunId, Uid } from "./ids.ts";
import type { MailboxPath, Marks, Role } from "./mailbox.ts";
import type { UidSet } from "./uidset.ts";

/** A message's presence on the server, as it enters the base. */
export interface Binding {
  readonly remoteMailboxId: RemoteMailboxId;
  readonly uid: Uid;
  /** Flags as the server has shown them (F1). */
  readonly flags: Flags;
  readonly modseq: bigint | null;
  readonly emailId: string | null;
  /** Bound by its header alone (C4). Default: its bytes were read, or sent. */
  readonly unproved?: boolean;
  /** What the server made of it (C5). Default: it has what the archive has. */
  readonly copy?: ServerCopy | null;
}

/** Changes of the archive: each commit that holds at least one of them is one revision. */
export type ArchiveOp =
  | {
      readonly kind: "createMailbox";
      readonly path: MailboxPath;
      readonly role: Role | null;
      readonly subscribed: boolean;
    }
  | {
      readonly kind: "changeMailbox";
      readonly mailboxId: MailboxId;
      readonly path: MailboxPath;
      readonly role: Role | null;
      readonly subscribed: boolean;
    }
  /** B5: an arrival in a mailbox that the archive removed brings it back, under this path. Not applied to a live one. */
  | {
      readonly kind: "reviveMailbox";
      readonly mailboxId: MailboxId;
      readonly path: MailboxPath;
      readonly role: Role | null;
      readonly subscribed: boolean;
    }
  /** Tombstones the mailbox, unless a live message is (after the other ops of this batch) still in it: an arrival revives it (B5). */
  | { readonly kind: "removeMailbox"; readonly mailboxId: MailboxId }
  /** The body was stored before (storeBodies), or is already known by its digest. */
  | {
      readonly kind: "addMessage";
      readonly mailboxId: MailboxId;
      readonly sha256: Digest;
      readonly internalDate: number | null;
      readonly flags: Flags;
      readonly binding: Binding | null;
    }
  | { readonly kind: "setFlags"; readonly messageId: MessageId; readonly since: Revision; readonly flags: Flags }
  | {
      readonly kind: "moveMessage";
      readonly messageId: MessageId;
      readonly since: Revision;
      readonly mailboxId: MailboxId;
      readonly flags: Flags;
    }
  | { readonly kind: "removeMessage"; readonly messageId: MessageId; readonly since: Revision }
  /**
   * A tombstoned message is live again as the same one, so that what the base knows of it still holds (M3: a move wins over a removal; undo).
   * Stale when it is live by now; nothing for one that was erased for good (forget).
   */
  | {
      readonly kind: "reviveMessage";
      readonly messageId: MessageId;
      readonly mailboxId: MailboxId;
      readonly flags: Flags;
    };

/** What can be done without bytes: all that an undo needs. */
export type ArchiveEdit = Exclude<ArchiveOp, { kind: "addMessage" }>;

/** Changes of the base. They never make a revision. */
export type BaseOp =
  /** Pairs a remote mailbox with the archive's live mailbox of that path (made in the same commit, if need be). */
  | {
      readonly kind: "bindMailbox";
      readonly archivePath: MailboxPath;
      readonly name: string;
      readonly path: MailboxPath;
      readonly objectId: string | null;
      readonly role: Role | null;
      readonly subscribed: boolean;
      readonly uidValidity: bigint | null;
    }
  | {
      readonly kind: "changeMailboxBase";
      readonly remoteMailboxId: RemoteMailboxId;
      readonly name: string;
      readonly path: MailboxPath;
      readonly objectId: string | null;
      readonly role: Role | null;
      readonly subscribed: boolean;
      readonly resting: boolean;
    }
  /** Drops the mailbox's base row with all its placements and pendings. */
  | { readonly kind: "dropMailboxBase"; readonly remoteMailboxId: RemoteMailboxId }
  /** Takes the place of the message's `gone` row on this link, if it has one (membership `rebind`). */
  | { readonly kind: "bind"; readonly messageId: MessageId; readonly binding: Binding }
  | {
      readonly kind: "rebase";
      readonly remoteMailboxId: RemoteMailboxId;
      readonly uid: Uid;
      readonly flags: Flags;
      readonly modseq: bigint | null;
    }
  | { readonly kind: "unbind"; readonly remoteMailboxId: RemoteMailboxId; readonly uids: UidSet }
  /** U1: one op replaces UIDVALIDITY and all placements of the mailbox; pairs are [old UID, new UID], rows not named are dropped. Marks become null. */
  | {
      readonly kind: "rekey";
      readonly remoteMailboxId: RemoteMailboxId;
      readonly uidValidity: bigint | null;
      readonly pairs: readonly (readonly [Uid, Uid])[];
    }
  /** S3: the marks of before the fetch, committed when everything they stand for is done or pending. */
  | {
      readonly kind: "marks";
      readonly remoteMailboxId: RemoteMailboxId;
      readonly marks: Marks;
      readonly complete: boolean;
    }
  | { readonly kind: "pending"; readonly pending: Pending }
  | { readonly kind: "settled"; readonly remoteMailboxId: RemoteMailboxId; readonly uids: UidSet }
  /** Proved gone from a server that may not pull: the rows lose their UIDs and stay (membership `markGone`). */
  | { readonly kind: "markGone"; readonly remoteMailboxId: RemoteMailboxId; readonly uids: UidSet }
  /** S2: committed before anything of it is sent. One intent of a kind a message and mailbox; a second one replaces the first. */
  | { readonly kind: "intend"; readonly intents: readonly Intent[] }
  | {
      readonly kind: "intentsSettled";
      readonly remoteMailboxId: RemoteMailboxId;
      readonly messages: readonly MessageId[];
    }
  /** S2: the name that RENAME is about to give; null when it is settled. */
  | { readonly kind: "renaming"; readonly remoteMailboxId: RemoteMailboxId; readonly to: string | null }
  /** C7: the server has it in another copy that is bound already: a row without UID, so that it is not sent again. */
  | {
      readonly kind: "merged";
      readonly remoteMailboxId: RemoteMailboxId;
      readonly messageId: MessageId;
      readonly flags: Flags;
    }
  /** S3: what the archive had at that revision is pushed, or has an `unsent` row. Never goes back but by a rekey, which sets it to 0. */
  | { readonly kind: "pushed"; readonly mailboxes: readonly RemoteMailboxId[]; readonly revision: Revision }
  | { readonly kind: "unsent"; readonly unsent: Unsent }
  | { readonly kind: "sent"; readonly messages: readonly MessageId[] }
  /** C5: so many messages of the account were read back after APPEND, and whether one of them was rewritten; added to what is known. */
  | { readonly kind: "readBack"; readonly messages: number; readonly rewrites: boolean }
  /** Messages of a mailbox that this run removed on the server: what guards count over 24 hours (G1). */
  | {
      readonly kind: "expunged";
      readonly remoteMailboxId: RemoteMailboxId;
      readonly runId: RunId;
      readonly messages: number;
    };

export interface Batch {
  readonly archive: readonly ArchiveOp[];
  readonly base: readonly BaseOp[];
  /**
   * S4: the archive's revision when its additions were planned. What another link or an undo has committed since may hold the same
   * messages: then nothing of the batch is done, and it is `overtaken`. Default: nothing to be compared with.
   */
  readonly plannedAt?: Revision;
}

export interface Committed {
  /** Null when the batch held no archive op, or all of them were stale. */
  readonly revision: Revision | null;
  /** Messages whose version row was no longer the one planned on; nothing of theirs was changed: no bind, unbind or rebase either. */
  readonly stale: readonly MessageId[];
  /** S4: somebody else committed after `plannedAt`: nothing was done, and the additions are to be planned again. Default: no. */
  readonly overtaken?: boolean;
}
