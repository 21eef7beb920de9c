// The archive's mailboxes and their versions. Versions that end are closed before any is opened, so that names can be swapped and taken
// over within one commit. The tables grow with mailboxes, not with mail.
import {
  type ArchiveId,
  type ArchiveMailbox,
  type ArchiveOp,
  asId,
  type MailboxId,
  MailError,
  type Role,
} from "@packetboat/core";
import type { Pool, PoolClient } from "pg";
import { arrayLiteral, pathDigest } from "../parameters.ts";
import { LIVE, type Session } from "../session.ts";

type CreateMailbox = Extract<ArchiveOp, { kind: "createMailbox" }>;
type ChangeMailbox = Extract<ArchiveOp, { kind: "changeMailbox" }>;
type ReviveMailbox = Extract<ArchiveOp, { kind: "reviveMailbox" }>;

export function mailboxGone(): MailError {
  return new MailError(
    "ARCHIVE_BUSY",
    "Another command changed the archive's mailboxes; nothing was changed. Plan again.",
  );
}

/** All live mailboxes, by path. */
export async function liveMailboxes({
  pool,
  archiveId,
}: Pick<Session, "pool" | "archiveId">): Promise<readonly ArchiveMailbox[]> {
  return (await liveMailboxesOf(pool, [archiveId])).flat();
}

/** The same of each archive, for many at once. By mailbox_version_live_path. */
export async function liveMailboxesOf(
  pool: Pool,
  archives: readonly ArchiveId[],
): Promise<readonly (readonly ArchiveMailbox[])[]> {
  const { rows } = await pool.query<{
    archive_id: bigint;
    id: bigint;
    path: string[];
    role: Role | null;
    subscribed: boolean;
  }>({
    name: "archive_tree",
    text: `select archive_id, mailbox_id as id, path, role, subscribed from mailbox_version
      where archive_id = any($1::bigint[]) and to_revision = ${LIVE} order by path`,
    values: [archives],
  });
  const of = Map.groupBy(rows, (row) => Number(row.archive_id));
  return archives.map((archive) =>
    (of.get(archive) ?? []).map(({ id, path, role, subscribed }) => ({
      id: asId<MailboxId>(id),
      path,
      role,
      subscribed,
    })),
  );
}

/**
 * Tombstones mailboxes, but for those that hold a live message: an arrival revives its mailbox (B5). Gives how many went. Throws
 * ARCHIVE_BUSY when one was removed meanwhile.
 */
export async function removeMailboxes(
  client: PoolClient,
  session: Pick<Session, "archiveId">,
  revision: number,
  ids: readonly MailboxId[],
): Promise<number> {
  await requireLive(client, session, ids);
  const removed = await client.query(
    // By mailbox_version_open and message_version_page.
    `update mailbox_version v set to_revision = $1 where v.mailbox_id = any($2::bigint[]) and v.to_revision = ${LIVE}
      and not exists (select from message_version m where m.mailbox_id = v.mailbox_id and m.to_revision = ${LIVE})`,
    [revision, ids],
  );
  return removed.rowCount ?? 0;
}

/**
 * Gives mailboxes a new path, role or subscription. All old versions are closed before a new one is opened, so names can be swapped.
 * Throws ARCHIVE_BUSY when one was removed meanwhile.
 */
export async function changeMailboxes(
  client: PoolClient,
  session: Pick<Session, "archiveId">,
  revision: number,
  ops: readonly ChangeMailbox[],
): Promise<void> {
  const closed = await client.query(
    // By mailbox_version_open.
    `update mailbox_version set to_revision = $2
      where mailbox_id = any($3::bigint[]) and to_revision = ${LIVE} and archive_id = $1`,
    [session.archiveId, revision, ops.map((op) => op.mailboxId)],
  );
  if (closed.rowCount !== ops.length) throw mailboxGone();
  await openMailboxes(client, session, revision, ops);
}

async function openMailboxes(
  client: PoolClient,
  session: Pick<Session, "archiveId">,
  revision: number,
  ops: readonly Omit<ChangeMailbox, "kind">[],
): Promise<void> {
  await client.query(
    `insert into mailbox_version (mailbox_id, archive_id, path, path_key, role, subscribed, from_revision)
      select o.mailbox_id, $1, o.path::text[], o.path_key, o.role, o.subscribed, $2
      from unnest($3::bigint[], $4::text[], $5::bytea[], $6::text[], $7::boolean[])
        o(mailbox_id, path, path_key, role, subscribed)`,
    [
      session.archiveId,
      revision,
      ops.map((op) => op.mailboxId),
      ops.map((op) => arrayLiteral(op.path)),
      ops.map((op) => pathDigest(op.path)),
      ops.map((op) => op.role),
      ops.map((op) => op.subscribed),
    ],
  );
}

/** Makes new mailboxes, in the order of the ops. */
export async function createMailboxes(
  client: PoolClient,
  session: Pick<Session, "archiveId">,
  revision: number,
  ops: readonly CreateMailbox[],
): Promise<void> {
  const ids = await client.query<{ id: bigint }>(
    "insert into mailbox (archive_id) select $1 from generate_series(1, $2::int) returning id",
    [session.archiveId, ops.length],
  );
  const opened = ops.map((op, i) => ({ ...op, mailboxId: asId<MailboxId>((ids.rows[i] as { id: bigint }).id) }));
  await openMailboxes(client, session, revision, opened);
}

/** B5: opens mailboxes that were removed; live ones stay as they are. Gives how many came back. Throws BUG for one that never was. */
export async function reviveMailboxes(
  client: PoolClient,
  session: Pick<Session, "archiveId">,
  revision: number,
  ops: readonly ReviveMailbox[],
): Promise<number> {
  const { rows } = await client.query<{ id: bigint; live: boolean }>(
    // By mailbox_pkey and mailbox_version_open.
    `select b.id, exists (select from mailbox_version v where v.mailbox_id = b.id and v.to_revision = ${LIVE}) as live
      from mailbox b where b.id = any($2::bigint[]) and b.archive_id = $1`,
    [session.archiveId, ops.map((op) => op.mailboxId)],
  );
  if (rows.length !== ops.length)
    throw new MailError("BUG", "Packetboat has a defect: a plan revives a mailbox that never was. Please report this.");
  const dead = new Set(rows.filter((row) => !row.live).map((row) => Number(row.id)));
  const back = ops.filter((op) => dead.has(op.mailboxId));
  if (back.length > 0) await openMailboxes(client, session, revision, back);
  return back.length;
}

/** Throws ARCHIVE_BUSY unless all of these are live in this archive. */
export async function requireLive(
  client: PoolClient,
  session: Pick<Session, "archiveId">,
  ids: readonly MailboxId[],
): Promise<void> {
  const { rows } = await client.query<{ live: bigint }>({
    name: "archive_live_mailboxes",
    // By mailbox_version_open.
    text: `select count(*) as live from mailbox_version
      where mailbox_id = any($2::bigint[]) and to_revision = ${LIVE} and archive_id = $1`,
    values: [session.archiveId, ids],
  });
  if (Number(rows[0]?.live) !== ids.length) throw mailboxGone();
}
