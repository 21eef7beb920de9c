// How much each mailbox held at some revisions: kept now and then, so that the tree of any revision is counted from the nearest one before it
// by what began and ended since, in the same time whatever the archive holds. All of it follows from the versions, and may be emptied.
// It must never be kept for a revision that is not committed, nor stay as it was when history is erased (M8).
import { type ArchiveId, asId, type MailboxId, type Revision } from "@packetboat/core";
import { inTransaction } from "@packetboat/database";
import type { Pool, PoolClient } from "pg";
import { rowsOf } from "./catalog/asking.ts";
import { keepNewest } from "./newest.ts";
import { type Counts, NOTHING_OWN, type OwnCounts } from "./own-counts.ts";
import { lockArchive } from "./revisions.ts";
import { LIVE } from "./session.ts";

/** Version rows that may begin or end between two counts that are kept: counting them takes a tenth of a second. */
const WORTH_KEEPING = 2_000;
const COUNTED_OFTEN = 10_000;

// The counts kept at $3 (0: none), and what began and ended after it up to $2. By mailbox_count_pkey; message_version_from and
// message_version_to for each mailbox, then row by row, or the whole tables where nothing is kept. $1 archive.
const COUNTED = `
select mailbox_id, sum(messages)::bigint as messages, sum(unread)::bigint as unread, sum(bytes)::bigint as bytes from (
  select mailbox_id, messages, unread, bytes from mailbox_count where archive_id = $1 and revision = $3
  union all
  select v.mailbox_id, v.sign, case when v.flags @> array['\\Seen'] then 0 else v.sign end, v.sign * coalesce(b.size, 0)
  from (
    select v.mailbox_id, v.message_id, v.flags, 1 as sign from mailbox box
    join message_version v on v.mailbox_id = box.id and v.from_revision > $3 and v.from_revision <= $2
    where box.archive_id = $1
    union all
    select v.mailbox_id, v.message_id, v.flags, -1 from mailbox box
    join message_version v on v.mailbox_id = box.id and v.to_revision > $3 and v.to_revision <= $2 and v.to_revision <> ${LIVE}
    where box.archive_id = $1
  ) v join message m on m.id = v.message_id left join blob b on b.id = m.blob_id
) parts group by mailbox_id`;

const NEAREST = `
select coalesce((select revision from mailbox_count where archive_id = $1 and revision <= $2
  order by revision desc limit 1), 0) as nearest`;

// How many versions began or ended after $2, up to $3 of them. By message_version_from and message_version_to.
const SINCE = `
select count(*) as changes from (
  select from mailbox box join message_version v on v.mailbox_id = box.id and v.from_revision > $2 where box.archive_id = $1
  union all
  select from mailbox box join message_version v on v.mailbox_id = box.id and v.to_revision > $2 and v.to_revision <> ${LIVE}
  where box.archive_id = $1
  limit $3
) ends`;

interface Row {
  readonly mailbox_id: bigint;
  readonly messages: bigint;
  readonly unread: bigint;
  readonly bytes: bigint;
}

/** Gives what each mailbox held at a revision; one that held nothing may be left out. */
export async function countsAt(
  pool: Pool,
  archiveId: ArchiveId,
  revision: Revision,
): Promise<ReadonlyMap<MailboxId, Counts>> {
  const rows = await inTransaction(pool, async (client) => {
    // One look at one state: what is erased meanwhile is erased from both, or from none.
    await client.query("set transaction isolation level repeatable read read only");
    const nearest = await nearestTo(client, archiveId, revision);
    await readBy(client, nearest);
    return await rowsOf<Row>(client, COUNTED, [archiveId, revision, nearest]);
  });
  return new Map(
    rows.map(({ mailbox_id, messages, unread, bytes }) => [
      asId<MailboxId>(mailbox_id),
      { messages: Number(messages), unread: Number(unread), bytes: Number(bytes) },
    ]),
  );
}

async function nearestTo(client: PoolClient, archiveId: ArchiveId, revision: number): Promise<number> {
  const [row] = await rowsOf<{ nearest: bigint }>(client, NEAREST, [archiveId, revision]);
  return Number(row?.nearest ?? 0);
}

