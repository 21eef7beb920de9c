// Bodies into the database: the first transaction of a batch (architecture.md, "The way of a message"). Content-addressed and idempotent:
// what is there is left alone, two writers of one body end with one row, and an orphan is harmless until the sweep takes it.
// It must never update bytes in place, and never hold a body a second time but compressed.
import type { Digest, Body as FetchedBody } from "@packetboat/core";
import { databaseCode } from "@packetboat/database";
import type { PoolClient } from "pg";
import { CODEC, type Packed } from "./codec.ts";
import { copyRows, type RowWriter } from "./copy.ts";
import { type PackedAll, packAll } from "./packer.ts";
import { idOf, keepIds, noteFound, type StoredId, type StoredIds } from "./stored-ids.ts";

/** What is stored of a message. */
export type Body = Pick<FetchedBody, "bytes" | "digests">;

/** Where bodies go: a key space, and a transaction that need not wait for the disk (writeAhead of session.ts). */
export interface BodyStore {
  readonly keySpace: number;
  readonly storedIds: StoredIds;
  readonly writeAhead: <T>(work: (client: PoolClient) => Promise<T>) => Promise<T>;
}

/** Larger messages are packed in segments: neither the server nor we hold one in a second copy then. */
export const LARGE_BYTES = 8 * 1_048_576;
export const SEGMENT_BYTES = 4 * 1_048_576;
/**
 * What of a body fills a page of blob_part: 8,192 bytes less the heads of page, item, row and columns. Out of line (TOAST) Postgres stores
 * a body in pieces of 2 KB, which costs 5.4 %; this costs 1.1 %. What is left over of a body, less than a page, is in blob itself.
 */
export const PAGE_BYTES = 8_116;

/** Packed at a time: the first rows go out while the rest of a batch is still being packed. */
const GROUP_BYTES = 1_048_576;
/** A COPY that met another writer's same body is done again without it; each try makes progress. */
const TRIES = 10;

/** Packs all groups at once, so that the thread never waits for us; gives them in order, the first as soon as it is done. */
class Packing {
  readonly #started: readonly { readonly group: readonly Body[]; readonly packing: Promise<PackedAll> }[];

