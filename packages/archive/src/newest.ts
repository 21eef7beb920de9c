// Which messages of a large mailbox are the newest, kept at the end of a writer's work: so that its first page is found by what changed since, and does
// not wait until all of the mailbox is in order (order.ts). All of it follows from the messages, and may be emptied.
// It must never give another order than order.ts does, nor keep what is erased (M8).
import { type ArchiveId, asId, type MailboxId, type MessageId, type Revision } from "@packetboat/core";
import type { Pool, PoolClient } from "pg";
import { type Asked, rowsOf } from "./catalog/asking.ts";
import { LIVE } from "./session.ts";

/** Messages of a mailbox that is put in order as a whole in some milliseconds. */
export const LARGE_MAILBOX = 5_000;
/** Two pages. Less than what Postgres would move out of the row. */
const KEPT = 200;
/** A list that became shorter than a page is made anew. */
const TOO_FEW = 100;
/** Messages that may have come since a list was kept: more are not looked through for a page. */
const MOST_SINCE = 10_000;

/** Of two at the same time the one that came later stands first, those without a date last. */
const DATE = "coalesce(m.internal_date, '-infinity')";

// What is at the head of the mailbox by the nearest list: its messages that are still there, and those that came since. The last of the list is the
// edge: what is in no list was behind it then, and is now. By mailbox_newest_pkey, message_pkey and message_version_pkey for the list,
// message_version_from for what came. $1 mailbox, $2 revision, $3 how many.
const SINCE_KEPT = `
with list as materialized (
  select revision, messages from mailbox_newest where mailbox_id = $1 and revision <= $2 order by revision desc limit 1
), kept as materialized (
  select k.id, ${DATE} as date from list cross join lateral unnest(list.messages) k(id)
  cross join lateral (select internal_date from message where id = k.id limit 1) m
), edge as (
  select date, id from kept order by date, id limit 1
), come as materialized (
  select v.message_id as id from list cross join lateral (
    select message_id from message_version
    where mailbox_id = $1 and from_revision > list.revision and from_revision <= $2 and to_revision > $2 limit ${MOST_SINCE}
  ) v
), head as (
  select kept.id, kept.date from kept
  cross join lateral (
    select from message_version where message_id = kept.id and mailbox_id = $1 and from_revision <= $2 and to_revision > $2 limit 1
  ) v
  union
  select come.id, ${DATE} from come cross join lateral (select internal_date from message where id = come.id limit 1) m
)
select head.id from head, edge where (head.date, head.id) >= (edge.date, edge.id) and (select count(*) from come) < ${MOST_SINCE}
order by head.date desc, head.id desc limit $3`;

// All of the mailbox, as in order.ts. $1 mailbox, $2 revision, $3 how many.
const FROM_ALL = `
select m.id from message_version v join message m on m.id = v.message_id
where v.mailbox_id = $1 and v.from_revision <= $2 and v.to_revision > $2 order by ${DATE} desc, m.id desc limit $3`;

// Large mailboxes in which enough changed since their list. By mailbox_count_pkey, mailbox_tally_pkey, mailbox_newest_pkey, message_version_from
// and message_version_to. $1 archive, $2 its last revision, $3 large, $4 enough.
const WAITING = `
select box.id, last.revision is not null as listed from mailbox box
cross join (select coalesce((select revision from mailbox_count where archive_id = $1 and revision <= $2
  order by revision desc limit 1), 0) as revision) counted
cross join lateral (
  select coalesce((select messages from mailbox_count where archive_id = $1 and revision = counted.revision and mailbox_id = box.id), 0)
    + coalesce((select sum(arrived - vanished) from mailbox_tally where mailbox_id = box.id and revision > counted.revision), 0) as messages
) held
left join lateral (select revision from mailbox_newest where mailbox_id = box.id order by revision desc limit 1) last on true
where box.archive_id = $1 and held.messages > $3 and (last.revision is null or $4 <= (
  select count(*) from (
    select from message_version where mailbox_id = box.id and from_revision > last.revision
    union all
    select from message_version where mailbox_id = box.id and to_revision > last.revision and to_revision <> ${LIVE}
    limit $4
  ) ends))`;

async function idsOf(asked: Asked, text: string, values: unknown[]): Promise<readonly MessageId[]> {
  return (await rowsOf<{ id: bigint }>(asked, text, values)).map(({ id }) => asId<MessageId>(id));
}

/**
 * Gives the newest messages of a mailbox as of a revision, in the order that messageOrder gives, exactly so many. Null: no list is near enough to
 * that revision to tell. In the same time whatever the mailbox holds.
 */
export async function newestMessages(
  pool: Pool,
  mailboxId: MailboxId,
  revision: Revision,
  count: number,
): Promise<readonly MessageId[] | null> {
  const ids = await idsOf(pool, SINCE_KEPT, [mailboxId, revision, count]);
  return ids.length < count ? null : ids;
}

/**
 * Keeps the lists of the archive's large mailboxes, where enough changed (`worth`, version rows). In the transaction of a caller that holds the
 * archive's lock; `revision`: the archive's last one.
 */
export async function keepNewest(
  client: PoolClient,
  archiveId: ArchiveId,
  revision: Revision,
  worth: number,
  large = LARGE_MAILBOX,
): Promise<void> {
  await client.query("select set_config('jit', 'off', true), set_config('enable_seqscan', 'on', true)");
  const waiting = await rowsOf<{ id: bigint; listed: boolean }>(client, WAITING, [archiveId, revision, large, worth]);
  for (const { id, listed } of waiting) {
    const since = listed ? await idsOf(client, SINCE_KEPT, [id, revision, KEPT]) : [];
    const ids = since.length < TOO_FEW ? await idsOf(client, FROM_ALL, [id, revision, KEPT]) : since;
    await client.query("insert into mailbox_newest (mailbox_id, revision, messages) values ($1, $2, $3::bigint[])", [
      id,
      revision,
      ids,
    ]);
  }
}

/** Takes messages out of all lists, before their versions are erased. By message_version_pkey and mailbox_newest_pkey. */
export async function unlist(client: PoolClient, messages: readonly bigint[]): Promise<void> {
  await rowsOf(
    client,
    `update mailbox_newest n set messages = array(
        select l.id from unnest(n.messages) with ordinality l(id, place) where l.id <> all($1::bigint[]) order by place)
      where n.mailbox_id in (select mailbox_id from message_version where message_id = any($1::bigint[]))
        and n.messages && $1::bigint[]`,
    [messages],
  );
}
