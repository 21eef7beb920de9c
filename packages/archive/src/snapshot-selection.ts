// What a selection means in a snapshot: its mailboxes, and its messages as a server would be asked for them. Reads only.
// It must never mean more than what a copy of the snapshot by the same selection takes (snapshot-copy.ts).
import {
  type ArchiveId,
  asId,
  type Digest,
  type MailboxId,
  MailError,
  type MessageId,
  type Revision,
} from "@packetboat/core";
import type { Pool } from "pg";
import { moment, rowsOf } from "./catalog/asking.ts";
import type { Counts } from "./own-counts.ts";
import { type MailboxAt, mailboxesAt } from "./reader.ts";
import { selectsMailbox, type UndoSelection } from "./selection.ts";

/** The mailboxes of a snapshot that a selection means, by path. Throws CONFIG_INVALID where it means none, or names a message that is not there. */
export async function selectedMailboxesAt(
  pool: Pool,
  archiveId: ArchiveId,
  revision: Revision,
  selection: UndoSelection,
): Promise<readonly MailboxAt[]> {
  const patterns = selection.mailboxes ?? [];
  const chosen = selection.mailboxIds === undefined ? null : new Set(selection.mailboxIds);
  const named = selection.messages === undefined ? null : await homesOf(pool, archiveId, revision, selection.messages);
  const meant = (await mailboxesAt(pool, archiveId, revision)).filter(
    ({ id, path }) =>
      (named === null || named.has(id)) &&
      (chosen === null || chosen.has(id)) &&
      (patterns.length === 0 || patterns.some((pattern) => selectsMailbox(pattern, path))),
  );
  if (meant.length === 0) throw new MailError("CONFIG_INVALID", `No mailbox matches at revision ${revision}.`);
  return meant;
}

/** Where these messages are at a revision. By message_pkey and message_version_pkey. Throws CONFIG_INVALID naming those that are not there. */
export async function homesOf(
  pool: Pool,
  archiveId: ArchiveId,
  revision: Revision,
  messages: readonly MessageId[],
): Promise<ReadonlySet<MailboxId>> {
  const rows = await rowsOf<{ id: bigint; mailbox_id: bigint }>(
    pool,
    `select m.id, v.mailbox_id from unnest($3::bigint[]) wanted(id)
      cross join lateral (select id from message where id = wanted.id and archive_id = $1 limit 1) m
      cross join lateral (select mailbox_id, to_revision from message_version where message_id = m.id and from_revision <= $2
        order by from_revision desc limit 1) v
      where v.to_revision > $2`,
    [archiveId, revision, messages],
  );
  const there = new Set(rows.map(({ id }) => Number(id)));
  const missing = messages.filter((id) => !there.has(id));
  if (missing.length > 0) {
    const named = missing.slice(0, 5).join(", ") + (missing.length > 5 ? " and others" : "");
    throw new MailError(
      "CONFIG_INVALID",
      `Not in the archive at revision ${revision}: message ${named}. "packetboat restore show" tells when a message was there.`,
    );
  }
  return new Set(rows.map((row) => asId<MailboxId>(row.mailbox_id)));
}

/**
 * How much these messages come to at a revision, by the mailbox that each is in; those that are not there are not counted. By message_pkey,
 * message_version_pkey and blob_pkey.
 */
export async function countsAmong(
  pool: Pool,
  archiveId: ArchiveId,
  revision: Revision,
  messages: readonly MessageId[],
): Promise<ReadonlyMap<MailboxId, Counts>> {
  const rows = await rowsOf<{ id: bigint } & Record<keyof Counts, bigint>>(
    pool,
    `select v.mailbox_id as id, count(*) as messages, count(*) filter (where not v.flags @> array['\\Seen']) as unread,
        coalesce(sum(b.size), 0)::bigint as bytes
      from unnest($3::bigint[]) wanted(id)
      cross join lateral (select id, blob_id from message where id = wanted.id and archive_id = $1 limit 1) m
      cross join lateral (select mailbox_id, flags, to_revision from message_version where message_id = m.id and from_revision <= $2
        order by from_revision desc limit 1) v
      left join lateral (select size from blob where id = m.blob_id limit 1) b on true
      where v.to_revision > $2 group by v.mailbox_id`,
    [archiveId, revision, messages],
  );
  return new Map(
    rows.map(({ id, messages: count, unread, bytes }) => [
      asId<MailboxId>(id),
      { messages: Number(count), unread: Number(unread), bytes: Number(bytes) },
    ]),
  );
}

/** A message as a server is asked whether it holds it (C4). */
export interface Sendable {
  readonly id: MessageId;
  readonly size: number;
  /** Null: it has no header. */
  readonly fingerprint: Digest | null;
}

/** The messages of a mailbox that a selection means, in pages by id; erased ones are left out, as there is nothing to send. By message_version_page. */
export async function* sendableAt(
  pool: Pool,
  mailboxId: MailboxId,
  revision: Revision,
  selection: UndoSelection,
  limit = 2_000,
): AsyncGenerator<readonly Sendable[]> {
  const { since = null, before = null, messages = null } = selection;
  for (let after = 0; ; ) {
    const rows = await rowsOf<{ id: bigint; size: number | null; fingerprint: string | null; means: boolean }>(
      pool,
      `select v.message_id as id, b.size, encode(b.fingerprint, 'hex') as fingerprint,
          ($5::float8 is null or m.internal_date >= ${moment("$5")}) and ($6::float8 is null or m.internal_date < ${moment("$6")}) as means
        from (
          select message_id from message_version
          where mailbox_id = $1 and message_id > $3 and from_revision <= $2 and to_revision > $2
            and ($7::bigint[] is null or message_id = any($7::bigint[]))
          order by message_id limit $4
        ) v
        cross join lateral (select internal_date, blob_id from message where id = v.message_id limit 1) m
        left join lateral (select size, fingerprint from blob where id = m.blob_id limit 1) b on true
        order by v.message_id`,
      [mailboxId, revision, after, limit, since, before, messages],
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.flatMap(({ id, size, fingerprint, means }) =>
      size === null || means !== true ? [] : [{ id: asId<MessageId>(id), size, fingerprint }],
    );
    after = Number(last.id);
  }
}
