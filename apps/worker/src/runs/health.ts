// How a link is: well, running, overdue, halted or failing, and why in a sentence each. Pure: the table and the exit code of `status`.
import type { LinkStatus } from "@packetboat/archive";
import { duration, plural } from "@packetboat/terminal";

export type LinkState = "ok" | "running" | "overdue" | "halted" | "failing";

export interface LinkHealth {
  readonly state: LinkState;
  readonly reasons: readonly string[];
}

/** Judges a link at a time; `limit` is how long it may go without a good run, in milliseconds. */
export function linkHealth(
  status: Pick<LinkStatus, "lastRun" | "lastGoodAt" | "notFetched" | "held">,
  now: number,
  limit: number,
): LinkHealth {
  const { lastRun, lastGoodAt, notFetched, held } = status;
  const overdue = lastGoodAt === null || now - lastGoodAt > limit;
  const reasons: string[] = [];
  if (notFetched > 0)
    reasons.push(`${plural(notFetched, "message")} could not be fetched so far; every run tries again.`);
  if (held > 0) {
    reasons.push(
      `A guard holds back ${plural(held, "message")}. packetboat runs ${lastRun?.id ?? ""} says which, packetboat approve lets them through.`,
    );
  }
  if (lastRun?.outcome === "running") return { state: "running", reasons };
  if (held > 0) return { state: "halted", reasons };
  if (lastRun?.outcome === "failed")
    return { state: "failing", reasons: [...reasons, `The last run failed; packetboat runs ${lastRun.id} says why.`] };
  if (!overdue) return { state: "ok", reasons };
  const since =
    lastGoodAt === null ? "No run ever went through." : `The last good run was ${duration(now - lastGoodAt)} ago.`;
  return { state: "overdue", reasons: [...reasons, since] };
}
