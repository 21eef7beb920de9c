// Snapshots: the archive as of a revision or a time, read with the same indexes whether it is now or long ago (`from <= R < to`).
// Nothing here changes anything, and nothing is replayed from a log.
import {
  type ArchiveId,
  asId,
  type Digest,
  type Flags,
  type MailboxId,
  type MailboxPath,
  MailError,
  type MessageId,
  type Revision,
  type Role,
} from "@packetboat/core";
import type { Pool } from "pg";
import { millis, moment, rowsOf } from "./catalog/asking.ts";
import { countsAt } from "./counts.ts";
import type { Counts } from "./own-counts.ts";

/** Which moment of an archive is meant. */
export type At =
  | { readonly kind: "now" }
  | { readonly kind: "revision"; readonly revision: number }
  /** Milliseconds since 1970: the last revision made until then. */
  | { readonly kind: "time"; readonly time: number };

export interface Resolved {
  readonly revision: Revision;
  /** Milliseconds since 1970; null for revision 0, the empty archive. */
  readonly madeAt: number | null;
}

/** Gives the revision that a moment means. Throws CONFIG_INVALID for a revision that is not there yet, ARCHIVE_UNKNOWN for no archive. */
export async function resolveRevision(pool: Pool, archiveId: ArchiveId, at: At): Promise<Resolved> {
  const [archive] = await rowsOf<{ revision: bigint }>(pool, "select revision from archive where id = $1", [archiveId]);
  if (archive === undefined)
    throw new MailError("ARCHIVE_UNKNOWN", 'There is no such archive. "packetboat archive list" shows them.');
  const newest = Number(archive.revision);
  const asked = at.kind === "revision" ? at.revision : newest;
  if (!Number.isSafeInteger(asked) || asked < 0 || asked > newest) {
    throw new MailError("CONFIG_INVALID", `The archive has revisions 0 to ${newest}; there is no revision ${asked}.`);
  }
  // By revision_made_at; times never go back within an archive.
  const condition =
    at.kind === "time" ? `made_at <= ${moment("$2")} order by made_at desc, number desc` : "number = $2";
  const [row] = await rowsOf<{ number: bigint; made_at: number }>(
    pool,
    `select number, ${millis("made_at")} as made_at from revision where archive_id = $1 and ${condition} limit 1`,
    [archiveId, at.kind === "time" ? at.time : asked],
  );
  if (row === undefined) return { revision: asId<Revision>(at.kind === "time" ? 0 : asked), madeAt: null };
  return { revision: asId<Revision>(row.number), madeAt: row.made_at };
}

export interface MailboxAt extends Counts {
  readonly id: MailboxId;
  readonly path: MailboxPath;
  readonly role: Role | null;
  readonly subscribed: boolean;
}

/** Every mailbox of a snapshot with its counts, by path. Counted from the nearest revision whose counts are kept (counts.ts). */
export async function mailboxesAt(pool: Pool, archiveId: ArchiveId, revision: Revision): Promise<readonly MailboxAt[]> {
  const counts = await countsAt(pool, archiveId, revision);
  const rows = await rowsOf<{ id: bigint; path: string[]; role: Role | null; subscribed: boolean }>(
    pool,
    // Grows with mailboxes.
    `select mailbox_id as id, path, role, subscribed from mailbox_version
      where archive_id = $1 and from_revision <= $2 and to_revision > $2 order by path`,
    [archiveId, revision],
  );
  return rows.map((row) => {
    const id = asId<MailboxId>(row.id);
    return { ...row, id, ...(counts.get(id) ?? EMPTY) };
  });
}

/** Whether a mailbox is, or was, one of an archive. Asked before a mailbox is read that somebody named. By mailbox_pkey. */
export async function isMailboxOf(pool: Pool, archiveId: ArchiveId, mailboxId: MailboxId): Promise<boolean> {
  const rows = await rowsOf(pool, "select from mailbox where id = $2 and archive_id = $1", [archiveId, mailboxId]);
  return rows.length > 0;
}

const EMPTY: Counts = { messages: 0, unread: 0, bytes: 0 };

export interface MessageAt {
  readonly id: MessageId;
  readonly flags: Flags;
  /** Milliseconds since 1970; null: the server gave none (C2). */
  readonly internalDate: number | null;
  /** Null, like the digest: the bytes were erased for good (forget). */
  readonly size: number | null;
  readonly sha256: Digest | null;
}

/**
 * A page of a mailbox as of a revision, by message id, after `afterId` (0 for the first). By message_version_page.
 */
export async function messagesAt(
  pool: Pool,
  mailboxId: MailboxId,
  revision: Revision,
  afterId = 0,
  limit = 1_000,
): Promise<readonly MessageAt[]> {
  const rows = await rowsOf<{
    id: bigint;
    flags: string[];
    internal_date: number | null;
    size: number | null;
    sha256: string | null;
  }>(
    pool,
    // First the page, then what belongs to it, message by message (see placements.ts). Statistics are kept by finishRun (statistics.ts).
    `select v.message_id as id, v.flags, ${millis("m.internal_date")} as internal_date, b.size, encode(b.sha256, 'hex') as sha256
      from (
        select message_id, flags from message_version
        where mailbox_id = $1 and message_id > $3 and from_revision <= $2 and to_revision > $2
        order by message_id limit $4
      ) v
      cross join lateral (select internal_date, blob_id from message where id = v.message_id limit 1) m
      left join lateral (select size, sha256 from blob where id = m.blob_id limit 1) b on true
      order by v.message_id`,
    [mailboxId, revision, afterId, limit],
  );
  return rows.map(({ id, flags, internal_date, size, sha256 }) => ({
    id: asId<MessageId>(id),
    flags,
    internalDate: internal_date,
    size,
    sha256,
  }));
}
