// When links run by themselves, as far as `packetboat apply` reads and writes it. The worker reads the same rows and says when is next; a
// schedule that is set here is due at once, and the worker goes on from there. It must never touch a link, nor decide a time.
import { asId, type LinkId } from "@packetboat/core";
import type { Pool } from "pg";
import { moment, rowsOf } from "./asking.ts";

export interface LinkSchedule {
  readonly linkId: LinkId;
  /** Null: at no fixed time. */
  readonly cron: string | null;
  readonly timeZone: string;
  readonly spreadSeconds: number;
  readonly watch: boolean;
}

/** All of them, by link. */
export async function listLinkSchedules(pool: Pool): Promise<readonly LinkSchedule[]> {
  const rows = await rowsOf<{
    readonly link_id: bigint;
    readonly cron: string | null;
    readonly time_zone: string;
    readonly spread_seconds: number;
    readonly watch: boolean;
  }>(pool, "select link_id, cron, time_zone, spread_seconds, watch from schedule order by link_id");
  return rows.map(({ link_id, cron, time_zone, spread_seconds, watch }) => ({
    linkId: asId<LinkId>(link_id),
    cron,
    timeZone: time_zone,
    spreadSeconds: spread_seconds,
    watch,
  }));
}

/** Sets the schedule of a link, in place of an earlier one; due now where it has a fixed time. `now` in milliseconds since 1970. */
export async function setLinkSchedule(pool: Pool, schedule: LinkSchedule, now: number): Promise<void> {
  const { linkId, cron, timeZone, spreadSeconds, watch } = schedule;
  await rowsOf(
    pool,
    `insert into schedule (link_id, cron, time_zone, spread_seconds, watch, next_at)
      values ($1, $2, $3, $4, $5, case when $2::text is null then null else ${moment("$6")} end)
      on conflict (link_id) do update set cron = excluded.cron, time_zone = excluded.time_zone,
        spread_seconds = excluded.spread_seconds, watch = excluded.watch, next_at = excluded.next_at`,
    [linkId, cron, timeZone, spreadSeconds, watch, now],
  );
}

/** The link runs only when somebody asks. */
export async function removeLinkSchedule(pool: Pool, linkId: LinkId): Promise<void> {
  await rowsOf(pool, "delete from schedule where link_id = $1", [linkId]);
}