/** From a revision whose counts are kept little is read, by index, whatever Postgres thinks of the tables. From the beginning all is. */
async function readBy(client: PoolClient, nearest: number): Promise<void> {
  await client.query("select set_config('jit', 'off', true), set_config('enable_seqscan', $1, true)", [
    nearest > 0 ? "off" : "on",
  ]);
}

/** How many messages a mailbox held at a revision. By mailbox_count_pkey and mailbox_tally_pkey. */
export async function messagesHeld(
  pool: Pool,
  archiveId: ArchiveId,
  mailboxId: MailboxId,
  revision: Revision,
): Promise<number> {
  const [row] = await rowsOf<{ messages: bigint }>(
    pool,
    `select (coalesce((select messages from mailbox_count where archive_id = $1 and revision = kept.nearest and mailbox_id = $3), 0)
        + coalesce((select sum(arrived - vanished) from mailbox_tally where mailbox_id = $3 and revision > kept.nearest and revision <= $2), 0)
      )::bigint as messages from (${NEAREST}) kept`,
    [archiveId, revision, mailboxId],
  );
  return Number(row?.messages ?? 0);
}

/**
 * Keeps the counts of the archive's last revision, if enough changed since the last ones that are kept (`worth`, version rows). Killed before it
 * is done, nothing is kept, and counting takes longer until the next time. `own`: what the writer knows, where it knows enough. Gives that
 * revision. Throws ARCHIVE_UNKNOWN.
 */
export async function keepCounts(
  pool: Pool,
  archiveId: ArchiveId,
  worth = WORTH_KEEPING,
  own = NOTHING_OWN,
): Promise<Revision> {
  return await inTransaction(pool, (client) => keptCounts(client, archiveId, worth, own));
}

/** The same when a writer is done, and the newest messages of large mailboxes with it (newest.ts). Throws ARCHIVE_UNKNOWN. */
export async function keepAtTheEnd(
  pool: Pool,
  archiveId: ArchiveId,
  worth = WORTH_KEEPING,
  own = NOTHING_OWN,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    const revision = await keptCounts(client, archiveId, worth, own);
    await keepNewest(client, archiveId, revision, worth);
  });
}

/** Gives the archive's last revision. */
async function keptCounts(client: PoolClient, archiveId: ArchiveId, worth: number, own: OwnCounts): Promise<Revision> {
  // Held against writers, and against an erasure, which would be counted neither here nor there.
  const revision = asId<Revision>((await lockArchive(client, { archiveId })) - 1);
  const nearest = await nearestTo(client, archiveId, revision);
  if (nearest === revision) return revision;
  await client.query("select set_config('enable_seqscan', 'off', true)");
  if (await keptByOwn(client, archiveId, nearest, revision, worth, own)) return revision;
  const [since] = await rowsOf<{ changes: bigint }>(client, SINCE, [archiveId, nearest, worth]);
  if (Number(since?.changes ?? 0) < worth) return revision;
  await readBy(client, nearest);
  await client.query(
    `insert into mailbox_count (archive_id, revision, mailbox_id, messages, unread, bytes)
      select $1, $2, mailbox_id, messages, unread, bytes from (${COUNTED}) counted where messages > 0`,
    [archiveId, revision, nearest],
  );
  return revision;
}

// What the writer says it added since the counts at $3, if the tallies of all revisions since say the same: an erasure took from them what it erased.
// By mailbox_count_pkey, revision_pkey and mailbox_tally_pkey. $1 archive, $2 revision, $4 mailboxes, $5 messages, $6 unread, $7 bytes.
const OWN = `
with own as (select * from unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[]) o(mailbox_id, messages, unread, bytes))
insert into mailbox_count (archive_id, revision, mailbox_id, messages, unread, bytes)
select $1, $2, mailbox_id, sum(messages), sum(unread), sum(bytes) from (
  select mailbox_id, messages, unread, bytes from mailbox_count where archive_id = $1 and revision = $3
  union all
  select mailbox_id, messages, unread, bytes from own
) parts
where (select coalesce(sum(arrived), 0) = (select sum(messages) from own) and coalesce(sum(vanished), 0) = 0
    from revision where archive_id = $1 and number > $3 and number <= $2)
  and not exists (select from own where messages <> (
    select coalesce(sum(arrived - vanished), 0) from mailbox_tally t where t.mailbox_id = own.mailbox_id and t.revision > $3 and t.revision <= $2))
group by mailbox_id having sum(messages) > 0`;

