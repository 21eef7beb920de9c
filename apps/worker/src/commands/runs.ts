// packetboat runs: what ran, the latest first; with a number, the report of that run as it was printed then.
import { getRun, listRuns, type RunDetails, type RunInfo } from "@packetboat/archive";
import { duration, instant, plural, type Screen, tableLines } from "@packetboat/terminal";
import type { Command } from "commander";
import { withExamples, withReporting } from "../command-help.ts";
import { reportLines } from "../display/report.ts";
import type { Host, ReportingOptions } from "../host.ts";
import { openHouse } from "../house.ts";
import { readCount } from "../runs/count.ts";
import { readRunId } from "../runs/run-id.ts";
import { archiveByName } from "../runs/targets.ts";

interface Options extends ReportingOptions {
  readonly archive?: string;
  readonly limit: string;
}

export function define(command: Command, host: Host): void {
  command
    .description("Lists what ran, the latest first, or shows the report of one run.")
    .argument("[RUN]", "the number of a run")
    .option("--archive NAME", "only runs over this archive")
    .option("--limit N", "how many", "20");
  withReporting(command);
  withExamples(command, [
    { line: "runs", what: "the last 20" },
    { line: "runs 42", what: "the report of run 42" },
  ]);
  command.action(async (text: string | undefined, options: Options) => {
    const id = text === undefined ? null : readRunId(text);
    const limit = readCount("--limit", options.limit, 10_000);
    const screen = host.screen(options);
    const database = await openHouse(host, screen);
    if (id !== null) return show(screen, await getRun(database.pool, id));
    const archive = options.archive === undefined ? null : await archiveByName(database, options.archive);
    const runs = await listRuns(database.pool, { limit, ...(archive === null ? {} : { archiveId: archive.id }) });
    list(screen, runs);
  });
}

function list(screen: Screen, runs: readonly RunInfo[]): void {
  screen.data({ version: 1, runs: runs.map(plainRun) });
  if (runs.length === 0) {
    screen.line("Nothing ran yet. packetboat backup URL is where to begin.");
    return;
  }
  const columns = ["run", "started", "took", "outcome", "archive", "account"].map((title) => ({
    title,
    align: title === "run" || title === "took" ? ("right" as const) : ("left" as const),
  }));
  const rows = runs.map((run) => [
    String(run.id),
    instant(run.startedAt),
    run.finishedAt === null ? "" : duration(run.finishedAt - run.startedAt),
    run.held > 0 ? `${run.outcome}, holds ${run.held}` : run.outcome,
    run.archive,
    run.account,
  ]);
  for (const line of tableLines(columns, rows)) screen.line(line);
}

function show(screen: Screen, run: RunDetails): void {
  screen.data({ ...plainRun(run), report: run.report });
  screen.line(`Run ${run.id}, ${run.outcome}, started ${instant(run.startedAt)} by ${run.holder}`);
  if (run.report === null) {
    screen.line(
      run.outcome === "running"
        ? "It is still running."
        : "It was ended before it could report. Everything stored until then is safe.",
    );
    return;
  }
  for (const line of reportLines(run.report, screen)) screen.line(line);
  if (run.report.error !== null) screen.line(run.report.error.text);
  if (run.approvedAt !== null)
    screen.line(`Approved ${instant(run.approvedAt)}${run.approvalUsedAt === null ? "" : ", used since"}.`);
  if (run.held > 0) screen.line(`It holds back ${plural(run.held, "message")}.`);
}

const iso = (time: number | null) => (time === null ? null : new Date(time).toISOString());

function plainRun(run: RunInfo) {
  return {
    run: run.id,
    link: run.linkId,
    archive: run.archive,
    account: run.account,
    outcome: run.outcome,
    started: iso(run.startedAt),
    finished: iso(run.finishedAt),
    approved: iso(run.approvedAt),
    approvalUsed: iso(run.approvalUsedAt),
    held: run.held,
  };
}
