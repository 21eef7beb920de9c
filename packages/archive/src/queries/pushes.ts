// What a push looks at: which messages changed since each mailbox was last pushed, and both sides of them. The work grows with what
// changed (I2): versions are read from the mark of each mailbox upwards, message by message from there.
import {
  asId,
  type Digest,
  type MailboxId,
  type MessageId,
  type Placement,
  type PushRow,
  type RemoteMailboxId,
  type Revision,
  type RunId,
  type Uid,
  type Unsent,
} from "@packetboat/core";
import { LIVE, readByIndex, type Session } from "../session.ts";
import { BODIES, IDENTITY } from "./placements.ts";

const PAGE = 1_000;

/** The archive's revision now. */
export async function currentRevision(session: Session): Promise<Revision> {
  const { rows } = await session.pool.query<{ revision: bigint }>("select revision from archive where id = $1", [
    session.archiveId,
  ]);
  return asId<Revision>(rows[0]?.revision ?? 0);
}

// By remote_mailbox_name, mailbox_archive, message_version_from, message_version_to and unsent_remote_mailbox. B8: what rests is not read.
// Mailboxes that this link is not paired with (any more) are read too, from the link's oldest push on: a message may have come from there.
const CHANGED = `
with own as materialized (select id, mailbox_id, pushed_revision, resting from remote_mailbox where link_id = $1),
oldest as (select coalesce(min(pushed_revision), 0) as revision from own where not resting and pushed_revision > 0),
place as (
  select mailbox_id, pushed_revision as pushed from own where not resting
  union all
  select b.id, oldest.revision from mailbox b cross join oldest
  where b.archive_id = $2 and oldest.revision > 0 and not exists (select from own where own.mailbox_id = b.id)
)
select distinct c.message_id as id from place
cross join lateral (
  (select message_id from message_version
    where mailbox_id = place.mailbox_id and from_revision > place.pushed and to_revision + 0 = ${LIVE} offset 0)
  union all
  (select message_id from message_version
    where mailbox_id = place.mailbox_id and to_revision > place.pushed and to_revision <> ${LIVE} offset 0)
) c
union
select u.message_id from own cross join lateral (select message_id from unsent where remote_mailbox_id = own.id offset 0) u
where not own.resting
order by 1`;

/** Messages that a push may have something to do with, ascending, each once. */
export async function changedMessages(session: Session): Promise<readonly MessageId[]> {
  // Nobody knows beforehand how far a mailbox is pushed, so Postgres would expect a third of it, and read the table.
  return readByIndex(session, async (client) => {
    const { rows } = await client.query<{ id: bigint }>(CHANGED, [session.link.id, session.archiveId]);
    return rows.map(({ id }) => asId<MessageId>(id));
  });
}

interface Row {
  readonly id: bigint;
  readonly mailbox_id: bigint | null;
  readonly flags: string[] | null;
  readonly from_revision: bigint | null;
  readonly live: boolean | null;
  readonly placements: readonly Placement[] | null;
  readonly size: number;
  readonly internal_date: number | null;
  readonly canonical: Digest;
  readonly fingerprint: Digest | null;
  readonly sha256: Digest | null;
  readonly unsent: Unsent | null;
}

// Lateral and bounded at every step, as in placements.ts. By message_pkey, message_version_pkey, placement_message, unsent_pkey.
const PUSH_ROWS = `
select m.id, v.mailbox_id, v.flags, v.from_revision, v.live, p.placements, encode(b.sha256, 'hex') as sha256, u.unsent, ${IDENTITY}
from unnest($1::bigint[]) wanted(id)
cross join lateral (select id, blob_id, internal_date from message where id = wanted.id and archive_id = $2 limit 1) m
left join lateral (select mailbox_id, flags, from_revision, to_revision = ${LIVE} as live from message_version
  where message_id = m.id order by from_revision desc limit 1) v on true
${BODIES}
cross join lateral (
  select json_agg(json_build_object('remoteMailboxId', p.remote_mailbox_id, 'uid', p.uid, 'flags', p.flags, 'unproved', p.unproved,
    'copy', case when p.copy_sha256 is not null then json_build_object('sha256', encode(p.copy_sha256, 'hex'),
      'fingerprint', encode(p.copy_fingerprint, 'hex'), 'size', p.copy_size) end)
    order by p.remote_mailbox_id, p.uid) as placements
  from (select * from placement where message_id = m.id offset 0) p
  cross join lateral (select from remote_mailbox where id = p.remote_mailbox_id and link_id = $3 limit 1) own
) p
left join lateral (
  select json_build_object('remoteMailboxId', u.remote_mailbox_id, 'messageId', u.message_id, 'kind', u.kind, 'reason', u.reason,
    'detail', u.detail, 'attempts', u.attempts, 'runId', u.run_id) as unsent
  from (select * from unsent where message_id = m.id offset 0) u
  cross join lateral (select from remote_mailbox where id = u.remote_mailbox_id and link_id = $3 limit 1) own
  limit 1
) u on true
order by m.id`;

/** Both sides of these messages in pages of at most 1,000, ascending; those of other archives are left out. */
export async function* pushRows(session: Session, messages: readonly MessageId[]): AsyncGenerator<readonly PushRow[]> {
  const ids = ascending(messages);
  for (let at = 0; at < ids.length; at += PAGE) {
    const values = [ids.slice(at, at + PAGE), session.archiveId, session.link.id];
    const { rows } = await readByIndex(session, (client) => client.query<Row>(PUSH_ROWS, values));
    if (rows.length > 0) yield rows.map(pushRowOf);
  }
}

/** Each once, in order. */
function ascending(ids: readonly MessageId[]): readonly MessageId[] {
  return [...new Set(ids)].sort((a, b) => a - b);
}

function pushRowOf(row: Row): PushRow {
  const { from_revision } = row;
  const mailboxId = row.mailbox_id === null ? null : asId<MailboxId>(row.mailbox_id);
  return {
    messageId: asId<MessageId>(row.id),
    live:
      mailboxId === null || from_revision === null || row.live !== true
        ? null
        : { mailboxId, flags: row.flags ?? [], since: asId<Revision>(from_revision) },
    lastMailboxId: mailboxId,
    placements: (row.placements ?? []).map(({ remoteMailboxId, uid, flags, unproved, copy }) => ({
      remoteMailboxId: asId<RemoteMailboxId>(remoteMailboxId),
      uid: uid === null ? null : asId<Uid>(uid),
      flags,
      unproved,
      copy,
    })),
    size: row.size,
    internalDate: row.internal_date,
    canonical: row.canonical,
    fingerprint: row.fingerprint,
    sha256: row.sha256,
    unsent:
      row.unsent === null
        ? null
        : {
            ...row.unsent,
            remoteMailboxId: asId<RemoteMailboxId>(row.unsent.remoteMailboxId),
            messageId: asId<MessageId>(row.unsent.messageId),
            runId: asId<RunId>(row.unsent.runId),
          },
  };
}
