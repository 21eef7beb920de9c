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

// Grows with the archive, so it is asked for only where a link that does not write is to: message_version_page for each mailbox, or the whole
// tables against each other. A row of the base, whatever it says, is known (membership 1 1 0 is never sent again). $1 archive, $2 link, $3 prefix.
const UNKNOWN = `
select count(*) as messages, coalesce(sum(b.size), 0)::bigint as bytes
from mailbox_version box
join message_version v on v.mailbox_id = box.mailbox_id and v.to_revision = ${LIVE}
join message m on m.id = v.message_id
join blob b on b.id = m.blob_id
where box.archive_id = $1 and box.to_revision = ${LIVE} and box.path[1:cardinality($3::text[])] = $3::text[]
  and not exists (select from placement p join remote_mailbox r on r.id = p.remote_mailbox_id
    where p.message_id = v.message_id and r.link_id = $2)`;

/** Gives how much at most: patterns of the link may leave some of it out. */
export async function unknownTo(pool: Pool, link: LinkInfo): Promise<Unknown> {
  const values = [link.archiveId, link.id, link.policy.prefix];
  const [row] = await rowsOf<{ messages: bigint; bytes: bigint }>(pool, UNKNOWN, values);
  return { messages: Number(row?.messages ?? 0), bytes: Number(row?.bytes ?? 0) };
}
