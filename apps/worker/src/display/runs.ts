// The list of runs, one line each, the latest first. Pure.
import type { RunInfo } from "@packetboat/archive";
import type { MailboxCounts } from "@packetboat/core";
import { count, duration, instant, type Screen, tableLines } from "@packetboat/terminal";

type Paints = Pick<Screen, "dim" | "bad" | "notable">;

/** Gives a heading and a line for each run. A zero is a dot, so that what happened stands out. `within`: as in tableLines. */
export function runLines(runs: readonly RunInfo[], paint: Paints, within?: number): readonly string[] {
  if (runs.length === 0) return ["Nothing ran yet. Begin with: packetboat backup imaps://you@mail.example.com"];
  const named = runs.some(({ archive, account }) => archive !== account);
  const pushed = runs.some(({ totals }) => totals !== null && sentOf(totals) > 0);
  const left = ["started", "outcome", "account", "archive"];
  const titles = [
    "run",
    "started",
    "took",
    "outcome",
    "new",
    "changed",
    "removed",
    ...(pushed ? ["sent"] : []),
    "account",
  ];
  const columns = [...titles, ...(named ? ["archive"] : [])].map((title) => ({
    title,
    align: left.includes(title) ? ("left" as const) : ("right" as const),
  }));
  const [heading = "", ...lines] = tableLines(
    columns,
    runs.map((run) => [...cellsOf(run, pushed), ...(named ? [run.archive] : [])]),
    within,
  );
  return [paint.dim(heading), ...lines.map((line, index) => paintFor(runs[index], paint)(line))];
}

/** Messages, flags, moves and removals that the server took. */
const sentOf = ({ appended = 0, flagsSent = 0, movedThere = 0, removedThere = 0 }: Partial<MailboxCounts>): number =>
  appended + flagsSent + movedThere + removedThere;

function cellsOf(run: RunInfo, pushed: boolean): readonly string[] {
  const { totals } = run;
  const amount = (value: number | undefined) => (value === undefined ? "" : value === 0 ? "." : count(value));
  return [
    String(run.id),
    instant(run.startedAt),
    run.finishedAt === null ? "" : duration(run.finishedAt - run.startedAt),
    outcomeOf(run),
    amount(totals?.stored),
    amount(totals === null ? undefined : totals.flagsChanged + totals.movedIn),
    amount(totals?.removed),
    ...(pushed ? [amount(totals === null ? undefined : sentOf(totals))] : []),
    run.account,
  ];
}

function outcomeOf({ outcome, held, totals, error, approvedAt, approvalUsedAt }: RunInfo): string {
  if (held > 0)
    return `${outcome}, holds ${count(held)}${approvedAt !== null && approvalUsedAt === null ? ", approved" : ""}`;
  if (outcome === "partial" && (totals?.failed ?? 0) > 0) return `partial, ${count(totals?.failed ?? 0)} failed`;
  return outcome === "failed" && error !== null ? `failed: ${error.code}` : outcome;
}

function paintFor(run: RunInfo | undefined, paint: Paints): (line: string) => string {
  switch (run?.outcome) {
    case "failed":
      return paint.bad;
    case "halted":
    case "partial":
      return paint.notable;
    default:
      return (line) => line;
  }
}
