// I2 for the queue: what taking a job costs does not grow with the jobs that wait, counted in rows that Postgres read, by index or not. On a
// table that nobody has analysed, as it is after an evening's backlog, and on one that was.
import { openDatabase } from "@packetboat/database";
import { scratchDatabase } from "@packetboat/database/testing";
import type { Pool } from "pg";
import { expect, test } from "vitest";
import { type JobQueue, openQueue, upgradeQueue } from "../src/index.ts";
import { pass } from "./scratch-queue.ts";

const TAKES = 20;
const MANY = 5_000;
/**
 * Rows and index entries that may be read for one job: a few, and the dead entries of those that were taken before. How many of these Postgres
 * still steps over depends on what else its server does (transactions of other databases keep it from seeing that they are dead), so this
 * is no more than a tenth of what a walk over those that wait would read.
 */
const EACH = MANY / 10;

/** Rows and index entries of the jobs that were ever read. On the one connection there is, which tells what it counted. */
async function read(pool: Pool): Promise<number> {
  await pool.query("select pg_stat_force_next_flush()");
  const { rows } = await pool.query<{ read: number }>(
    `select (t.seq_tup_read + (select sum(i.idx_tup_read + i.idx_tup_fetch) from pg_stat_user_indexes i where i.relid = t.relid))::float8 as read
      from pg_stat_user_tables t where t.schemaname = 'pgboss' and t.relname = 'job_common'`,
  );
  return rows[0]?.read ?? 0;
}

/** Of one job; what is done with it is not counted. Running jobs are looked at by each taking, so none is left running. */
async function costOfTaking(pool: Pool, queue: JobQueue): Promise<number> {
  let cost = 0;
  for (let i = 0; i < TAKES; i++) {
    const before = await read(pool);
    const [job] = await queue.take(1);
    cost += (await read(pool)) - before;
    expect(job !== undefined && (await queue.done(job))).toBe(true);
  }
  return cost / TAKES;
}

test("taking a job reads as little with 5,000 waiting as with 100", async () => {
  await using scratch = await scratchDatabase();
  await upgradeQueue(scratch.database);
  await using database = await openDatabase({ url: scratch.url, poolSize: 1 });
  await using queue = await openQueue(database, { onProblem: () => undefined, upkeepSeconds: 3_600 });
  const { pool } = database;
  await pool.query("alter table pgboss.job_common set (autovacuum_enabled = off)");
  const wait = async (from: number, to: number): Promise<void> => {
    await queue.send(Array.from({ length: to - from }, (_, index) => pass(from + index)));
  };
  await wait(0, 100);
  const few = await costOfTaking(pool, queue);
  await wait(1_000, 1_000 + MANY);
  const many = await costOfTaking(pool, queue);
  await pool.query("analyze pgboss.job_common");
  const analysed = await costOfTaking(pool, queue);
  for (const cost of [few, many, analysed]) expect(cost).toBeGreaterThan(0);
  for (const cost of [few, many, analysed]) expect(cost).toBeLessThan(EACH);
});
