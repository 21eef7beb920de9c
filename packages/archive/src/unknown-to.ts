// What the archive holds and an account does not, so that a link which is let write would send it: imported mail, or what an earlier undo brought
// back and nobody carried out. Counted for people, before anything is sent. Reads only.
import type { Pool } from "pg";
import { rowsOf } from "./catalog/asking.ts";
import type { LinkInfo } from "./catalog/links.ts";
import { LIVE } from "./session.ts";

export interface Unknown {
  readonly messages: number;
  readonly bytes: number;
}

// Grows with mailboxes. $1 archive, $2 prefix.
const MAILBOXES = `
select mailbox_id as id from mailbox_version
where archive_id = $1 and to_revision = ${LIVE} and path[1:cardinality($2::text[])] = $2::text[]`;

// Grows with what these mailboxes hold, so it is asked for only where a link that does not write is to: message by message (message_version_page,
// placement_message, message_pkey, blob_pkey), or the whole tables against each other where they hold most of it. They are named, not joined: so
// Postgres knows which it is. A row of the base, whatever it says, is known (membership 1 1 0 is never sent again). $1 mailboxes, $2 link.
const UNKNOWN = `
select count(*) as messages, coalesce(sum(b.size), 0)::bigint as bytes
from message_version v
join message m on m.id = v.message_id
join blob b on b.id = m.blob_id
where v.mailbox_id = any($1::bigint[]) and v.to_revision = ${LIVE}
  and not exists (select from placement p join remote_mailbox r on r.id = p.remote_mailbox_id
    where p.message_id = v.message_id and r.link_id = $2)`;

/** Gives how much at most: patterns of the link may leave some of it out. */
export async function unknownTo(
  pool: Pool,
  { archiveId, id, policy }: Pick<LinkInfo, "archiveId" | "id" | "policy">,
): Promise<Unknown> {
  const mailboxes = await rowsOf<{ id: bigint }>(pool, MAILBOXES, [archiveId, policy.prefix]);
  const ids = mailboxes.map((mailbox) => mailbox.id);
  const [row] = await rowsOf<{ messages: bigint; bytes: bigint }>(pool, UNKNOWN, [ids, id]);
  return { messages: Number(row?.messages ?? 0), bytes: Number(row?.bytes ?? 0) };
}
