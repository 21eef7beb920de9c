// Bodies as rows of the database: what is stored of each, on its way out by COPY, and the segments of large ones. Packed, and not proved yet.
// It must never take a digest as an address: a body is only ever read through a message, or a blob that was found through one.
import { asId, MailError, type MessageId } from "@packetboat/core";
import { asDatabaseError, connectFrom } from "@packetboat/database";
import type { Pool } from "pg";
import type { BinaryRow } from "./binary-row.ts";
import { CODEC, type PackedBody, unpackInto } from "./codec.ts";
import { readRowGroups } from "./copy-out.ts";

/** What is stored of a body that is packed whole: its pages in blob_part, then the rest. Null for one in segments. `b` is blob. */
export const STORED = `coalesce((select string_agg(p.bytes, '' order by p.part) from blob_part p where p.blob_id = b.id and b.codec <> ${CODEC.segments}), '') || b.bytes`;

/** What is stored of a message, as it came. */
export interface PackedMessage extends PackedBody {
  readonly messageId: MessageId;
  readonly blobId: bigint;
}

/** From a row that begins with the message's id, the blob's id, digest, size and codec, and what is stored. */
export function packedOf(row: BinaryRow): PackedMessage {
  return {
    messageId: asId<MessageId>(row.int8(0)),
    blobId: row.int8(1),
    sha256: row.hex(2),
    size: row.int4(3),
    codec: row.int2(4),
    bytes: row.bytes(5) ?? NOTHING,
  };
}

const NOTHING = Buffer.alloc(0);

interface Segment {
  readonly blobId: bigint;
  readonly codec: number;
  readonly bytes: Buffer | null;
}

/** The segments of a large body, packed as they are stored, in order. */
export async function* readSegments(pool: Pool, blobId: bigint): AsyncGenerator<Segment> {
  const statement = `copy (select codec, bytes from blob_part where blob_id = ${sqlInteger(blobId)} order by part) to stdout with (format binary)`;
  let codec: number = CODEC.raw;
  let pages: Buffer[] = [];
  for await (const row of copiedRows(pool, statement)) {
    const begins = row.int2(0);
    const bytes = row.bytes(1);
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
export function proved(
  body: { readonly messageId: MessageId | null },
  { codec, bytes }: Pick<Segment, "codec" | "bytes">,
  limit: number,
): Buffer {
  if (bytes === null) throw mismatch(body);
  try {
    const into = Buffer.allocUnsafe(limit);
    return into.subarray(0, unpackInto({ codec, bytes }, into));
  } catch (error) {
    throw mismatch(body, error);
  }
}

/** Rows of a COPY on a connection of their own. A consumer that leaves early costs the connection, which is thrown away. */
export async function* copiedRows(pool: Pool, statement: string): AsyncGenerator<BinaryRow> {
  for await (const rows of copiedGroups(pool, statement)) yield* rows;
}

/** The same, as many together as came together. */
export async function* copiedGroups(pool: Pool, statement: string): AsyncGenerator<readonly BinaryRow[]> {
  const client = await connectFrom(pool);
  let whole = false;
  try {
    yield* readRowGroups(client, statement);
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

/** What is stored of a message is not what was stored. */
export function mismatch({ messageId }: { readonly messageId: MessageId | null }, cause?: unknown): MailError {
  return new MailError(
    "BLOB_MISMATCH",
    `The stored bytes of message ${messageId ?? "?"} are damaged. Run "packetboat verify --deep"; the server's copy, if it is still there, can be pulled again.`,
    { context: { messageId }, ...(cause === undefined ? {} : { cause }) },
  );
}
