// Live messages of an archive mailbox that this link has no base row for, by the digest of their bytes: what an arrival may be met with
// (0 1 1). M9: a tombstone matches nothing, so only open versions are read.
import {
  asId,
  type Digest,
  type MailboxId,
  type MessageId,
  type Revision,
  type UnboundMessage,
} from "@packetboat/core";
import { LIVE, type Session } from "../session.ts";

interface Row {
  readonly message_id: bigint;
  readonly canonical: Digest;
  readonly sha256: Digest;
  readonly internal_date: number | null;
  readonly flags: string[];
  readonly from_revision: bigint;
}

// canonical is null where it equals sha256 (schema.ts), hence two ways into blob: by blob_sha256 and by blob_canonical. Then message_blob,
// message_version_open and placement_message.
const UNBOUND = `
with same as (
  select b.id, b.sha256, b.sha256 as canonical from unnest($4::text[]) wanted(digest)
  join blob b on b.key_space = $3 and b.sha256 = decode(wanted.digest, 'hex') and b.canonical is null
  union all
  select b.id, b.sha256, b.canonical from unnest($4::text[]) wanted(digest)
  join blob b on b.key_space = $3 and b.canonical = decode(wanted.digest, 'hex')
)
select m.id as message_id, encode(same.canonical, 'hex') as canonical, encode(same.sha256, 'hex') as sha256,
  (extract(epoch from m.internal_date) * 1000)::float8 as internal_date, v.flags, v.from_revision
from same
join message m on m.blob_id = same.id and m.archive_id = $5
join message_version v on v.message_id = m.id and v.to_revision = ${LIVE} and v.mailbox_id = $1
where not exists (
  select from placement p join remote_mailbox r on r.id = p.remote_mailbox_id where p.message_id = m.id and r.link_id = $2)
order by m.id`;

/** By message id; each message once, however often its digest was asked for. */
export async function unboundMessages(
  session: Session,
  mailboxId: MailboxId,
  canonical: readonly Digest[],
): Promise<readonly UnboundMessage[]> {
  const { rows } = await session.pool.query<Row>(UNBOUND, [
    mailboxId,
    session.link.id,
    session.keySpace,
    [...new Set(canonical)],
    session.archiveId,
  ]);
  return rows.map((row) => ({
    messageId: asId<MessageId>(row.message_id),
    canonical: row.canonical,
    sha256: row.sha256,
    internalDate: row.internal_date,
    live: { mailboxId, flags: row.flags, since: asId<Revision>(row.from_revision) },
  }));
}
