// Brings the schema up to the code's: /migrations/NNNN_name.sql in order, each in a transaction of its own, under an advisory lock, and
// recorded with its digest. An up-to-date schema costs one query and no lock.
// It must never run over a schema that is newer than the code, nor over a landed file that was edited: both are refused by name.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MailError } from "@packetboat/core";
import type { Client } from "pg";
import { type Database, SCHEMA } from "./connect.ts";
import { asDatabaseError, databaseCode } from "./errors.ts";

const FILE_NAME = /^(\d{4})_([a-z0-9_]+)\.sql$/;
const MIGRATION_LOCK = "packetboat migrations";

/** A migration file. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  /** Hexadecimal, of the file's bytes. */
  readonly sha256: string;
  readonly sql: string;
}

/** A row of schema_migration. */
export interface AppliedMigration {
  readonly number: number;
  readonly name: string;
  readonly sha256: string;
}

/** The migrations of this checkout. */
export function defaultMigrationsDirectory(): string {
  return fileURLToPath(new URL("../../../migrations", import.meta.url));
}

const fileOf = (number: number, name: string): string => `migrations/${String(number).padStart(4, "0")}_${name}.sql`;

/** Reads the migrations of a directory in order (other files are ignored). Throws SCHEMA_CHANGED when numbers do not run 1, 2, 3 … */
export function readMigrations(directory: string): readonly Migration[] {
  const migrations = readdirSync(directory)
    .sort()
    .flatMap((file): Migration[] => {
      const match = FILE_NAME.exec(file);
      if (match === null) return [];
      const bytes = readFileSync(join(directory, file));
      return [
        {
          number: Number(match[1]),
          name: match[2] ?? "",
          sha256: createHash("sha256").update(bytes).digest("hex"),
          sql: bytes.toString("utf8"),
        },
      ];
    });
  for (const [index, { number, name }] of migrations.entries()) {
    if (number !== index + 1)
      throw new MailError(
        "SCHEMA_CHANGED",
        `${fileOf(number, name)} stands where number ${index + 1} is expected: files are missing or too many. Restore the ones of this version; nothing was changed.`,
      );
  }
  return migrations;
}

/**
 * Decides what is still to be applied. Throws SCHEMA_TOO_NEW when the database knows more than the code, and SCHEMA_CHANGED when an
 * applied file is not the one in the code.
 */
export function pendingMigrations(
  known: readonly Migration[],
  applied: readonly AppliedMigration[],
): readonly Migration[] {
  const newest = applied.at(-1);
  if (newest !== undefined && newest.number > known.length) {
    throw new MailError(
      "SCHEMA_TOO_NEW",
      `The database was upgraded by a newer Packetboat (schema ${newest.number}, this one knows ${known.length}). Use that version or a later one; nothing was changed.`,
      {
        context: { databaseSchema: newest.number, knownSchema: known.length },
      },
    );
  }
  for (const [index, { number, name, sha256 }] of applied.entries()) {
    const expected = known[index];
    if (expected === undefined || expected.number !== number || expected.sha256 !== sha256) {
      throw new MailError(
        "SCHEMA_CHANGED",
        `A different version of Packetboat wrote this database: its migration ${number} is not ${fileOf(number, name)} as it is here. Use that version, or restore the file if it was edited; nothing was changed.`,
        {
          context: { migration: number },
        },
      );
    }
  }
  return known.slice(applied.length);
}

export interface MigrateOptions {
  /** Default: /migrations of this checkout. */
  readonly directory?: string;
  /** Told before each file. Default: silent. */
  readonly onNotice?: (sentence: string) => void;
}

/** Upgrades the schema if needed and gives how many files were applied. One query when there is nothing to do. */
export async function migrateDatabase(database: Database, options: MigrateOptions = {}): Promise<number> {
  const known = readMigrations(options.directory ?? defaultMigrationsDirectory());
  const applied = await readApplied(database.pool);
  if (applied !== null && pendingMigrations(known, applied).length === 0) return 0;
  return await withMigrationLock(database, (client) => applyAll(client, known, options.onNotice));
}

/** Runs `work` while nobody else changes the schema of this database, ours or the job queue's; `client` holds the lock. */
export async function withMigrationLock<T>(
  database: Pick<Database, "dedicated">,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await database.dedicated("migrate");
  try {
    // Ends with the connection, also when this process is killed.
    await client.query("select pg_advisory_lock(hashtextextended($1, 0))", [MIGRATION_LOCK]);
    return await work(client);
  } catch (error) {
    throw asDatabaseError(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Null when the schema or its table is not there yet. */
async function readApplied(
  connection: Pick<Client, "query"> | Database["pool"],
): Promise<readonly AppliedMigration[] | null> {
  try {
    const { rows } = await connection.query<AppliedMigration>(
      `select number, name, sha256 from ${SCHEMA}.schema_migration order by number`,
    );
    return rows;
  } catch (error) {
    // 42P01: no such table; 3F000: no such schema.
    const code = databaseCode(error);
    if (code === "42P01" || code === "3F000") return null;
    throw asDatabaseError(error);
  }
}

async function applyAll(
  client: Client,
  known: readonly Migration[],
  onNotice?: (sentence: string) => void,
): Promise<number> {
  let applied = await readApplied(client);
  if (applied === null) {
    await createLedger(client);
    applied = [];
  }
  const pending = pendingMigrations(known, applied);
  for (const migration of pending) {
    onNotice?.(`Upgrading the database to schema ${migration.number} (${migration.name}).`);
    await applyOne(client, migration);
  }
  return pending.length;
}

async function createLedger(client: Client): Promise<void> {
  // "if not exists" alone would ask for CREATE on the database also where an administrator made the schema for us.
  const { rows } = await client.query<{ found: boolean }>("select to_regnamespace($1) is not null as found", [SCHEMA]);
  if (rows[0]?.found !== true) await client.query(`create schema ${SCHEMA}`);
  await client.query(`create table ${SCHEMA}.schema_migration (
    number integer primary key,
    name text not null,
    sha256 text not null,
    applied_at timestamptz not null default now()
  )`);
}

async function applyOne(client: Client, { number, name, sha256, sql }: Migration): Promise<void> {
  await client.query("begin");
  try {
    await client.query(sql);
    await client.query(`insert into ${SCHEMA}.schema_migration (number, name, sha256) values ($1, $2, $3)`, [
      number,
      name,
      sha256,
    ]);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}
