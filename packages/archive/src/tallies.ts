// How many messages arrived and vanished at each revision, of an archive or of one mailbox: what a histogram over its history is made of. Counted from
// the version rows that begin and end; a change of flags is neither, and of the whole archive no move is. What was counted of a revision stays
// true until something is erased (M8), so whoever asks again asks only for what came since.
import { type ArchiveId, asId, type MailboxId, type Revision } from "@packetboat/core";
import { inTransaction } from "@packetboat/database";
import type { Pool } from "pg";
import { millis, rowsOf } from "./catalog/asking.ts";
import { LIVE } from "./session.ts";

export interface Tally {
  readonly revision: Revision;
  /** Milliseconds since 1970. */
  readonly madeAt: number;
  readonly arrived: number;
  readonly vanished: number;
}

export interface TallyRequest {
  readonly archiveId: ArchiveId;
  /** Null: of the whole archive. */
  readonly mailboxId: MailboxId | null;
  /** Revisions after this one. */
  readonly after: number;
  readonly to: number;
}

// By revision_pkey, message_version_from and message_version_to; message_version_pkey for what followed on what ended, row by row, or the whole
// table where all of a history is counted. $1 archive, $2 mailbox or null, $3 after, $4 to.
const TALLIES = `
with box as materialized (
  select id from mailbox where archive_id = $1 and ($2::bigint is null or id = $2)
), begun as (
  select v.from_revision as number, count(*) as begun from box
  join message_version v on v.mailbox_id = box.id and v.from_revision > $3 and v.from_revision <= $4 group by 1
), ended as (
  select v.to_revision as number, count(*) as ended, count(*) filter (where n.message_id is null) as vanished from box
  join message_version v on v.mailbox_id = box.id and v.to_revision > $3 and v.to_revision <= $4 and v.to_revision <> ${LIVE}
  left join message_version n on n.message_id = v.message_id and n.from_revision = v.to_revision
    and ($2::bigint is null or n.mailbox_id = v.mailbox_id)
  group by 1
)
select r.number, ${millis("r.made_at")} as made_at,
  coalesce(begun, 0) - coalesce(ended, 0) + coalesce(vanished, 0) as arrived, coalesce(vanished, 0) as vanished
from revision r left join begun using (number) left join ended using (number)
where r.archive_id = $1 and r.number > $3 and r.number <= $4 order by r.number`;

/** Revisions whose versions are found one by one, by index; more are counted from the tables as a whole. */
const FEW = 200;

/** Gives the revisions of a range in their order. Of all of a history it takes a second for each million of messages. */
export async function talliesOf(pool: Pool, request: TallyRequest): Promise<readonly Tally[]> {
  const { archiveId, mailboxId, after, to } = request;
  const rows = await inTransaction(pool, async (client) => {
    await client.query(
      `select set_config('jit', 'off', true), set_config('work_mem', '64MB', true), set_config('enable_seqscan', $1, true),
        set_config('enable_hashjoin', $1, true), set_config('enable_mergejoin', $1, true)`,
      [to - after > FEW ? "on" : "off"],
    );
    return await rowsOf<{ number: bigint; made_at: number; arrived: bigint; vanished: bigint }>(client, TALLIES, [
      archiveId,
      mailboxId,
      after,
      to,
    ]);
  });
  return rows.map(({ number, made_at, arrived, vanished }) => ({
    revision: asId<Revision>(number),
    madeAt: made_at,
    arrived: Number(arrived),
    vanished: Number(vanished),
  }));
}

/**
 * How much was ever erased of an archive, as a mark: while it is the same, what was counted before is still true. An erasure in many batches
 * changes it with each. By audit_archive.
 */
export async function erasuresOf(pool: Pool, archiveId: ArchiveId): Promise<string> {
  const [row] = await rowsOf<{ erasures: bigint; messages: bigint }>(
    pool,
    `select count(*) as erasures, coalesce(sum((detail ->> 'messages')::bigint), 0)::bigint as messages
      from audit where archive_id = $1 and kind = 'forget'`,
    [archiveId],
  );
  return `${row?.erasures}:${row?.messages}`;
}
