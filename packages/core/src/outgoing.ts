// What is sent to a server, and what came of it: messages appended, flags stored, messages moved, copied and expunged. Expected refusals are
// outcomes and concern what they name; errors are thrown by the port. It must never call a thing done that the server has not confirmed (S1).
import type { MailError } from "./errors.ts";
import type { Flags } from "./flags.ts";
import type { MessageId, Uid } from "./ids.ts";
import type { ListedMailbox, MailboxPath } from "./mailbox.ts";
import type { UidSet } from "./uidset.ts";

/** A message on its way to a server. Its bytes go out as they are (C1). */
export interface Outgoing {
  readonly messageId: MessageId;
  readonly bytes: Buffer;
  /** As the archive has them; what the mailbox cannot hold is left out by the adapter (PERMANENTFLAGS). */
  readonly flags: Flags;
  /** Milliseconds since 1970; null: APPEND goes without date (C2). */
  readonly internalDate: number | null;
}

/** One answer for each message of a batch, in its order; a connection that breaks off leaves the rest to their intents (S2). */
export type Appended =
  | {
      readonly kind: "appended";
      readonly messageId: MessageId;
      /** Null: OK without an APPENDUID that can be believed; the message has to be looked for. */
      readonly uid: Uid | null;
      /** Keywords as the server showed them afterwards, system flags as they were sent (F1). */
      readonly flags: Flags;
    }
  /** QUOTA_EXCEEDED ends additions to this account, MESSAGE_TOO_LARGE and OP_REFUSED concern this message only (C6, S5). */
  | { readonly kind: "refused"; readonly messageId: MessageId; readonly error: MailError };

/** Flags to be added to and taken off the same messages; never an absolute set (F1). */
export interface FlagChange {
  readonly uids: UidSet;
  readonly add: Flags;
  readonly remove: Flags;
}

export type Stored =
  /** Flags as the server showed them after the change: not always those that were wished for (F2). */
  | { readonly kind: "shown"; readonly uid: Uid; readonly flags: Flags; readonly modseq: bigint | null }
  | { readonly kind: "refused"; readonly uids: UidSet; readonly error: MailError };

/** Where messages go, with the UIDVALIDITY under which their new UIDs are to be believed. */
export interface Target {
  readonly mailbox: ListedMailbox;
  readonly uidValidity: bigint | null;
}

/** What became of a UID MOVE or COPY. Of a UID that is in no pair nothing is known but that it may not have been there. */
export type Transferred =
  | { readonly kind: "done"; readonly pairs: readonly (readonly [Uid, Uid])[] }
  /** OK without a COPYUID that can be believed: the copies have to be looked for. */
  | { readonly kind: "unknown" }
  | { readonly kind: "refused"; readonly error: MailError };

/** What became of an expunge: `gone` was asked for afterwards and is not there any more. */
export interface Expunged {
  readonly gone: UidSet;
  /** Why the others are still there; null when none is. */
  readonly error: MailError | null;
}

/** A name that a server can hold. `path` differs from the one that was asked for where it had to be spelled otherwise (B2). */
export interface Spelled {
  readonly name: string;
  readonly path: MailboxPath;
}
