// S4 against real processes: a holder that was frozen, and whose lock was taken away meanwhile, must not write when it wakes up.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acquireLease, assertFence, inTransaction } from "@packetboat/database";
import { type ScratchDatabase, scratchDatabase } from "@packetboat/database/testing";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type Command, endCommands, startCommand } from "./commands/start.ts";

const directory = mkdtempSync(join(tmpdir(), "packetboat-lease-"));
writeFileSync(
  join(directory, "0001_lease.sql"),
  `create table account (id bigint primary key);
   insert into account values (1), (2);
   create table lease (
     account_id bigint primary key references account (id) on delete cascade,
     holder text not null, token bigint not null default 0, acquired_at timestamptz not null);
   create table written (what text not null);`,
);
let server: ScratchDatabase;
let scratch: ScratchDatabase;
beforeAll(async () => {
  // Keeps the server and the template over the file.
  server = await scratchDatabase({ migrations: directory });
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});
beforeEach(async () => {
  scratch = await scratchDatabase({ migrations: directory });
});
afterEach(async () => {
  await endCommands();
  await scratch.close();
});

async function lockConnection(command: Command): Promise<number> {
  const { rows } = await scratch.pool.query<{ pid: number }>(
    "select pid from pg_stat_activity where application_name = $1 and datname = current_database()",
    [`packetboat ${command.pid} lease`],
  );
  return rows[0]?.pid ?? 0;
}

const tokenOf = (line: string): bigint => BigInt(/^token (\d+)$/.exec(line)?.[1] ?? 0);

const written = async (): Promise<unknown> => (await scratch.pool.query("select what from written order by what")).rows;

test("S4 trap 47: a frozen holder whose lock was taken over cannot write", async () => {
  const first = startCommand("holder", scratch.url);
  const token = tokenOf(await first.line());
  first.say("before");
  expect(await first.line()).toBe("written");

  first.child.kill("SIGSTOP");
  const backend = await lockConnection(first);
  expect(backend).toBeGreaterThan(0);
  // What happens when its machine vanishes and the server's keep-alive gives up.
  await scratch.pool.query("select pg_terminate_backend($1, 10000)", [backend]);

  const second = startCommand("holder", scratch.url);
  expect(tokenOf(await second.line())).toBeGreaterThan(token);
  first.child.kill("SIGCONT");
  first.say("after");
  expect(await first.line()).toBe("LEASE_LOST");
  second.say("second");
  expect(await second.line()).toBe("written");
  expect(await written()).toEqual([{ what: "before" }, { what: "second" }]);
});

test("S4: after a SIGKILL the next command starts at once", async () => {
  const first = startCommand("holder", scratch.url);
  const token = tokenOf(await first.line());
  first.child.kill("SIGKILL");
  await first.ended;
  await using lease = await acquireLease(scratch.database, { accountId: 1, holder: "second", waitMs: 5_000 });
  expect(lease.token).toBeGreaterThan(token);
});

test("S4 trap 47: a holder whose connection stands is waited for, then named", async () => {
  const first = startCommand("holder", scratch.url);
  await first.line();
  const told: string[] = [];
  const waiting = acquireLease(scratch.database, {
    accountId: 1,
    holder: "second",
    waitMs: 300,
    onWait: (holder) => told.push(holder),
  });
  await expect(waiting).rejects.toMatchObject({
    code: "LEASE_HELD",
    message: expect.stringContaining(`process ${first.pid}, since `),
  });
  expect(told).toEqual([expect.stringContaining(`process ${first.pid}`)]);
  await using other = await acquireLease(scratch.database, { accountId: 2, holder: "second" });
  expect(other.accountId).toBe(2);
});

test("a released lease goes to the one who waits", async () => {
  const first = await acquireLease(scratch.database, { accountId: 1, holder: "first" });
  let begun: () => void = () => undefined;
  const waits = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const second = acquireLease(scratch.database, { accountId: 1, holder: "second", onWait: begun });
  await waits;
  await first.release();
  await using lease = await second;
  expect(lease.token).toBeGreaterThan(first.token);
  expect(first.lost.aborted).toBe(false);
});

test("an interrupted wait ends at once", async () => {
  await using _first = await acquireLease(scratch.database, { accountId: 1, holder: "first" });
  const stop = new AbortController();
  const waiting = acquireLease(scratch.database, {
    accountId: 1,
    holder: "second",
    onWait: () => stop.abort(),
    signal: stop.signal,
  });
  await expect(waiting).rejects.toMatchObject({ code: "INTERRUPTED" });
});

test("a lost lock connection aborts, and the token is raised only after the last writer", async () => {
  const first = await acquireLease(scratch.database, { accountId: 1, holder: "first" });
  const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
  const { promise: leave, resolve: finish } = Promise.withResolvers<void>();
  const writing = inTransaction(scratch.pool, async (client) => {
    await assertFence(client, first);
    enter();
    await leave;
    await client.query("insert into written (what) values ('in time')");
  });
  await entered;
  const lost = new Promise((resolve) => first.lost.addEventListener("abort", resolve, { once: true }));
  await scratch.pool.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name like '% lease' and datname = current_database()",
  );
  await lost;
  expect(first.lost.reason).toMatchObject({ code: "LEASE_LOST" });
  await expect(acquireLease(scratch.database, { accountId: 1, holder: "second", waitMs: 200 })).rejects.toMatchObject({
    code: "LEASE_HELD",
  });
  finish();
  await writing;
  await using second = await acquireLease(scratch.database, { accountId: 1, holder: "second" });
  expect(second.token).toBeGreaterThan(first.token);
  expect(await written()).toEqual([{ what: "in time" }]);
});

test("S4: a token that a crash of the server forgot is never given again", async () => {
  const first = await acquireLease(scratch.database, { accountId: 1, holder: "first" });
  await first.release();
  // What a crash leaves when the raise had not reached the disk.
  await scratch.pool.query("delete from lease");
  await using second = await acquireLease(scratch.database, { accountId: 1, holder: "second" });
  expect(second.token).toBeGreaterThan(first.token);
});
