// packetboat index killed with SIGKILL in its second batch: what was stored stays, the next one goes on behind it, and the end is that of a run
// which nobody disturbed. A lock of the test holds the statement that would move the archive on: what it moves on to is stored by then.
import { type ScratchDatabase, scratchDatabase } from "@packetboat/database/testing";
import { until } from "@packetboat/testkit";

import { expect, test } from "vitest";
import { fillArchive } from "./filled-archive.ts";
import { runProgram } from "./program.ts";

const MESSAGES = 700;
const HOLD = `create function hold() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(42); return new; end $$;
  create trigger hold before update on indexed for each row execute function hold()`;
const WAITING = "select pid from pg_locks where locktype = 'advisory' and objid = 42 and not granted";
const STATE = `select (select json_agg(w order by week) from indexed_week w) as weeks, (select json_agg(c order by blob_id) from
  (select blob_id, state, words, subject, places, dated_at from content) c) as contents, (select through from indexed)::text as through`;

test("killed in the second batch, the next run ends as if nothing had happened", async () => {
  await using scratch = await scratchDatabase();
  const { pool } = scratch;
  await fillArchive(pool, MESSAGES);
  await using undisturbed = await scratchDatabase({ copyOf: scratch });
  const environment = (url: string) => ({ PACKETBOAT_HOME: "/nonexistent/home", PACKETBOAT_DATABASE_URL: url });
  await pool.query(HOLD);
  const client = await pool.connect();
  await client.query("select pg_advisory_lock(42)");
  const waits = until(async () => (await pool.query(WAITING)).rowCount === 1, "the second batch is to be stored");
  const killed = await runProgram(["index"], environment(scratch.url), { kill: { when: waits, signal: "SIGKILL" } });
  await waits;
  expect(killed.code).toBeNull();
  await pool.query(`select pg_terminate_backend(pid, 10000) from (${WAITING}) as waiting`);
  await client.query("select pg_advisory_unlock(42)");
  client.release();
  // The second batch is stored, and not counted yet.
  const { rows: left } = await pool.query(
    "select (select count(*) from content)::int as stored, through::int from indexed",
  );
  expect(left).toEqual([{ stored: MESSAGES, through: 400 }]);
  const state = async (db: ScratchDatabase["pool"]): Promise<unknown> => (await db.query(STATE)).rows[0];
  const [again, plain] = await Promise.all(
    [scratch, undisturbed].map(({ url }) => runProgram(["index", "--json"], environment(url))),
  );
  expect(JSON.parse(again?.stdout ?? "")).toMatchObject({ archives: [{ messages: 300, busy: false }] });
  expect(JSON.parse(plain?.stdout ?? "")).toMatchObject({ archives: [{ messages: MESSAGES, busy: false }] });
  expect(await state(pool)).toEqual(await state(undisturbed.pool));
  const search = await runProgram(["restore", "search", "mail", "word3 from:ann"], environment(scratch.url));
  expect(search.stdout).toContain("50 messages on this page, newest first, at revision 1");
  expect(search.stderr).toBe("");
});
