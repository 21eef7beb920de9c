// What archives took in, day by day, and what of it took room: counted when somebody asks, as far as messages came since the last time, so the cost
// is that of what is new. An archive is counted by itself: that another one has the same bytes is not told (blobs are shared, and nothing says so).
// It must never count a message twice, nor keep its numbers when messages are erased (M8).
import { type ArchiveId, asId } from "@packetboat/core";
import { inTransaction } from "@packetboat/database";
import type { Pool, PoolClient } from "pg";
import { PAGE_BYTES } from "../blobs.ts";
import { type Asked, rowsOf } from "./asking.ts";

export interface StorageDay {
  /** Of UTC: 2026-11-26. */
  readonly day: string;
  readonly messages: number;
  /** Of these messages, before compression. */
  readonly bytes: number;
  /** Of those whose bytes the archive had already. */
  readonly repeatedBytes: number;
  /** What the others take, compressed. */
  readonly keptBytes: number;
}

/** Messages of one transaction. */
const BATCH = 5_000;

// By message_archive, once for each archive. $1 null: all.
const WAITING = `
  select a.id from archive a left join storage_counted s on s.archive_id = a.id
  cross join lateral (select from message where archive_id = a.id and id > coalesce(s.through, 0) order by id limit 1) waiting
  where $1::bigint[] is null or a.id = any($1) order by a.id`;

// By message_archive; then message by message: blob_pkey, blob_part_pkey, message_blob, message_version_pkey, revision_pkey. What of a body fills
// pages is not read, but counted in pages: exact, but for the ends of the segments of messages over 8 MB. $1 archive, $2 counted so far, $3 how many.
const COUNT = `
  with next as materialized (select id, blob_id from message where archive_id = $1 and id > $2 order by id limit $3),
  sized as materialized (
    select coalesce(came.made_at, b.stored_at) as came, b.size, b.kept, exists (
      select from message e where e.blob_id = n.blob_id and e.id < n.id and e.archive_id = $1
    ) as repeated
    from next n
    cross join lateral (
      select size, stored_at, coalesce(octet_length(bytes), 0) + ${PAGE_BYTES}::bigint
        * coalesce((select p.part + 1 from blob_part p where p.blob_id = blob.id order by p.part desc limit 1), 0) as kept
      from blob where id = n.blob_id limit 1
    ) b
    left join lateral (
      select r.made_at from (select from_revision from message_version where message_id = n.id order by from_revision limit 1) v
      cross join lateral (select made_at from revision where archive_id = $1 and number = v.from_revision limit 1) r
    ) came on true
  ),
  days as (
    insert into storage_day as d (archive_id, day, messages, bytes, repeated_bytes, kept_bytes)
      select $1, (came at time zone 'UTC')::date, count(*), sum(size), coalesce(sum(size) filter (where repeated), 0), coalesce(sum(kept) filter (where not repeated), 0)
        from sized group by 2
      on conflict (archive_id, day) do update set messages = d.messages + excluded.messages, bytes = d.bytes + excluded.bytes,
        repeated_bytes = d.repeated_bytes + excluded.repeated_bytes, kept_bytes = d.kept_bytes + excluded.kept_bytes
  )
  select max(id) as through, count(*) as counted from next`;

/**
 * Counts what came to these archives since the last time, `most` messages at most; null: all archives. Gives whether everything is counted. Safe
 * when several ask at once.
 */
export async function countStorage(pool: Pool, archives: readonly ArchiveId[] | null, most: number): Promise<boolean> {
  let left = most;
  for (const { id } of await rowsOf<{ id: bigint }>(pool, WAITING, [archives])) {
    for (let isMore = true; isMore; ) {
      if (left <= 0) return false;
      const size = Math.min(BATCH, left);
      const counted = await inTransaction(pool, (client) => countBatch(client, asId<ArchiveId>(id), size));
      left -= counted;
      isMore = counted === size;
    }
  }
  return true;
}

/** One transaction; whoever else counts this archive waits. Gives how many messages. */
async function countBatch(client: PoolClient, archiveId: ArchiveId, size: number): Promise<number> {
  await client.query("insert into storage_counted (archive_id, through) values ($1, 0) on conflict do nothing", [
    archiveId,
  ]);
  const [row] = await rowsOf<{ through: bigint }>(
    client,
    "select through from storage_counted where archive_id = $1 for update",
    [archiveId],
  );
  // Emptied by forget in this moment: the next one who asks begins anew.
  if (row === undefined) return 0;
  const [counted] = await rowsOf<{ through: bigint | null; counted: bigint }>(client, COUNT, [
    archiveId,
    row.through,
    size,
  ]);
  if (counted === undefined || counted.through === null) return 0;
  await client.query("update storage_counted set through = $2 where archive_id = $1", [archiveId, counted.through]);
  return Number(counted.counted);
}

/** Each day on which these archives took something in, the earliest first; null: all archives. By storage_day_pkey. */
export async function storageDays(pool: Pool, archives: readonly ArchiveId[] | null): Promise<readonly StorageDay[]> {
  const rows = await rowsOf<Record<"messages" | "bytes" | "repeated" | "kept", bigint> & { readonly day: string }>(
    pool,
    `select to_char(day, 'YYYY-MM-DD') as day, sum(messages)::bigint as messages, sum(bytes)::bigint as bytes,
        sum(repeated_bytes)::bigint as repeated, sum(kept_bytes)::bigint as kept
      from storage_day where $1::bigint[] is null or archive_id = any($1) group by storage_day.day order by storage_day.day`,
    [archives],
  );
  return rows.map(({ day, messages, bytes, repeated, kept }) => ({
    day,
    messages: Number(messages),
    bytes: Number(bytes),
    repeatedBytes: Number(repeated),
    keptBytes: Number(kept),
  }));
}

/** Forgets what was counted of an archive, whose messages are being erased: it is counted anew when somebody asks. */
export async function uncountStorage(asked: Asked, archiveId: ArchiveId): Promise<void> {
  await rowsOf(asked, "delete from storage_counted where archive_id = $1", [archiveId]);
  await rowsOf(asked, "delete from storage_day where archive_id = $1", [archiveId]);
}
