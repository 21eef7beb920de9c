// The two sides of the engine: a remote account and an archive, as the engine sees them. Adapters implement them (imap, archive; in
// tests the simulated ones), one contract suite each proves them equal. It must never mention IMAP commands or SQL.

import type {
  AppendHabits,
  BaseIdentity,
  BaseRow,
  MailboxBase,
  OpenIntent,
  Pending,
  PushRow,
  StoredBytes,
  TracedVersion,
  UnboundHeading,
  UnboundMessage,
} from "./base.ts";
import type { Digest } from "./digest.ts";
import type { MailboxId, MessageId, RemoteMailboxId, Revision, RunId, Uid } from "./ids.ts";
import type { ArchiveMailbox, ListedMailbox, MailboxPath, Marks } from "./mailbox.ts";
import type { Fetched, Look, ObservationPart, RemoteIdentity } from "./observation.ts";
import type { Batch, Committed } from "./ops.ts";
import type { Appended, Expunged, FlagChange, Outgoing, Spelled, Stored, Target, Transferred } from "./outgoing.ts";
import type { RunOutcome, RunReport } from "./report.ts";
import type { UidSet } from "./uidset.ts";

/** What this server can do, as far as decisions depend on it. */
export interface RemoteCapabilities {
  readonly condstore: boolean;
  readonly qresync: boolean;
  readonly move: boolean;
  readonly uidplus: boolean;
  /** Immutable message ids are offered (OBJECTID or Gmail). */
  readonly emailId: boolean;
  /** Largest message that the server takes, in bytes (APPENDLIMIT, RFC 7889); null: not stated. */
  readonly appendLimit: number | null;
}

/** One account, signed in. Reconnects by itself where that is safe; everything it throws is a MailError. */
export interface Remote {
  readonly capabilities: RemoteCapabilities;

  /**
   * Every mailbox of every namespace, with STATUS (one LIST-STATUS where offered). Throws when LIST fails or answers are cut off;
   * a refused STATUS is `status: null`. Sorted by name.
   */
  list(): Promise<readonly ListedMailbox[]>;

  /** STATUS of one mailbox, asked anew. Null: the server says that it does not exist (NONEXISTENT, or gone from LIST too). */
  status(mailbox: ListedMailbox): Promise<Marks | null>;

  /** Looks at a mailbox (read-only: trap 43). See ObservationPart. Throws MAILBOX_GONE, MAILBOX_UNREADABLE, OBSERVATION_INCOMPLETE. */
  observe(mailbox: ListedMailbox, look: Look): AsyncIterable<ObservationPart>;

  /**
   * Identities of messages without their bodies, in pages of at most 1,000, ascending. UIDs that are gone are left out. Headers are
   * fetched only when `fingerprint` is asked for. Throws UIDVALIDITY_CHANGED when it is not `uidValidity`.
   */
  identify(
    mailbox: ListedMailbox,
    uidValidity: bigint | null,
    uids: UidSet,
    want: { readonly fingerprint: boolean },
  ): AsyncIterable<readonly RemoteIdentity[]>;

  /**
   * Bodies, byte for byte, one answer for each UID asked for, in any order, each UID once (imapflow repeats after a throttle).
   * A message that breaks the connection is isolated and comes as `failed`; the rest goes on. Back-pressure: the next bytes are read
   * when the consumer asks. Throws UIDVALIDITY_CHANGED, and account-wide errors when no new connection can be had.
   */
  fetch(mailbox: ListedMailbox, uidValidity: bigint | null, uids: UidSet): AsyncIterable<Fetched>;

  /** Says goodbye; never throws. */
  close(): Promise<void>;
}

/**
 * An account that may be written to. Every call works on a mailbox opened read-write, and throws UIDVALIDITY_CHANGED before it changes
 * anything when it is not `uidValidity`; MAILBOX_GONE and MAILBOX_UNREADABLE as `observe` does; OP_REFUSED where a whole mailbox is
 * refused. A connection that breaks off throws CONNECTION_LOST, and nothing is sent a second time by itself: what was done is not known.
 */
