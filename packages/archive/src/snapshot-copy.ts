// A snapshot, or a selection of it, as an archive of its own: so that mail of long ago can be pushed into an account that the living archive
// is not tied to. Only rows are copied; the bytes are shared (one key space). All of it in one transaction, so that it is whole or not there.
// It must never add to an archive that holds anything.
import { type ArchiveId, asId, type MailboxId, MailError, type Revision } from "@packetboat/core";
import { inTransaction } from "@packetboat/database";
import type { Pool } from "pg";
import { type ArchiveInfo, ensureArchive, getArchive } from "./catalog/archives.ts";
import { moment, rowsOf } from "./catalog/asking.ts";
import { keepAtTheEnd } from "./counts.ts";
import { lockArchive, recordRevision } from "./revisions.ts";
import type { UndoSelection } from "./selection.ts";
import { selectedMailboxesAt } from "./snapshot-selection.ts";

export interface SnapshotCopy {
  readonly from: ArchiveId;
  readonly revision: Revision;
  /** Mailboxes by the path that they had then. */
  readonly selection: UndoSelection;
  /** The archive to be made; what it holds already is taken for this copy. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

// By mailbox_version_pkey, message_version_page, message_pkey. Ids in the order of the originals (C3). $1 archive, $2 new one, $3 revision,
// $4 mailboxes, $5 since, $6 before, $7 messages or null.
const COPY = `
with box as materialized (
  select nextval('mailbox_id_seq') as id, v.* from (
    select mailbox_id, path, path_key, role, subscribed from mailbox_version
    where archive_id = $1 and mailbox_id = any($4::bigint[]) and from_revision <= $3 and to_revision > $3 order by mailbox_id
  ) v
), boxes as (
  insert into mailbox (id, archive_id) overriding system value select id, $2 from box
), named as (
  insert into mailbox_version (mailbox_id, archive_id, path, path_key, role, subscribed, from_revision)
  select id, $2, path, path_key, role, subscribed, 1 from box
), item as materialized (
  select nextval('message_id_seq') as id, found.* from (
    select box.id as mailbox_id, m.blob_id, m.internal_date, v.flags
    from box join message_version v on v.mailbox_id = box.mailbox_id and v.from_revision <= $3 and v.to_revision > $3
    join message m on m.id = v.message_id and m.blob_id is not null
    where ($5::float8 is null or m.internal_date >= ${moment("$5")}) and ($6::float8 is null or m.internal_date < ${moment("$6")})
      and ($7::bigint[] is null or v.message_id = any($7::bigint[]))
    order by v.message_id
  ) found
), added as (
  insert into message (id, archive_id, blob_id, internal_date) overriding system value
  select id, $2, blob_id, internal_date from item
), opened as (
  insert into message_version (message_id, mailbox_id, flags, from_revision) select id, mailbox_id, flags, 1 from item
)
select mailbox_id, count(*)::int as messages from item group by mailbox_id`;

/**
 * Gives the archive of that name, filled from the snapshot if it was empty. Throws CONFIG_INVALID when no mailbox is meant, or when it is
 * an archive that an account fills; ARCHIVE_UNKNOWN.
 */
export async function copySnapshot(pool: Pool, copy: SnapshotCopy): Promise<ArchiveInfo> {
  const { from, revision, selection, name, now } = copy;
  const meant = await selectedMailboxesAt(pool, from, revision, selection);
  const archive = await ensureArchive(pool, name);
  await refuseFilled(pool, archive);
  await inTransaction(pool, async (client) => {
    // Held against forget, which would take bytes that are about to be shared.
    await lockArchive(client, { archiveId: from });
    const next = await lockArchive(client, { archiveId: archive.id });
    if (next > 1) return;
    const [shared] = await rowsOf<{ same: boolean }>(
      client,
      "select count(distinct key_space) = 1 as same from archive where id = any($1::bigint[])",
      [[from, archive.id]],
    );
    if (shared?.same !== true)
      throw new MailError("CONFIG_INVALID", `The archive ${name} does not share its bytes. Remove it, or rename it.`);
    const ids: readonly MailboxId[] = meant.map(({ id }) => id);
    const { since = null, before = null, messages = null } = selection;
    const copied = await rowsOf<{ mailbox_id: bigint; messages: number }>(client, COPY, [
      from,
      archive.id,
      revision,
      ids,
      since,
      before,
      messages,
    ]);
    await recordRevision(client, { archiveId: archive.id, now, run: null }, next, {
      arrived: copied.reduce((sum, row) => sum + row.messages, 0),
      vanished: 0,
      mailboxes: new Map(
        copied.map((row) => [asId<MailboxId>(row.mailbox_id), { arrived: row.messages, vanished: 0 }]),
      ),
    });
  });
  await keepAtTheEnd(pool, archive.id);
  return (await getArchive(pool, archive.id)) ?? { ...archive, revision: asId<Revision>(1) };
}

/** An archive that merely has the name is somebody's mail. */
async function refuseFilled(pool: Pool, { id, name }: ArchiveInfo): Promise<void> {
  const [pulled] = await rowsOf(pool, "select from link where archive_id = $1 and pull", [id]);
  if (pulled !== undefined)
    throw new MailError(
      "CONFIG_INVALID",
      `An account fills the archive ${name}, whose name is needed here. Rename it.`,
    );
}
