// Bodies out of the database, byte for byte, each proved against its SHA-256 before it is believed (C1). A stream of COPY answers, so
// the next bodies are on their way while one is written out; messages over 8 MB come part by part.
// A body is only ever read through a message of an archive: nothing here takes a digest as an address.
import { createHash } from "node:crypto";
import { asId, type Digest, isMailError, MailError, type MessageId, type StoredBytes, sha256 } from "@packetboat/core";
import { asDatabaseError, connectFrom } from "@packetboat/database";
import type { Pool } from "pg";
import { SEGMENT_BYTES } from "./blobs.ts";
import { CODEC, unpack } from "./codec.ts";
import { type BinaryRow, readRows } from "./copy.ts";
import { digestOf } from "./parameters.ts";

/** Messages asked for in one statement; the rows are streamed, so it bounds the statement, not the memory. */
const PAGE = 500;

/** What is stored of a body that is packed whole: its pages in blob_part, then the rest. Null for one in segments. `b` is blob. */
export const STORED = `coalesce((select string_agg(p.bytes, '' order by p.part) from blob_part p where p.blob_id = b.id and b.codec <> ${CODEC.segments}), '') || b.bytes`;

/** A body as it is stored. `chunks` can be walked once, before the next body is asked for. */
export interface StoredBody {
  readonly messageId: MessageId;
  readonly sha256: Digest;
  readonly size: number;
  /** Throws BLOB_MISMATCH, at the latest after the last chunk, when what is stored is not what was stored. */
  readonly chunks: AsyncIterable<Buffer>;
}

/**
 * Gives the bodies of these messages, in the order of their ids. Messages whose bytes were erased (forget), and messages of another
 * archive, are left out.
 */
export async function* readBodies(
  pool: Pool,
  archiveId: number,
  ids: readonly MessageId[],
): AsyncGenerator<StoredBody> {
  for (let at = 0; at < ids.length; at += PAGE) {
    const page = ids.slice(at, at + PAGE).map(sqlInteger);
    // Message by message, whatever Postgres thinks of the tables; ids are sorted before the bodies are joined, so that no body is sorted.
    const statement = `copy (
      select wanted.id, b.id, b.sha256, b.size, b.codec, ${STORED}
      from (select id from unnest(array[${page.join(",")}]::bigint[]) o(id) order by id) wanted
      cross join lateral (select blob_id from message where id = wanted.id and archive_id = ${sqlInteger(archiveId)} limit 1) m
      cross join lateral (select id, sha256, size, codec, bytes from blob where id = m.blob_id limit 1) b
      order by wanted.id
    ) to stdout with (format binary)`;
    for await (const row of copiedRows(pool, statement)) yield bodyOf(pool, row);
  }
}

/** Gives the body of one message whole, or null when it has none. Throws BLOB_MISMATCH. For messages that may be large, see readBodies. */
export async function readBody(pool: Pool, archiveId: number, id: MessageId): Promise<Buffer | null> {
  for await (const body of readBodies(pool, archiveId, [id])) return joined(body.chunks);
  return null;
}

/**
 * Gives the bodies of these messages whole, ascending, each message once; one that is damaged is told as such and the others go on. Erased
 * messages, and those of another archive, are left out. Memory holds one message beside what is read ahead.
 */
export async function* wholeBodies(
  pool: Pool,
  archiveId: number,
  messages: readonly MessageId[],
): AsyncGenerator<StoredBytes> {
  const ids = [...new Set(messages)].sort((a, b) => a - b);
  for await (const body of readBodies(pool, archiveId, ids)) yield await wholeBody(body);
}

async function wholeBody({ messageId, chunks }: StoredBody): Promise<StoredBytes> {
  try {
    return { kind: "bytes", messageId, bytes: await joined(chunks) };
  } catch (error) {
    if (!isMailError(error) || error.code !== "BLOB_MISMATCH") throw error;
    return { kind: "damaged", messageId, error };
  }
}

async function joined(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all.length === 1 ? (all[0] as Buffer) : Buffer.concat(all);
}

