// packetboat apply killed with SIGKILL in the middle: every step that was done stays whole, and the next apply does the rest. A lock of the test
// holds the statement at which it is killed; the server either ends with the program or still does what it was told.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scratchDatabase } from "@packetboat/database/testing";
import { until } from "@packetboat/testkit";
import { expect, it } from "vitest";
import { runProgram } from "./program.ts";

const FILE = `archives: [one, two]
accounts:
  a: { url: "imaps://a@x.example", password: { command: "pass a" }, limits: { connections: 1 } }
  b: { url: "imaps://b@x.example" }
links:
  - { account: a, archive: one, schedule: { cron: "0 1 * * *" } }
  - { account: b, archive: one, push: true, schedule: { watch: true } }
  - { account: b, archive: two }
`;
const WAITING = `select pid from pg_locks where not granted
  and database = (select oid from pg_database where datname = current_database())`;
const COUNTS = `select (select count(*)::int from archive) as archives, (select count(*)::int from account) as accounts,
  (select count(*)::int from link) as links, (select count(*)::int from schedule) as schedules`;

type Counts = Readonly<Record<"archives" | "accounts" | "links" | "schedules", number>>;

it.each<readonly [table: string, statement: "lost" | "done", left: Counts]>([
  ["account", "lost", { archives: 2, accounts: 0, links: 0, schedules: 0 }],
  ["link", "lost", { archives: 2, accounts: 2, links: 0, schedules: 0 }],
  ["schedule", "done", { archives: 2, accounts: 2, links: 3, schedules: 1 }],
])("killed at its first %s, the statement %s, the next apply does the rest", async (table, statement, left) => {
  await using scratch = await scratchDatabase();
  const directory = await mkdtemp(join(tmpdir(), "pb-apply-kill-"));
  const path = join(directory, "packetboat.yaml");
  await writeFile(path, FILE);
  const env = { PACKETBOAT_HOME: directory, PACKETBOAT_DATABASE_URL: scratch.url };
  const apply = ["apply", "-f", path];
  const counts = async (): Promise<unknown> => (await scratch.pool.query(COUNTS)).rows[0];
  const client = await scratch.pool.connect();
  await client.query(`begin; lock table ${table} in share row exclusive mode`);
  const waits = until(async () => (await scratch.pool.query(WAITING)).rowCount === 1, "apply reaches the table");
  const { code } = await runProgram(apply, env, { kill: { when: waits, signal: "SIGKILL" } });
  await waits;
  expect(code).toBeNull();
  if (statement === "lost")
    await scratch.pool.query(`select pg_terminate_backend(pid, 10000) from (${WAITING}) as waiting`);
  await client.query("rollback");
  client.release();
  await until(async () => JSON.stringify(await counts()) === JSON.stringify(left), "what was done is whole");
  expect((await runProgram(apply, env)).code).toBe(0);
  expect(await counts()).toEqual({ archives: 2, accounts: 2, links: 3, schedules: 2 });
  expect((await runProgram(apply, env)).stdout).toBe("Nothing to change.\n");
  await rm(directory, { recursive: true, force: true });
});
