// What only one side has and no run of the link will settle: messages that its server has and the archive, as it is now, has not; and messages of the
// archive that its server has not. Both come of what was done to the archive beside its runs, a restore or an import, so only what that touched is
// looked at. It must never read a table from one end to the other, nor count what the next run sends or removes by itself.
import {
  asId,
  isWithinPatterns,
  type LinkId,
  type MailboxId,
  type MailboxPath,
  type MessageId,
  type Revision,
} from "@packetboat/core";
import { inTransaction } from "@packetboat/database";
import type { Pool } from "pg";
import { LIVE } from "../session.ts";
import { rowsOf } from "./asking.ts";
import type { LinkInfo } from "./links.ts";

/** No more are counted: whoever is told so many is told "more than". */
export const MOST_ONE_SIDED = 10_000;
/** Versions that are looked at, the latest first: a tenth of a second. */
const MOST_LOOKED_AT = 30_000;

/** Messages that are on the server and not in the archive as it is now. */
export interface OnlyOnServer {
  /** At most MOST_ONE_SIDED + 1. */
  readonly messages: number;
  /** The archive's revision before the first of them left it; and the one with which the last of them did. */
  readonly before: Revision;
  readonly after: Revision;
}

export interface OneSided {
  /** Null: none. */
  readonly onlyOnServer: OnlyOnServer | null;
  /** At most MOST_ONE_SIDED + 1. */
  readonly onlyInArchive: number;
}

type Of = Pick<LinkInfo, "id" | "archiveId" | "rights" | "policy">;

// By revision_pkey, message_version_to for each mailbox, then message by message message_version_open and placement_message. A mailbox that rests is out
// of sight (B8); what a removal put into \Trash is done with (M7). $1 archive, $2 link, $3 versions looked at, $4 messages.
const ONLY_ON_SERVER = `
select c.message_id, c.left_with from (
  select message_id, max(to_revision) as left_with from (
    select v.message_id, v.to_revision from (
      select number from revision where archive_id = $1 and run_id is null and vanished > 0 order by number desc
    ) r
    cross join mailbox b
    cross join lateral (select message_id, to_revision from message_version
      where mailbox_id = b.id and to_revision = r.number and to_revision <> ${LIVE} offset 0) v
    where b.archive_id = $1 limit $3
  ) ended group by message_id
) c
where not exists (select from message_version where message_id = c.message_id and to_revision = ${LIVE})
  and exists (select from (select remote_mailbox_id from placement where message_id = c.message_id and uid is not null offset 0) p
    join remote_mailbox m on m.id = p.remote_mailbox_id where m.link_id = $2 and not m.resting and m.role is distinct from 'trash')
limit $4`;

// By revision_pkey, message_version_from for each mailbox, then the same. A row of the base, whatever it says, is known to the server (membership 1 1 0,
// C7). $5 mailboxes of the link.
const ONLY_IN_ARCHIVE = `
select count(*) as messages from (
  select from (
    select distinct message_id from (
      select v.message_id from (
        select number from revision where archive_id = $1 and run_id is null and arrived > 0 order by number desc
      ) r
      cross join mailbox b
      cross join lateral (select message_id from message_version where mailbox_id = b.id and from_revision = r.number offset 0) v
      where b.archive_id = $1 limit $3
    ) begun
  ) c
  where exists (select from message_version where message_id = c.message_id and to_revision = ${LIVE} and mailbox_id = any($5::bigint[]))
    and not exists (select from (select remote_mailbox_id from placement where message_id = c.message_id offset 0) p
      join remote_mailbox m on m.id = p.remote_mailbox_id where m.link_id = $2)
  limit $4
) found`;

/** Counts both for one link. Of an account that is only sent to, or was never read, nothing is told. */
export async function oneSided(pool: Pool, link: Of): Promise<OneSided> {
  const lacking = await lackingNow(pool, link);
  const first = lacking.reduce((least, { leftWith }) => Math.min(least, leftWith), Number.POSITIVE_INFINITY);
  const last = lacking.reduce((most, { leftWith }) => Math.max(most, leftWith), 0);
  return {
    onlyOnServer:
      lacking.length === 0
        ? null
        : { messages: lacking.length, before: asId<Revision>(first - 1), after: asId<Revision>(last) },
    onlyInArchive: await onlyInArchive(pool, link),
  };
}

