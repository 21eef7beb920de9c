// The whole database as one stream, and back: for moving to another machine or another Postgres, where no pg_dump is at hand. Tables are
// copied in Postgres' binary format, which is the same from 15 on for all our types, within one snapshot.
// It must never load over data, nor into a schema of another number: what is loaded is what was dumped, or nothing.
import { readFileSync } from "node:fs";
import type { Writable } from "node:stream";
import { MailError } from "@packetboat/core";
import { asDatabaseError, connectFrom, inTransaction } from "@packetboat/database";
import type { Pool, PoolClient } from "pg";
import { to as copyTo } from "pg-copy-streams";
import { copyIn } from "./copy.ts";
import { damaged, type FrameSource, frameSink, frameSource } from "./dump-frames.ts";

/**
 * In the order in which foreign keys let them be loaded. A test compares it with the schema. Left out are leases, which are of the
 * processes that hold them, and sign-ins under way: sessions, invitations and failures. Who moves signs in again.
 */
export const DUMPED_TABLES = [
  "account",
  "archive",
  "secret",
  "sign_in",
  "link",
  "schedule",
  "throttle",
  "account_hold",
  "run",
  "revision",
  "blob",
  "blob_part",
  "content",
  "indexed",
  "indexed_week",
  "mailbox",
  "mailbox_version",
  "message",
  "message_version",
  "forgotten",
  "mailbox_count",
  "mailbox_tally",
  "mailbox_newest",
  "storage_counted",
  "storage_day",
  "remote_mailbox",
  "placement",
  "intent",
  "pending",
  "unsent",
  "server_removal",
  "app_user",
  "user_archive",
  "user_identity",
  "api_token",
  "audit",
  "job",
] as const;

const MAGIC = Buffer.from("packetboat dump 1\n");
/** A busy database is no empty one: whoever holds a table longer than this is at work in it. */
const LOCK_TIMEOUT = "10s";

interface Header {
  /** Of the last migration: what `load` needs to have before it. */
  readonly schema: number;
  /** Of the Packetboat that made it. */
  readonly version: string;
  readonly createdAt: string;
  readonly tables: readonly Table[];
}

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  /** The last id that was given out, as text; null: none, or no ids. Ids are never used again, also those of rows that are gone. */
  readonly lastId: string | null;
}

export interface Dumped {
  readonly schema: number;
  readonly bytes: number;
  readonly rows: Readonly<Record<string, number>>;
}

export interface DumpProgress {
  /** The table in work. */
  readonly table: string;
  /** Of the file, so far. */
  readonly bytes: number;
}

export interface TransferOptions {
  /** Told after each frame. Default: silent. */
  readonly onProgress?: (progress: DumpProgress) => void;
  /** Ends it with its reason. Default: none. */
  readonly signal?: AbortSignal;
}

export interface DumpOptions extends TransferOptions {
  /** Milliseconds since 1970. Default: Date.now(). */
  readonly now?: number;
}

/**
 * Writes the database to a stream, paced by it, as of one moment: runs go on beside it. The stream is not ended; without the last byte
 * it is refused by {@link loadDatabase}. Kept passwords stay sealed: whoever moves needs the key file (PACKETBOAT_KEY_FILE) too. The file
 * holds all mail in the clear. Throws DISK_FULL, CONFIG_INVALID when the stream fails.
 */
export async function dumpDatabase(pool: Pool, out: Writable, options: DumpOptions = {}): Promise<Dumped> {
  const client = await connectFrom(pool);
  const sink = frameSink(out);
  let whole = false;
  try {
    await client.query("begin transaction isolation level repeatable read read only");
    const header: Header = {
      schema: await schemaNumber(client),
      version: ownVersion(),
      createdAt: new Date(options.now ?? Date.now()).toISOString(),
      // After the first statement, which takes the snapshot: an id in it was given out before the sequence is read.
      tables: await tablesOf(client),
    };
    await sink.raw(MAGIC);
    await sink.frame(Buffer.from(JSON.stringify(header)));
    const rows: Record<string, number> = {};
    for (const { name, columns } of header.tables) {
      const stream = client.query(copyTo(`copy ${name} (${columns.join(", ")}) to stdout with (format binary)`));
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        options.signal?.throwIfAborted();
        await sink.frame(chunk);
        options.onProgress?.({ table: name, bytes: sink.length() });
      }
      await sink.frame(Buffer.alloc(0));
      // The stream ends before the server's count arrives; the answer to one more statement comes after it.
      await client.query("select");
      rows[name] = stream.rowCount;
    }
    await sink.frame(Buffer.from(JSON.stringify({ rows })));
    await sink.raw(sink.digest());
    await client.query("commit");
    whole = true;
    return { schema: header.schema, bytes: sink.length(), rows };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw asDatabaseError(error);
  } finally {
    sink.release();
    client.release(!whole);
  }
}

/**
 * Loads a dump into an empty database of the same schema, in one transaction: killed at any instant it leaves the database empty. Throws
 * CONFIG_INVALID when the dump is none of ours, cut off, damaged or of an older schema, or when the database is not empty; SCHEMA_TOO_NEW
 * when a newer Packetboat made it.
 */
