// What one look at a remote mailbox showed, as a stream of parts, so that memory does not grow with the mailbox (I4). Until `end`
// has been read nothing is proved (M1): a stream that breaks off is an error, never an absence.
import type { Digest, Digests } from "./digest.ts";
import type { MailError } from "./errors.ts";
import type { Flags } from "./flags.ts";
import type { Uid } from "./ids.ts";
import type { Marks } from "./mailbox.ts";
import type { UidSet } from "./uidset.ts";

/** How much to look at. `list`: who is there. `flags`: who is there, with flags. `delta`: what changed since the marks. */
export type Look =
  | { readonly kind: "list" }
  | { readonly kind: "flags" }
  | { readonly kind: "delta"; readonly since: CompleteMarks };

/** Marks that a delta can start from; `messages` is how many of them the base holds or knows as pending. */
export interface CompleteMarks {
  readonly uidValidity: bigint;
  readonly uidNext: number;
  readonly highestModseq: bigint;
  readonly messages: number;
}

export interface ObservedMessage {
  readonly uid: Uid;
  readonly flags: Flags;
  readonly modseq: bigint | null;
}

/**
 * `marks` comes first, as SELECT gave them (S3: of before the fetch). When UIDVALIDITY is not the one that a delta started from, the
 * look becomes a `list`. Then pages of at most 1,000 messages, ascending; a delta shows changed and new ones. Then `end`, once.
 */
export type ObservationPart =
  | { readonly kind: "marks"; readonly marks: Marks }
  | { readonly kind: "messages"; readonly messages: readonly ObservedMessage[] }
  | {
      readonly kind: "end";
      /** Every UID in the mailbox: a listing that ended with OK and whose count equals EXISTS (M1). Null: only the delta is known. */
      readonly listed: UidSet | null;
      /** UIDs at or above the delta's UIDNEXT that exist. Empty when `listed` is given. */
      readonly arrived: UidSet;
      /** UIDs that the server called VANISHED *and* that were asked for once more and not found (M1). Empty when `listed` is given. */
      readonly vanished: UidSet;
    };

/** What tells one message from another without its body. */
export interface RemoteIdentity {
  readonly uid: Uid;
  /** RFC822.SIZE in bytes: a claim of the server, not a fact. */
  readonly size: number;
  /** Milliseconds since 1970; null where absent or unreadable (C2). */
  readonly internalDate: number | null;
  readonly flags: Flags;
  /** EMAILID (OBJECTID) or X-GM-MSGID: immutable within the account (C4). Null where not offered. */
  readonly emailId: string | null;
  /** Null when it was not asked for, or the message has no header. */
  readonly fingerprint: Digest | null;
}

/** One answer for each UID that was asked for. */
export type Fetched =
  | {
      readonly kind: "message";
      readonly uid: Uid;
      readonly flags: Flags;
      readonly modseq: bigint | null;
      readonly internalDate: number | null;
      readonly emailId: string | null;
      readonly bytes: Buffer;
      readonly digests: Digests;
    }
  /** Could not be had, also not on a new connection: C6. `bytes` is the size that the server states, where it did. */
  | { readonly kind: "failed"; readonly uid: Uid; readonly error: MailError; readonly bytes: number | null }
  /** Expunged between listing and fetch; the next plan sees it. */
  | { readonly kind: "gone"; readonly uid: Uid };
