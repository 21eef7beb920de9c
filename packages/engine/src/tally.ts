// Counts what a run did, mailbox by mailbox, and turns it into the report. The only mutable thing of a run besides the archive itself.
// It must count outcomes, not intentions: a number is added when the archive has confirmed it.
import {
  type Halt,
  type MailboxCounts,
  type MailboxReport,
  type MessageFailure,
  type MessageId,
  NO_COUNTS,
  type Note,
  type RunOutcome,
  type RunReport,
} from "@packetboat/core";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What a run has done so far. */
export interface Tally {
  readonly mailboxes: Map<string, Mutable<MailboxReport>>;
  readonly failures: MessageFailure[];
  readonly notes: Note[];
  readonly halts: Halt[];
  /** Messages that could not be sent before and are not tried in this run: listed once, however often it is walked. */
  readonly resting: Set<MessageId>;
  revisionAfter: number;
  /** Mailboxes made, renamed, removed, subscribed on the server. */
  mailboxesThere: number;
  /** Messages that were not here when the fetching began, with what was here of the run by then; null before. */
  arrived: { readonly messages: number; readonly doneBefore: number } | null;
  /** Something asked for another look at once: a stale op, a mailbox that changed under the run. */
  again: boolean;
}

/** At most so many failures are listed one by one; the rest is in the counts and in `pending`. */
const MAX_FAILURES = 1_000;

export function openTally(revision: number): Tally {
  return {
    mailboxes: new Map(),
    failures: [],
    notes: [],
    halts: [],
    resting: new Set(),
    revisionAfter: revision,
    mailboxesThere: 0,
    arrived: null,
    again: false,
  };
}

/** Adds to the counts of a mailbox; `look` is set when given. */
export function count(tally: Tally, mailbox: string, add: Partial<MailboxCounts>, look?: MailboxReport["look"]): void {
  const row = tally.mailboxes.get(mailbox) ?? { mailbox, look: "unchanged", ...NO_COUNTS };
  tally.mailboxes.set(mailbox, row);
  for (const [key, value] of Object.entries(add)) row[key as keyof MailboxCounts] += value;
  if (look !== undefined) row.look = look;
}

export function countFailure(tally: Tally, failure: MessageFailure): void {
  count(tally, failure.mailbox, { failed: 1 });
  if (tally.failures.length < MAX_FAILURES) tally.failures.push(failure);
}

export function totals(rows: Iterable<MailboxCounts>): MailboxCounts {
  const sum: Mutable<MailboxCounts> = { ...NO_COUNTS };
  for (const row of rows) for (const key of Object.keys(sum) as (keyof MailboxCounts)[]) sum[key] += row[key];
  return sum;
}

const done = ({ stored, matched, failed }: MailboxCounts): number => stored + matched + failed;

/** Says that the fetching begins. */
export function beginFetching(tally: Tally, messages: number): void {
  tally.arrived = { messages, doneBefore: done(totals(tally.mailboxes.values())) };
}

/** What is still to be fetched after a run; null when it did not get so far as to know. */
export function leftOf({ arrived, mailboxes }: Tally): number | null {
  if (arrived === null) return null;
  return Math.max(0, arrived.messages - (done(totals(mailboxes.values())) - arrived.doneBefore));
}

/** G5: settled conflicts, rekeys and mapped names are no failure; messages or mailboxes that did not get through are. */
export function outcomeOf(tally: Tally, error: RunReport["error"]): RunOutcome {
  if (error !== null) return error.code === "INTERRUPTED" ? "interrupted" : "failed";
  if (tally.halts.length > 0) return "halted";
  const didNot: readonly Note["kind"][] = ["mailboxFailed", "leftAlone"];
  const failed = tally.failures.length > 0 || tally.notes.some((note) => didNot.includes(note.kind));
  return failed ? "partial" : "ok";
}
