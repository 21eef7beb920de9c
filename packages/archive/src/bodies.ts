// Bodies by the ids of their messages, proved (C1). A stream of COPY answers, so the next bodies are on their way while one is written out.
// It must never give the body of a message of another archive.
import { isMailError, type MessageId, type StoredBytes } from "@packetboat/core";
import type { Pool } from "pg";
import { batchesOf, type StoredBody } from "./body-batches.ts";
import { copiedGroups, type PackedMessage, packedOf, STORED, sqlInteger } from "./stored-rows.ts";

/** Messages asked for in one statement; the rows are streamed, so it bounds the statement, not the memory. */
const PAGE = 2_000;

/**
 * Gives the bodies of these messages, in the order of their ids. Messages whose bytes were erased (forget), and messages of another
 * archive, are left out. For the rest see batchesOf of body-batches.ts.
 */
export async function* readBodies(
  pool: Pool,
  archiveId: number,
  ids: readonly MessageId[],
): AsyncGenerator<StoredBody> {
  for await (const { bodies } of batchesOf(pool, packedByIds(pool, archiveId, ids))) yield* bodies;
}

async function* packedByIds(
  pool: Pool,
  archiveId: number,
  ids: readonly MessageId[],
): AsyncGenerator<readonly PackedMessage[]> {
  for (let at = 0; at < ids.length; at += PAGE)
    for await (const rows of copiedGroups(pool, bodiesStatement(archiveId, ids.slice(at, at + PAGE))))
      yield rows.map(packedOf);
}

/** Message by message, whatever Postgres thinks of the tables; ids are sorted before the bodies are joined, so that no body is sorted. */
function bodiesStatement(archiveId: number, ids: readonly MessageId[]): string {
  return `copy (
      select wanted.id, b.id, b.sha256, b.size, b.codec, ${STORED}
      from (select id from unnest(array[${ids.map(sqlInteger).join(",")}]::bigint[]) o(id) order by id) wanted
      cross join lateral (select blob_id from message where id = wanted.id and archive_id = ${sqlInteger(archiveId)} limit 1) m
      cross join lateral (select id, sha256, size, codec, bytes from blob where id = m.blob_id limit 1) b
      order by wanted.id
    ) to stdout with (format binary)`;
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

async function wholeBody({ messageId, whole, chunks }: StoredBody): Promise<StoredBytes> {
  try {
    return { kind: "bytes", messageId, bytes: whole ?? (await joined(chunks)) };
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
