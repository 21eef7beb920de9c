// Fresh databases for tests: one real server per checkout (embedded, or PACKETBOAT_TEST_DATABASE_URL), one migrated template per state of
// the migrations, one clone per call (20 to 50 ms). The server runs while any test process of the checkout uses it and stops after the last.
// It must never be imported by anything but tests: it turns fsync off, which only data that are thrown away can bear.
import { createHash, randomBytes } from "node:crypto";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { Client, Pool } from "pg";
import { type Database, openDatabase } from "../src/connect.ts";
import { defaultMigrationsDirectory, migrateDatabase, readMigrations } from "../src/migrate.ts";

const SWEEP_ABOVE = 30;

/** A database of one's own, dropped by close. */
export interface ScratchDatabase extends AsyncDisposable {
  readonly url: string;
  readonly database: Database;
  readonly pool: Pool;
  readonly close: () => Promise<void>;
}

export interface ScratchOptions {
  /** A directory of migrations, or null for an empty database. Default: /migrations of the checkout. */
  readonly migrations?: string | null;
  /** A scratch database to be copied as it is, instead. Connections to it are ended. */
  readonly copyOf?: ScratchDatabase;
}

/** Gives a migrated database that nobody else uses. */
export async function scratchDatabase(options: ScratchOptions = {}): Promise<ScratchDatabase> {
  const server = await openTestServer();
  try {
    const directory = options.migrations === undefined ? defaultMigrationsDirectory() : options.migrations;
    const name = await (options.copyOf
      ? copyScratch(server, nameIn(options.copyOf.url))
      : cloneTemplate(server, directory));
    const url = withDatabase(server.url, name);
    const database = await openDatabase({ url });
    const close = async (): Promise<void> => {
      await database.close();
      await server.pool.query(`drop database if exists ${name} with (force)`);
      await server.close();
    };
    return { url, database, pool: database.pool, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** The server that scratch databases live on, as an administrator. Close it: it stops when nobody else uses it. */
export async function openTestServer(): Promise<Database> {
  const url = process.env.PACKETBOAT_TEST_DATABASE_URL ?? "";
  if (url !== "") return openDatabase({ url, poolSize: 2 });
  const settings = { fsync: "off", full_page_writes: "off" };
  return openDatabase({ url: "", home: testHome(), env: {}, poolSize: 2, settings });
}

function testHome(): string {
  const checkout = createHash("sha256")
    .update(import.meta.url)
    .digest("hex")
    .slice(0, 8);
  return join(tmpdir(), `packetboat-test-${userInfo().uid}-${checkout}`);
}

/** Under one lock: templates are made once, and none is swept away while it is cloned. */
async function cloneTemplate(server: Database, directory: string | null): Promise<string> {
  const client = await server.dedicated("template");
  try {
    await client.query("select pg_advisory_lock(hashtextextended($1, 0))", ["packetboat test template"]);
    const template = directory === null ? "template0" : await migratedTemplate(client, server.url, directory);
    const name = scratchName();
    await client.query(`create database ${name} template ${template}`);
    return name;
  } finally {
    await client.end();
  }
}

const scratchName = (): string => `scratch_${process.pid}_${randomBytes(6).toString("hex")}`;

/** Postgres copies only what nobody is connected to; one copy at a time, because the copying is a connection as well. */
async function copyScratch(server: Database, original: string): Promise<string> {
  const client = await server.dedicated("copy");
  try {
    await client.query("select pg_advisory_lock(hashtextextended($1, 0))", ["packetboat test copy"]);
    await client.query("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1", [original]);
    const name = scratchName();
    await client.query(`create database ${name} template ${original}`);
    return name;
  } finally {
    await client.end();
  }
}

async function migratedTemplate(client: Client, serverUrl: string, directory: string): Promise<string> {
  const digest = createHash("sha256");
  for (const migration of readMigrations(directory)) digest.update(migration.sha256);
  const name = `template_${digest.digest("hex").slice(0, 16)}`;
  const { rowCount } = await client.query("select from pg_database where datname = $1", [name]);
  if (rowCount === 1) return name;
  await sweep(client);
  const partial = `partial_${randomBytes(8).toString("hex")}`;
  await client.query(`create database ${partial} template template0`);
  const database = await openDatabase({ url: withDatabase(serverUrl, partial) });
  try {
    await migrateDatabase(database, { directory });
  } finally {
    await database.close();
  }
  await client.query(`alter database ${partial} rename to ${name}`);
  return name;
}

/** Drops what earlier versions of the migrations and killed test runs left, once there is a heap of it. */
async function sweep(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "select datname as name from pg_database where datname ~ '^(template|partial|scratch)_[0-9a-f]{2}'",
  );
  if (rows.length < SWEEP_ABOVE) return;
  for (const { name } of rows) {
    if (!name.startsWith("scratch_") || !isRunning(Number(name.split("_")[1])))
      await client.query(`drop database ${name} with (force)`);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const nameIn = (url: string): string => new URL(url.replace("@/", "@localhost/")).pathname.slice(1);

function withDatabase(url: string, name: string): string {
  const [address = "", query = ""] = url.split(/\?(.*)/s);
  return `${address.replace(/\/[^/]*$/, `/${name}`)}${query === "" ? "" : `?${query}`}`;
}
