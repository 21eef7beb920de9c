// The base: what a link and its server last agreed on, per mailbox and per message, and what is not done yet. Decisions compare the
// server and the archive with it; nothing is removed without a row of it (M1).
import type { Digest } from "./digest.ts";
import type { ErrorCode, MailError } from "./errors.ts";
import type { Flags } from "./flags.ts";
import type { LinkId, MailboxId, MessageId, RemoteMailboxId, Revision, RunId, Uid } from "./ids.ts";
import type { MailboxPath, Marks, Role } from "./mailbox.ts";

/** The base row of a mailbox. */
export interface MailboxBase {
  readonly id: RemoteMailboxId;
  /** The archive's mailbox that it is paired with; the pairing is stored and does not change with roles (B3). */
  readonly mailboxId: MailboxId;
  /** The server's spelling when last seen, and the same in segments. */
  readonly name: string;
  readonly path: MailboxPath;
  readonly objectId: string | null;
  readonly role: Role | null;
  readonly subscribed: boolean;
  /** Null before the first message is bound (or where the server gives none: U4). */
  readonly uidValidity: bigint | null;
  /** Marks of the last look whose work was done (S3). Null: never finished, so a complete look follows. */
  readonly marks: Marks | null;
  /** Milliseconds since 1970 of the last complete observation (I5). */
  readonly completeAt: number | null;
  /** Rows not done: with any, I1 does not skip the mailbox (S3). */
  readonly pending: number;
  /** Set while the mailbox is out of the link's selection (B8): its rows rest. */
  readonly resting: boolean;
  /** Everything that the archive's mailbox held or lost up to this revision is on the server, or has a row of its own (S3). 0: nothing. */
  readonly pushed: Revision;
  /** The archive's path of the mailbox as of `pushed`, or before the first push when it was paired. A difference is a rename to be pushed. */
  readonly pushedPath: MailboxPath | null;
  /** S2: the name that a RENAME was about to give it; the answer may have been lost. */
  readonly renamingTo: string | null;
  /** Rows of messages that could not be pushed. */
  readonly unsent: number;
}

/** `bound`: on the server under this UID. `gone`: was here, proved gone, kept so that it is never appended again (no UID). */
export type BaseState = "bound" | "gone";

/** The base row of a message, with the archive's side of it. */
export interface BaseRow {
  readonly remoteMailboxId: RemoteMailboxId;
  readonly uid: Uid;
  readonly messageId: MessageId;
  readonly flags: Flags;
  readonly modseq: bigint | null;
  /** The archive's open version; null: tombstoned. */
  readonly archive: LiveVersion | null;
}

/** The open version row of a message: where it is, how it is flagged, and since which revision (S4: an op names the row it was planned on). */
export interface LiveVersion {
  readonly mailboxId: MailboxId;
  readonly flags: Flags;
  readonly since: Revision;
}

/** What a message was from some moment on, and whose run made it that (G4). */
export interface TracedVersion {
  readonly mailboxId: MailboxId;
  readonly flags: Flags;
  /** When it began, in milliseconds since 1970. */
  readonly at: number;
  /** Null: not by a run (undo, import), or by one of a link that was removed since. */
  readonly made: { readonly link: LinkId; readonly run: RunId } | null;
}

/** What a server made of a message when it was appended, as it was read back (C5). */
export interface ServerCopy {
  readonly sha256: Digest;
  readonly fingerprint: Digest | null;
  /** In bytes. */
  readonly size: number;
}

/** What is known of how an account's server treats what is appended (C5). */
export interface AppendHabits {
  /** Messages that were read back to find out; at most the first few of an account. */
  readonly readBack: number;
  /** One of them had other bytes: all are read back. */
  readonly rewrites: boolean;
}

/** A base row with what identifies its message: for moves and rekeys. */
export interface BaseIdentity extends BaseRow {
  /** As this server has it, like the fingerprint: of its own copy where it rewrote the message (C5). */
  readonly size: number;
  readonly internalDate: number | null;
  readonly emailId: string | null;
  readonly fingerprint: Digest | null;
  /** Of what the archive holds. */
  readonly canonical: Digest;
  /** Null: the server has what the archive has, as far as anybody has looked. */
  readonly copy: ServerCopy | null;
}

