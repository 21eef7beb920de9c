// What changed, revision by revision: read from the version rows that begin and end there. A row that ends and one that begins for the
// same message at one revision are a change of flags or a move; alone they are a removal or an arrival.
import {
  type ArchiveId,
  asId,
  type Flags,
  type MailboxPath,
  type MessageId,
  type Revision,
  type RunId,
} from "@packetboat/core";
import type { Pool } from "pg";
import { millis, rowsOf } from "./catalog/asking.ts";
import { LIVE } from "./session.ts";

export interface LogEntry {
  readonly revision: Revision;
  /** Milliseconds since 1970. */
  readonly madeAt: number;
  /** Null: not made by a run, or its link is gone. */
  readonly runId: RunId | null;
  readonly added: number;
  readonly removed: number;
  readonly moved: number;
  readonly flagged: number;
  /** Mailboxes made, changed or removed. */
  readonly mailboxes: number;
  /** Messages erased for good: no revision shows them any more, and earlier entries do not count them. */
  readonly forgotten: number;
}

export interface LogRange {
  /** Default: 1. */
  readonly from?: number;
  /** Default: the last. */
  readonly to?: number;
  /** Default: 50, the latest of the range. */
  readonly limit?: number;
}

// By revision_pkey, then message_version_from and message_version_to for each mailbox of the archive.
const LOG = `
with page as materialized (
  select number, made_at, run_id from revision where archive_id = $1 and number between $2 and $3 order by number desc limit $4
), span as materialized (
  select min(number) as low, max(number) as high from page
), opened as (
  select v.message_id, v.mailbox_id, v.from_revision as number
  from span, mailbox b join message_version v on v.mailbox_id = b.id
  where b.archive_id = $1 and v.from_revision between span.low and span.high
), closed as (
  select v.message_id, v.mailbox_id, v.to_revision as number
  from span, mailbox b join message_version v on v.mailbox_id = b.id and v.to_revision <> ${LIVE}
  where b.archive_id = $1 and v.to_revision between span.low and span.high
), counted as (
  select number, count(*) filter (where c.mailbox_id is null) as added, count(*) filter (where o.mailbox_id is null) as removed,
    count(*) filter (where c.mailbox_id <> o.mailbox_id) as moved, count(*) filter (where c.mailbox_id = o.mailbox_id) as flagged
  from opened o full join closed c using (message_id, number) group by number
), boxes as (
  select number, count(distinct mailbox_id) as mailboxes from (
    select mailbox_id, from_revision as number from mailbox_version where archive_id = $1
    union all
    select mailbox_id, to_revision from mailbox_version where archive_id = $1
  ) ends, span where number between span.low and span.high group by number
), erased as (
  select (detail ->> 'revision')::bigint as number, sum((detail ->> 'messages')::bigint)::bigint as forgotten
  from audit where archive_id = $1 and kind = 'forget' group by 1
)
select number, ${millis("made_at")} as made_at, run_id, coalesce(added, 0) as added, coalesce(removed, 0) as removed,
  coalesce(moved, 0) as moved, coalesce(flagged, 0) as flagged, coalesce(mailboxes, 0) as mailboxes,
  coalesce(forgotten, 0) as forgotten
from page left join counted using (number) left join boxes using (number) left join erased using (number) order by number desc`;

/** The revisions of a range with what each changed, the latest first. */
export async function log(pool: Pool, archiveId: ArchiveId, range: LogRange = {}): Promise<readonly LogEntry[]> {
  const rows = await rowsOf<{
    number: bigint;
    made_at: number;
    run_id: bigint | null;
    added: bigint;
    removed: bigint;
    moved: bigint;
    flagged: bigint;
    mailboxes: bigint;
    forgotten: bigint;
  }>(pool, LOG, [archiveId, range.from ?? 1, range.to ?? LIVE, range.limit ?? 50]);
  return rows.map((row) => ({
    revision: asId<Revision>(row.number),
    madeAt: row.made_at,
    runId: row.run_id === null ? null : asId<RunId>(row.run_id),
    added: Number(row.added),
    removed: Number(row.removed),
    moved: Number(row.moved),
    flagged: Number(row.flagged),
    mailboxes: Number(row.mailboxes),
    forgotten: Number(row.forgotten),
  }));
}

export interface MessageChange {
  readonly kind: "added" | "removed" | "moved" | "flagged";
  readonly messageId: MessageId;
  /** Null: it was not there before. */
  readonly before: { readonly path: MailboxPath; readonly flags: Flags } | null;
  /** Null: it is not there after. */
  readonly after: { readonly path: MailboxPath; readonly flags: Flags } | null;
}

export interface MailboxChange {
  readonly kind: "created" | "changed" | "removed";
  readonly before: MailboxPath | null;
  readonly after: MailboxPath | null;
}

export interface Changes {
  readonly mailboxes: readonly MailboxChange[];
  readonly messages: readonly MessageChange[];
}

/** What one revision changed. Messages by id, after `afterId`. Default limit: 1,000. */
export async function changesIn(
  pool: Pool,
  archiveId: ArchiveId,
  revision: Revision,
  afterId = 0,
  limit = 1_000,
): Promise<Changes> {
  const messages = await rowsOf<{
    message_id: bigint;
    before_path: string[] | null;
    before_flags: string[] | null;
    after_path: string[] | null;
    after_flags: string[] | null;
    same_mailbox: boolean | null;
  }>(
    pool,
    `with opened as (
        select v.message_id, v.mailbox_id, v.flags, b.path
        from mailbox_version b join message_version v on v.mailbox_id = b.mailbox_id and v.from_revision = $2
        where b.archive_id = $1 and b.from_revision <= $2 and b.to_revision > $2 and v.message_id > $3
      ), closed as (
        select v.message_id, v.mailbox_id, v.flags, b.path
        from mailbox_version b
        join message_version v on v.mailbox_id = b.mailbox_id and v.to_revision = $2 and v.to_revision <> ${LIVE}
        where b.archive_id = $1 and b.from_revision < $2 and b.to_revision >= $2 and v.message_id > $3
      )
      select message_id, c.path as before_path, c.flags as before_flags, o.path as after_path, o.flags as after_flags,
        o.mailbox_id = c.mailbox_id as same_mailbox
      from opened o full join closed c using (message_id) order by message_id limit $4`,
    [archiveId, revision, afterId, limit],
  );
  const mailboxes = await rowsOf<{ before: string[] | null; after: string[] | null }>(
    pool,
    `select c.path as before, o.path as after
      from (select mailbox_id, path from mailbox_version where archive_id = $1 and from_revision = $2) o
      full join (select mailbox_id, path from mailbox_version where archive_id = $1 and to_revision = $2) c using (mailbox_id)
      order by coalesce(o.path, c.path)`,
    [archiveId, revision],
  );
  return {
    mailboxes: mailboxes.map(({ before, after }) => ({
      kind: before === null ? "created" : after === null ? "removed" : "changed",
      before,
      after,
    })),
    messages: messages.map((row) => ({
      kind: changeKind(row),
      messageId: asId<MessageId>(row.message_id),
      before: row.before_path === null ? null : { path: row.before_path, flags: row.before_flags ?? [] },
      after: row.after_path === null ? null : { path: row.after_path, flags: row.after_flags ?? [] },
    })),
  };
}

function changeKind(row: {
  readonly before_path: unknown;
  readonly after_path: unknown;
  readonly same_mailbox: boolean | null;
}): MessageChange["kind"] {
  if (row.before_path === null) return "added";
  if (row.after_path === null) return "removed";
  return row.same_mailbox === true ? "flagged" : "moved";
}
