// The report of a command that ran links: one object for programs, a few lines for people. Pure. An uneventful run is one line.
// It must never name a message by anything but its mailbox and UID.
import { type MailboxCounts, type MailboxReport, NO_COUNTS, type RunReport } from "@packetboat/core";
import { bytes, count, duration, harmless, plural, type Screen, tableLines } from "@packetboat/terminal";
import { EXIT, type ExitCode, exitCodeOfReport, gravest } from "../exit-codes.ts";
import { lastOfEach, perLink, sum } from "./per-link.ts";

/**
 * What `--json` prints for backup, sync, mirror and migrate (version 1): the runs of all rounds, and their sums. Outcome, exit code and
 * `failed` are those of each link's last run: what one round did not get through a later one may have.
 */
export interface CommandReport {
  readonly version: 1;
  readonly outcome: RunReport["outcome"];
  readonly exitCode: ExitCode;
  readonly started: string;
  readonly finished: string;
  readonly totals: MailboxCounts;
  readonly runs: readonly RunReport[];
}

type Paints = Pick<Screen, "bold" | "dim" | "good" | "bad" | "notable">;

/** Lists longer than this are cut, with a line that says how to see the rest. */
const MAX_LINES = 20;

/** Adds up the runs of a command. */
export function commandReport(runs: readonly RunReport[], started: string, finished: string): CommandReport {
  const last = lastOfEach(runs);
  const exitCode = gravest(last.map(exitCodeOfReport));
  const worst = last.find((run) => exitCodeOfReport(run) === exitCode);
  const totals = perLink(runs)
    .map((run) => run.totals)
    .reduce((all, one) => ({ ...sum(all, one), observed: all.observed + one.observed }), NO_COUNTS);
  return { version: 1, outcome: worst?.outcome ?? "ok", exitCode, started, finished, totals, runs };
}

/** True when the run changed nothing and has nothing to tell. */
function isUneventful({ run, outcome, totals, notes, mailboxes }: RunReport): boolean {
  return (
    outcome === "ok" &&
    notes.length === 0 &&
    changesOf(totals, run === null).length === 0 &&
    mailboxes.every((row) => row.failed === 0)
  );
}

/** "1,204 new (34 MB)", "2 flag changes", … in the order in which people ask. `dry`: nothing was stored, so what would be fetched counts. */
export function changesOf(counts: MailboxCounts, dry: boolean): readonly string[] {
  const { fetchedBytes, matched, flagsChanged, movedIn, movedOut, removed, failed } = counts;
  const { appended, appendedBytes, flagsSent, movedThere, removedThere } = counts;
  const stored = dry ? counts.fetched : counts.stored;
  return [
    ...(stored > 0 ? [`${count(stored)} new${fetchedBytes > 0 ? ` (${bytes(fetchedBytes)})` : ""}`] : []),
    ...(matched > 0 ? [`${count(matched)} matched`] : []),
    ...(flagsChanged > 0 ? [plural(flagsChanged, "flag change")] : []),
    ...(movedIn > 0 ? [`${count(movedIn)} moved in`] : []),
    ...(movedOut > 0 ? [`${count(movedOut)} moved out`] : []),
    ...(removed > 0 ? [`${count(removed)} removed`] : []),
    ...(appended > 0 ? [`${count(appended)} sent${appendedBytes > 0 ? ` (${bytes(appendedBytes)})` : ""}`] : []),
    ...(flagsSent > 0 ? [`${plural(flagsSent, "flag change")} sent`] : []),
    ...(movedThere > 0 ? [`${count(movedThere)} moved there`] : []),
    ...(removedThere > 0 ? [`${count(removedThere)} removed there`] : []),
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
  ];
}

/** How a run is headed: the archive is named where it is not the account's own, and where the command has not several accounts of it. */
function nameOf({ account, archive }: RunReport, isOneOfSeveral: boolean): string {
  return account === archive || isOneOfSeveral ? account : `${account} → ${archive}`;
}

