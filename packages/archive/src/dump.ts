// The whole database as one file, and back: for moving to another machine or another Postgres, where no pg_dump is at hand. Tables are
// copied in Postgres' binary format within one snapshot, framed, counted and sealed with a SHA-256 over everything.
// It must never load over data, nor into a schema of another number: what is loaded is what was dumped, or nothing.
import { createHash, type Hash } from "node:crypto";
import { once } from "node:events";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { MailError } from "@packetboat/core";
import { asDatabaseError, connectFrom, inTransaction } from "@packetboat/database";
import type { Pool, PoolClient } from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";

/** In the order in which foreign keys let them be loaded. A test compares it with the schema. */
export const DUMPED_TABLES = [
  "account",
  "archive",
  "secret",
  "lease",
  "link",
  "run",
  "revision",
  "blob",
  "blob_part",
  "mailbox",
  "mailbox_version",
  "message",
  "message_version",
  "remote_mailbox",
  "placement",
  "intent",
  "pending",
  "audit",
] as const;

const MAGIC = "packetboat dump 1\n";
const MAX_HEADER_BYTES = 1_048_576;
/** Larger frames are not ours: a COPY chunk is a row at most, and a row holds at most 8 MB of a body and its columns. */
const MAX_FRAME_BYTES = 64 * 1_048_576;

