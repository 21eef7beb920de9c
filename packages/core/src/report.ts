// The report of a run: what a person reads after it and what `--json` prints (version 1). Counts and reasons; names of mailboxes,
// never subjects or addresses of mail. It must stay plain JSON: bigint is written as a string.
import type { ErrorCode } from "./errors.ts";

/** `ok` also with settled conflicts (G5); `partial`: some messages or mailboxes did not get through (exit code 3). */
export type RunOutcome = "ok" | "partial" | "halted" | "failed" | "interrupted";

export interface MailboxCounts {
  /** Messages that the look covered. */
  readonly observed: number;
  readonly fetched: number;
  readonly fetchedBytes: number;
  /** New messages in the archive. */
  readonly stored: number;
  /** Bound to a message that the archive already held (0 1 1). */
  readonly matched: number;
  readonly flagsChanged: number;
  readonly movedIn: number;
  readonly movedOut: number;
  readonly removed: number;
  /** Not fetched or not sent this time, listed with a reason. */
  readonly failed: number;
  /** Sent to the server: messages, their bytes, messages whose flags were changed there, moved there, removed there. */
  readonly appended: number;
  readonly appendedBytes: number;
  readonly flagsSent: number;
  readonly movedThere: number;
  readonly removedThere: number;
}

export const NO_COUNTS: MailboxCounts = {
  observed: 0,
  fetched: 0,
  fetchedBytes: 0,
  stored: 0,
  matched: 0,
  flagsChanged: 0,
  movedIn: 0,
  movedOut: 0,
  removed: 0,
  failed: 0,
  appended: 0,
  appendedBytes: 0,
  flagsSent: 0,
  movedThere: 0,
  removedThere: 0,
};

export interface MailboxReport extends MailboxCounts {
  readonly mailbox: string;
  /** How it was looked at: `unchanged` cost nothing (I1). */
  readonly look: "unchanged" | "delta" | "flags" | "list" | "rekey" | "not read";
}

export interface MessageFailure {
  readonly mailbox: string;
  /** Null for a message that could not be sent: it has no UID there. */
  readonly uid: number | null;
  readonly code: ErrorCode;
  readonly detail: string;
}

/** Something a person should know: a rekey, a mapped name, a mailbox that could not be read, a missing date. */
export interface Note {
  readonly kind:
    | "mailboxCreated"
    | "mailboxRenamed"
    | "mailboxRemoved"
    | "mailboxFailed"
    | "rekeyed"
    | "noUidValidity"
    | "noInternalDate"
    | "conflict"
    | "warning"
    | "flagsRefused"
    | "merged"
    | "mailboxMapped"
    /** G4: messages that two clients change to and fro. */
    | "leftAlone";
  readonly mailbox: string | null;
  readonly text: string;
}

/** A guard's refusal (G1). `approve RUN` lets exactly these through. */
export interface Halt {
  readonly guard: "removals" | "everything" | "fewMatches";
  readonly mailbox: string | null;
  readonly messages: number;
  readonly of: number;
  readonly text: string;
}

export interface RunReport {
  readonly version: 1;
  readonly run: number | null;
  readonly link: number;
  readonly archive: string;
  readonly account: string;
  readonly outcome: RunOutcome;
  /** ISO 8601. */
  readonly started: string;
  readonly finished: string;
  readonly revisionBefore: number;
  readonly revisionAfter: number;
  readonly mailboxes: readonly MailboxReport[];
  readonly totals: MailboxCounts;
  /** Messages that were to be fetched when the run ended, because it was stopped; null: it did not get so far as to know. */
  readonly left: number | null;
  readonly failures: readonly MessageFailure[];
  readonly notes: readonly Note[];
  readonly halts: readonly Halt[];
  readonly error: { readonly code: ErrorCode; readonly text: string } | null;
}

/** Whether anything changed on either side; failed tries do not count. */
export function hasApplied({
  revisionBefore,
  revisionAfter,
  totals: sum,
}: Pick<RunReport, "revisionBefore" | "revisionAfter" | "totals">): boolean {
  return revisionAfter > revisionBefore || sum.appended + sum.flagsSent + sum.movedThere + sum.removedThere > 0;
}
