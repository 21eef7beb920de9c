// The runs of several rounds as a person wants them: one for each link, with what all rounds did together and how the last one left it. Pure.
// It must never call failed what a later round got through, nor hide what the last one did not.
import { type MailboxCounts, type MailboxReport, NO_COUNTS, type Note, type RunReport } from "@packetboat/core";

/** What only the last round knows: every round tries again. */
const LAST_WORD: ReadonlySet<Note["kind"]> = new Set(["mailboxFailed", "leftAlone", "warning"]);

/** Gives one report for each link, in the order of their first runs. */
export function perLink(reports: readonly RunReport[]): readonly RunReport[] {
  return [...Map.groupBy(reports, (report) => report.link).values()].map(together);
}

/** The runs that had the last word on their links. */
export function lastOfEach(reports: readonly RunReport[]): readonly RunReport[] {
  return [...new Map(reports.map((report) => [report.link, report])).values()];
}

function together(runs: readonly RunReport[]): RunReport {
  const [first] = runs;
  const last = runs.at(-1);
  if (first === undefined || last === undefined || runs.length === 1) return first as RunReport;
  const mailboxes = new Map<string, MailboxReport>();
  for (const row of runs.flatMap((run) => run.mailboxes)) {
    const before = mailboxes.get(row.mailbox);
    mailboxes.set(row.mailbox, before === undefined ? row : { ...row, ...sum(before, row), failed: row.failed });
  }
  return {
    ...last,
    started: first.started,
    revisionBefore: first.revisionBefore,
    revisionAfter: Math.max(...runs.map(({ revisionAfter }) => revisionAfter)),
    mailboxes: [...mailboxes.values()].sort((a, b) => (a.mailbox < b.mailbox ? -1 : 1)),
    totals: { ...runs.map(({ totals }) => totals).reduce(sum), failed: last.totals.failed },
    notes: notesOf(runs, last),
  };
}

/** Adds counts; what was observed is what there is, not how often it was looked at. */
export function sum(a: MailboxCounts, b: MailboxCounts): MailboxCounts {
  const added: Record<keyof MailboxCounts, number> = { ...NO_COUNTS };
  for (const key of Object.keys(added) as (keyof MailboxCounts)[]) added[key] = a[key] + b[key];
  return { ...added, observed: Math.max(a.observed, b.observed) };
}

function notesOf(runs: readonly RunReport[], last: RunReport): readonly Note[] {
  const notes = runs.flatMap((run) =>
    run === last ? run.notes : run.notes.filter(({ kind }) => !LAST_WORD.has(kind)),
  );
  return [...new Map(notes.map((note) => [`${note.kind} ${note.text}`, note])).values()];
}
