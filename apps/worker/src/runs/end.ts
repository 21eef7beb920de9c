// How a command that ran links ends: reports on stdout, the reason of a failure on stderr, the exit code. One place for all of them.
import { accountName } from "@packetboat/archive";
import type { RunReport } from "@packetboat/core";
import type { Screen } from "@packetboat/terminal";
import { firstLookLines, firstLookRows } from "../display/first-look.ts";
import { perLink } from "../display/per-link.ts";
import { type CommandReport, commandReport, failureSentence, reportLines } from "../display/report.ts";
import { EXIT } from "../exit-codes.ts";
import type { Host } from "../host.ts";
import type { Surroundings } from "./open-accounts.ts";
import type { FirstLook, PairSide } from "./pair.ts";

/** Prints the reports of a command, states its exit code and gives what was printed. `more`: what a command adds for programs. */
export function endWithReports(
  host: Host,
  screen: Screen,
  reports: readonly RunReport[],
  started: string,
  more: Readonly<Record<string, unknown>> = {},
): CommandReport {
  const report = commandReport(reports, started, new Date(host.now()).toISOString());
  screen.data({ ...report, ...more });
  const shown = perLink(reports);
  // A single run that never saw its server has nothing to tell but why, and that is on stderr.
  const told = shown.length === 1 && shown[0]?.outcome === "failed" && shown[0].mailboxes.length === 0 ? [] : shown;
  // --quiet is silent on success only: a night that a guard halted must reach the mail that cron sends.
  const tell = screen.quiet && !screen.json && report.exitCode !== EXIT.done ? screen.warning : screen.line;
  const isOnlyArchive = shown.length > 1 && new Set(shown.map(({ archive }) => archive)).size === 1;
  for (const each of told) for (const line of reportLines(each, screen, undefined, isOnlyArchive)) tell(line);
  const sentence = failureSentence(report);
  if (sentence !== null) screen.warning(`packetboat: ${sentence}`);
  host.end(report.exitCode);
  return report;
}

/** What a dry run says of two accounts that were never tied together (G2). */
export function sayFirstLook({ screen }: Surroundings, [a, b]: readonly [PairSide, PairSide], look: FirstLook): void {
  screen.data({ version: 1, outcome: "ok", exitCode: EXIT.done, toBeMatched: firstLookRows(look) });
  const names = [accountName(a.url), accountName(b.url)] as const;
  for (const line of firstLookLines({ ...look, names })) screen.line(line);
}
