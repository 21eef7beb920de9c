// When links run by themselves. What a cron text means is not known here: whoever writes a row, or takes a due one, says when it is due next.
// It must never let a due run be lost, nor taken twice: a run is taken, sent and moved to its next time in one transaction.
import { type AccountId, asId, type LinkId } from "@packetboat/core";
import { inTransaction } from "@packetboat/database";
import type { Pool, PoolClient } from "pg";
import { millis, moment, rowsOf } from "./asking.ts";

/** When a link runs. */
export interface ScheduleSettings {
  /** Five fields. Null: at no fixed time. */
  readonly cron: string | null;
  /** IANA name, in which the fields are read. */
  readonly timeZone: string;
  /** Its runs start up to so many seconds later. */
  readonly spreadSeconds: number;
  /** Changes on the server start a run at once. */
  readonly watch: boolean;
  /** Milliseconds since 1970 of the next run. Null: at no fixed time. */
  readonly nextAt: number | null;
}

export interface Schedule extends ScheduleSettings {
  readonly linkId: LinkId;
  readonly accountId: AccountId;
}

/** A run that is due: `nextAt` is when it should have started. */
export interface DueRun extends Schedule {
  readonly cron: string;
  readonly nextAt: number;
}

export interface TakeDueOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly most: number;
  /** When a link is due after now. Null takes it off the clock: for fields that nobody can read any more. */
  readonly next: (due: DueRun) => number | null;
  /** Sends the runs, on the client of the transaction. Throwing leaves all of them due. */
  readonly enqueue: (due: readonly DueRun[], client: PoolClient) => Promise<void>;
}

interface Row {
  readonly link_id: bigint;
  readonly account_id: bigint;
  readonly cron: string | null;
  readonly time_zone: string;
  readonly spread_seconds: number;
  readonly watch: boolean;
  readonly next_at: number | null;
}

const SELECT = `select s.link_id, l.account_id, s.cron, s.time_zone, s.spread_seconds, s.watch, ${millis("s.next_at")} as next_at
  from schedule s join link l on l.id = s.link_id`;

function scheduleOf(row: Row): Schedule {
  return {
    linkId: asId<LinkId>(row.link_id),
    accountId: asId<AccountId>(row.account_id),
    cron: row.cron,
    timeZone: row.time_zone,
    spreadSeconds: row.spread_seconds,
    watch: row.watch,
    nextAt: row.next_at,
  };
}

/** Says when a link runs, whatever was said before. */
export async function setSchedule(pool: Pool, linkId: LinkId, settings: ScheduleSettings): Promise<void> {
  const { cron, timeZone, spreadSeconds, watch, nextAt } = settings;
  await rowsOf(
    pool,
    `insert into schedule (link_id, cron, time_zone, spread_seconds, watch, next_at)
      values ($1, $2, $3, $4, $5, ${moment("$6")})
      on conflict (link_id) do update set cron = excluded.cron, time_zone = excluded.time_zone,
        spread_seconds = excluded.spread_seconds, watch = excluded.watch, next_at = excluded.next_at`,
    [linkId, cron, timeZone, spreadSeconds, watch, nextAt],
  );
}

/** Lets a link run only when somebody asks. Gives whether it had a schedule. */
export async function removeSchedule(pool: Pool, linkId: LinkId): Promise<boolean> {
  return (await rowsOf(pool, "delete from schedule where link_id = $1 returning link_id", [linkId])).length > 0;
}

/** All schedules, or that of a link, by link. */
export async function listSchedules(pool: Pool, of: { readonly linkId?: LinkId } = {}): Promise<readonly Schedule[]> {
  const rows = await rowsOf<Row>(pool, `${SELECT} where ($1::bigint is null or s.link_id = $1) order by s.link_id`, [
    of.linkId ?? null,
  ]);
  return rows.map(scheduleOf);
}

/**
 * Takes the runs that are due, the longest due first, and gives how many. Each is one run, however long nobody looked. Of several that
 * look at once each gets other links.
 */
export async function takeDue(pool: Pool, { now, most, next, enqueue }: TakeDueOptions): Promise<number> {
  return inTransaction(pool, async (client) => {
    // By schedule_next.
    const rows = await rowsOf<Row>(
      client,
      `${SELECT} where s.next_at <= ${moment("$1")} and s.cron is not null order by s.next_at, s.link_id limit $2
        for update of s skip locked`,
      [now, most],
    );
    const due = rows.map(scheduleOf).filter(isDue);
    if (due.length === 0) return 0;
    await enqueue(due, client);
    await rowsOf(
      client,
      `update schedule s set next_at = ${moment("n.at")}
        from unnest($1::bigint[], $2::float8[]) n (link_id, at) where s.link_id = n.link_id`,
      [due.map(({ linkId }) => linkId), due.map(next)],
    );
    return due.length;
  });
}

function isDue(schedule: Schedule): schedule is DueRun {
  return schedule.cron !== null && schedule.nextAt !== null;
}
