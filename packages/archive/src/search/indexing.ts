// The side of the archive that is written: which messages wait to be indexed, and what was read of them. An archive is walked by message id,
// which is given out under its row lock (commit.ts): all up to `through` are done, whatever happens. What is stored beyond counts when that moves on.
// It must never hold a lock that a run waits for, nor index bytes that are being erased.
import { type ArchiveId, asId, type MessageId } from "@packetboat/core";
import { connectFrom, inTransaction } from "@packetboat/database";
import { CONTENT_VERSION, type Content } from "@packetboat/search";
import type { Pool, PoolClient } from "pg";
import { moment, rowsOf } from "../catalog/asking.ts";
import { placesOf, weekOf } from "./places.ts";

/** How far an archive is indexed. */
export interface IndexStanding {
  /** Messages that wait, those with bytes. */
  readonly waiting: number;
  /** All up to this one are indexed. */
  readonly through: MessageId;
}

/** What one step of indexing is about. */
export interface IndexBatch {
  readonly archiveId: ArchiveId;
  /** Ascending; the archive's next ones. Empty: nothing waits. */
  readonly messages: readonly MessageId[];
  /** Those whose bodies have to be read, one for each body. */
  readonly unread: readonly { readonly messageId: MessageId; readonly blobId: bigint; readonly size: number }[];
  /** As far as the archive was indexed before. */
  readonly after: bigint;
  readonly through: bigint;
}

// Reading by index, whatever Postgres thinks of the tables; they may be new.
const BY_INDEX =
  "select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)";

/** How many messages of an archive wait to be indexed. By message_archive; the cost is that of what waits. */
export async function indexStanding(pool: Pool, archiveId: ArchiveId): Promise<IndexStanding> {
  return inTransaction(pool, async (client) => {
    await client.query(BY_INDEX);
    const through = await throughOf(client, archiveId);
    const [row] = await rowsOf<{ waiting: bigint }>(
      client,
      "select count(*) as waiting from message where archive_id = $1 and id > $2 and blob_id is not null",
      [archiveId, through],
    );
    return { waiting: Number(row?.waiting ?? 0), through: asId<MessageId>(through) };
  });
}

/** The archives in which mail waits. By message_archive, once for each archive. */
export async function archivesToIndex(pool: Pool): Promise<readonly ArchiveId[]> {
  return inTransaction(pool, async (client) => {
    await client.query(BY_INDEX);
    const rows = await rowsOf<{ id: bigint }>(
      client,
      `select a.id from archive a left join indexed i on i.archive_id = a.id and i.version = $1
        cross join lateral (select from message where archive_id = a.id and id > coalesce(i.through, 0) limit 1) waiting order by a.id`,
      [CONTENT_VERSION],
    );
    return rows.map(({ id }) => asId<ArchiveId>(id));
  });
}

/** 0 also where everything is to be made anew because contents are made otherwise now. */
async function throughOf(client: PoolClient, archiveId: ArchiveId): Promise<bigint> {
  const [row] = await rowsOf<{ through: bigint }>(
    client,
    "select through from indexed where archive_id = $1 and version = $2",
    [archiveId, CONTENT_VERSION],
  );
  return row?.through ?? 0n;
}

/** Makes everything of an archive wait again; what is indexed stays searchable until it is made anew. */
export async function rebuildIndex(pool: Pool, archiveId: ArchiveId): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query("delete from indexed_week where archive_id = $1", [archiveId]);
    await client.query(
      `insert into indexed (archive_id, version, through, anew_since) values ($1, $2, 0, clock_timestamp())
        on conflict (archive_id) do update set version = excluded.version, through = 0, anew_since = excluded.anew_since`,
      [archiveId, CONTENT_VERSION],
    );
  });
}

/** Gives the next messages to be indexed. `from`: where a batch that is still being stored ends. Default: where the archive is. */
export async function nextToIndex(pool: Pool, archiveId: ArchiveId, limit: number, from?: bigint): Promise<IndexBatch> {
  return inTransaction(pool, async (client) => {
    await client.query(BY_INDEX);
    const after = from ?? (await throughOf(client, archiveId));
    const rows = await rowsOf<{ id: bigint; blob_id: bigint | null; size: number | null; stored: boolean }>(
      client,
      // By message_archive, content_pkey and blob_pkey.
      `select m.id, m.blob_id, b.size, c.blob_id is not null as stored
        from (select id, blob_id from message where archive_id = $1 and id > $2 order by id limit $3) m
        left join indexed i on i.archive_id = $1
        left join lateral (select blob_id from content where blob_id = m.blob_id and version >= $4
          and (i.anew_since is null or indexed_at >= i.anew_since) limit 1) c on true
        left join lateral (select size from blob where id = m.blob_id limit 1) b on true
        order by m.id`,
      [archiveId, after, limit, CONTENT_VERSION],
    );
    const unread = new Map<bigint, IndexBatch["unread"][number]>();
    for (const { id, blob_id: blobId, size, stored } of rows) {
      if (blobId !== null && size !== null && !stored)
        unread.set(blobId, { messageId: asId<MessageId>(id), blobId, size });
    }
    const byId = (a: { readonly messageId: MessageId }, b: { readonly messageId: MessageId }) =>
      a.messageId - b.messageId;
    return {
      archiveId,
      messages: rows.map(({ id }) => asId<MessageId>(id)),
      unread: [...unread.values()].sort(byId),
      after,
      through: rows.at(-1)?.id ?? after,
    };
  });
}

