// packetboat runs: what ran, the latest first; with a number, the whole report of that run.
import { getRun, type HeldMailbox, heldBy, listRuns, type RunDetails, type RunInfo } from "@packetboat/archive";
import { harmless, instant, type Screen } from "@packetboat/terminal";
import type { Command } from "commander";
import { withExamples } from "../command-help.ts";
import { heldLines, heldSum } from "../display/held.ts";
import { reportLines } from "../display/report.ts";
import { runLines } from "../display/runs.ts";
import type { Host } from "../host.ts";
import { openHouse } from "../house.ts";
import { readCount } from "../runs/count.ts";
import { readRunId } from "../runs/run-id.ts";
import { archiveByName } from "../runs/targets.ts";

interface Options {
  readonly archive?: string;
  readonly limit: string;
  readonly json?: boolean;
}

export function define(command: Command, host: Host): void {
  command
    .description("Lists what ran, the latest first, or shows the whole report of one run.")
    .argument("[RUN]", "the number of a run")
    .option("--archive NAME", "only runs over this archive")
    .option("--limit N", "how many", "20")
    .option("--json", "print one JSON object on stdout");
  withExamples(command, [
    { line: "runs", what: "the last 20" },
    { line: "runs 42", what: "the report of run 42" },
    { line: "runs --archive you@example.com --limit 100 --json", what: "for programs" },
  ]);
  command.action(async (text: string | undefined, options: Options) => {
    const id = text === undefined ? null : readRunId(text);
    const limit = readCount("--limit", options.limit, 10_000);
    const screen = host.screen(options);
    const database = await openHouse(host, screen);
    if (id !== null) {
      show(screen, await getRun(database.pool, id), await heldBy(database.pool, id));
      return;
    }
    const archive = options.archive === undefined ? null : await archiveByName(database, options.archive);
    const runs = await listRuns(database.pool, { limit, ...(archive === null ? {} : { archiveId: archive.id }) });
    screen.data({ version: 1, runs: runs.map(plainRun) });
    for (const line of runLines(runs, screen, screen.width())) screen.line(line);
  });
}

function show(screen: Screen, run: RunDetails, held: readonly HeldMailbox[]): void {
  screen.data({ version: 1, ...plainRun(run), report: run.report });
  screen.line(
    screen.dim(`Run ${run.id}, ${run.outcome}, started ${instant(run.startedAt)} by ${harmless(run.holder)}`),
  );
  if (run.report === null) {
    screen.line(
      run.outcome === "running"
        ? "It is still running."
        : "It was ended before it could report. Everything stored until then is safe; the next run goes on from there.",
    );
    return;
  }
  for (const line of reportLines(run.report, screen, Number.POSITIVE_INFINITY)) screen.line(line);
  if (run.report.error !== null) screen.line(harmless(run.report.error.text));
  if (run.approvedAt !== null)
    screen.line(`Approved ${instant(run.approvedAt)}${run.approvalUsedAt === null ? "" : ", used since"}.`);
  if (held.length === 0) return;
  screen.line(`It still holds back ${heldSum(held)}:`);
  for (const line of heldLines(held)) screen.line(line);
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
    totals: run.totals,
    error: run.error,
    approved: iso(run.approvedAt),
    approvalUsed: iso(run.approvalUsedAt),
    held: run.held,
  };
}
