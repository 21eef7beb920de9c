// What becomes of a job when its pass is over: done, done with news for others, again in a while, or held until a person mends it. Pure.
// It must never try a refused password again by itself: some servers lock an account after three.
import type { ErrorCode, RunReport } from "@packetboat/core";

export type Next =
  /** `news`: the archive changed, so what the other links of it push is due. */
  | { readonly kind: "done"; readonly news: boolean }
  /** Nothing went wrong with the account: a new job in so many milliseconds. */
  | { readonly kind: "soon"; readonly afterMs: number }
  /** A failure; the queue says when, and after how many the job is given up until its schedule brings it again. */
  | { readonly kind: "again"; readonly code: ErrorCode }
  /** Nothing is done for the account until then. `until` null: until its password or sign-in is given anew. */
  | { readonly kind: "hold"; readonly code: ErrorCode; readonly detail: string; readonly until: number | null };

/** A command that somebody typed holds the account; most are over soon. */
const HELD_WAIT_MS = 15_000;

/** What a pass needs a person for. */
const NEEDS_A_PERSON: ReadonlySet<ErrorCode> = new Set(["AUTH_REJECTED", "SECRET_UNREADABLE"]);
/** Stopped in good order, or taken over: whoever comes next goes on where this one ended. */
const UNFINISHED: ReadonlySet<ErrorCode> = new Set(["INTERRUPTED", "LEASE_LOST", "DATABASE_LOST"]);

/** Judges the report of a pass. `chance`: a number below 1. */
export function nextOf(
  report: Pick<RunReport, "outcome" | "error" | "revisionBefore" | "revisionAfter">,
  chance: number,
): Next {
  const { outcome, error } = report;
  if (outcome !== "failed" && outcome !== "interrupted")
    return { kind: "done", news: report.revisionAfter > report.revisionBefore };
  const code = error?.code ?? "BUG";
  if (UNFINISHED.has(code)) return { kind: "soon", afterMs: 0 };
  // Between three and five quarters of it: two workers that met here do not meet again.
  if (code === "LEASE_HELD") return { kind: "soon", afterMs: Math.round(HELD_WAIT_MS * (0.75 + chance / 2)) };
  const detail = error?.text ?? "";
  if (NEEDS_A_PERSON.has(code)) return { kind: "hold", code, detail, until: null };
  return { kind: "again", code };
}