export interface NewContent {
  readonly blobId: bigint;
  readonly content: Content;
}

// Of a body, by message_blob: when the newest of the batch's messages with it was received, and where and when they came. `o.blob_id`, and
// `o.sent_at` as a timestamptz, are the body's; `old` is its row. $1 archive, $2 and $3 the batch.
const HERE = `
cross join lateral (
  select max(received) as dated_at, array_agg(distinct place) as places
  from (select coalesce(m.internal_date, o.sent_at) as received from message m
    where m.blob_id = o.blob_id and m.archive_id = $1 and m.id > $2 and m.id <= $3) each
  cross join lateral unnest(${placesOf("$1::bigint", "received")}) place
) here`;
const PLACES = `' ' || array_to_string(array(select unnest(string_to_array(btrim(coalesce(old.places, '')), ' ')) union select unnest(here.places)
  union select '@' || $1::bigint order by 1), ' ') || ' '`;

// A body that is erased meanwhile is left out; one that is about to be is waited for.
const STORE = `
insert into content (blob_id, version, indexed_at, state, reason, sent_at, dated_at, shown, subject, names, words, from_line, to_line, cc_line,
  bcc_line, files, attached, places)
select b.id, ${CONTENT_VERSION}, clock_timestamp(), o.state, o.reason, o.sent_at, greatest(old.dated_at, here.dated_at), o.shown::jsonb, o.subject,
  o.names, o.words, o.from_line, o.to_line, o.cc_line, o.bcc_line, o.files, o.attached, ${PLACES}
from (select blob_id, state, reason, ${moment("sent_at")} as sent_at, shown, subject, names, words, from_line, to_line, cc_line, bcc_line, files, attached
  from unnest($4::bigint[], $5::text[], $6::text[], $7::float8[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
    $14::text[], $15::text[], $16::text[], $17::boolean[])
  u(blob_id, state, reason, sent_at, shown, subject, names, words, from_line, to_line, cc_line, bcc_line, files, attached)) o
cross join lateral (select id from blob where id = o.blob_id limit 1 for key share) b
left join lateral (select places, dated_at from content where blob_id = o.blob_id limit 1) old on true
${HERE}
order by b.id
on conflict (blob_id) do update set version = excluded.version, indexed_at = excluded.indexed_at, state = excluded.state,
  reason = excluded.reason, sent_at = excluded.sent_at, dated_at = excluded.dated_at, shown = excluded.shown, subject = excluded.subject,
  names = excluded.names, words = excluded.words, from_line = excluded.from_line, to_line = excluded.to_line, cc_line = excluded.cc_line,
  bcc_line = excluded.bcc_line, files = excluded.files, attached = excluded.attached, places = excluded.places`;

// The places of messages whose bodies were indexed before. Ids in order, so that two writers never wait in a circle. $4: those just stored.
const PLACE = `
with held as materialized (
  select c.blob_id, c.places, c.dated_at, c.sent_at from (
    select distinct blob_id from message where archive_id = $1 and id > $2 and id <= $3 and blob_id is not null and blob_id <> all($4::bigint[])
  ) o cross join lateral (select blob_id, places, dated_at, sent_at from content where blob_id = o.blob_id limit 1 for update) c
), placed as (
  select o.blob_id, greatest(old.dated_at, here.dated_at) as dated_at, ${PLACES} as places
  from held o cross join lateral (select o.places, o.dated_at) old(places, dated_at) ${HERE}
)
update content c set places = placed.places, dated_at = placed.dated_at from placed
where c.blob_id = placed.blob_id and (c.places <> placed.places or c.dated_at is distinct from placed.dated_at)`;

const WEEKS = `
insert into indexed_week (archive_id, week, messages)
select $1, ${weekOf("coalesce(m.internal_date, c.sent_at)")}, count(*)::int
from (select blob_id, internal_date from message where archive_id = $1 and id > $2 and id <= $3 and blob_id is not null) m
cross join lateral (select sent_at from content where blob_id = m.blob_id limit 1) c
group by 2 order by 2
on conflict (archive_id, week) do update set messages = indexed_week.messages + excluded.messages`;

/**
 * Stores what was read of a batch, then moves on. Whatever ends it between the two, the next one finds what is stored, and moves on. False: another
 * command was quicker. Throws ARCHIVE_BUSY.
 */
export async function storeIndexed(pool: Pool, batch: IndexBatch, read: readonly NewContent[]): Promise<boolean> {
  const { archiveId, after, through } = batch;
  // Ascending, as for places: one order for all writers.
  const all = [...read].sort((a, b) => (a.blobId < b.blobId ? -1 : 1));
  await storeShares(pool, batch, all);
  return inTransaction(pool, async (client) => {
    await prepare(client);
    if (!(await moveOn(client, batch))) return false;
    await client.query(PLACE, [archiveId, after, through, all.map(({ blobId }) => blobId)]);
    await client.query(WEEKS, [archiveId, after, through]);
    return true;
  });
}

