// Live messages of an archive mailbox that this link has bound to no UID, by the digest of their bytes: what an arrival may be met with
// (0 1 1), also one whose row is `gone` there (1 1 0, met again). M9: a tombstone matches nothing, so only open versions are read.
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
// message_version_open and placement_message. Lateral, digest by digest, as in placements.ts.
const UNBOUND = `
select m.id as message_id, encode(b.canonical, 'hex') as canonical, encode(b.sha256, 'hex') as sha256,
  (extract(epoch from m.internal_date) * 1000)::float8 as internal_date, v.flags, v.from_revision
from unnest($4::text[]) wanted(digest)
cross join lateral (
  (select id, sha256, sha256 as canonical from blob
    where key_space = $3 and sha256 = decode(wanted.digest, 'hex') and canonical is null)
  union all
  (select id, sha256, canonical from blob where key_space = $3 and canonical = decode(wanted.digest, 'hex'))
) b
cross join lateral (select id, archive_id, internal_date from message where blob_id = b.id offset 0) m
cross join lateral (select flags, from_revision from message_version
  where message_id = m.id and to_revision = ${LIVE} and mailbox_id = $1 limit 1) v
where m.archive_id = $5 and not exists (
  select from placement p join remote_mailbox r on r.id = p.remote_mailbox_id where p.message_id = m.id and p.uid is not null and r.link_id = $2 offset 0)
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