export interface RemoteWriter extends Remote {
  /** The nearest name that this server can hold for a path: delimiter, prefix, what it forbids (B2). After `list`. */
  spell(path: MailboxPath): Spelled;

  /**
   * Appends these messages, byte for byte, with INTERNALDATE and flags, as many in flight as the server allows. Answers in the order of
   * the batch. A refusal concerns one message, and the others go on.
   */
  append(mailbox: ListedMailbox, uidValidity: bigint | null, batch: readonly Outgoing[]): AsyncIterable<Appended>;

  /** ±FLAGS, in pages. Messages that are gone meanwhile are in no answer. Keywords that the mailbox cannot hold are not sent. */
  store(
    mailbox: ListedMailbox,
    uidValidity: bigint | null,
    changes: readonly FlagChange[],
  ): AsyncIterable<readonly Stored[]>;

  /** UID MOVE. Only where `capabilities.move`. */
  move(mailbox: ListedMailbox, uidValidity: bigint | null, uids: UidSet, to: Target): Promise<Transferred>;

  /** UID COPY. */
  copy(mailbox: ListedMailbox, uidValidity: bigint | null, uids: UidSet, to: Target): Promise<Transferred>;

  /** Removes exactly these messages: +FLAGS \Deleted, UID EXPUNGE (M6; without UIDPLUS what is foreign is kept out of EXPUNGE's way). */
  expunge(mailbox: ListedMailbox, uidValidity: bigint | null, uids: UidSet): Promise<Expunged>;

  /** CREATE, raw: it does not subscribe. Gives false when the server says that it exists already. Throws OP_REFUSED. */
  create(name: string): Promise<boolean>;

  /** RENAME. Throws OP_REFUSED; MAILBOX_GONE when there is nothing of that name. Children go with it. */
  rename(mailbox: ListedMailbox, to: string): Promise<void>;

  /** DELETE, sent only when STATUS shows no message (B5). Gives whether it is gone. Throws OP_REFUSED. */
  remove(mailbox: ListedMailbox): Promise<boolean>;

  subscribe(mailbox: ListedMailbox, subscribed: boolean): Promise<void>;
}

/** What a watch noticed since it told last. `mailboxes`: names, sorted; none when it is not known which. */
export interface Noticed {
  /**
   * `began`: the watch stands, what was before is not known. `changed`: something did. `unsure`: it was time to ask, and on this server
   * changes of flags show only to who looks, so that more than the named mailboxes may have changed.
   */
  readonly why: "began" | "changed" | "unsure";
  readonly mailboxes: readonly string[];
}

/** One account that is being watched, apart from any Remote: whoever began it is called back when something is noticed. */
export interface AccountWatch {
  /** From now on these mailboxes are followed at once, besides INBOX: as many of the first as connections allow. */
  follow(mailboxes: readonly string[]): void;

  /** Ends it; nobody is called back from now on. Never throws. */
  close(): Promise<void>;
}

/** A message to be stored: bytes with their identities. */
export type Body = Extract<Fetched, { kind: "message" }>;

/** All live mailboxes of the archive, and this link's base of each remote mailbox. Grows with mailboxes, not with mail. */
export interface Tree {
  readonly mailboxes: readonly ArchiveMailbox[];
  readonly bases: readonly MailboxBase[];
}

/** A run that was opened. */
export interface BegunRun {
  readonly runId: RunId;
  /** The archive's, as the run begins. */
  readonly revision: Revision;
}

/** One archive as one link sees it, under one lease: every write checks the lease's fencing token in its own transaction (S4). */
export interface Archive {
  tree(): Promise<Tree>;

  /**
   * UIDs of a mailbox that the base holds (bound), from `from` upwards: a delta needs only those above its UIDNEXT (I2). Bound includes
   * the UIDs of held removals. With all pending rows of the mailbox, whatever their UID.
   */
  known(mailbox: RemoteMailboxId, from: Uid): Promise<{ readonly bound: UidSet; readonly pending: readonly Pending[] }>;

  /** Base rows of these UIDs in pages of at most 1,000, ascending; UIDs without a row are left out. */
  base(mailbox: RemoteMailboxId, uids: UidSet): AsyncIterable<readonly BaseRow[]>;

