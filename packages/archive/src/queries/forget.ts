// The statements that erase: which messages a selection means, their versions, their bytes, and what stays of those that something still
// points to (M8). Rows are locked before it is asked what points to them, so that no writer can begin to point to what is going.
import type { ArchiveId } from "@packetboat/core";
import type { PoolClient } from "pg";
import { type Asked, moment, rowsOf } from "../catalog/asking.ts";
import type { Selection } from "../selection.ts";
import { LIVE } from "../session.ts";

const POINTED = `(exists (select from placement p where p.message_id = m.id)
  or exists (select from intent i where i.message_id = m.id) or exists (select from unsent u where u.message_id = m.id))`;

// A message is judged by its last version (message_version_pkey); one that was erased before has none. Messages by message_archive, by
// message_pkey where ids are given, or by blob_sha256 and message_blob where digests are. $1 archive, $2 mailboxes or null, $3 since,
// $4 before, $5 live only, $6 removed only, $7 ids or null, $8 digests or null.
const SELECTED = `
  select m.id, m.blob_id, last.mailbox_id, last.to_revision = ${LIVE} as live from message m
  cross join lateral (select v.mailbox_id, v.to_revision from message_version v where v.message_id = m.id
    order by v.from_revision desc limit 1) last
  where m.archive_id = $1 and ($2::bigint[] is null or last.mailbox_id = any($2::bigint[]))
    and ($3::float8 is null or m.internal_date >= ${moment("$3")}) and ($4::float8 is null or m.internal_date < ${moment("$4")})
    and (not $5::boolean or last.to_revision = ${LIVE}) and (not $6::boolean or last.to_revision <> ${LIVE})
    and ($7::bigint[] is null or m.id = any($7::bigint[]))
    and ($8::text[] is null or m.blob_id in (select b.id from archive a join blob b on b.key_space = a.key_space
      where a.id = $1 and b.sha256 = any(array(select decode(wanted, 'hex') from unnest($8::text[]) wanted))))`;

/** The parameters of a selection; `mailboxes` are those that its pattern means, null without a pattern. */
export function selectedValues(
  archiveId: ArchiveId,
  selection: Selection,
  mailboxes: readonly bigint[] | null,
): unknown[] {
  const { since = null, before = null, messageIds = null, sha256 = null, state } = selection;
  return [archiveId, mailboxes, since, before, state === "live", state === "removed", messageIds, sha256];
}

export interface Counted {
  readonly messages: bigint;
  readonly bytes: bigint;
  readonly live: bigint;
  readonly kept: bigint;
  readonly up_to: bigint;
}

/** What a selection means, in numbers. */
export async function countSelected(asked: Asked, values: unknown[]): Promise<Counted | undefined> {
  const [row] = await rowsOf<Counted>(
    asked,
    `select count(*) as messages, coalesce(sum(b.size), 0)::bigint as bytes, count(*) filter (where m.live) as live,
        count(*) filter (where ${POINTED}) as kept, coalesce(max(m.id), 0) as up_to
      from (${SELECTED}) m left join blob b on b.id = m.blob_id`,
    values,
  );
  return row;
}

/** Of each mailbox that a selection means: the name it has or had last, and how many messages. */
export async function mailboxesSelected(
  asked: Asked,
  values: unknown[],
): Promise<readonly { readonly path: string[]; readonly messages: bigint }[]> {
  return rowsOf(
    asked,
    `select named.path, count(*) as messages from (${SELECTED}) m
      cross join lateral (select b.path from mailbox_version b where b.mailbox_id = m.mailbox_id
        order by b.from_revision desc limit 1) named
      group by named.path order by named.path`,
    values,
  );
}

/** The next messages of a selection after `after`, none beyond `upTo`, by id. */
export async function nextSelected(
  client: PoolClient,
  values: readonly unknown[],
  after: bigint,
  upTo: bigint,
  limit: number,
): Promise<readonly bigint[]> {
  const rows = await rowsOf<{ id: bigint }>(
    client,
    `select m.id from (${SELECTED}) m where m.id > $9 and m.id <= $10 order by m.id limit ${limit}`,
    [...values, after, upTo],
  );
  return rows.map(({ id }) => id);
}

