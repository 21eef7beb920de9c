// Orphans: bodies that no message points to, because a run was killed between its two transactions, or an archive was removed. They are
// harmless, and taken after a day: a body that was just stored is about to be pointed to.
import { inTransaction } from "@packetboat/database";
import type { Pool } from "pg";
import { takeBodies } from "./queries/blob-lock.ts";
import { dropUnpointed } from "./queries/forget.ts";

/** Rows looked at in one transaction. */
const PAGE = 5_000;
const DAY_MS = 86_400_000;

export interface Swept {
  readonly blobs: number;
  /** Of the messages, before compression. */
  readonly bytes: number;
}

/** Removes orphans older than a day, and what forget kept of messages that no server holds any more (M8). Safe beside running writers: one that wants a body again makes it young first. */
export async function sweepOrphans(pool: Pool, olderThanMs = DAY_MS): Promise<Swept> {
  let blobs = 0;
  let bytes = 0;
  for (let after: bigint | null = 0n; after !== null; ) {
    const from: bigint = after;
    const page = await inTransaction(pool, async (client) => {
      await takeBodies(client);
      // By blob_pkey and message_blob. Locked rows are in use by who indexes them: not orphans for long.
      const { rows } = await client.query<{ last: bigint | null; blobs: bigint; bytes: bigint }>(
        `with page as (select id from blob where id > $1 order by id limit ${PAGE}),
          orphan as (
            select b.id from page join blob b using (id)
            where b.stored_at < now() - make_interval(secs => $2::float8 / 1000)
              and not exists (select from message m where m.blob_id = b.id)
            for update of b skip locked
          ),
          gone as (delete from blob b using orphan where b.id = orphan.id returning b.size),
          parts as (delete from blob_part p using orphan where p.blob_id = orphan.id)
        select (select max(id) from page) as last, count(*) as blobs, coalesce(sum(size), 0)::bigint as bytes from gone`,
        [from, olderThanMs],
      );
      return rows[0];
    });
    blobs += Number(page?.blobs ?? 0);
    bytes += Number(page?.bytes ?? 0);
    after = page?.last ?? null;
  }
  await inTransaction(pool, dropUnpointed);
  return { blobs, bytes };
}