  /** The same with what identifies each message: for moves and rekeys. */
  identities(mailbox: RemoteMailboxId, uids: UidSet): AsyncIterable<readonly BaseIdentity[]>;

  /** How many messages the base holds per mailbox: what guards measure against (G1). Reads an index of the whole link: only when something is gone. */
  bound(): Promise<ReadonlyMap<RemoteMailboxId, number>>;

  /** Live messages of a mailbox without base row on this link whose canonical digest is one of these; by message id. */
  unbound(mailbox: MailboxId, canonical: readonly Digest[]): Promise<readonly UnboundMessage[]>;

  /** All live messages of a mailbox without base row on this link, in pages of at most 1,000, by message id: for a first contact (G3). */
  unboundIn(mailbox: MailboxId): AsyncIterable<readonly UnboundHeading[]>;

  /** Immutable ids already known in this account, with the digests of their bytes (C4): a body that need not be fetched again. */
  byEmailId(
    emailIds: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly sha256: Digest; readonly canonical: Digest }>>;

  /** First transaction of a batch: bodies, content-addressed, no revision, no lock. Idempotent. An orphan is harmless. */
  storeBodies(bodies: readonly Body[]): Promise<void>;

  /** Second, short transaction: ops and base together, all or nothing, one revision. */
  commit(batch: Batch): Promise<Committed>;

  /** The archive's revision now. Read before `changed`: when everything found then is pushed, all is pushed up to here (S3). */
  revision(): Promise<Revision>;

  /**
   * Messages that a push may have something to do with: those whose version in a paired mailbox began or ended after the mailbox's
   * `pushed`, in one that is not paired after the oldest `pushed` of the link (but 0), and those with a row that says that they are not done. Ascending, each once. Grows with what changed (I2), and reads
   * nothing of mailboxes that rest. Own pulls are among them; the plan finds nothing to do for those.
   */
  changed(): Promise<readonly MessageId[]>;

  /** Both sides of these messages in pages of at most 1,000, in the order of their ids. */
  pushRows(messages: readonly MessageId[]): AsyncIterable<readonly PushRow[]>;

  /**
   * What these messages were since then (milliseconds since 1970): their versions with the one that was in force then, oldest first, the
   * newest 64 of each. Only of messages that changed at least so many times since (G4). Grows with the messages asked for.
   */
  versionsSince(
    messages: readonly MessageId[],
    since: number,
    atLeast: number,
  ): Promise<ReadonlyMap<MessageId, readonly TracedVersion[]>>;

  /** Bytes as they are stored, proved by their SHA-256 (C1), in the order of the ids; memory holds one message beside what is read ahead. */
  bytes(messages: readonly MessageId[]): AsyncIterable<StoredBytes>;

  /** What was about to be sent by a run that did not see the answer (S2), of all mailboxes of the link. */
  intents(): Promise<readonly OpenIntent[]>;

  /** How the account's server treats what is appended, as far as it is known (C5). */
  appendHabits(): Promise<AppendHabits>;

  /** Messages that pushes of this link removed from the server since then, by remote mailbox (G1). */
  expungedSince(since: number): Promise<ReadonlyMap<RemoteMailboxId, number>>;

  /** Removals on the server and additions to it that a person let through: not used yet, not expired (G1, G3). */
  approvedPushes(now: number): Promise<ReadonlyMap<MessageId, RunId>>;

  /** Messages that this link's runs removed from each archive mailbox since then (milliseconds since 1970): guards hold over 24 hours (G1). */
  removedSince(since: number): Promise<ReadonlyMap<MailboxId, number>>;

  /** Opens a run; those that were killed are closed by it. */
  beginRun(): Promise<BegunRun>;
  finishRun(run: RunId, outcome: RunOutcome, report: RunReport): Promise<void>;

  /** Held removals and additions that a person let through (approve): by remote mailbox; not yet used, not expired after 7 days (G1). */
  approved(now: number): Promise<ReadonlyMap<RemoteMailboxId, { readonly runId: RunId; readonly uids: UidSet }>>;
  /** An approval is used once. */
  useApproval(run: RunId): Promise<void>;
}