export async function loadDatabase(
  pool: Pool,
  input: AsyncIterable<Buffer>,
  options: TransferOptions = {},
): Promise<Dumped> {
  return inTransaction(pool, async (client) => {
    const source = frameSource(input);
    if (!(await source.raw(MAGIC.length)).equals(MAGIC)) throw damaged("is none of Packetboat, or its head is damaged");
    const header = headerOf(jsonOf(await source.frame()));
    await requireReady(client, header);
    const rows: Record<string, number> = {};
    for (const table of header.tables) rows[table.name] = await loadTable(client, table, source, options);
    const trailer = jsonOf(await source.frame());
    const digest = source.digest();
    if (!digest.equals(await source.raw(digest.length))) throw damaged("is damaged: its checksum does not fit");
    await source.end();
    if (JSON.stringify(trailer) !== JSON.stringify({ rows })) throw damaged("is damaged: rows are missing");
    await restoreSequences(client, header);
    // Nothing is known of the tables until then, and the first run would be planned as if they were empty.
    await client.query(`analyze ${DUMPED_TABLES.join(", ")}`);
    return { schema: header.schema, bytes: source.length(), rows };
  });
}

/** Copies one table's frames and gives how many rows the database took. */
async function loadTable(
  client: PoolClient,
  { name, columns }: Table,
  source: FrameSource,
  options: TransferOptions,
): Promise<number> {
  const statement = `copy ${name} (${columns.join(", ")}) from stdin with (format binary)`;
  return copyIn(client, statement, async ({ send, ready }) => {
    for (;;) {
      options.signal?.throwIfAborted();
      const chunk = await source.frame();
      if (chunk.length === 0) return;
      send(chunk);
      await ready();
      options.onProgress?.({ table: name, bytes: source.length() });
    }
  });
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return version;
}

async function schemaNumber(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ number: number }>(
    "select coalesce(max(number), 0)::int as number from schema_migration",
  );
  return rows[0]?.number ?? 0;
}

async function tablesOf(client: PoolClient): Promise<readonly Table[]> {
  const { rows } = await client.query<{ name: string; columns: string[]; last_id: string | null }>(
    `select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns,
        max(case when a.attidentity <> '' then pg_sequence_last_value(pg_get_serial_sequence(c.relname, a.attname)::regclass) end)::text as last_id
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and c.relname = any($1::text[]) group by c.relname`,
    [DUMPED_TABLES],
  );
  const byName = new Map(rows.map((row) => [row.name, row]));
  return DUMPED_TABLES.map((name) => {
    const table = byName.get(name);
    return { name, columns: table?.columns ?? [], lastId: table?.last_id ?? null };
  });
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    throw new MailError("CONFIG_INVALID", damaged("is damaged").message, { cause: error });
  }
}

function headerOf(json: unknown): Header {
  const header = json as Partial<Header> | null;
  if (header === null || !Number.isSafeInteger(header.schema) || !Array.isArray(header.tables))
    throw damaged("is damaged: its header cannot be read");
  return header as Header;
}

async function requireReady(client: PoolClient, header: Header): Promise<void> {
  const schema = await schemaNumber(client);
  const made = `The dump was made by Packetboat ${String(header.version).slice(0, 40)} with schema ${header.schema}; this one has schema ${schema}.`;
  if (header.schema > schema)
    throw new MailError("SCHEMA_TOO_NEW", `${made} Load it with that version or a later one; nothing was loaded.`);
  if (header.schema < schema) {
    throw new MailError(
      "CONFIG_INVALID",
      `${made} Load it with that version into an empty database; this one then upgrades the database by itself. Nothing was loaded.`,
    );
  }
  // The tables and columns of a dump are ours by name, or it is refused: nothing from the file gets into a statement unchecked.
  const shape = (tables: readonly Table[]): string =>
    JSON.stringify(tables.map(({ name, columns }) => [name, columns]));
  if (shape(header.tables) !== shape(await tablesOf(client))) throw damaged("does not fit the schema that it names");
  await client.query("select set_config('lock_timeout', $1, true)", [LOCK_TIMEOUT]);
  // A command that starts meanwhile waits, and finds the loaded rows.
  await client.query(`lock table ${DUMPED_TABLES.join(", ")} in exclusive mode`);
  for (const name of DUMPED_TABLES) {
    const { rowCount } = await client.query(`select from ${name} limit 1`);
    if (rowCount !== 0) {
      throw new MailError(
        "CONFIG_INVALID",
        "The database is not empty, and a dump replaces nothing. Load it into a new home: PACKETBOAT_HOME=DIRECTORY packetboat database load FILE.",
      );
    }
  }
}

/** Identity columns go on where the dumped ones stood. */
async function restoreSequences(client: PoolClient, header: Header): Promise<void> {
  for (const { name, lastId } of header.tables) {
    if (lastId !== null)
      await client.query("select setval(pg_get_serial_sequence($1, 'id'), $2::bigint)", [name, lastId]);
  }
}