/** Putting words into the index is most of the work, and Postgres does it on one processor for each connection. */
const SHARES = 2;
/** Fewer are not worth a transaction more. */
const LEAST_SHARE = 50;

/** Shares do not overlap: no writer waits for another one's row. */
async function storeShares(pool: Pool, batch: IndexBatch, all: readonly NewContent[]): Promise<void> {
  const size = Math.max(LEAST_SHARE, Math.ceil(all.length / SHARES));
  const shares = Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
  const stored = shares.map((share) =>
    inTransaction(pool, async (client) => {
      await prepare(client);
      await storeContents(client, batch, share);
    }),
  );
  // All are awaited whatever one does: nothing writes behind our back.
  for (const outcome of await Promise.allSettled(stored)) if (outcome.status === "rejected") throw outcome.reason;
}

async function prepare(client: PoolClient): Promise<void> {
  await client.query(BY_INDEX);
  // What a crash of the server takes back is made again: how far the archive is goes back with it, for it is written behind it.
  await client.query("set local synchronous_commit = off");
  // New words wait beside the index and go into it together, in their order: of a large index each time touches every page. tidyIndex leaves none.
  await client.query(
    "select set_config('gin_pending_list_limit', '32MB', true), set_config('work_mem', '128MB', true)",
  );
}

async function moveOn(client: PoolClient, { archiveId, after, through }: IndexBatch): Promise<boolean> {
  // Of an older version: all of it begins again.
  await client.query(
    "delete from indexed_week where archive_id = $1 and not exists (select from indexed where archive_id = $1 and version = $2)",
    [archiveId, CONTENT_VERSION],
  );
  const { rowCount } = await client.query(
    `insert into indexed (archive_id, version, through) values ($1, $2, $4)
      on conflict (archive_id) do update set version = excluded.version, through = excluded.through
      where case when indexed.version = $2 then indexed.through else 0 end = $3::bigint`,
    [archiveId, CONTENT_VERSION, after, through],
  );
  return rowCount === 1;
}

async function storeContents(
  client: PoolClient,
  { archiveId, after, through }: IndexBatch,
  all: readonly NewContent[],
): Promise<void> {
  const of = <T>(value: (content: Content) => T): readonly T[] => all.map(({ content }) => value(content));
  await client.query(STORE, [
    archiveId,
    after,
    through,
    all.map(({ blobId }) => blobId),
    of(({ state }) => state),
    of(({ reason }) => reason),
    of(({ sentAt }) => sentAt),
    of(({ shown }) => JSON.stringify(shown)),
    of(({ searched }) => searched.subject),
    of(({ searched }) => searched.names),
    of(({ searched }) => searched.words),
    of(({ searched }) => searched.from),
    of(({ searched }) => searched.to),
    of(({ searched }) => searched.cc),
    of(({ searched }) => searched.bcc),
    of(({ searched }) => searched.files),
    of(({ searched }) => searched.attached),
  ]);
}

/** Puts what the last batches left beside the index into it, so that the next search need not read it there. */
export async function tidyIndex(pool: Pool): Promise<void> {
  await rowsOf(pool, "select gin_clean_pending_list('content_terms'::regclass)");
}

export interface IndexLock extends AsyncDisposable {
  readonly release: () => Promise<void>;
}

/** The right to index an archive, as long as the connection lasts. Null: another command has it. */
export async function lockIndexing(pool: Pool, archiveId: ArchiveId): Promise<IndexLock | null> {
  const client = await connectFrom(pool);
  try {
    const [row] = await rowsOf<{ got: boolean }>(
      client,
      "select pg_try_advisory_lock(hashtextextended('packetboat index ' || $1::text, 0)) as got",
      [archiveId],
    );
    if (row?.got === true) {
      // Thrown away with its lock: what returns to the pool holds none.
      const release = async (): Promise<void> => client.release(true);
      return { release, [Symbol.asyncDispose]: release };
    }
  } catch (error) {
    client.release(true);
    throw error;
  }
  client.release();
  return null;
}

/** Bodies of an archive that are not wholly indexed, by their state and reason. */
export interface IndexedPartly {
  readonly state: string;
  readonly reason: string | null;
  readonly messages: number;
}

/** Reads all contents of the archive. */
export async function indexedPartly(pool: Pool, archiveId: ArchiveId): Promise<readonly IndexedPartly[]> {
  const rows = await rowsOf<{ state: string; reason: string | null; messages: bigint }>(
    pool,
    `select c.state, c.reason, count(*) as messages from content c join message m on m.blob_id = c.blob_id
      where m.archive_id = $1 and c.state <> 'whole' group by 1, 2 order by 1, 2`,
    [archiveId],
  );
  return rows.map(({ messages, ...row }) => ({ ...row, messages: Number(messages) }));
}
