// How much of an archive is on a link's server, by the base alone: what a migration ends with. It asks no server; comparing both anew is
// another matter. Grows with the archive's live mail.
import type { ArchiveId, LinkId, MailboxPath } from "@packetboat/core";
import type { Pool } from "pg";
import { LIVE } from "../session.ts";
import { rowsOf } from "./asking.ts";

/** A mailbox of the archive and what of it the server of a link has. */
export interface SentMailbox {
  readonly path: MailboxPath;
  /** Live messages in the archive. */
  readonly messages: number;
  /** Bound on the server. */
  readonly there: number;
  /** Sent once, and without a UID now: removed there since, or merged by the server with a copy that it has (C7). */
  readonly settled: number;
  /** The server has no such mailbox, or the link leaves it out. */
  readonly isUnpaired: boolean;
}

/** One row for each live mailbox of the archive, by path. By message_version_live and placement_message. */
export async function sentMailboxes(pool: Pool, archiveId: ArchiveId, linkId: LinkId): Promise<readonly SentMailbox[]> {
  const rows = await rowsOf<{
    path: string[];
    messages: bigint;
    there: bigint;
    settled: bigint;
    unpaired: boolean;
  }>(
    pool,
    `select b.path, count(s.uid) filter (where s.uid >= 0) as there, count(s.uid) filter (where s.uid < 0) as settled,
        count(v.message_id) as messages, bool_or(m.id is null or m.resting) as unpaired
      from mailbox_version b
      left join remote_mailbox m on m.mailbox_id = b.mailbox_id and m.link_id = $2
      left join message_version v on v.mailbox_id = b.mailbox_id and v.to_revision = ${LIVE}
      left join lateral (
        select coalesce(p.uid, -1) as uid from placement p join remote_mailbox r on r.id = p.remote_mailbox_id
          where p.message_id = v.message_id and r.link_id = $2 and (p.uid is null or r.id = m.id)
          order by p.uid nulls last limit 1
      ) s on true
      where b.archive_id = $1 and b.to_revision = ${LIVE}
      group by b.mailbox_id, b.path order by b.path`,
    [archiveId, linkId],
  );
  return rows.map(({ path, messages, there, settled, unpaired }) => ({
    path,
    messages: Number(messages),
    there: Number(there),
    settled: Number(settled),
    isUnpaired: unpaired,
  }));
}