  constructor(bodies: readonly Body[]) {
    this.#started = inGroups(bodies).map((group) => ({ group, packing: packAll(group.map(({ bytes }) => bytes)) }));
    // A thread that ends fails all groups at once; only the first is being waited for. All of them are told where they are awaited.
    for (const { packing } of this.#started) packing.catch(() => undefined);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly [group: readonly Body[], packed: readonly Packed[]]> {
    for (const { group, packing } of this.#started) yield [group, (await packing).packed];
  }

  /** The server has all of it: the arenas are free. */
  async release(): Promise<void> {
    for (const { packing } of this.#started) (await packing).release();
  }

  /** Waits until the thread has none of it any more. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#started.map(({ packing }) => packing));
  }
}

/** Bodies in groups of about GROUP_BYTES. */
function inGroups(bodies: readonly Body[]): readonly (readonly Body[])[] {
  const groups: Body[][] = [];
  let room = 0;
  for (const body of bodies) {
    if (room <= 0) {
      groups.push([]);
      room = GROUP_BYTES;
    }
    groups.at(-1)?.push(body);
    room -= body.bytes.length;
  }
  return groups;
}

/** Stores bodies that are not stored yet. See core's Archive.storeBodies. */
export async function storeBodies(store: BodyStore, bodies: readonly Body[]): Promise<void> {
  const unique = [...new Map(bodies.map((body) => [body.digests.sha256, body])).values()];
  if (unique.length === 0) return;
  // One order for all writers: two that share bodies wait for each other and never in a circle.
  unique.sort((a, b) => (a.digests.sha256 < b.digests.sha256 ? -1 : 1));
  const small = unique.filter((body) => body.bytes.length <= LARGE_BYTES);
  if (small.length > 0) await untilStored(store, (client) => storeSmall(client, store, small));
  for (const body of unique.filter(({ bytes }) => bytes.length > LARGE_BYTES)) {
    await untilStored(store, (client) => storeLarge(client, store.keySpace, body));
  }
}

/** Where bodies are, by digest. */
type Places = ReadonlyMap<Digest, StoredId>;

const NOWHERE: Places = new Map();

async function storeSmall(
  client: PoolClient,
  { keySpace, storedIds }: BodyStore,
  bodies: readonly Body[],
): Promise<Places> {
  // What this session stored itself is certainly there.
  const isNew = storedIds.outlook === "new";
  const wanted = isNew ? bodies.filter(({ digests }) => idOf(storedIds, digests.sha256) !== null) : bodies;
  const stored = wanted.length === 0 ? NOWHERE : await findStored(client, keySpace, wanted);
  if (!isNew) noteFound(storedIds, wanted.length, stored.size);
  const missing = bodies.filter((body) => !stored.has(body.digests.sha256));
  if (missing.length === 0) return stored;
  const ids = await copyBlobs(client, keySpace, missing);
  const copied = missing.map(
    ({ digests, bytes }, i) => [digests.sha256, { id: ids[i] as bigint, size: bytes.length }] as const,
  );
  return new Map([...stored, ...copied]);
}

async function untilStored(store: BodyStore, work: (client: PoolClient) => Promise<Places>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return keepIds(store.storedIds, await store.writeAhead(work));
    } catch (error) {
      if (tries >= TRIES || !isSameBody(error)) throw error;
      store.storedIds.outlook = "met";
    }
  }
}

/** 23505 (and 40P01, should an order ever cross): one of these bodies was there and not looked for, or another writer stored it meanwhile. */
function isSameBody(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = databaseCode(cause) ?? databaseCode(error);
  return code === "23505" || code === "40P01";
}

/** Which of these are there. An orphan that is wanted again is made young, so that the sweep does not take it before the commit. */
async function findStored(client: PoolClient, keySpace: number, bodies: readonly Body[]): Promise<Places> {
  const { rows } = await client.query<StoredId & { sha256: string; old: boolean }>({
    name: "archive_find_blobs",
    // By the unique index blob_sha256, digest by digest.
    text: `select b.id, b.size, wanted.sha256, b.stored_at < now() - interval '1 hour' as old from unnest($2::text[]) wanted(sha256)
      cross join lateral (select id, size, stored_at from blob
        where key_space = $1 and sha256 = decode(wanted.sha256, 'hex') limit 1) b`,
    values: [keySpace, bodies.map((body) => body.digests.sha256)],
  });
  const old = rows.filter((row) => row.old).map((row) => row.id);
  if (old.length > 0) {
    await client.query(
      `update blob b set stored_at = now() where b.id = any($1::bigint[])
        and not exists (select from message m where m.blob_id = b.id offset 0)`,
      [old],
    );
  }
  return new Map(rows.map(({ sha256, id, size }) => [sha256, { id, size }]));
}

/** Gives the ids, in the order of the bodies. */
async function copyBlobs(client: PoolClient, keySpace: number, bodies: readonly Body[]): Promise<readonly bigint[]> {
  const packing = new Packing(bodies);
  try {
    const ids = await copyPacked(client, keySpace, bodies.length, packing);
    // Not after a failure: what was given to a connection that broke may still lie in its queue.
    await packing.release();
    return ids;
  } catch (error) {
    await packing.settle();
    throw error;
  }
}

async function copyPacked(
  client: PoolClient,
  keySpace: number,
  count: number,
  packing: Packing,
): Promise<readonly bigint[]> {
  const ids = await reserveIds(client, count);
  const paged: { readonly id: bigint; readonly bytes: Buffer }[] = [];
  await copyRows(client, COPY_BLOBS, async (writer, ready) => {
    let next = 0;
    for await (const [group, packed] of packing) {
      for (const [i, body] of group.entries()) {
        const { codec, bytes } = packed[i] as Packed;
        const id = ids[next++] as bigint;
        const rest = bytes.length - (bytes.length % PAGE_BYTES);
        if (rest > 0) paged.push({ id, bytes: bytes.subarray(0, rest) });
        writeBlob(writer, id, keySpace, body, codec, rest === 0 ? bytes : bytes.subarray(rest));
      }
      await ready();
    }
  });
  if (paged.length === 0) return ids;
  await copyRows(client, COPY_PARTS, async (writer, ready) => {
    for (const { id, bytes } of paged) {
      writePages(writer, id, 0, CODEC.continued, bytes);
      await ready();
    }
  });
  return ids;
}

const COPY_BLOBS =
  "copy blob (id, key_space, sha256, canonical, fingerprint, size, codec, bytes) from stdin with (format binary)";
const COPY_PARTS = "copy blob_part (blob_id, part, codec, bytes) from stdin with (format binary)";

/** Ids for rows that are about to be copied: their parts need them, and COPY returns nothing. */
async function reserveIds(client: PoolClient, count: number): Promise<readonly bigint[]> {
  // In one row: thousands of them would be read one by one.
  const { rows } = await client.query<{ ids: string | null }>({
    name: "archive_reserve_blobs",
    text: "select string_agg(id::text, ',') as ids from (select nextval('blob_id_seq') as id from generate_series(1, $1::int)) reserved",
    values: [count],
  });
  return (rows[0]?.ids ?? "").split(",").map(BigInt);
}

function writeBlob(
  writer: RowWriter,
  id: bigint,
  keySpace: number,
  { bytes, digests }: Body,
  codec: number,
  stored: Buffer | null,
): void {
  const { sha256, canonical, fingerprint } = digests;
  writer.row(8);
  writer.int8(id);
  writer.int4(keySpace);
  writer.digest(sha256);
  writer.digest(canonical === sha256 ? null : canonical);
  writer.digest(fingerprint);
  writer.int4(bytes.length);
  writer.int2(codec);
  writer.bytea(stored);
}

/** Writes bytes page by page and gives the number of the next part. `codec` is that of the first row; the others continue it. */
function writePages(writer: RowWriter, id: bigint, first: number, codec: number, bytes: Buffer): number {
  let part = first;
  for (let at = 0; at < bytes.length; at += PAGE_BYTES, part++) {
    writer.row(4);
    writer.int8(id);
    writer.int4(part);
    writer.int2(at === 0 ? codec : CODEC.continued);
    writer.bytea(bytes.subarray(at, at + PAGE_BYTES));
  }
  return part;
}

/** In segments of 4 MB, each packed by itself; a segment in flight is all the memory it takes. */
async function storeLarge(client: PoolClient, keySpace: number, body: Body): Promise<Places> {
  const stored = await findStored(client, keySpace, [body]);
  if (stored.size > 0) return stored;
  const [id] = await reserveIds(client, 1);
  if (id === undefined) return stored;
  await copyRows(client, COPY_BLOBS, async (writer) => writeBlob(writer, id, keySpace, body, CODEC.segments, null));
  await copyRows(client, COPY_PARTS, async (writer, ready) => {
    let part = 0;
    for (let at = 0; at < body.bytes.length; at += SEGMENT_BYTES) {
      // Not released: an arena of 4 MB is not kept anyway.
      const { packed } = await packAll([body.bytes.subarray(at, at + SEGMENT_BYTES)], true);
      for (const form of packed) part = writePages(writer, id, part, form.codec, form.bytes);
      await ready();
    }
  });
  return new Map([[body.digests.sha256, { id, size: body.bytes.length }]]);
}
