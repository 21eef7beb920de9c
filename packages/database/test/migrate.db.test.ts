// Migrations against a real Postgres: order, concurrent runners, and the two refusals that protect a database from the wrong code.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrateDatabase, openDatabase, pendingMigrations, readMigrations } from "@packetboat/database";
import { scratchDatabase } from "@packetboat/database/testing";
import { afterEach, expect, test } from "vitest";

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

function migrations(files: Record<string, string>): string {
  const directory = mkdtempSync(join(tmpdir(), "packetboat-migrations-"));
  directories.push(directory);
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(directory, name), sql);
  return directory;
}

const two = { "0001_one.sql": "create table one (id bigint);", "0002_two.sql": "insert into one values (1);" };

test("applies each file once, however many runners start together", async () => {
  await using scratch = await scratchDatabase({ migrations: null });
  const directory = migrations(two);
  const runners = await Promise.all(
    Array.from({ length: 6 }, async () => {
      await using database = await openDatabase({ url: scratch.url });
      return await migrateDatabase(database, { directory });
    }),
  );
  expect(runners.toSorted()).toEqual([0, 0, 0, 0, 0, 2]);
  const { rows } = await scratch.pool.query("select count(*) as count from packetboat.one");
  expect(rows).toEqual([{ count: 1n }]);
});

test("an up-to-date schema costs one query and no lock", async () => {
  const directory = migrations(two);
  await using scratch = await scratchDatabase({ migrations: directory });
  const queries: string[] = [];
  const pool = scratch.pool;
  const counted = {
    ...scratch.database,
    pool: new Proxy(pool, {
      get: (target, key) =>
        key === "query" ? (sql: string) => target.query(sql, void queries.push(sql)) : Reflect.get(target, key),
    }),
    dedicated: async () => {
      throw new Error("no connection of its own is needed");
    },
  };
  expect(await migrateDatabase(counted, { directory })).toBe(0);
  expect(queries).toHaveLength(1);
});

test("refuses a schema that is newer than the code", async () => {
  await using scratch = await scratchDatabase({ migrations: migrations(two) });
  const older = migrations({ "0001_one.sql": two["0001_one.sql"] });
  await expect(migrateDatabase(scratch.database, { directory: older })).rejects.toMatchObject({
    code: "SCHEMA_TOO_NEW",
  });
});

test("refuses when a landed file was edited", async () => {
  await using scratch = await scratchDatabase({ migrations: migrations(two) });
  const edited = migrations({ ...two, "0001_one.sql": "create table one (id integer);" });
  await expect(migrateDatabase(scratch.database, { directory: edited })).rejects.toMatchObject({
    code: "SCHEMA_CHANGED",
    message: expect.stringMatching(/migrations\/0001_one\.sql .* Use that version, or restore the file/),
  });
});

test("a file that fails leaves nothing of itself, and the next run continues there", async () => {
  await using scratch = await scratchDatabase({ migrations: null });
  const broken = migrations({ ...two, "0002_two.sql": "create table half (id bigint); select 1 / 0;" });
  await expect(migrateDatabase(scratch.database, { directory: broken })).rejects.toThrow("division by zero");
  const { rows } = await scratch.pool.query(
    "select to_regclass('packetboat.half') as half, to_regclass('packetboat.one') as one",
  );
  expect(rows).toEqual([{ half: null, one: "one" }]);
  expect(await migrateDatabase(scratch.database, { directory: migrations(two) })).toBe(1);
});

test("a gap in the numbers is refused", () => {
  const directory = migrations({ "0001_one.sql": "", "0003_three.sql": "" });
  expect(() => readMigrations(directory)).toThrow("number 2 is expected");
});

test("files that are no migrations are ignored", () => {
  const directory = migrations(two);
  copyFileSync(join(directory, "0001_one.sql"), join(directory, "schema.sql"));
  const known = readMigrations(directory);
  expect(known.map((migration) => migration.number)).toEqual([1, 2]);
  expect(pendingMigrations(known, [])).toEqual(known);
});