function bodyOf(pool: Pool, row: BinaryRow): StoredBody {
  const [id, blobId, sha256, size, codec, bytes] = row;
  if (!id || !blobId || !sha256 || !size || !codec)
    throw new MailError("BUG", "A stored message has no digest. Please report this.");
  const body = { messageId: asId<MessageId>(id.readBigInt64BE()), sha256: digestOf(sha256), size: size.readInt32BE() };
  const stored = { blobId: blobId.readBigInt64BE(), codec: codec.readInt16BE(), bytes: bytes ?? null };
  return { ...body, chunks: provedChunks(pool, body, stored) };
}

interface Stored {
  readonly blobId: bigint;
  readonly codec: number;
  readonly bytes: Buffer | null;
}

async function* provedChunks(pool: Pool, body: Omit<StoredBody, "chunks">, stored: Stored): AsyncGenerator<Buffer> {
  if (stored.codec !== CODEC.segments) {
    const whole = await proved(body, stored, body.size);
    if (whole.length !== body.size || sha256(whole) !== body.sha256) throw mismatch(body);
    yield whole;
    return;
  }
  const hash = createHash("sha256");
  let length = 0;
  for await (const segment of readSegments(pool, stored.blobId)) {
    const chunk = await proved(body, segment, SEGMENT_BYTES);
    hash.update(chunk);
    length += chunk.length;
    yield chunk;
  }
  if (length !== body.size || hash.digest("hex") !== body.sha256) throw mismatch(body);
}

/** The segments of a large body, packed as they are stored, in order. */
export async function* readSegments(pool: Pool, blobId: bigint): AsyncGenerator<Stored> {
  const statement = `copy (select codec, bytes from blob_part where blob_id = ${sqlInteger(blobId)} order by part) to stdout with (format binary)`;
  let codec: number = CODEC.raw;
  let pages: Buffer[] = [];
  for await (const [kind, bytes] of copiedRows(pool, statement)) {
    const begins = kind?.readInt16BE() ?? CODEC.continued;
    if (begins !== CODEC.continued) {
      if (pages.length > 0) yield { blobId, codec, bytes: Buffer.concat(pages) };
      codec = begins;
      pages = [];
    }
    if (bytes) pages.push(bytes);
  }
  if (pages.length > 0) yield { blobId, codec, bytes: Buffer.concat(pages) };
}

/** Undoes the codec. `limit`: no more than this is ever made of it, whatever is stored. Throws BLOB_MISMATCH. */
export async function proved(
  body: { readonly messageId: MessageId | null },
  { codec, bytes }: Pick<Stored, "codec" | "bytes">,
  limit: number,
): Promise<Buffer> {
  if (bytes === null) throw mismatch(body);
  try {
    return await unpack({ codec, bytes }, limit);
  } catch (error) {
    throw mismatch(body, error);
  }
}

/** Rows of a COPY on a connection of their own. A consumer that leaves early costs the connection, which is thrown away. */
export async function* copiedRows(pool: Pool, statement: string): AsyncGenerator<BinaryRow> {
  const client = await connectFrom(pool);
  let whole = false;
  try {
    yield* readRows(client, statement);
    whole = true;
  } catch (error) {
    throw asDatabaseError(error);
  } finally {
    client.release(!whole);
  }
}

/** For COPY, which takes no parameters: nothing but digits gets into the statement. */
export function sqlInteger(value: number | bigint): string {
  if (typeof value === "number" && !Number.isSafeInteger(value))
    throw new MailError("BUG", "An id is no integer. Please report this.");
  return value.toString();
}

function mismatch({ messageId }: { readonly messageId: MessageId | null }, cause?: unknown): MailError {
  return new MailError(
    "BLOB_MISMATCH",
    `The stored bytes of message ${messageId ?? "?"} are damaged. Run "packetboat verify --deep"; the server's copy, if it is still there, can be pulled again.`,
    { context: { messageId }, ...(cause === undefined ? {} : { cause }) },
  );
}