/** The messages that `onlyOnServer` counts, those of them that the archive had at a revision, MOST_ONE_SIDED at most: what a person brings back. By id. */
export async function onlyOnServer(pool: Pool, link: Of, at: Revision): Promise<readonly MessageId[]> {
  const lacking = await lackingNow(pool, link);
  // By message_version_pkey.
  const rows = await rowsOf<{ id: bigint }>(
    pool,
    `select w.id from unnest($1::bigint[]) w(id)
      cross join lateral (select to_revision from message_version where message_id = w.id and from_revision <= $2
        order by from_revision desc limit 1) v
      where v.to_revision > $2 order by w.id limit ${MOST_ONE_SIDED}`,
    [lacking.map(({ messageId }) => messageId), at],
  );
  return rows.map(({ id }) => asId<MessageId>(id));
}

/**
 * Lets the next push of a link look again at what left the archive with the first of these removals and since. A run that was not to remove anything
 * (M7) has passed them by, and would not come back to them. More than needed is looked at, and nothing done twice (S3).
 */
export async function pushRemovalsAgain(pool: Pool, link: LinkId, { before }: OnlyOnServer): Promise<void> {
  await pool.query("update remote_mailbox set pushed_revision = $2 where link_id = $1 and pushed_revision > $2", [
    link,
    before,
  ]);
}

interface Lacking {
  readonly messageId: MessageId;
  readonly leftWith: number;
}

async function lackingNow(pool: Pool, { id, archiveId, rights, policy }: Of): Promise<readonly Lacking[]> {
  // M7: a link that removes on its server does it with the next run, or a guard holds it, which is told as such.
  if (!rights.pull || (rights.push && policy.removals !== "never")) return [];
  const rows = await asked<{ message_id: bigint; left_with: bigint }>(pool, ONLY_ON_SERVER, [
    archiveId,
    id,
    MOST_LOOKED_AT,
    MOST_ONE_SIDED + 1,
  ]);
  return rows.map((row) => ({ messageId: asId<MessageId>(row.message_id), leftWith: Number(row.left_with) }));
}

async function onlyInArchive(pool: Pool, { id, archiveId, rights, policy }: Of): Promise<number> {
  if (!rights.pull || rights.push) return 0;
  const boxes = await rowsOf<{ id: bigint; path: MailboxPath }>(
    pool,
    `select mailbox_id as id, path from mailbox_version where archive_id = $1 and to_revision = ${LIVE}`,
    [archiveId],
  );
  const { prefix, below } = policy;
  const own = boxes.filter(
    ({ path }) =>
      path.length > prefix.length &&
      prefix.every((segment, at) => path[at] === segment) &&
      isWithinPatterns(policy, [...below, ...path.slice(prefix.length)]),
  );
  const [row] = await asked<{ messages: bigint }>(pool, ONLY_IN_ARCHIVE, [
    archiveId,
    id,
    MOST_LOOKED_AT,
    MOST_ONE_SIDED + 1,
    own.map((box): MailboxId => asId(box.id)),
  ]);
  return Number(row?.messages ?? 0);
}

/** By index, whatever Postgres thinks of tables that were small when it last looked. */
async function asked<R extends Record<string, bigint>>(
  pool: Pool,
  text: string,
  values: unknown[],
): Promise<readonly R[]> {
  return await inTransaction(pool, async (client) => {
    await client.query("select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)");
    return await rowsOf<R>(client, text, values);
  });
}

/** A mark of each link: while it is the same, what oneSided told is still true. One question for all of them, by run_link and audit_archive. */
export async function oneSidedMarks(pool: Pool): Promise<ReadonlyMap<LinkId, string>> {
  const rows = await rowsOf<{ id: bigint; mark: string }>(
    pool,
    `select l.id, concat_ws('/', a.revision, l.pull, l.push, l.policy,
        (select concat(r.id, r.outcome) from run r where r.link_id = l.id order by r.id desc limit 1),
        (select count(*) from audit where archive_id = a.id and kind = 'forget')) as mark
      from link l join archive a on a.id = l.archive_id`,
  );
  return new Map(rows.map(({ id, mark }) => [asId<LinkId>(id), mark]));
}
