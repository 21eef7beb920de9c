// What becomes of a job when its pass is over: done, again in a while, or held until a person mends it. Pure.
// It must never try a refused password again by itself: some servers lock an account after three.
import type { ErrorCode, MailError, RunReport } from "@packetboat/core";
import { needsAPerson } from "../accounts/holds.ts";

/** What ends the whole worker's shift and not only a pass. */
const EVERYBODYS: ReadonlySet<ErrorCode> = new Set([
  "DATABASE_UNREACHABLE",
  "DATABASE_LOST",
  "DATABASE_REFUSED",
  "SCHEMA_CHANGED",
  "SCHEMA_TOO_NEW",
  "DISK_LOW",
  "DISK_FULL",
]);

/** Whether other accounts would meet the same. */
export const concernsAll = ({ code }: MailError): boolean => EVERYBODYS.has(code);

/**
 * Whether the other links of the archive have something to push: it changed, however the pass ended. After a pass that failed or a worker
 * that died nobody knows what it left.
 */
export function isNews(report: Pick<RunReport, "revisionBefore" | "revisionAfter">, attempt: number): boolean {
  return report.revisionAfter > report.revisionBefore || attempt > 1;
}

export type Next =
  | { readonly kind: "done" }
  /** Nothing went wrong with the account: a new job in so many milliseconds. */
  | { readonly kind: "soon"; readonly afterMs: number }
  /** A failure; the queue says when, and after how many the job is given up until its schedule brings it again. */
  | { readonly kind: "again"; readonly code: ErrorCode }
  /** Nothing is done for the account until then. `until` null: until its password or sign-in is given anew. */
  | { readonly kind: "hold"; readonly code: ErrorCode; readonly detail: string; readonly until: number | null };

/** A command that somebody typed holds the account; most are over soon. */
const HELD_WAIT_MS = 15_000;

/** Stopped in good order, or taken over: whoever comes next goes on where this one ended. */
const UNFINISHED: ReadonlySet<ErrorCode> = new Set(["INTERRUPTED", "LEASE_LOST", "DATABASE_LOST"]);

/** Judges the report of a pass. `chance`: a number below 1. `madeWay`: it was stopped for a command that waited for the account. */
export function nextOf(
  { outcome, error }: Pick<RunReport, "outcome" | "error">,
  chance: number,
  madeWay = false,
): Next {
  // Halted: a person decides, and the next pass looks again.
  if (outcome !== "failed" && outcome !== "interrupted") return { kind: "done" };
  const code = error?.code ?? "BUG";
  // Between three and five quarters of it: two workers that met here do not meet again.
  const heldMs = Math.round(HELD_WAIT_MS * (0.75 + chance / 2));
  if (UNFINISHED.has(code)) return { kind: "soon", afterMs: madeWay ? heldMs : 0 };
  if (code === "LEASE_HELD") return { kind: "soon", afterMs: heldMs };
  const detail = error?.text ?? "";
  if (needsAPerson(code)) return { kind: "hold", code, detail, until: null };
  return { kind: "again", code };
}