/** A live message of an archive mailbox that has no base row on this link: 0 1 ? of the membership table. */
export interface UnboundMessage {
  readonly messageId: MessageId;
  readonly canonical: Digest;
  readonly sha256: Digest;
  readonly internalDate: number | null;
  readonly live: LiveVersion;
}

/** The same as the headers of a whole mailbox are counted (G3). */
export interface UnboundHeading {
  readonly messageId: MessageId;
  /** In bytes. */
  readonly size: number;
  readonly internalDate: number | null;
  readonly fingerprint: Digest | null;
}

/** A presence of a message on this link's server, as the base has it. */
export interface Placement {
  readonly remoteMailboxId: RemoteMailboxId;
  /** Null: gone, proved; kept so that it is never appended again. */
  readonly uid: Uid | null;
  readonly flags: Flags;
  /** Bound by a header alone: the server's copy was never read, and is before it is removed (C4). */
  readonly unproved: boolean;
  /** Null: none that is known to be another than the archive's (C5). */
  readonly copy: ServerCopy | null;
}

/** A message as a push sees it: what the archive has and where this link's server has it. */
export interface PushRow {
  readonly messageId: MessageId;
  /** Null: tombstoned. */
  readonly live: LiveVersion | null;
  /** The archive's mailbox that it is in, or was in when it was removed. Null: nothing of its history is left. */
  readonly lastMailboxId: MailboxId | null;
  /** In the order of their ids; more than one where a copy was made and the original is not removed yet, and for `gone` rows. */
  readonly placements: readonly Placement[];
  /** In bytes. */
  readonly size: number;
  readonly internalDate: number | null;
  readonly canonical: Digest;
  readonly fingerprint: Digest | null;
  /** Null: its bytes were erased (forget); then it can be moved and removed, but not appended. */
  readonly sha256: Digest | null;
  readonly unsent: Unsent | null;
}

/** Bytes of a message, or that they are damaged in the archive. */
export type StoredBytes =
  | { readonly kind: "bytes"; readonly messageId: MessageId; readonly bytes: Buffer }
  | { readonly kind: "damaged"; readonly messageId: MessageId; readonly error: MailError };

/** S2: what was about to be appended or copied. `uidNext`: its UID is this or higher. */
export interface Intent {
  readonly kind: "append" | "copy";
  readonly remoteMailboxId: RemoteMailboxId;
  readonly messageId: MessageId;
  readonly uidValidity: bigint | null;
  readonly uidNext: number | null;
  /** As they were sent. */
  readonly flags: Flags;
}

/** An intent with what its message is recognised by. */
export interface OpenIntent extends Intent {
  readonly size: number;
  readonly internalDate: number | null;
  readonly canonical: Digest;
  readonly fingerprint: Digest | null;
}

/** A message that could not be pushed, or whose removal a halt holds back: tried again in every run (C6, G1). */
export interface Unsent {
  readonly remoteMailboxId: RemoteMailboxId;
  readonly messageId: MessageId;
  readonly kind: "append" | "move" | "remove" | "flags";
  /** `RESTLESS`: two clients change it to and fro, and it is left alone for a day (G4). */
  readonly reason: ErrorCode | "HALTED" | "RESTLESS";
  readonly detail: string;
  readonly attempts: number;
  /** Of the run that held or last tried it. */
  readonly runId: RunId;
}

/** What is not done: a message that could not be fetched (C6), a removal (G1) or an addition (G3) that a halt holds back. */
export interface Pending {
  readonly remoteMailboxId: RemoteMailboxId;
  readonly uid: Uid;
  readonly kind: "fetch" | "removal" | "addition";
  readonly reason: ErrorCode | "HALTED";
  readonly detail: string;
  readonly bytes: number | null;
  readonly attempts: number;
  /** Of the run that held or last tried it. */
  readonly runId: RunId;
}
