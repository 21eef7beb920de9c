// What an undo will have one account sent: of the messages that come back, those that its base does not hold. Reads only.
// It must never promise what the push does not do: what the base holds is there, what was proved gone stays away (M1, membership 0 1 0).
import type { LinkId } from "@packetboat/core";
import type { Pool } from "pg";
import { rowsOf } from "./catalog/asking.ts";
import { eachComingBack, type UndoPlan } from "./undo.ts";

export interface UndoSending {
  readonly toAppend: number;
  /** Of those. */
  readonly bytes: number;
  /** Still on the server: a removal that was held back, or not made there. */
  readonly alreadyThere: number;
  readonly tooLarge: number;
}

// Message by message: message_pkey, blob_pkey, placement_message, remote_mailbox_pkey. $1 messages, $2 link, $3 limit or null.
const SENDING = `
select count(*) filter (where p.uid is not null) as there, count(*) filter (where not known and b.size > $3::bigint) as large,
  count(*) filter (where not known and ($3::bigint is null or b.size <= $3::bigint)) as send,
  coalesce(sum(b.size) filter (where not known and ($3::bigint is null or b.size <= $3::bigint)), 0)::bigint as bytes
from unnest($1::bigint[]) wanted(id)
cross join lateral (select blob_id from message where id = wanted.id limit 1) m
cross join lateral (select size from blob where id = m.blob_id limit 1) b
left join lateral (select p.uid from placement p join remote_mailbox r on r.id = p.remote_mailbox_id and r.link_id = $2
  where p.message_id = wanted.id order by p.uid nulls last limit 1) p on true
cross join lateral (select exists (select from placement q join remote_mailbox r on r.id = q.remote_mailbox_id and r.link_id = $2
  where q.message_id = wanted.id) as known) k`;

/** Gives the numbers for one link. `limit`: the largest message that its server takes, in bytes; null: not stated. */
export async function undoSending(
  pool: Pool,
  plan: UndoPlan,
  link: LinkId,
  limit: number | null,
): Promise<UndoSending> {
  let all: UndoSending = { toAppend: 0, bytes: 0, alreadyThere: 0, tooLarge: 0 };
  await eachComingBack(pool, plan, async (messages) => {
    const [row] = await rowsOf<Record<"there" | "large" | "send" | "bytes", bigint>>(pool, SENDING, [
      messages,
      link,
      limit,
    ]);
    all = {
      toAppend: all.toAppend + Number(row?.send ?? 0),
      bytes: all.bytes + Number(row?.bytes ?? 0),
      alreadyThere: all.alreadyThere + Number(row?.there ?? 0),
      tooLarge: all.tooLarge + Number(row?.large ?? 0),
    };
  });
  return all;
}
