// How often what did not get through is tried again where changes, and not people, make runs: following a mirror, a worker's passes. A message
// of 60 MB that is refused must not be sent with every flag that somebody sets (C6). Nothing here is kept beyond the process.
import type { LinkId } from "@packetboat/core";

/** Between two tries of one link. */
export const RETRY_MS = 15 * 60_000;

/** Whether the run of this link that begins at `now` tries again; asked once a run. */
export type RetryPace = (link: LinkId, now: number) => boolean;

/** `triedAt`: links that were tried already, and when. */
export function openRetryPace(triedAt: Iterable<readonly [LinkId, number]> = []): RetryPace {
  const last = new Map(triedAt);
  return (link, now) => {
    const before = last.get(link);
    if (before !== undefined && now - before < RETRY_MS && now >= before) return false;
    last.set(link, now);
    return true;
  };
}
