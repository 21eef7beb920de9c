// Bodies into the database: the first transaction of a batch (architecture.md, "The way of a message"). Content-addressed and idempotent:
// what is there is left alone, two writers of one body end with one row, and an orphan is harmless until the sweep takes it.
// It must never update bytes in place, and never hold a body a second time but compressed.
import { promisify } from "node:util";
import { constants, zstdCompress, zstdCompressSync } from "node:zlib";
import type { Body, Digest } from "@packetboat/core";
import { databaseCode } from "@packetboat/database";
import type { PoolClient } from "pg";
import { copyRows } from "./copy.ts";
import { type Session, write } from "./session.ts";

/** What `blob.codec` and `blob_part.codec` say. `parts` is for blob alone. */
export const CODEC = { raw: 0, zstd: 1, parts: 2 } as const;

/** Larger messages are stored in parts: neither the server nor we hold one in a second copy then. */
export const PARTED_BYTES = 8 * 1_048_576;
export const PART_BYTES = 4 * 1_048_576;

const LEVEL = { [constants.ZSTD_c_compressionLevel]: 3 };
/**
 * Up to this size bodies are compressed on the main thread. Measured on 10,000 messages of 25 KB: 0.9 s in all, where handing them to
 * zlib's threads took 1.7 s of the main thread for the hand-over alone, and 2 s of theirs.
 */
const INLINE_BYTES = 131_072;
/** Compressed ahead of what the database takes. */
const AHEAD = 16;
/** Compression that gains less is not worth its reading back. */
const WORTH = 0.95;
/** A COPY that met another writer's same body is done again without it; each try makes progress. */
const TRIES = 10;

const compressAsync = promisify(zstdCompress);

interface Packed {
  readonly codec: number;
  readonly bytes: Buffer;
}

/** Gives the smaller form of some bytes. Large ones are compressed off the main thread. */
async function pack(bytes: Buffer): Promise<Packed> {
  // One output chunk: the default of 16 KB doubles the cost. A stated size keeps the compressor's tables small.
  const options = { params: LEVEL, pledgedSrcSize: bytes.length, chunkSize: Math.max(1_024, bytes.length + 512) };
  const packed = bytes.length <= INLINE_BYTES ? zstdCompressSync(bytes, options) : await compressAsync(bytes, options);
  return packed.length <= bytes.length * WORTH ? { codec: CODEC.zstd, bytes: packed } : { codec: CODEC.raw, bytes };
}

/** Makes up to `AHEAD` results ahead of the consumer, in order. */
async function* ahead<T, R>(items: readonly T[], make: (item: T) => Promise<R>): AsyncGenerator<readonly [T, R]> {
  const started: Promise<R>[] = [];
  try {
    for (const [index, item] of items.entries()) {
      while (started.length < Math.min(items.length, index + AHEAD)) {
        const promise = make(items[started.length] as T);
        promise.catch(() => undefined);
        started.push(promise);
      }
      yield [item, await (started[index] as Promise<R>)];
      started[index] = Promise.resolve(undefined as R);
    }
  } finally {
    await Promise.allSettled(started);
  }
}

/** Stores bodies that are not stored yet. See core's Archive.storeBodies. */
export async function storeBodies(session: Session, bodies: readonly Body[]): Promise<void> {
  const unique = [...new Map(bodies.map((body) => [body.digests.sha256, body])).values()];
  if (unique.length === 0) return;
  // One order for all writers: two that share bodies wait for each other and never in a circle.
  unique.sort((a, b) => (a.digests.sha256 < b.digests.sha256 ? -1 : 1));
  const small = unique.filter((body) => body.bytes.length <= PARTED_BYTES);
  const large = unique.filter((body) => body.bytes.length > PARTED_BYTES);
  await storeSmall(session, small);
  for (const body of large) await write(session, (client) => storeLarge(client, session.keySpace, body));
}

