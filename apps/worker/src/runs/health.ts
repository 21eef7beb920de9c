// How a link is: well, running, overdue, halted or failing, and why and what to do in a sentence each. Pure: the reasons and the exit
// code of `status`. It must never call a link well because something is going on: a run that hangs is overdue too.
import type { Hold, LinkStatus, RunInfo } from "@packetboat/archive";
import { duration, harmless, plural } from "@packetboat/terminal";

/** `partial`: up to date but for what is listed as failed. `resting`: a spent budget or the server's wish keeps it until a time. */
export type LinkState = "ok" | "partial" | "running" | "resting" | "overdue" | "halted" | "failing";

export interface LinkHealth {
  readonly state: LinkState;
  /** Overdue, halted or failing: somebody must do something. */
  readonly isWell: boolean;
  readonly reasons: readonly string[];
}

type Facts = Pick<LinkStatus, "lastRun" | "lastGoodAt" | "notFetched" | "notSent" | "held" | "heldBy">;
type Course = Pick<LinkStatus, "link" | "lastRun" | "isSettled">;
type Held = Pick<Hold, "code" | "detail" | "until">;

/**
 * How long a link may go without a good run; `limit`: what holds for others. One that only pushes, at no set times, such as that of a restore into
 * another account, is through with its work until the archive changes.
 */
export function limitOf({ link, lastRun, isSettled }: Course, isTimed: boolean, limit: number): number {
  const isThrough = isSettled && (lastRun?.outcome === "ok" || lastRun?.outcome === "partial");
  return !link.rights.pull && !isTimed && isThrough ? Number.POSITIVE_INFINITY : limit;
}

/** Judges a link at a time; `limit` is how long it may go without a good run, in milliseconds. `hold`: what keeps its account from running. */
export function linkHealth(facts: Facts, now: number, limit: number, hold: Held | null = null): LinkHealth {
  const state = stateOf(facts, now, limit, hold);
  const isWell = state === "ok" || state === "partial" || state === "running" || state === "resting";
  return { state, isWell, reasons: [...reasonsOf(state, facts, now, hold), ...pendingReasons(facts)] };
}

function stateOf(facts: Facts, now: number, limit: number, hold: Held | null): LinkState {
  const { lastRun, lastGoodAt, notFetched, notSent, held } = facts;
  if (hold !== null && hold.until === null) return "failing";
  // A first pull under a day's budget takes days: as long as each day brings some, it is as well as can be.
  if (hold !== null && lastRun !== null && now - lastRun.startedAt <= limit) return "resting";
  if (lastRun?.outcome === "failed") return "failing";
  if (held > 0) return "halted";
  const running = lastRun?.outcome === "running";
  // The first run of a large account may take days; each start counts as a sign of life, but only once.
  const since = lastGoodAt ?? (running ? lastRun.startedAt : null);
  if (since === null || now - since > limit) return "overdue";
  if (running) return "running";
  return notFetched + notSent > 0 || lastRun?.outcome === "partial" ? "partial" : "ok";
}

function reasonsOf(
  state: LinkState,
  { lastRun, lastGoodAt }: Facts,
  now: number,
  hold: Held | null,
): readonly string[] {
  if (hold !== null && hold.until === null) {
    // The run that was refused says why already; what it does not say is that nothing tries again.
    const rest = "nothing is done for it by itself any more.";
    return lastRun?.outcome === "failed" ? [failureOf(lastRun, now), rest] : [`${rest} ${harmless(hold.detail)}`];
  }
  if (hold !== null && hold.until !== null && state === "resting")
    return [`it goes on by itself in ${duration(hold.until - now)}. ${harmless(hold.detail)}`];
  if (state === "failing" && lastRun !== null) return [failureOf(lastRun, now)];
  if (state === "partial" && lastRun !== null)
    return [`the last run left something out: packetboat runs ${lastRun.id} lists it.`];
  if (state !== "overdue") return [];
  if (lastRun === null) return ["it was never run. Run packetboat sync."];
  const good = lastGoodAt === null ? "no run ever went through" : `the last good run was ${ago(lastGoodAt, now)}`;
  return [`${good}. ${lastRunOf(lastRun, now)}`];
}

function lastRunOf(run: RunInfo, now: number): string {
  switch (run.outcome) {
    case "running":
      return `Run ${run.id} has been going on for ${duration(now - run.startedAt)}.`;
    case "interrupted":
      return `Run ${run.id}, ${ago(run.startedAt, now)}, was stopped; run it again to go on.`;
    default:
      return "Nothing has run since: is the nightly job still there?";
  }
}

function failureOf(run: RunInfo, now: number): string {
  const why = run.error === null ? "" : ` ${harmless(run.error.text)}`;
  return `run ${run.id} failed ${ago(run.finishedAt ?? run.startedAt, now)}.${why}`;
}

function pendingReasons({ notFetched, notSent, held, heldBy }: Facts): readonly string[] {
  const waits = (messages: number, what: string): readonly string[] =>
    messages > 0 ? [`${plural(messages, "message")} could not be ${what} so far; every run tries again.`] : [];
  const undone = [...waits(notFetched, "fetched"), ...waits(notSent, "sent to the server")];
  if (held === 0) return undone;
  const number = heldBy ?? "RUN";
  return [
    `a guard holds back ${plural(held, "message")}. See packetboat runs ${number}; to let them through: packetboat approve ${number}`,
    ...undone,
  ];
}

const ago = (time: number, now: number): string => `${duration(Math.max(0, now - time))} ago`;
