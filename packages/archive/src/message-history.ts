// One message of an archive with all that ever became of it: every version, with the revisions that began and ended it. By primary keys only,
// whatever the size of the archive. It must never show a message of another archive.
import {
  type ArchiveId,
  asId,
  type Digest,
  type Flags,
  type MailboxId,
  type MailboxPath,
  type MessageId,
  type Revision,
  type RunId,
} from "@packetboat/core";
import type { Pool } from "pg";
import { millis, rowsOf } from "./catalog/asking.ts";
import { LIVE } from "./session.ts";

/** When something happened, and by whom. */
export interface Made {
  readonly revision: Revision;
  /** Milliseconds since 1970; null: the revision's row is gone. */
  readonly madeAt: number | null;
  /** Null: not made by a run, or its link is gone. */
  readonly runId: RunId | null;
}

export interface MessageVersion {
  /** Of the mailbox as it was called when the version began. */
  readonly path: MailboxPath;
  readonly mailboxId: MailboxId;
  readonly flags: Flags;
  readonly begun: Made;
  /** Null: it is the state of now. */
  readonly ended: Made | null;
}

export interface MessageDetails {
  readonly id: MessageId;
  /** Milliseconds since 1970; null: the server gave none (C2). */
  readonly internalDate: number | null;
  /** Null, like the digest: the bytes were erased for good (forget). */
  readonly size: number | null;
  readonly sha256: Digest | null;
  /** The earliest first; none: erased from every revision. The latest `limit` of them. */
  readonly versions: readonly MessageVersion[];
  /** There are earlier versions than these. */
  readonly more: boolean;
}

// By message_version_pkey, then version by version: mailbox_version_pkey and revision_pkey. $1 archive, $2 message, $3 limit.
const VERSIONS = `
select v.mailbox_id, p.path, v.flags, v.from_revision, v.to_revision,
  ${millis("f.made_at")} as begun_at, f.run_id as begun_by, ${millis("t.made_at")} as ended_at, t.run_id as ended_by
from (
  select mailbox_id, flags, from_revision, to_revision from message_version
  where message_id = $2 order by from_revision desc limit $3::int + 1
) v
left join lateral (select path from mailbox_version where mailbox_id = v.mailbox_id and from_revision <= v.from_revision
  order by from_revision desc limit 1) p on true
left join lateral (select made_at, run_id from revision where archive_id = $1 and number = v.from_revision limit 1) f on true
left join lateral (select made_at, run_id from revision where archive_id = $1 and number = v.to_revision limit 1) t on true
order by v.from_revision`;

interface Row {
  readonly mailbox_id: bigint;
  readonly path: string[] | null;
  readonly flags: string[];
  readonly from_revision: bigint;
  readonly to_revision: bigint;
  readonly begun_at: number | null;
  readonly begun_by: bigint | null;
  readonly ended_at: number | null;
  readonly ended_by: bigint | null;
}

/** Gives a message, or null when the archive never had it. Default limit: 1,000 versions. */
export async function messageDetails(
  pool: Pool,
  archiveId: ArchiveId,
  id: MessageId,
  limit = 1_000,
): Promise<MessageDetails | null> {
  const [message] = await rowsOf<{ internal_date: number | null; size: number | null; sha256: string | null }>(
    pool,
    `select ${millis("m.internal_date")} as internal_date, b.size, encode(b.sha256, 'hex') as sha256
      from message m left join blob b on b.id = m.blob_id where m.id = $2 and m.archive_id = $1`,
    [archiveId, id],
  );
  if (message === undefined) return null;
  const rows = await rowsOf<Row>(pool, VERSIONS, [archiveId, id, limit]);
  const { internal_date: internalDate, size, sha256 } = message;
  const more = rows.length > limit;
  return { id, internalDate, size, sha256, versions: rows.slice(more ? 1 : 0).map(versionOf), more };
}

function versionOf(row: Row): MessageVersion {
  const made = (revision: bigint, at: number | null, by: bigint | null): Made => ({
    revision: asId<Revision>(revision),
    madeAt: at,
    runId: by === null ? null : asId<RunId>(by),
  });
  return {
    path: row.path ?? [],
    mailboxId: asId<MailboxId>(row.mailbox_id),
    flags: row.flags,
    begun: made(row.from_revision, row.begun_at, row.begun_by),
    ended: row.to_revision === BigInt(LIVE) ? null : made(row.to_revision, row.ended_at, row.ended_by),
  };
}

/** How a mailbox is called at a revision; what it was called last where it is gone by then. Empty: it was not there yet. By mailbox_version_pkey. */
export async function mailboxPathAt(pool: Pool, mailboxId: MailboxId, revision: number): Promise<MailboxPath> {
  const [row] = await rowsOf<{ path: string[] }>(
    pool,
    "select path from mailbox_version where mailbox_id = $1 and from_revision <= $2 order by from_revision desc limit 1",
    [mailboxId, revision],
  );
  return row?.path ?? [];
}
