// A line for each account that a round of a watch changed, and one when an account gets into trouble or out of it; the same trouble is told
// once. Pure.
import type { RunReport } from "@packetboat/core";
import { harmless, instant, plural } from "@packetboat/terminal";
import { perLink } from "./per-link.ts";
import { changesOf } from "./report.ts";

/** By link: what is not well there, without what changes from run to run. */
export type Troubles = ReadonlyMap<number, string>;

/** Gives the lines for rounds that ended at a time. */
export function watchLines(
  reports: readonly RunReport[],
  before: Troubles,
  at: number,
): { readonly lines: readonly string[]; readonly warnings: readonly string[]; readonly troubles: Troubles } {
  const lines: string[] = [];
  const warnings: string[] = [];
  const troubles = new Map<number, string>();
  const time = instant(at).slice(-8);
  for (const report of perLink(reports)) {
    const name = harmless(report.account);
    const changes = changesOf(report.totals, false).filter((words) => !words.endsWith(" failed"));
    if (changes.length > 0) lines.push(`${time}  ${name}: ${changes.join(", ")}`);
    const trouble = troubleOf(report);
    if (trouble === null) {
      if (before.has(report.link)) lines.push(`${time}  ${name}: well again`);
      continue;
    }
    troubles.set(report.link, trouble.what);
    if (before.get(report.link) !== trouble.what)
      warnings.push(`${name}: ${harmless([trouble.what, trouble.how].join(" "))}`);
  }
  return { lines, warnings, troubles };
}

function troubleOf(report: RunReport): { readonly what: string; readonly how: string } | null {
  const { outcome, error, halts, failures, run } = report;
  if (error !== null) return { what: error.text, how: "It is tried again." };
  if (outcome === "halted") {
    const what = halts[0]?.text ?? "A guard holds something back.";
    return { what, how: `See packetboat runs ${run}; to let it through: packetboat approve ${run}` };
  }
  if (outcome !== "partial") return null;
  const what = failures.length === 0 ? "a mailbox" : plural(failures.length, "message");
  return {
    what: `${what} did not get through.`,
    how: `See packetboat runs ${run}; it is tried again every 15 minutes.`,
  };
}
