// What becomes of a job before and after its pass: done, again in a while, or held until a person mends it. Pure.
// It must never try a refused password again by itself: some servers lock an account after three.
import type { Hold, LinkedAccount, LinkInfo } from "@packetboat/archive";
import type { ErrorCode, LinkId, MailError, RunReport } from "@packetboat/core";
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

/** The others of an archive that push: what `changed` brought is due on their servers. */
export function othersToPush<Link extends Pick<LinkInfo, "id" | "rights">>(
  links: readonly Link[],
  changed: LinkId,
): readonly Link[] {
  return links.filter(({ id, rights }) => id !== changed && rights.push);
}

/** What becomes of a job. */
export type Ending =
  | { readonly kind: "done" }
  /** A failure; the queue says when, and after how many it is given up. */
  | { readonly kind: "again"; readonly code: ErrorCode }
  /** A new job for that time, in milliseconds since 1970; null: its schedule brings it again. `hold`: the account is held until then. */
  | { readonly kind: "later"; readonly at: number | null; readonly hold: Pick<Hold, "code" | "detail"> | null };

export type Beginning = Ending | { readonly kind: "pass"; readonly linked: LinkedAccount };

/** Judges a job that was just taken. `linked` null: the link is gone, and so is the job. */
export function beginningOf(linked: LinkedAccount | null, now: number): Beginning {
  if (linked === null) return { kind: "done" };
  const { hold } = linked;
  if (hold !== null && (hold.until === null || hold.until > now)) return { kind: "later", at: hold.until, hold: null };
  return { kind: "pass", linked };
}

/** What a pass came to, for its job. */
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

/** Judges a job whose pass is over. `held`: what holds its account by now; asked for where it is to be tried again. */
export function endingOf(next: Next, held: Pick<Hold, "until"> | null, now: number): Ending {
  switch (next.kind) {
    case "done":
      return { kind: "done" };
    case "soon":
      return { kind: "later", at: now + next.afterMs, hold: null };
    case "again":
      return held === null ? { kind: "again", code: next.code } : { kind: "later", at: held.until, hold: null };
    case "hold":
      return { kind: "later", at: next.until, hold: { code: next.code, detail: next.detail } };
  }
}
