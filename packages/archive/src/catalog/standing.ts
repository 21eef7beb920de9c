// What a monitor asks about all links at once. It reads tables that grow with links and days, never with mail.
import { asId, type LinkId } from "@packetboat/core";
import type { Pool } from "pg";
import { millis, moment, rowsOf } from "./asking.ts";

/** Since when each link is behind, in milliseconds since 1970: its last good run; for one that never had any, when it was made. By run_link. */
export async function behindSince(pool: Pool): Promise<ReadonlyMap<LinkId, number>> {
  const rows = await rowsOf<{ id: bigint; at: number }>(
    pool,
    `select l.id, coalesce((select ${millis("r.finished_at")} from run r
      where r.link_id = l.id and r.outcome in ('ok', 'partial') order by r.id desc limit 1), ${millis("l.created_at")}) as at from link l`,
  );
  return new Map(rows.map(({ id, at }) => [asId<LinkId>(id), at]));
}

/** Milliseconds that work waited for limits on the day of `now` (UTC), all accounts together. */
export async function throttledToday(pool: Pool, now: number): Promise<number> {
  const [row] = await rowsOf<{ waited: bigint | null }>(
    pool,
    `select sum(waited_ms)::bigint as waited from throttle where day = (${moment("$1")} at time zone 'UTC')::date`,
    [now],
  );
  return Number(row?.waited ?? 0);
}
