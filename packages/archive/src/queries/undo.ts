// What differs between an earlier revision and now: found from the version rows that began or ended since, so that the work grows with what
// changed, not with the archive (I2). Read through a cursor: memory holds one page, however much there is (I4).
import {
  type ArchiveId,
  asId,
  type MailboxId,
  type MailboxPath,
  type MessageId,
  type RestoreMailbox,
  type RestoreRow,
  type Revision,
  type Role,
} from "@packetboat/core";
import { inTransaction } from "@packetboat/database";
import type { Pool } from "pg";
import { moment, rowsOf } from "../catalog/asking.ts";
import { LIVE } from "../session.ts";

const PAGE = 2_000;

/** Every mailbox that was there at one of two revisions, as it was at both; by id. */
export async function mailboxesBetween(
  pool: Pool,
  archiveId: ArchiveId,
  was: Revision,
  until: Revision,
): Promise<readonly RestoreMailbox[]> {
  const rows = await rowsOf<{
    id: bigint;
    then_path: string[] | null;
    then_role: Role | null;
    then_subscribed: boolean | null;
    now_path: string[] | null;
    now_role: Role | null;
    now_subscribed: boolean | null;
  }>(
    pool,
    // By mailbox_archive and mailbox_version_pkey; grows with mailboxes.
    `select b.id, t.path as then_path, t.role as then_role, t.subscribed as then_subscribed,
        n.path as now_path, n.role as now_role, n.subscribed as now_subscribed
      from mailbox b
      left join mailbox_version t on t.mailbox_id = b.id and t.from_revision <= $2 and t.to_revision > $2
      left join mailbox_version n on n.mailbox_id = b.id and n.from_revision <= $3 and n.to_revision > $3
      where b.archive_id = $1 and (t.mailbox_id is not null or n.mailbox_id is not null) order by b.id`,
    [archiveId, was, until],
  );
  const shape = (path: MailboxPath | null, role: Role | null, subscribed: boolean | null) =>
    path === null ? null : { path, role, subscribed: subscribed === true };
  return rows.map((row) => ({
    id: asId<MailboxId>(row.id),
    was: shape(row.then_path, row.then_role, row.then_subscribed),
    now: shape(row.now_path, row.now_role, row.now_subscribed),
  }));
}

/** Which messages are asked for. */
export interface Differing {
  readonly archiveId: ArchiveId;
  /** The revision that is to come back. */
  readonly was: Revision;
  /** What changed after this one is left alone. */
  readonly until: Revision;
  /** Only messages that were, or are, in these mailboxes. Null: all. */
  readonly mailboxes: readonly MailboxId[] | null;
  /** Mailboxes whose mail is asked for whether it changed or not. */
  readonly whole: readonly MailboxId[];
  /** INTERNALDATE at or after, milliseconds since 1970. Null: any. */
  readonly since: number | null;
  readonly before: number | null;
  /** Only these. Null: all that differ. */
  readonly messages: readonly MessageId[] | null;
}

// A message that differs has a version that began or ended since, in the mailbox where it was or is. By message_version_from and
// message_version_to for each mailbox, message_version_page for whole ones; then, message by message, message_version_pkey and message_pkey.
// $1 archive, $2 then, $3 until, $4 mailboxes or null, $5 whole mailboxes, $6 since, $7 before, $8 messages or null.
const DIFFERING = `
select c.message_id, t.mailbox_id as then_mailbox, t.flags as then_flags, n.mailbox_id, n.flags, n.from_revision,
  n.to_revision = ${LIVE} as live
from (
  select message_id from mailbox b
  cross join lateral (
    (select message_id from message_version where mailbox_id = b.id and from_revision > $2 and from_revision <= $3 offset 0)
    union all
    (select message_id from message_version
      where mailbox_id = b.id and to_revision > $2 and to_revision <= $3 and to_revision <> ${LIVE} offset 0)
  ) ends where b.archive_id = $1 and $8::bigint[] is null and ($4::bigint[] is null or b.id = any($4::bigint[]))
  union
  select message_id from message_version where mailbox_id = any($5::bigint[]) and to_revision + 0 = ${LIVE}
  union
  select unnest($8::bigint[])
) c
cross join lateral (select internal_date from message where id = c.message_id and archive_id = $1 limit 1) m
cross join lateral (select mailbox_id, flags, from_revision, to_revision from message_version
  where message_id = c.message_id order by from_revision desc limit 1) n
left join lateral (select mailbox_id, flags, to_revision from message_version
  where message_id = c.message_id and from_revision <= $2 order by from_revision desc limit 1) t on t.to_revision > $2
where n.from_revision <= $3 and (n.to_revision = ${LIVE} or n.to_revision <= $3)
  and ($6::float8 is null or m.internal_date >= ${moment("$6")}) and ($7::float8 is null or m.internal_date < ${moment("$7")})
  and ($4::bigint[] is null or t.mailbox_id = any($4::bigint[]) or (n.mailbox_id = any($4::bigint[]) and n.to_revision = ${LIVE}))
order by c.message_id`;

interface Row {
  readonly message_id: bigint;
  readonly then_mailbox: bigint | null;
  readonly then_flags: string[] | null;
  readonly mailbox_id: bigint;
  readonly flags: string[];
  readonly from_revision: bigint;
  readonly live: boolean;
}

/** Walks through the messages that differ, by id, in pages; `see` may write on another connection meanwhile: what is read is of the start. */
export async function eachDiffering(
  pool: Pool,
  asked: Differing,
  see: (rows: readonly RestoreRow[]) => Promise<void>,
): Promise<void> {
  const { archiveId, was, until, mailboxes, whole, since, before, messages } = asked;
  await inTransaction(pool, async (client) => {
    await client.query("set transaction isolation level repeatable read read only");
    await client.query(
      `select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true),
        set_config('cursor_tuple_fraction', '1', true)`,
    );
    await client.query(`declare differing no scroll cursor for ${DIFFERING}`, [
      archiveId,
      was,
      until,
      mailboxes,
      whole,
      since,
      before,
      messages,
    ]);
    for (;;) {
      const { rows } = await client.query<Row>(`fetch ${PAGE} from differing`);
      if (rows.length === 0) return;
      await see(rows.map(rowOf));
    }
  });
}

function rowOf(row: Row): RestoreRow {
  const { then_mailbox, then_flags } = row;
  return {
    messageId: asId<MessageId>(row.message_id),
    was: then_mailbox === null ? null : { mailboxId: asId<MailboxId>(then_mailbox), flags: then_flags ?? [] },
    now: row.live
      ? { mailboxId: asId<MailboxId>(row.mailbox_id), flags: row.flags, since: asId<Revision>(row.from_revision) }
      : null,
  };
}
