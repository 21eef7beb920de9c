// The messages of a mailbox at a moment as people look at them: newest first, from any place in it. The order of a whole mailbox is numbers only,
// made once for a revision, which never changes, and kept by whoever shows it; what is shown of a page is looked up for the page alone.
import { endianness } from "node:os";
import { asId, type Flags, type MailboxId, type MessageId, type Revision } from "@packetboat/core";
import type { ShownContent } from "@packetboat/search";
import type { Pool } from "pg";
import { millis, rowsOf } from "./catalog/asking.ts";

/**
 * Gives the ids of all messages of a mailbox as of a revision, by when they were received: the newest first, those without a date last, of two at
 * the same time the one that came later. Eight bytes a message; half a second for 500,000.
 */
export async function messageOrder(pool: Pool, mailboxId: MailboxId, revision: Revision): Promise<Float64Array> {
  const [row] = await rowsOf<{ ids: Buffer | null }>(
    pool,
    // Grows with the mailbox: it is asked once for a revision. By message_version_page and message_pkey, or the tables where the mailbox is
    // most of them. As the bytes of one array: half a million rows of an answer cost ten times as much, and would keep everybody waiting here.
    `select string_agg(float8send(id::float8), ''::bytea order by internal_date desc nulls last, id desc) as ids
      from (
        select m.id, m.internal_date from message_version v join message m on m.id = v.message_id
        where v.mailbox_id = $1 and v.from_revision <= $2 and v.to_revision > $2
      ) held`,
    [mailboxId, revision],
  );
  if (!row?.ids) return new Float64Array();
  const order = new Float64Array(row.ids.length / Float64Array.BYTES_PER_ELEMENT);
  const bytes = Buffer.from(order.buffer);
  bytes.set(row.ids);
  // Postgres sends the highest byte first.
  if (endianness() === "LE") bytes.swap64();
  return order;
}

/** A message as a list shows it. */
export interface ListedMessage {
  readonly id: MessageId;
  readonly flags: Flags;
  /** Milliseconds since 1970; null: the server gave none (C2). */
  readonly internalDate: number | null;
  /** Null: the bytes were erased for good. */
  readonly size: number | null;
  /** For people, of foreign origin. Null: it is not indexed yet. */
  readonly shown: ShownContent | null;
  /** Something that a person would call an attachment. Null: it is not indexed yet. */
  readonly attached: boolean | null;
}

/** Gives what is shown of these messages as of a revision, in their order; those that are not there then are left out. */
export async function listedMessages(
  pool: Pool,
  ids: readonly number[],
  revision: Revision,
): Promise<readonly ListedMessage[]> {
  const rows = await rowsOf<{
    id: bigint;
    flags: string[];
    internal_date: number | null;
    size: number | null;
    shown: ShownContent | null;
    attached: boolean | null;
  }>(
    pool,
    // Message by message: by message_version_pkey, message_pkey, blob_pkey, content_pkey.
    `select wanted.id, v.flags, ${millis("m.internal_date")} as internal_date, b.size, c.shown, c.attached
      from unnest($1::bigint[]) with ordinality wanted(id, place)
      cross join lateral (select flags from message_version where message_id = wanted.id and from_revision <= $2 and to_revision > $2 limit 1) v
      cross join lateral (select internal_date, blob_id from message where id = wanted.id limit 1) m
      left join lateral (select size from blob where id = m.blob_id limit 1) b on true
      left join lateral (select shown, attached from content where blob_id = m.blob_id limit 1) c on true
      order by wanted.place`,
    [ids, revision],
  );
  return rows.map(({ id, internal_date: internalDate, ...row }) => ({ ...row, id: asId<MessageId>(id), internalDate }));
}