/** Every mailbox of an archive under the name that it has, or had last. By mailbox_archive and mailbox_version_pkey. */
export async function lastNames(
  asked: Asked,
  archiveId: ArchiveId,
): Promise<readonly { readonly id: bigint; readonly path: string[] }[]> {
  return rowsOf(
    asked,
    `select b.id, last.path from mailbox b
      cross join lateral (select v.path from mailbox_version v where v.mailbox_id = b.id order by v.from_revision desc limit 1) last
      where b.archive_id = $1`,
    [archiveId],
  );
}

export interface Erased {
  readonly messages: number;
  /** Of the bodies that went, before compression; those that other messages share stay. */
  readonly bytes: number;
  readonly kept: number;
}

/** Erases these messages. By the primary keys and foreign-key indexes of each table. */
export async function erase(client: PoolClient, ids: readonly bigint[]): Promise<Erased> {
  // A writer that is about to bind one of these holds it for key share (requireKnown): it is waited for, and then seen.
  const blobs = await rowsOf<{ blob_id: bigint | null }>(
    client,
    "select blob_id from message where id = any($1::bigint[]) order by id for update",
    [ids],
  );
  await rowsOf(client, "delete from message_version where message_id = any($1::bigint[])", [ids]);
  // What could not be sent is not there any more, and a message that looks tombstoned must not be taken for one: nothing on a server is
  // touched. A removal that was decided before stands.
  await rowsOf(client, "delete from unsent where message_id = any($1::bigint[]) and kind <> 'remove'", [ids]);
  await rowsOf(
    client,
    `insert into forgotten (message_id, size, canonical, fingerprint, internal_date)
      select m.id, b.size, coalesce(b.canonical, b.sha256), b.fingerprint, m.internal_date
      from message m join blob b on b.id = m.blob_id where m.id = any($1::bigint[]) and ${POINTED}
      on conflict (message_id) do nothing`,
    [ids],
  );
  const kept = await rowsOf(
    client,
    `update message m set blob_id = null, internal_date = null where m.id = any($1::bigint[]) and ${POINTED} returning m.id`,
    [ids],
  );
  await rowsOf(client, `delete from message m where m.id = any($1::bigint[]) and not ${POINTED}`, [ids]);
  const used = [...new Set(blobs.flatMap(({ blob_id }) => blob_id ?? []))];
  return { messages: ids.length, bytes: await eraseBlobs(client, used), kept: kept.length };
}

/** Takes the bodies that no message uses any more and gives how many bytes went. */
async function eraseBlobs(client: PoolClient, ids: readonly bigint[]): Promise<number> {
  // Nobody can begin to use one meanwhile (takeBodies). What is locked is being indexed: the sweep takes it.
  const free = await rowsOf<{ id: bigint }>(
    client,
    "select id from blob where id = any($1::bigint[]) for update skip locked",
    [ids],
  );
  const gone = await rowsOf<{ size: number }>(
    client,
    `with gone as (
        delete from blob b where b.id = any($1::bigint[]) and not exists (select from message m where m.blob_id = b.id)
        returning b.id, b.size
      ),
      parts as (delete from blob_part p using gone where p.blob_id = gone.id)
      select size from gone`,
    [free.map(({ id }) => id)],
  );
  return gone.reduce((sum, { size }) => sum + size, 0);
}

/** Takes what was kept of erased messages and is pointed to no more, in all archives. Gives how many. By forgotten_pkey. */
export async function dropUnpointed(client: PoolClient): Promise<number> {
  // Locked first and asked again after, for the same reason as above.
  const held = await rowsOf<{ id: bigint }>(
    client,
    `select m.id from forgotten f join message m on m.id = f.message_id where not ${POINTED} for update of m skip locked`,
  );
  if (held.length === 0) return 0;
  const gone = await rowsOf(
    client,
    `delete from message m where m.id = any($1::bigint[]) and not ${POINTED} returning m.id`,
    [held.map(({ id }) => id)],
  );
  return gone.length;
}
