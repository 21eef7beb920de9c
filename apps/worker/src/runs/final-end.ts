// How `migrate --final` ends: the rounds, then the comparison, one exit code for both. It must never end with 0 without having compared.
import { MailError, type RunReport } from "@packetboat/core";
import { type FinalReport, finalLines } from "../display/final.ts";
import { lastOfEach } from "../display/per-link.ts";
import { commandReport } from "../display/report.ts";
import { EXIT, type ExitCode, exitCodeOfError, exitCodeOfReport, gravest } from "../exit-codes.ts";
import { endWithReports } from "./end.ts";
import { runFinal } from "./final-run.ts";
import type { Surroundings } from "./open-accounts.ts";
import type { Pair } from "./pair.ts";
import type { Afterwards } from "./rounds.ts";

export interface FinalOptions {
  readonly final?: boolean;
  readonly deep?: boolean;
  readonly verbose?: boolean;
}

/** Throws CONFIG_INVALID for options that mean nothing together. */
export function refuseLoneOptions(options: FinalOptions & { readonly dryRun?: boolean }): void {
  if (options.final === true && options.dryRun === true)
    throw new MailError("CONFIG_INVALID", "--final compares what the migration has done: leave out --dry-run.");
  for (const name of ["deep", "verbose"] as const)
    if (options[name] === true && options.final !== true)
      throw new MailError("CONFIG_INVALID", `--${name} says how --final compares: add --final.`);
}

/** A report; why the comparison was stopped; null: a run failed, and nothing was compared. */
export type FinalOutcome = FinalReport | MailError | null;

/** What is left to do after the rounds, and what came of it. */
export function finalStep(
  around: Surroundings,
  { links: [source, target] }: Pair,
  options: FinalOptions,
): { readonly afterwards: Afterwards; readonly compared: () => FinalOutcome } {
  let outcome: FinalOutcome = null;
  return {
    afterwards: async (accounts, reports) => {
      const from = accounts.find((account) => account.target.link.id === source.id);
      const to = accounts.find((account) => account.target.link.id === target.id);
      // After a failed run the comparison would only say the same at length.
      const went = lastOfEach(reports).every(({ outcome }) => outcome !== "failed" && outcome !== "interrupted");
      if (!went || from === undefined || to === undefined) return;
      outcome = await runFinal(around, { from, to, reports, deep: options.deep === true });
    },
    compared: () => outcome,
  };
}

/** Prints reports and comparison, and states the exit code. */
export function endWithFinal(
  { host, screen }: Surroundings,
  end: {
    readonly reports: readonly RunReport[];
    readonly started: string;
    readonly compared: FinalOutcome;
    readonly verbose: boolean;
  },
): void {
  const { reports, started, compared } = end;
  const exitCode = finalExitCode(reports, compared);
  const stopped = compared instanceof MailError ? { code: compared.code, text: compared.message } : null;
  const more = stopped === null ? { final: compared } : { final: { exitCode, error: stopped } };
  const { outcome } = commandReport(reports, started, started);
  const told = exitCode === EXIT.partial && outcome === "ok" ? "partial" : outcome;
  endWithReports(host, screen, reports, started, { ...more, outcome: told, exitCode });
  host.end(exitCode);
  if (stopped !== null) screen.warning(`packetboat: not compared to the end. ${stopped.text}`);
  if (compared === null || compared instanceof MailError) return;
  const say = screen.quiet && !screen.json && exitCode !== EXIT.done ? screen.warning : screen.line;
  screen.line();
  for (const line of finalLines(compared, screen, end.verbose)) say(line);
}

/** Whether the mail is there the comparison decides; what stopped a run, or a guard's halt, it does not lift. */
export function finalExitCode(reports: readonly RunReport[], compared: FinalOutcome): ExitCode {
  const runs = lastOfEach(reports).map(exitCodeOfReport);
  if (compared === null) return gravest([EXIT.partial, ...runs]);
  if (compared instanceof MailError) return gravest([exitCodeOfError(compared.code), ...runs]);
  return gravest([compared.exitCode, ...runs.filter((code) => code !== EXIT.partial)]);
}
