// Live messages of an archive mailbox that this link has bound to no UID, by the digest of their bytes: what an arrival may be met with
// (0 1 1), also one whose row is `gone` there (1 1 0, met again). M9: a tombstone matches nothing, so only open versions are read.
import {
  asId,
  type Digest,
  type MailboxId,
  type MessageId,
  type Revision,
  type UnboundHeading,
  type UnboundMessage,
} from "@packetboat/core";
import { LIVE, readPage, type Session } from "../session.ts";
import { BODIES, IDENTITY } from "./placements.ts";

const PAGE = 1_000;

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

interface HeadingRow {
  readonly id: bigint;
  readonly bound: boolean;
  readonly size: number;
  readonly internal_date: number | null;
  readonly fingerprint: Digest | null;
}

// By message_version_page, then message by message: message_pkey, blob_pkey, forgotten_pkey, placement_message.
const UNBOUND_IN = `
select m.id, ${IDENTITY}, exists (
  select from (select remote_mailbox_id from placement where message_id = m.id offset 0) p
  cross join lateral (select from remote_mailbox where id = p.remote_mailbox_id and link_id = $2 limit 1) own) as bound
from (select message_id from message_version where mailbox_id = $1 and message_id > $3 and to_revision + 0 = ${LIVE}
  order by message_id limit ${PAGE}) v
cross join lateral (select id, blob_id, internal_date from message where id = v.message_id limit 1) m
${BODIES}
order by m.id`;

/** All live messages of a mailbox without a row on this link, page by page (G3). */
export async function* unboundIn(session: Session, mailboxId: MailboxId): AsyncGenerator<readonly UnboundHeading[]> {
  for (let after = 0, more = true; more; ) {
    const values = [mailboxId, session.link.id, after];
    const { rows } = await readPage(session, (client) => client.query<HeadingRow>(UNBOUND_IN, values));
    const page = rows.filter(({ bound }) => !bound);
    if (page.length > 0) {
      yield page.map(({ id, size, internal_date, fingerprint }) => {
        return { messageId: asId<MessageId>(id), size, internalDate: internal_date, fingerprint };
      });
    }
    after = Number(rows.at(-1)?.id ?? 0);
    more = rows.length === PAGE;
  }
}

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
