// What a worker says of links that do not go through to whoever started it on a terminal: once when it begins, once when it is over. The log says
// it of every pass. It must never name an address: what a daemon says ends up in journals.
import type { RunReport } from "@packetboat/core";

/** Nobody's fault: another has the account, or the worker itself stops. */
const PASSING: ReadonlySet<string> = new Set(["LEASE_HELD", "LEASE_LOST", "INTERRUPTED", "DATABASE_LOST"]);

/** Gives what to say of a run, if anything. */
export type Troubles = (report: Pick<RunReport, "link" | "run" | "error" | "halts">) => string | null;

export function openTroubles(): Troubles {
  const known = new Map<number, string>();
  return ({ link, run, error, halts }) => {
    if (error !== null && PASSING.has(error.code)) return null;
    const [halt] = halts;
    const trouble = error?.text ?? (halt === undefined ? null : `${halt.text} See packetboat runs ${run}.`);
    const before = known.get(link);
    if (trouble === null) known.delete(link);
    else known.set(link, halt === undefined ? trouble : halt.text);
    if (trouble === null) return before === undefined ? null : `link ${link}: well again`;
    return before === known.get(link) ? null : `link ${link}: ${trouble}`;
  };
}