async function storeSmall(session: Session, bodies: readonly Body[]): Promise<void> {
  if (bodies.length === 0) return;
  for (let tries = 1; ; tries++) {
    try {
      return await write(session, async (client) => {
        const stored = await findStored(client, session.keySpace, bodies);
        const missing = bodies.filter((body) => !stored.has(body.digests.sha256));
        if (missing.length > 0) await copyBlobs(client, session.keySpace, missing);
      });
    } catch (error) {
      if (tries >= TRIES || !isSameBody(error)) throw error;
    }
  }
}

/** 23505 (and 40P01, should an order ever cross): another writer stored one of these bodies between our look and our COPY. */
function isSameBody(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = databaseCode(cause) ?? databaseCode(error);
  return code === "23505" || code === "40P01";
}

/** Which of these are there. An orphan that is wanted again is made young, so that the sweep does not take it before the commit. */
async function findStored(client: PoolClient, keySpace: number, bodies: readonly Body[]): Promise<ReadonlySet<Digest>> {
  const { rows } = await client.query<{ sha256: string; old: boolean }>({
    name: "archive_find_blobs",
    // By the unique index blob_sha256.
    text: `select encode(b.sha256, 'hex') as sha256, b.stored_at < now() - interval '1 hour' as old
      from unnest($2::text[]) wanted(sha256) join blob b on b.key_space = $1 and b.sha256 = decode(wanted.sha256, 'hex')`,
    values: [keySpace, bodies.map((body) => body.digests.sha256)],
  });
  const old = rows.filter((row) => row.old).map((row) => row.sha256);
  if (old.length > 0) {
    await client.query(
      `update blob b set stored_at = now() from unnest($2::text[]) wanted(sha256)
        where b.key_space = $1 and b.sha256 = decode(wanted.sha256, 'hex')
          and not exists (select from message m where m.blob_id = b.id)`,
      [keySpace, old],
    );
  }
  return new Set(rows.map((row) => row.sha256));
}

async function copyBlobs(client: PoolClient, keySpace: number, bodies: readonly Body[]): Promise<void> {
  const statement =
    "copy blob (key_space, sha256, canonical, fingerprint, size, codec, bytes) from stdin with (format binary)";
  await copyRows(client, statement, async (writer, ready) => {
    for await (const [body, packed] of ahead(bodies, (one) => pack(one.bytes))) {
      const { sha256, canonical, fingerprint } = body.digests;
      writer.row(7);
      writer.int4(keySpace);
      writer.bytea(Buffer.from(sha256, "hex"));
      writer.bytea(canonical === sha256 ? null : Buffer.from(canonical, "hex"));
      writer.bytea(fingerprint === null ? null : Buffer.from(fingerprint, "hex"));
      writer.int4(body.bytes.length);
      writer.int2(packed.codec);
      writer.bytea(packed.bytes);
      await ready();
    }
  });
}

/** In parts of 4 MB, each compressed by itself; a part in flight is all the memory it takes. */
async function storeLarge(client: PoolClient, keySpace: number, { bytes, digests }: Body): Promise<void> {
  const { sha256, canonical, fingerprint } = digests;
  const { rows } = await client.query<{ id: bigint }>(
    `insert into blob (key_space, sha256, canonical, fingerprint, size, codec)
      values ($1, decode($2, 'hex'), decode($3, 'hex'), decode($4, 'hex'), $5, ${CODEC.parts})
      on conflict (key_space, sha256) do update set stored_at = now() where blob.stored_at < now() - interval '1 hour'
      returning (case when xmax = 0 then id end) as id`,
    [keySpace, sha256, canonical === sha256 ? null : canonical, fingerprint, bytes.length],
  );
  const id = rows[0]?.id ?? null;
  if (id === null) return;
  const statement = "copy blob_part (blob_id, part, codec, bytes) from stdin with (format binary)";
  await copyRows(client, statement, async (writer, ready) => {
    for (let part = 0; part * PART_BYTES < bytes.length; part++) {
      const packed = await pack(bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES));
      writer.row(4);
      writer.int8(id);
      writer.int4(part);
      writer.int2(packed.codec);
      writer.bytea(packed.bytes);
      await ready();
    }
  });
}
