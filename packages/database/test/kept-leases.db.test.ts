// Leases on kept connections hold as well as those on a connection of their own: one holder at a time, a token that grows, a loss that is told.
import { type Ask, acquireLease, askWorkers, hearAsks, keptLeases } from "@packetboat/database";
import { type ScratchDatabase, scratchDatabase } from "@packetboat/database/testing";
import { afterEach, beforeEach, expect, test } from "vitest";

let scratch: ScratchDatabase;
beforeEach(async () => {
  scratch = await scratchDatabase();
  await scratch.pool.query(
    "insert into account (user_name, host, port) select 'user ' || n, 'localhost', 143 from generate_series(1, 3) n",
  );
});
afterEach(async () => scratch.close());

const leaseSessions = async (): Promise<number> => {
  const { rows } = await scratch.pool.query<{ sessions: number }>(
    "select count(*)::int as sessions from pg_stat_activity where application_name like '%lease' and datname = current_database()",
  );
  return rows[0]?.sessions ?? -1;
};
const on = (accountId: number, waitMs = 200) => ({ accountId, holder: "test", waitMs });

test("S4: one connection serves one account after the other, and each holder has a greater token", async () => {
  await using leases = keptLeases(scratch.database, 2);
  const tokens: bigint[] = [];
  for (const account of [1, 2, 1, 1]) {
    const lease = await leases.acquire(on(account));
    if (account === 1) tokens.push(lease.token);
    await lease.release();
  }
  expect(tokens).toEqual(tokens.toSorted((a, b) => (a < b ? -1 : 1)));
  expect(new Set(tokens).size).toBe(3);
  expect(await leaseSessions()).toBe(1);
});

test("S4: what is held on a kept connection is held, and free when it was given back", async () => {
  await using leases = keptLeases(scratch.database, 2);
  await (await leases.acquire(on(2))).release();
  const held = await leases.acquire(on(1));
  await expect(acquireLease(scratch.database, on(1))).rejects.toMatchObject({ code: "LEASE_HELD" });
  await expect(leases.acquire(on(1))).rejects.toMatchObject({ code: "LEASE_HELD" });
  await held.release();
  await held.release();
  await using _other = await acquireLease(scratch.database, on(1));
});

test("S4: a kept connection that ends tells its holder, and only that one", async () => {
  await using leases = keptLeases(scratch.database, 2);
  const former = await leases.acquire(on(1));
  await former.release();
  const lease = await leases.acquire(on(2));
  const told = new Promise<void>((resolve) => lease.lost.addEventListener("abort", () => resolve(), { once: true }));
  scratch.database.cutOff();
  await told;
  expect(lease.lost.reason).toMatchObject({ code: "LEASE_LOST" });
  expect(former.lost.aborted).toBe(false);
  const anew = await leases.acquire(on(2, 5_000));
  expect(anew.token).toBeGreaterThan(lease.token);
  await anew.release();
});

test("S4: who waits for an account asks workers to make way; a worker that waits does not; what nobody of ours says is not heard", async () => {
  const heard: Ask[] = [];
  const lost: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const onAsk = (ask: Ask): void => {
    heard.push(ask);
    if (ask.kind === "pass") resolve();
  };
  const { pool } = scratch;
  expect(await askWorkers(pool, { kind: "pass", id: 7 })).toBe(0);
  await using _asks = await hearAsks(scratch.database, onAsk, ({ code }) => lost.push(code));
  await using leases = keptLeases(scratch.database, 2);
  const held = await leases.acquire(on(1));
  await expect(leases.acquire(on(1))).rejects.toMatchObject({ code: "LEASE_HELD" });
  await expect(acquireLease(scratch.database, on(1))).rejects.toMatchObject({ code: "LEASE_HELD" });
  for (const payload of ["", "lease", "lease -1", "drop 1", "lease 1; lease 2"])
    await pool.query("select pg_notify('packetboat_ask', $1)", [payload]);
  expect(await askWorkers(pool, { kind: "pass", id: 7 })).toBe(1);
  await promise;
  expect(heard).toEqual([
    { kind: "lease", id: 1 },
    { kind: "pass", id: 7 },
  ]);
  await held.release();
  await using _mine = await acquireLease(scratch.database, on(1));
  expect(lost).toEqual([]);
});
