// How a command that ran links ends: reports on stdout, the reason of a failure on stderr, the exit code. One place for backup and sync.
import type { RunReport } from "@packetboat/core";
import type { Screen } from "@packetboat/terminal";
import { commandReport, failureSentence, isUneventful, reportLines } from "../display/report.ts";
import { EXIT } from "../exit-codes.ts";
import type { Host } from "../host.ts";

/** Prints the reports of a command and states its exit code. */
export function endWithReports(host: Host, screen: Screen, reports: readonly RunReport[], started: string): void {
  const report = commandReport(reports, started, new Date(host.now()).toISOString());
  screen.data(report);
  // A pass that only looked once more after one that worked is not worth a line.
  const shown = reports.filter((each, index) => index === 0 || !isUneventful(each));
  // A single run that never saw its server has nothing to tell but why, and that is on stderr.
  const told = shown.length === 1 && shown[0]?.outcome === "failed" && shown[0].mailboxes.length === 0 ? [] : shown;
  // --quiet is silent on success only: a night that a guard halted must reach the mail that cron sends.
  const tell = screen.quiet && !screen.json && report.exitCode !== EXIT.done ? screen.warning : screen.line;
  for (const each of told) for (const line of reportLines(each, screen)) tell(line);
  const sentence = failureSentence(report);
  if (sentence !== null) screen.warning(`packetboat: ${sentence}`);
  host.end(report.exitCode);
}
