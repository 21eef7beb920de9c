// Bodies out of the database, byte for byte, each proved against its SHA-256 before it is believed (C1). A stream of COPY answers, so
// the next bodies are on their way while one is written out; messages over 8 MB come part by part.
// A body is only ever read through a message of an archive: nothing here takes a digest as an address.
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { zstdDecompress, zstdDecompressSync } from "node:zlib";
import { asId, type Digest, MailError, type MessageId } from "@packetboat/core";
import { asDatabaseError, connectFrom } from "@packetboat/database";
import type { Pool } from "pg";
import { CODEC, PART_BYTES } from "./blobs.ts";
import { type BinaryRow, readRows } from "./copy.ts";
import { digestOf } from "./parameters.ts";

/** Up to this stored size decompression stays on the main thread: the hand-over would cost more. */
const INLINE_BYTES = 65_536;
/** Messages asked for in one statement; the rows are streamed, so it bounds the statement, not the memory. */
const PAGE = 500;

const decompressAsync = promisify(zstdDecompress);

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
    const statement = `copy (
      select m.id, b.id, b.sha256, b.size, b.codec, b.bytes from message m join blob b on b.id = m.blob_id
      where m.id = any(array[${page.join(",")}]::bigint[]) and m.archive_id = ${sqlInteger(archiveId)} order by m.id
    ) to stdout with (format binary)`;
    for await (const row of copiedRows(pool, statement)) yield bodyOf(pool, row);
  }
}

/** Gives the body of one message whole, or null when it has none. Throws BLOB_MISMATCH. For messages that may be large, see readBodies. */
export async function readBody(pool: Pool, archiveId: number, id: MessageId): Promise<Buffer | null> {
  for await (const body of readBodies(pool, archiveId, [id])) {
    const chunks: Buffer[] = [];
    for await (const chunk of body.chunks) chunks.push(chunk);
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  }
  return null;
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
  const whole = stored.codec === CODEC.parts ? null : await unpack(body, stored, body.size);
  if (whole !== null) {
    if (whole.length !== body.size || createHash("sha256").update(whole).digest("hex") !== body.sha256)
      throw mismatch(body);
    yield whole;
    return;
  }
  const hash = createHash("sha256");
  let length = 0;
  for await (const part of readParts(pool, stored.blobId)) {
    const chunk = await unpack(body, part, PART_BYTES);
    hash.update(chunk);
    length += chunk.length;
    yield chunk;
  }
  if (length !== body.size || hash.digest("hex") !== body.sha256) throw mismatch(body);
}

/** The parts of a large body, packed as they are stored, in order. */
export async function* readParts(pool: Pool, blobId: bigint): AsyncGenerator<Stored> {
  const statement = `copy (select codec, bytes from blob_part where blob_id = ${blobId} order by part) to stdout with (format binary)`;
  for await (const [codec, bytes] of copiedRows(pool, statement)) {
    yield { blobId, codec: codec?.readInt16BE() ?? CODEC.raw, bytes: bytes ?? null };
  }
}

/** Undoes the codec. `limit`: no more than this is ever made of it, whatever is stored. */
export async function unpack(
  body: { readonly messageId: MessageId | null },
  { codec, bytes }: Pick<Stored, "codec" | "bytes">,
  limit: number,
): Promise<Buffer> {
  if (bytes === null) throw mismatch(body);
  if (codec === CODEC.raw) return bytes;
  const options = { maxOutputLength: Math.max(1, limit) };
  try {
    return bytes.length <= INLINE_BYTES ? zstdDecompressSync(bytes, options) : await decompressAsync(bytes, options);
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