/** Gives the lines of one run; lists are cut after `most` lines. `isOneOfSeveral`: another account of the same archive is told beside it. */
export function reportLines(
  report: RunReport,
  paint: Paints,
  most = MAX_LINES,
  isOneOfSeveral = false,
): readonly string[] {
  const took = duration(Date.parse(report.finished) - Date.parse(report.started));
  const name = nameOf(report, isOneOfSeveral);
  const looked = plural(report.mailboxes.length, "mailbox");
  if (report.outcome === "failed" && report.mailboxes.length === 0)
    return [`${paint.bold(harmless(name))}: ${paint.bad("failed.")} ${harmless(report.error?.text ?? "")}`.trimEnd()];
  if (isUneventful(report)) return [`${paint.bold(harmless(name))}: no change in ${looked} (${took}).`];
  return [
    paint.bold(harmless(name)),
    ...mailboxLines(report, most),
    ...noteLines(report, paint, most),
    ...failureLines(report, paint, most),
    ...haltLines(report, paint),
    endLine(report, looked, took, paint),
  ];
}

function mailboxLines({ run, mailboxes }: RunReport, most: number): readonly string[] {
  const changesIn = (row: MailboxReport) => changesOf(row, run === null);
  const changed = mailboxes.filter((row) => changesIn(row).length > 0);
  const shown = changed.slice(0, most);
  const lines = tableLines(
    [
      { title: "", align: "left" },
      { title: "", align: "left" },
    ],
    shown.map((row) => [row.mailbox, changesIn(row).join(", ")]),
  );
  const more = changed.length - shown.length;
  return [...lines.map((line) => `  ${line}`), ...(more > 0 ? [`  and ${count(more)} more mailboxes`] : [])];
}

function noteLines({ notes }: RunReport, paint: Paints, most: number): readonly string[] {
  // That a first backup makes mailboxes is what its table shows already.
  const told = notes.filter(({ kind }) => kind !== "mailboxCreated");
  const lines = told.slice(0, most).map(({ kind, text }) => {
    const line = `  ${harmless(text)}`;
    return kind === "mailboxFailed" || kind === "leftAlone" || kind === "warning" ? paint.notable(line) : line;
  });
  return told.length > most ? [...lines, `  and ${count(told.length - most)} more notes (--json has all)`] : lines;
}

function failureLines({ failures, run }: RunReport, paint: Paints, most: number): readonly string[] {
  const shown = failures.slice(0, most);
  const lines = shown.map(({ mailbox, uid, detail }) =>
    paint.bad(`  ${harmless(`${mailbox}${uid === null ? "" : `, UID ${uid}`}: ${detail}`)}`),
  );
  const more = failures.length - shown.length;
  return more > 0 ? [...lines, `  and ${count(more)} more (packetboat runs ${run ?? ""} lists all)`] : lines;
}

function haltLines({ halts, run }: RunReport, paint: Paints): readonly string[] {
  if (halts.length === 0) return [];
  const lines = halts.map(({ text }) => paint.notable(`  ${harmless(text)}`));
  const how =
    run === null
      ? "  Without --dry-run they are held back, and the report says how to let them through."
      : `  If that is what you want: packetboat approve ${run}`;
  return [...lines, how];
}

function endLine(report: RunReport, looked: string, took: string, paint: Paints): string {
  const dry = report.run === null;
  const changes = changesOf(report.totals, dry).join(", ");
  const revision = report.revisionAfter === report.revisionBefore ? "" : ` Revision ${count(report.revisionAfter)}.`;
  const did = `${changes === "" ? "nothing new" : changes} in ${looked} (${took}).${revision}`;
  switch (report.outcome) {
    case "ok":
      return dry ? `${paint.good("A dry run:")} ${did} Nothing was changed.` : `${paint.good("Done:")} ${did}`;
    case "partial":
      return `${paint.notable("Done in part:")} ${did} What failed is tried again by the next run.`;
    case "halted":
      return `${paint.notable("Halted by a guard:")} ${did}`;
    case "interrupted":
      return `${paint.notable("Stopped:")} ${did} Run it again to go on.`;
    case "failed":
      return report.error?.code === "BUDGET_SPENT"
        ? `${paint.notable("Stopped for today:")} ${did}`
        : `${paint.bad("Failed:")} ${did}`;
  }
}

/** The one line on stderr that a command with several runs ends with when one of them failed; null when none did. */
export function failureSentence({ runs, exitCode }: CommandReport): string | null {
  if (exitCode === EXIT.done || exitCode === EXIT.halted) return null;
  const run = lastOfEach(runs).find((each) => exitCodeOfReport(each) === exitCode);
  return run?.error?.text ?? null;
}
