// The port against a real Postgres: what waits once, who gets what and in which order, what becomes of failures, and who is told.
import { inTransaction } from "@packetboat/database";
import { scratchDatabase } from "@packetboat/database/testing";
import { describe, expect, it } from "vitest";
import { type Job, type JobQueue, openQueue, upgradeQueue } from "../src/index.ts";
import { pass, scratchQueue } from "./scratch-queue.ts";

const links = (jobs: readonly Job[]): readonly number[] => jobs.map(({ linkId }) => linkId);
const depth = async (queue: JobQueue) => (await queue.depth()).find(({ kind }) => kind === "pass");
const soon = AbortSignal.timeout(60_000);

/** Takes one job. */
async function one(queue: JobQueue): Promise<Job> {
  const [job] = await queue.take(1);
  if (job === undefined) throw new Error("there is no job");
  return job;
}

/** Makes every waiting job ready, as time would. */
async function passTime({ scratch }: Awaited<ReturnType<typeof scratchQueue>>): Promise<void> {
  await scratch.pool.query("update pgboss.job set start_after = now() where name = 'work'");
}

describe("what is sent", () => {
  it("waits once for each link, and once more while it runs", async () => {
    await using all = await scratchQueue();
    const { queue } = all;
    expect(await queue.send([pass(1), pass(2), pass(1)])).toBe(2);
    expect(await queue.send([pass(1)])).toBe(0);
    const running = await queue.take(5);
    // Of one age: in no order.
    expect(new Set(links(running))).toEqual(new Set([1, 2]));
    expect(await queue.send([pass(1), pass(1)])).toBe(1);
    expect(await queue.send([pass(1)])).toBe(0);
    // It waits for the one that runs.
    expect(await queue.take(5)).toEqual([]);
    expect(await depth(queue)).toEqual({ kind: "pass", waiting: 1, running: 2, dead: 0 });
    for (const job of running) expect(await queue.done(job)).toBe(true);
    expect(links(await queue.take(5))).toEqual([1]);
    expect(all.problems).toEqual([]);
  });

  it("comes by priority, then age, of one account one at a time, and not before its time", async () => {
    await using all = await scratchQueue();
    const { queue } = all;
    await queue.send([pass(1, { account: 10 })]);
    await queue.send([pass(2, { account: 10, priority: 5 }), pass(3)]);
    await queue.send([pass(4, { priority: 5 }), pass(5, { startAfter: Date.now() + 3_600_000, priority: 9 })]);
    expect(links([await one(queue)])).toEqual([2]);
    expect(links(await queue.take(10))).toEqual([4, 3]);
    await passTime(all);
    expect(links(await queue.take(10))).toEqual([5]);
  });

  it("goes before a thousand that run by themselves when a person asks, also one that waited for its time", async () => {
    await using all = await scratchQueue();
    const { queue } = all;
    await queue.send(Array.from({ length: 1_000 }, (_, index) => pass(index + 1)));
    await queue.send([pass(2_000, { startAfter: Date.now() + 3_600_000 })]);
    await queue.ask([pass(2_000), pass(700), pass(3_000)]);
    expect((await depth(queue))?.waiting).toBe(1_002);
    expect(new Set(links(await queue.take(3)))).toEqual(new Set([700, 2_000, 3_000]));
    // Asked for while it runs: once more, first again.
    await queue.ask([pass(700)]);
    expect(await depth(queue)).toMatchObject({ waiting: 1_000, running: 3 });
  });

  it("is as much there as the transaction that sent it", async () => {
    await using all = await scratchQueue();
    const { queue, scratch } = all;
    const failing = inTransaction(scratch.pool, async (client) => {
      await queue.send([pass(1)], client);
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow();
    expect(await queue.take(1)).toEqual([]);
    await inTransaction(scratch.pool, (client) => queue.send([pass(1)], client));
    expect(links(await queue.take(1))).toEqual([1]);
  });

  it("comes in thousands, each to one of eight takers", async () => {
    await using all = await scratchQueue();
    const takers = await Promise.all(Array.from({ length: 8 }, all.another));
    const sent = Array.from({ length: 2_000 }, (_, index) => index + 1);
    expect(await all.queue.send(sent.map((link) => pass(link)))).toBe(2_000);
    const taken: number[] = [];
    const drain = async (queue: JobQueue): Promise<void> => {
      for (let jobs = await queue.take(7); jobs.length > 0; jobs = await queue.take(7)) {
        taken.push(...links(jobs));
        for (const job of jobs) expect(await queue.done(job)).toBe(true);
      }
    };
    await Promise.all(takers.map(drain));
    // A taker that met another's choice comes back with nothing; what it left is still there.
    await drain(all.queue);
    expect(taken.sort((a, b) => a - b)).toEqual(sent);
  });
});

describe("what fails", () => {
  it("waits longer each time, then is dead; given back, it begins anew", async () => {
    await using all = await scratchQueue({ backoff: { firstMs: 60_000, capMs: 90_000, attempts: 3 } });
    const { queue, scratch } = all;
    const waits = async (): Promise<number> => {
      const { rows } = await scratch.pool.query<{ seconds: number }>(
        "select extract(epoch from start_after - created_on)::float8 as seconds from pgboss.job where state = 'created'",
      );
      await passTime(all);
      return rows[0]?.seconds ?? 0;
    };
    await queue.send([pass(1)]);
    expect(await queue.again(await one(queue), { code: "UNREACHABLE" })).toBe("waiting");
    expect(await queue.take(1)).toEqual([]);
    expect(await waits()).toBeCloseTo(60, -1);
    expect(await one(queue).then((job) => queue.again(job, { code: "UNREACHABLE" }))).toBe("waiting");
    expect(await waits()).toBeCloseTo(90, -1);
    const last = await one(queue);
    expect(last.attempt).toBe(3);
    expect(await queue.again(last, { code: "UNREACHABLE" })).toBe("dead");
    const [dead] = await queue.deadJobs();
    expect(dead).toMatchObject({ kind: "pass", linkId: 1, accountId: 1, attempts: 3, code: "UNREACHABLE" });
    expect(await depth(queue)).toEqual({ kind: "pass", waiting: 0, running: 0, dead: 1 });
    expect(await queue.redrive([dead?.id ?? ""])).toBe(1);
    expect(await queue.deadJobs()).toEqual([]);
    expect((await one(queue)).attempt).toBe(1);
    await expect(queue.redrive(["1"])).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("keeps what was sent meanwhile waiting with it", async () => {
    await using all = await scratchQueue();
    const { queue } = all;
    await queue.send([pass(1)]);
    const job = await one(queue);
    await queue.send([pass(1)]);
    expect(await queue.again(job, { code: "THROTTLED", afterMs: 3_600_000 })).toBe("waiting");
    expect(await depth(queue)).toMatchObject({ waiting: 1, running: 0 });
    expect(await queue.take(1)).toEqual([]);
    await passTime(all);
    expect((await one(queue)).attempt).toBe(2);
  });

  it("can be given up at once", async () => {
    await using all = await scratchQueue();
    const { queue } = all;
    await queue.send([pass(1)]);
    expect(await queue.dead(await one(queue), "AUTH_REJECTED")).toBe(true);
    expect(await queue.deadJobs()).toMatchObject([{ linkId: 1, attempts: 1, code: "AUTH_REJECTED" }]);
    // Its link may be asked for as before; then giving it back adds nothing.
    expect(await queue.send([pass(1)])).toBe(1);
    expect(await queue.redrive((await queue.deadJobs()).map(({ id }) => id))).toBe(0);
    expect(links(await queue.take(5))).toEqual([1]);
  });

  it("is another's when the worker was away too long: the first can say nothing more", async () => {
    await using all = await scratchQueue();
    const { queue, scratch } = all;
    await queue.send([pass(1), pass(2)]);
    const taken = await queue.take(2);
    const [first, kept] = [1, 2].map((link) => taken.find(({ linkId }) => linkId === link));
    if (first === undefined || kept === undefined) throw new Error("there are no jobs");
    expect(await queue.keepAlive([first, kept])).toEqual([]);
    // As if it had not said keepAlive for an hour.
    await scratch.pool.query("update pgboss.job set heartbeat_on = now() - interval '1 hour' where id = $1", [
      first.id,
    ]);
    const second = { ...first, attempt: 2, claim: 1 };
    await expect.poll(() => queue.take(1), { timeout: 30_000 }).toEqual([second]);
    expect(await queue.keepAlive([first, kept])).toEqual([first]);
    expect(await queue.done(first)).toBe(false);
    expect(await queue.dead(first, "BUG")).toBe(false);
    expect(await queue.again(first, { code: "BUG" })).toBe("lost");
    expect(await queue.deadJobs()).toEqual([]);
    expect(await queue.done(second)).toBe(true);
    expect(all.problems).toEqual([]);
  });

  it("is dead when its workers die of it again and again", async () => {
    await using all = await scratchQueue();
    const { queue, scratch } = all;
    await queue.send([pass(1)]);
    for (let death = 1; death <= 6; death++) {
      await expect.poll(async () => (await queue.take(1))[0]?.attempt, { timeout: 30_000 }).toBe(death);
      await scratch.pool.query("update pgboss.job set heartbeat_on = now() - interval '1 hour' where state = 'active'");
    }
    await expect
      .poll(() => queue.deadJobs(), { timeout: 30_000 })
      .toMatchObject([{ linkId: 1, attempts: 6, code: "WORKER_DIED" }]);
    expect(await depth(queue)).toEqual({ kind: "pass", waiting: 0, running: 0, dead: 1 });
  });
});

describe("waiting for work", () => {
  it("ends when something is sent, also just before", async () => {
    await using all = await scratchQueue();
    const other = await all.another();
    // Both bells hang: whichever of the two hears, has heard it.
    const waiting = all.queue.waitForWork(soon);
    await other.send([pass(1)]);
    await waiting;
    expect(links(await all.queue.take(1))).toEqual([1]);
    await other.waitForWork(soon);
  });

  it("ends at once when the signal is aborted, and after a while by itself", async () => {
    await using all = await scratchQueue();
    await all.queue.waitForWork(AbortSignal.abort());
    const stop = new AbortController();
    const waiting = all.queue.waitForWork(stop.signal);
    stop.abort();
    await waiting;
    await all.queue.waitForWork(soon);
  });

  it("goes on when the connection that listens was ended", async () => {
    await using all = await scratchQueue();
    const listeners =
      "select pid from pg_stat_activity where application_name like 'packetboat % queue' and datname = current_database()";
    const before = await all.scratch.pool.query<{ pid: number }>(listeners);
    await all.scratch.pool.query("select pg_terminate_backend($1, 10000)", [before.rows[0]?.pid]);
    await all.queue.waitForWork(soon);
    await expect
      .poll(
        async () => {
          await all.queue.waitForWork(soon);
          return (await all.scratch.pool.query(listeners)).rows.length;
        },
        { timeout: 30_000 },
      )
      .toBe(1);
    await all.queue.send([pass(1)]);
    await all.queue.waitForWork(soon);
    expect(links(await all.queue.take(1))).toEqual([1]);
  });
});

describe("the schema of the jobs", () => {
  const version = "select version from pgboss.version";

  it("is made by several at once, and not by opening", async () => {
    await using scratch = await scratchDatabase();
    const { database, pool } = scratch;
    const onProblem = (): void => undefined;
    await expect(openQueue(database, { onProblem })).rejects.toMatchObject({ code: "SCHEMA_CHANGED" });
    await Promise.all([upgradeQueue(database), upgradeQueue(database), upgradeQueue(database)]);
    await using queue = await openQueue(database, { onProblem });
    await queue.send([pass(1)]);
    await upgradeQueue(database);
    expect(links(await queue.take(1))).toEqual([1]);
    const { rows } = await pool.query("select heartbeat_seconds, policy from pgboss.queue where name = 'work'");
    expect(rows).toEqual([{ heartbeat_seconds: 30, policy: "stately" }]);
  });

  it("is upgraded from an earlier version, and left alone when it is newer", async () => {
    await using scratch = await scratchDatabase();
    const { database, pool } = scratch;
    const { getRollbackPlans } = await import("pg-boss");
    await upgradeQueue(database);
    const [newest] = (await pool.query<{ version: number }>(version)).rows;
    const known = newest?.version ?? 0;
    await pool.query(getRollbackPlans("pgboss", known));
    expect((await pool.query(version)).rows).toEqual([{ version: known - 1 }]);
    await expect(openQueue(database, { onProblem: () => undefined })).rejects.toMatchObject({ code: "SCHEMA_CHANGED" });
    const notices: string[] = [];
    await upgradeQueue(database, { onNotice: (sentence) => notices.push(sentence) });
    expect(notices).toHaveLength(1);
    expect((await pool.query(version)).rows).toEqual([{ version: known }]);
    // Indexes that an upgrade leaves to be built are built by the workers.
    await using queue = await openQueue(database, { onProblem: () => undefined });
    const unbuilt = "select count(*)::int as unbuilt from pgboss.bam where status <> 'completed'";
    await expect.poll(async () => (await pool.query(unbuilt)).rows, { timeout: 90_000 }).toEqual([{ unbuilt: 0 }]);
    await queue.close();
    await pool.query("update pgboss.version set version = $1", [known + 1]);
    for (const attempt of [() => upgradeQueue(database), () => openQueue(database, { onProblem: () => undefined })])
      await expect(attempt()).rejects.toMatchObject({ code: "SCHEMA_TOO_NEW" });
  });
});
