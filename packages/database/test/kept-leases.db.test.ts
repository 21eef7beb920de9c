// Leases on kept connections hold as well as those on a connection of their own: one holder at a time, a token that grows, a loss that is told.
import {
  type Ask,
  acquireLease,
  askWorkers,
  FENCE_SQL,
  hearAsks,
  inTransaction,
  keptLeases,
} from "@packetboat/database";
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

test("a kept connection has nothing left over of the leases that were given back", async () => {
  const clients: Awaited<ReturnType<typeof scratch.database.dedicated>>[] = [];
  const dedicated: typeof scratch.database.dedicated = async (name) => {
    const client = await scratch.database.dedicated(name);
    clients.push(client);
    return client;
  };
  await using leases = keptLeases(Object.assign(Object.create(scratch.database), { dedicated }), 2);
  const listeners: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    await (await leases.acquire(on(1))).release();
    listeners.push(clients[0]?.listenerCount("end") ?? -1);
  }
  expect(clients).toHaveLength(1);
  expect(new Set(listeners).size).toBe(1);
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

test("S4: of what is taken in one moment everybody gets their own, and who is held elsewhere keeps nobody waiting", async () => {
  await using leases = keptLeases(scratch.database, 20);
  await using elsewhere = await acquireLease(scratch.database, on(2));
  const [one, two, three] = await Promise.allSettled([1, 2, 3].map((account) => leases.acquire(on(account))));
  if (one?.status !== "fulfilled" || three?.status !== "fulfilled") throw new Error("what is free was not to be had");
  expect([one.value.accountId, three.value.accountId]).toEqual([1, 3]);
  expect(two).toMatchObject({ reason: { code: "LEASE_HELD" } });
  await Promise.all([one.value.release(), three.value.release()]);
  for (const account of [1, 3]) await (await acquireLease(scratch.database, on(account))).release();
  expect(elsewhere.lost.aborted).toBe(false);
});

test("S4: while a former holder still writes, its account is waited for and the others of the moment are not; no lock is left", async () => {
  const { pool, database } = scratch;
  const former = await acquireLease(database, on(1));
  await using leases = keptLeases(database, 20);
  const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
  const { promise: leave, resolve: finish } = Promise.withResolvers<void>();
  const writing = inTransaction(pool, async (client) => {
    await client.query(FENCE_SQL, [former.accountId, former.token]);
    enter();
    await leave;
  });
  await entered;
  await former.release();
  const [blocked, other] = await Promise.allSettled([leases.acquire(on(1, 300)), leases.acquire(on(2, 5_000))]);
  expect(blocked).toMatchObject({ reason: { code: "LEASE_HELD" } });
  if (other?.status !== "fulfilled") throw new Error("account 2 was not to be had");
  finish();
  await writing;
  const taken = await leases.acquire(on(1, 5_000));
  expect(taken.token).toBeGreaterThan(former.token);
  await Promise.all([taken.release(), other.value.release()]);
  const { rows } = await pool.query(
    `select 1 from pg_locks where locktype = 'advisory'
      and database = (select oid from pg_database where datname = current_database())`,
  );
  expect(rows).toEqual([]);
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
