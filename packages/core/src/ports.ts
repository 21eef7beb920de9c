// The two sides of the engine: a remote account and an archive, as the engine sees them. Adapters implement them (imap, archive; in
// tests the simulated ones), one contract suite each proves them equal. It must never mention IMAP commands or SQL.

import type { BaseIdentity, BaseRow, MailboxBase, Pending, UnboundMessage } from "./base.ts";
import type { Digest } from "./digest.ts";
import type { MailboxId, RemoteMailboxId, RunId, Uid } from "./ids.ts";
import type { ArchiveMailbox, ListedMailbox, Marks } from "./mailbox.ts";
import type { Fetched, Look, ObservationPart, RemoteIdentity } from "./observation.ts";
import type { Batch, Committed } from "./ops.ts";
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

/** A message to be stored: bytes with their identities. */
export type Body = Extract<Fetched, { kind: "message" }>;

/** All live mailboxes of the archive, and this link's base of each remote mailbox. Grows with mailboxes, not with mail. */
export interface Tree {
  readonly mailboxes: readonly ArchiveMailbox[];
  readonly bases: readonly MailboxBase[];
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

  /** Immutable ids already known in this account, with the digests of their bytes (C4): a body that need not be fetched again. */
  byEmailId(
    emailIds: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly sha256: Digest; readonly canonical: Digest }>>;

  /** First transaction of a batch: bodies, content-addressed, no revision, no lock. Idempotent. An orphan is harmless. */
  storeBodies(bodies: readonly Body[]): Promise<void>;

  /** Second, short transaction: ops and base together, all or nothing, one revision. */
  commit(batch: Batch): Promise<Committed>;

  /** Messages that this link's runs removed from each archive mailbox since then (milliseconds since 1970): guards hold over 24 hours (G1). */
  removedSince(since: number): Promise<ReadonlyMap<MailboxId, number>>;

  beginRun(): Promise<RunId>;
  finishRun(run: RunId, outcome: RunOutcome, report: RunReport): Promise<void>;

  /** Held removals and additions that a person let through (approve): by remote mailbox; not yet used, not expired after 7 days (G1). */
  approved(now: number): Promise<ReadonlyMap<RemoteMailboxId, { readonly runId: RunId; readonly uids: UidSet }>>;
  /** An approval is used once. */
  useApproval(run: RunId): Promise<void>;
}
