// What messages were lately, and whose runs made them that: what tells a message that two clients change to and fro (G4). Asked for the
// messages that a push is about to change, so most of them are left out by one look at an index.
import { asId, type LinkId, type MailboxId, type MessageId, type RunId, type TracedVersion } from "@packetboat/core";
import { readByIndex, type Session } from "../session.ts";

/** Versions of one message: what is older than so many is in no quarrel of today. */
const MOST = 64;

// By revision_made_at, then message by message: message_pkey, message_version_pkey, revision_pkey and run_pkey. Every step is lateral and
// bounded, as in placements.ts.
const VERSIONS = `
with start as materialized (
  select coalesce((select number from revision where archive_id = $2 and made_at < to_timestamp($3::float8 / 1000)
    order by made_at desc, number desc limit 1), 0) as revision
)
select m.id, v.mailbox_id, v.flags, (extract(epoch from r.made_at) * 1000)::float8 as made_at, r.run_id, run.link_id
from unnest($1::bigint[]) wanted(id)
cross join start
cross join lateral (select id from message where id = wanted.id and archive_id = $2 limit 1) m
cross join lateral (select from message_version where message_id = m.id and from_revision > start.revision
  order by from_revision offset $4::int - 1 limit 1) enough
cross join lateral (select mailbox_id, flags, from_revision from message_version where message_id = m.id
  and to_revision + 0 > start.revision order by from_revision desc limit ${MOST}) v
left join lateral (select made_at, run_id from revision where archive_id = $2 and number = v.from_revision limit 1) r on true
left join lateral (select link_id from run where id = r.run_id limit 1) run on true
order by m.id, v.from_revision`;

interface Row {
  readonly id: bigint;
  readonly mailbox_id: bigint;
  readonly flags: string[];
  readonly made_at: number | null;
  readonly run_id: bigint | null;
  readonly link_id: bigint | null;
}

/** See core's Archive.versionsSince. */
export async function versionsSince(
  session: Session,
  messages: readonly MessageId[],
  since: number,
  atLeast: number,
): Promise<ReadonlyMap<MessageId, readonly TracedVersion[]>> {
  const found = new Map<MessageId, TracedVersion[]>();
  if (messages.length === 0) return found;
  const values = [[...new Set(messages)], session.archiveId, since, atLeast];
  const { rows } = await readByIndex(session, (client) => client.query<Row>(VERSIONS, values));
  for (const { id, mailbox_id, flags, made_at, run_id, link_id } of rows) {
    const made = run_id === null || link_id === null ? null : { link: asId<LinkId>(link_id), run: asId<RunId>(run_id) };
    const version = { mailboxId: asId<MailboxId>(mailbox_id), flags, at: made_at ?? 0, made };
    const key = asId<MessageId>(id);
    const list = found.get(key);
    if (list === undefined) found.set(key, [version]);
    else list.push(version);
  }
  return found;
}
