// What runs brought, one small row each: what charts are drawn from. Reports are long, so only the rows of the page are opened.
import { asId, type LinkId, type RunId, type RunOutcome } from "@packetboat/core";
import type { Pool } from "pg";
import { millis, rowsOf } from "./asking.ts";

/** A run that has ended. */
export interface RunPoint {
  readonly id: RunId;
  readonly linkId: LinkId;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly outcome: RunOutcome;
  /** Messages and their bytes, fetched from the server and sent to it. */
  readonly fetched: number;
  readonly fetchedBytes: number;
  readonly appended: number;
  readonly appendedBytes: number;
  /** Messages that were not fetched or sent. */
  readonly failed: number;
}

interface Row {
  readonly id: bigint;
  readonly link_id: bigint;
  readonly started_at: number;
  readonly finished_at: number;
  readonly outcome: RunOutcome;
  readonly totals: Partial<Pick<RunPoint, "fetched" | "fetchedBytes" | "appended" | "appendedBytes" | "failed">> | null;
}

// By run_link for each link, then run_pkey.
const SERIES = `
  with newest as materialized (
    select r.id from unnest($1::bigint[]) l (id)
    cross join lateral (
      select id from run where link_id = l.id and ($2::bigint is null or id < $2) and outcome is not null order by id desc limit $3
    ) r order by r.id desc limit $3
  )
  select r.id, r.link_id, ${millis("r.started_at")} as started_at, ${millis("r.finished_at")} as finished_at, r.outcome, r.report -> 'totals' as totals
  from newest n cross join lateral (select * from run where id = n.id limit 1) r order by r.id desc`;

/** Ended runs of these links, the latest first. `before`: only those before this run, the next page. */
export async function runSeries(
  pool: Pool,
  linkIds: readonly LinkId[],
  limit: number,
  before?: RunId,
): Promise<readonly RunPoint[]> {
  const rows = await rowsOf<Row>(pool, SERIES, [linkIds, before ?? null, limit]);
  return rows.map(({ id, link_id, started_at, finished_at, outcome, totals }) => ({
    id: asId<RunId>(id),
    linkId: asId<LinkId>(link_id),
    startedAt: started_at,
    finishedAt: finished_at,
    outcome,
    fetched: totals?.fetched ?? 0,
    fetchedBytes: totals?.fetchedBytes ?? 0,
    appended: totals?.appended ?? 0,
    appendedBytes: totals?.appendedBytes ?? 0,
    failed: totals?.failed ?? 0,
  }));
}