/** Keeps the counts of a revision by what its writer knows. Gives false when that is not enough, or not worth it. */
async function keptByOwn(
  client: PoolClient,
  archiveId: ArchiveId,
  nearest: number,
  revision: Revision,
  worth: number,
  { since, through, mailboxes }: OwnCounts,
): Promise<boolean> {
  const counts = [...mailboxes.values()];
  const messages = counts.map((one) => one.messages);
  if (since !== nearest || through !== revision || messages.reduce((sum, one) => sum + one, 0) < worth) return false;
  const sums = [messages, counts.map(({ unread }) => unread), counts.map(({ bytes }) => bytes)];
  const { rowCount } = await client.query(OWN, [archiveId, revision, nearest, [...mailboxes.keys()], ...sums]);
  return rowCount !== null && rowCount > 0;
}

/** A writer of many batches, with the ops that it committed since it last kept the counts. */
export interface Counting {
  readonly pool: Pool;
  readonly archiveId: ArchiveId;
  uncounted: number;
  /** Counts were kept on the way, and nothing at an end since. */
  underWay: boolean;
  /** What it knows of how much mailboxes hold. */
  own: OwnCounts;
}

/** Keeps the counts of a writer that goes on, after 10,000 ops each, so that none of its revisions is far from one that is counted. */
export async function countOnTheWay(counting: Counting): Promise<void> {
  if (counting.uncounted < COUNTED_OFTEN) return;
  // Before the wait: other batches are committed meanwhile.
  counting.uncounted = 0;
  counting.underWay = true;
  const { own } = counting;
  const kept = await keepCounts(counting.pool, counting.archiveId, WORTH_KEEPING, own);
  // Unless another batch was committed meanwhile: then it is counted from the database the next time, and known from there on.
  if (counting.own === own) counting.own = { since: kept, through: kept, mailboxes: new Map() };
}

/** Keeps what a writer that is done keeps. One that changed nothing asks nothing. */
export async function countAtTheEnd(counting: Counting): Promise<void> {
  if (counting.uncounted === 0 && !counting.underWay) return;
  counting.uncounted = 0;
  counting.underWay = false;
  await keepAtTheEnd(counting.pool, counting.archiveId, WORTH_KEEPING, counting.own);
}

/**
 * Takes messages out of all counts that are kept, before their versions are erased. The caller holds the archive's lock. By message_version_pkey
 * and mailbox_count_pkey.
 */
export async function uncount(client: PoolClient, archiveId: ArchiveId, messages: readonly bigint[]): Promise<void> {
  await rowsOf(
    client,
    `with erased as materialized (
      select v.mailbox_id, v.from_revision, v.to_revision, v.flags, coalesce(b.size, 0) as size
      from message_version v join message m on m.id = v.message_id left join blob b on b.id = m.blob_id
      where v.message_id = any($2::bigint[])
    ), gone as (
      select c.revision, c.mailbox_id, count(*) as messages, count(*) filter (where not e.flags @> array['\\Seen']) as unread,
        sum(e.size) as bytes
      from mailbox_count c join erased e on e.mailbox_id = c.mailbox_id
        and e.from_revision <= c.revision and e.to_revision > c.revision
      where c.archive_id = $1 group by 1, 2
    )
    update mailbox_count c set messages = c.messages - gone.messages, unread = c.unread - gone.unread, bytes = c.bytes - gone.bytes
    from gone where c.archive_id = $1 and c.revision = gone.revision and c.mailbox_id = gone.mailbox_id`,
    [archiveId, messages],
  );
}
