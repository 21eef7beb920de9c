// What a scrape of /metrics asks of the database: how far each link is behind, what waits in the queue, whom nothing is done for. It reads
// tables that grow with accounts, never with mail.
import { behindSince, listHolds, throttledToday } from "@packetboat/archive";
import type { Database } from "@packetboat/database";
import type { JobQueue } from "@packetboat/queue";
import type { Standing } from "./metrics.ts";

/** `queue` null: none is open at the moment, and nothing is said of jobs. Throws what the database throws. */
export async function standingOf({ pool }: Database, queue: JobQueue | null, now: number): Promise<Standing> {
  const [behind, depths, holds, throttledMs] = await Promise.all([
    behindSince(pool),
    queue?.depth() ?? [],
    listHolds(pool, now),
    throttledToday(pool, now),
  ]);
  const lag = new Map([...behind].map(([link, at]) => [link, Math.max(0, now - at) / 1_000]));
  const jobs = depths.flatMap(({ kind, ...states }) =>
    Object.entries(states).map(([state, count]) => ({ kind, state, count })),
  );
  const byCode = new Map<string, number>();
  for (const { code } of holds) byCode.set(code, (byCode.get(code) ?? 0) + 1);
  return { lag, jobs, holds: byCode, throttledMs };
}
