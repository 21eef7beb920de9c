// What an account used of a day, by all processes and machines together: added in batches, each of which brings back the sum.
// It must never need a lease: whoever uses the account counts.
import { type AccountId, asId, type DayUsage, type Used } from "@packetboat/core";
import type { Pool } from "pg";
import { rowsOf } from "./asking.ts";

interface Row {
  readonly bytes_down: bigint;
  readonly bytes_up: bigint;
  readonly commands: bigint;
  readonly waited_ms: bigint;
}

const COLUMNS = "bytes_down, bytes_up, commands, waited_ms";

const usedOf = (row: Row | undefined): Used => ({
  down: Number(row?.bytes_down ?? 0),
  up: Number(row?.bytes_up ?? 0),
  commands: Number(row?.commands ?? 0),
  waitedMs: Number(row?.waited_ms ?? 0),
});

/** Adds to a day of UTC (2026-11-26), and gives what it came to. */
export async function addUsage(pool: Pool, id: AccountId, day: string, used: Used): Promise<Used> {
  // Nothing to add is a question: no row is made of it. An account that was removed meanwhile has no day any more.
  const { down, up, commands, waitedMs } = used;
  if (down + up + commands + waitedMs === 0) return await usageOn(pool, id, day);
  const [row] = await rowsOf<Row>(
    pool,
    `insert into throttle as t (account_id, day, ${COLUMNS})
      select id, $2::date, $3, $4, $5, $6 from account where id = $1
      on conflict (account_id, day) do update set bytes_down = t.bytes_down + excluded.bytes_down,
        bytes_up = t.bytes_up + excluded.bytes_up, commands = t.commands + excluded.commands,
        waited_ms = t.waited_ms + excluded.waited_ms
      returning ${COLUMNS}`,
    [id, day, down, up, commands, Math.round(waitedMs)],
  );
  return usedOf(row);
}

/** What was used of a day. */
export async function usageOn(pool: Pool, id: AccountId, day: string): Promise<Used> {
  const rows = await rowsOf<Row>(pool, `select ${COLUMNS} from throttle where account_id = $1 and day = $2::date`, [
    id,
    day,
  ]);
  return usedOf(rows[0]);
}

/** The use of an account's days, as the limiter keeps it. */
export function dayUsage(pool: Pool, id: AccountId): DayUsage {
  return { add: (day, used) => addUsage(pool, id, day, used) };
}

/** What each account used of a day; one that used nothing is not in it. */
export async function usageOfAll(pool: Pool, day: string): Promise<ReadonlyMap<AccountId, Used>> {
  const rows = await rowsOf<Row & { account_id: bigint }>(
    pool,
    `select account_id, ${COLUMNS} from throttle where day = $1::date`,
    [day],
  );
  return new Map(rows.map((row) => [asId<AccountId>(row.account_id), usedOf(row)]));
}