interface Header {
  /** Of the last migration: what `load` needs to have before it. */
  readonly schema: number;
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

/** Writes the database to a stream, paced by it. `now` in milliseconds since 1970. Kept passwords stay sealed. The stream is not ended. */
export async function dumpDatabase(pool: Pool, out: Writable, now: number): Promise<Dumped> {
  const client = await connectFrom(pool);
  let whole = false;
  try {
    await client.query("begin transaction isolation level repeatable read read only");
    const sink = framedSink(out);
    const header: Header = {
      schema: await schemaNumber(client),
      createdAt: new Date(now).toISOString(),
      tables: await tablesOf(client),
    };
    await sink.raw(Buffer.from(MAGIC));
    await sink.frame(Buffer.from(JSON.stringify(header)));
    const rows: Record<string, number> = {};
    for (const { name, columns } of header.tables) {
      const stream = client.query(copyTo(`copy ${name} (${columns.join(", ")}) to stdout with (format binary)`));
      for await (const chunk of stream as AsyncIterable<Buffer>) await sink.frame(chunk);
      await sink.frame(Buffer.alloc(0));
      rows[name] = stream.rowCount;
    }
    await sink.frame(Buffer.from(JSON.stringify({ rows })));
    await sink.raw(sink.digest());
    await client.query("commit");
    whole = true;
    return { schema: header.schema, bytes: sink.length(), rows };
  } catch (error) {
    throw error instanceof Error && "syscall" in error ? error : asDatabaseError(error);
  } finally {
    client.release(!whole);
  }
}

/**
 * Loads a dump into an empty database of the same schema, in one transaction. Throws CONFIG_INVALID when the file is none of ours, cut off
 * or damaged, or when the database is not empty; SCHEMA_TOO_NEW when the dump was made by another version.
 */
export async function loadDatabase(pool: Pool, input: AsyncIterable<Buffer>): Promise<Dumped> {
  return inTransaction(pool, async (client) => {
    const source = framedSource(input);
    if ((await source.raw(MAGIC.length)).toString("latin1") !== MAGIC) throw damaged("is no dump of Packetboat");
    const header = parseHeader(await source.frame(MAX_HEADER_BYTES));
    await requireReady(client, header);
    const rows: Record<string, number> = {};
    for (const { name, columns } of header.tables) {
      const stream = client.query(copyFrom(`copy ${name} (${columns.join(", ")}) from stdin with (format binary)`));
      const done = finished(stream);
      done.catch(() => undefined);
      try {
        for (
          let chunk = await source.frame(MAX_FRAME_BYTES);
          chunk.length > 0;
          chunk = await source.frame(MAX_FRAME_BYTES)
        ) {
          if (!stream.write(chunk)) await Promise.race([once(stream, "drain"), done]);
        }
      } catch (error) {
        stream.destroy(error instanceof Error ? error : new Error(String(error)));
        await done.catch(() => undefined);
        throw error;
      }
      stream.end();
      await done;
      rows[name] = stream.rowCount;
    }
    const trailer: unknown = JSON.parse((await source.frame(MAX_HEADER_BYTES)).toString());
    const digest = source.digest();
    if (!digest.equals(await source.raw(digest.length))) throw damaged("is damaged: its checksum does not fit");
    if (JSON.stringify(trailer) !== JSON.stringify({ rows })) throw damaged("is damaged: rows are missing");
    await restoreSequences(client, header);
    return { schema: header.schema, bytes: source.length(), rows };
  });
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

function parseHeader(bytes: Buffer): Header {
  try {
    const header = JSON.parse(bytes.toString()) as Header;
    if (Number.isSafeInteger(header.schema) && Array.isArray(header.tables)) return header;
  } catch {
    // Not JSON: the same answer as for JSON of another shape.
  }
  throw damaged("is damaged: its header cannot be read");
}

async function requireReady(client: PoolClient, header: Header): Promise<void> {
  const schema = await schemaNumber(client);
  if (schema !== header.schema) {
    throw new MailError(
      "SCHEMA_TOO_NEW",
      `The dump is of schema ${header.schema}, this Packetboat has ${schema}. Load it with the version that made it, then upgrade.`,
    );
  }
  // The tables and columns of a dump are ours by name, or it is refused: nothing from the file gets into a statement unchecked.
  const shape = (tables: readonly Table[]): string =>
    JSON.stringify(tables.map(({ name, columns }) => [name, columns]));
  if (shape(header.tables) !== shape(await tablesOf(client))) throw damaged("does not fit the schema that it names");
  for (const name of DUMPED_TABLES) {
    const { rowCount } = await client.query(`select from ${name} limit 1`);
    if (rowCount !== 0) {
      throw new MailError(
        "CONFIG_INVALID",
        "The database is not empty. Load a dump into a new home: PACKETBOAT_HOME=DIRECTORY packetboat database load FILE.",
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

/** Frames are a length of 4 bytes and the bytes; a frame of 0 ends a table. */
function framedSink(out: Writable) {
  const hash: Hash = createHash("sha256");
  let length = 0;
  const raw = async (bytes: Buffer): Promise<void> => {
    length += bytes.length;
    hash.update(bytes);
    if (!out.write(bytes)) await once(out, "drain");
  };
  const frame = async (bytes: Buffer): Promise<void> => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(bytes.length);
    await raw(head);
    if (bytes.length > 0) await raw(bytes);
  };
  return { raw, frame, digest: () => hash.copy().digest(), length: () => length };
}

function framedSource(input: AsyncIterable<Buffer>) {
  const iterator = input[Symbol.asyncIterator]();
  const hash: Hash = createHash("sha256");
  let chunks: Buffer[] = [];
  let available = 0;
  let length = 0;
  const raw = async (bytes: number): Promise<Buffer> => {
    while (available < bytes) {
      const next = await iterator.next();
      if (next.done === true) throw damaged("is cut off");
      chunks.push(next.value);
      available += next.value.length;
    }
    const joined = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, available);
    const taken = joined.subarray(0, bytes);
    chunks = [joined.subarray(bytes)];
    available -= bytes;
    length += bytes;
    hash.update(taken);
    return taken;
  };
  const frame = async (most: number): Promise<Buffer> => {
    const size = (await raw(4)).readUInt32BE();
    if (size > most) throw damaged("is damaged: a frame is too large");
    return size === 0 ? Buffer.alloc(0) : raw(size);
  };
  return { raw, frame, digest: () => hash.copy().digest(), length: () => length };
}

function damaged(what: string): MailError {
  return new MailError("CONFIG_INVALID", `The file ${what}. Nothing was loaded; use another copy of the dump.`);
}
