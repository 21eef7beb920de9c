// What an import did, for people and for programs. Pure. It must never name a message by anything but its place in the source.

import type { SourceFailure } from "@packetboat/formats";
import { bytes, count, duration, harmless, plural, type Screen, tableLines } from "@packetboat/terminal";
import { shellWord } from "../shell-word.ts";
import type { IntakeTotals, MailboxTally } from "./intake.ts";

/** Lists longer than this are cut. */
const MOST_NAMED = 20;

export interface ImportReport {
  readonly version: 1;
  readonly archive: string;
  readonly dryRun: boolean;
  readonly sources: readonly { readonly path: string; readonly what: string }[];
  readonly totals: IntakeTotals;
  readonly mailboxes: readonly MailboxTally[];
  /** Messages and files; the first 10,000 are listed. */
  readonly failed: number;
  readonly failures: readonly Omit<SourceFailure, "kind">[];
  /** Null: nothing was added. */
  readonly revision: number | null;
  readonly milliseconds: number;
}

/** Gives the lines of the result; those of mailboxes of at most `within` columns. */
export function importLines(
  report: ImportReport,
  paint: Pick<Screen, "bold" | "good" | "notable">,
  within = Number.POSITIVE_INFINITY,
): readonly string[] {
  const { archive, dryRun, totals, mailboxes, revision } = report;
  const told = mailboxes.filter(({ added, alreadyThere }) => added + alreadyThere > 0);
  const rows = told
    .slice(0, MOST_NAMED)
    .map(({ mailbox, added, addedBytes, alreadyThere }) => [
      mailbox,
      [
        ...(added > 0 ? [`${count(added)} new (${bytes(addedBytes)})`] : []),
        ...(alreadyThere > 0 ? [`${count(alreadyThere)} there already`] : []),
      ].join(", "),
    ]);
  const more = told.length - rows.length;
  const table = tableLines(
    [
      { title: "", align: "left" },
      { title: "", align: "left" },
    ],
    rows,
    within - 2,
  );
  const amount =
    totals.added === 0
      ? `nothing new in ${plural(totals.messages, "message")}`
      : `${plural(totals.added, "message")} (${bytes(totals.addedBytes)}) ${dryRun ? "would be added" : "added"}`;
  const there = totals.added > 0 && totals.alreadyThere > 0 ? `, ${count(totals.alreadyThere)} there already` : "";
  const left = totals.leftOut > 0 ? `, ${count(totals.leftOut)} left out, which were removed there` : "";
  const end = revision === null ? "" : ` Revision ${revision}.`;
  const heading = dryRun ? paint.notable("A dry run:") : paint.good("Done:");
  const hint = `To find it by search: packetboat index ${shellWord(archive)} (a running packetboat worker does that by itself).`;
  return [
    paint.bold(harmless(archive)),
    ...table.map((line) => `  ${line}`),
    ...(more > 0 ? [`  and ${plural(more, "more mailbox")} (--json has all)`] : []),
    `${heading} ${amount}${there}${left} (${duration(report.milliseconds)}).${dryRun ? " Nothing was changed." : end}`,
    ...(revision === null ? [] : [hint]),
  ];
}

/** Gives a line for each failure, and one that adds them up; none where there is none. */
export function failureLines({ failed, failures }: Pick<ImportReport, "failed" | "failures">): readonly string[] {
  if (failed === 0) return [];
  const shown = failures
    .slice(0, MOST_NAMED)
    .map(({ place, detail }) => `packetboat: ${harmless(place)}: ${harmless(detail)}`);
  const more = failed - shown.length;
  return [
    ...shown,
    ...(more > 0 ? [`packetboat: and ${count(more)} more (--json names all)`] : []),
    `packetboat: ${plural(failed, "message or file", "messages or files")} could not be imported; all else was.`,
  ];
}
