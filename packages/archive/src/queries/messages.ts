// Messages and their versions: added, closed, opened, whole batches in one statement each. A change closes the open version and opens
// the next one; the op names the version it was planned on, and one that is closed by now is stale (S4).
import {
  type ArchiveId,
  type ArchiveOp,
  asId,
  type Digest,
  type Link,
  type MailboxId,
  MailError,
  type MessageId,
  type Revision,
} from "@packetboat/core";
import type { PoolClient } from "pg";
import {
  arrayLiteral,
  dateParameter,
  digestColumn,
  int8Parameter,
  listColumn,
  plainColumn,
  textColumn,
} from "../parameters.ts";
import { LIVE, type Session } from "../session.ts";
import { forgetIds, idOf } from "../stored-ids.ts";

export type AddMessage = Extract<ArchiveOp, { kind: "addMessage" }>;
export type ChangeMessage = Extract<ArchiveOp, { since: Revision }>;
/** Of whom messages are added. No link: an import, which binds nothing. */
export type Adding = Pick<Session, "archiveId" | "keySpace" | "provesKeys" | "storedIds"> & {
  readonly link: Pick<Link, "id"> | null;
};
export type ReviveMessage = Extract<ArchiveOp, { kind: "reviveMessage" }>;

// One statement for three tables. Ids follow the order of the ops, which is that of the UIDs (C3). Bodies are kept to the commit (keepBodies);
// that they are the ones that were meant is asked of each, by blob_pkey.
const ADD = `
with item as materialized (
  select nextval('message_id_seq') as id, found.* from (
    select o.*, b.id as blob_id
    from unnest($4::text[], $5::float8[], $6::bigint[], $7::text[], $8::bigint[], $9::bigint[], $10::text[], $11::bigint[], $12::text[], $13::boolean[], $14::bigint[])
      with ordinality
      o(sha256, internal_date, mailbox_id, flags, remote_mailbox_id, uid, seen_flags, modseq, email_id, unproved, stored_id, position)
    cross join lateral (select id, key_space, sha256 from blob where id = o.stored_id limit 1) b
    where b.key_space = $2 and b.sha256 = decode(o.sha256, 'hex')
    order by o.position
  ) found
), added as (
  insert into message (id, archive_id, blob_id, internal_date) overriding system value
  select id, $1, blob_id, to_timestamp(internal_date / 1000) from item
), opened as (
  insert into message_version (message_id, mailbox_id, flags, from_revision)
  select id, mailbox_id, flags::text[], $3 from item
), bound as (
  insert into placement (remote_mailbox_id, uid, message_id, modseq, flags, email_id, unproved)
  select remote_mailbox_id, uid, id, modseq, seen_flags::text[], email_id, unproved from item where remote_mailbox_id is not null
)
select count(*) as found from item`;

/** Adds messages whose bodies are stored, with their bindings. Throws ARCHIVE_BUSY when a body is not stored (any more), BUG when a UID is bound already. */
export async function addMessages(
  client: PoolClient,
  session: Adding,
  revision: number,
  ops: readonly AddMessage[],
): Promise<void> {
  await holdParents(client, session, ops);
  const storedIds = await idsOf(client, session, ops);
  if (session.provesKeys) await client.query("set local session_replication_role = replica");
  const { rows } = await client.query<{ found: bigint }>({
    name: "archive_add_messages",
    text: ADD,
    values: [
      session.archiveId,
      session.keySpace,
      revision,
      digestColumn(ops.map((op) => op.sha256)),
      plainColumn(ops.map((op) => dateParameter(op.internalDate))),
      plainColumn(ops.map((op) => op.mailboxId)),
      listColumn(ops.map((op) => op.flags)),
      plainColumn(ops.map((op) => op.binding?.remoteMailboxId ?? null)),
      plainColumn(ops.map((op) => op.binding?.uid ?? null)),
      listColumn(ops.map((op) => op.binding?.flags ?? null)),
      plainColumn(ops.map((op) => int8Parameter(op.binding?.modseq ?? null))),
      textColumn(ops.map((op) => op.binding?.emailId ?? null)),
      plainColumn(ops.map((op) => op.binding?.unproved ?? false)),
      plainColumn(storedIds),
    ],
  });
  if (session.provesKeys) await client.query("set local session_replication_role = origin");
  if (Number(rows[0]?.found) !== ops.length) {
    forgetIds(session.storedIds);
    throw new MailError(
      "ARCHIVE_BUSY",
      "A message was to be added whose body is not stored: another command erased it meanwhile. Nothing was changed; run it again.",
    );
  }
}

/** The ids of the bodies of these messages, in their order; those that this session does not know are found by blob_sha256. Null: none is stored. */
async function idsOf(
  client: PoolClient,
  { keySpace, storedIds }: Adding,
  ops: readonly AddMessage[],
): Promise<readonly (bigint | null)[]> {
  const known = ops.map(({ sha256 }) => idOf(storedIds, sha256));
  const unknown = new Set(ops.flatMap(({ sha256 }, i) => (known[i] === null ? sha256 : [])));
  if (unknown.size === 0) return known;
  const others = new Map((await findIds(client, keySpace, [...unknown])).map(({ sha256, id }) => [sha256, id]));
  return ops.map(({ sha256 }, i) => known[i] ?? others.get(sha256) ?? null);
}

async function findIds(
  client: PoolClient,
  keySpace: number,
  digests: readonly Digest[],
): Promise<readonly { readonly sha256: Digest; readonly id: bigint }[]> {
  const { rows } = await client.query<{ sha256: string; id: bigint }>({
    name: "archive_body_ids",
    text: `select o.sha256, b.id from unnest($2::text[]) o(sha256)
      cross join lateral (select id from blob where key_space = $1 and sha256 = decode(o.sha256, 'hex') limit 1) b`,
    values: [keySpace, digests],
  });
  return rows;
}

/**
 * Proves that the mailboxes of both sides exist and are ours, and holds them to the commit. With the archive's row (lockArchive) and the
 * bodies (keepBodies, ADD) that is all that foreign keys would ask for each row: docs/decisions/0007-keys-by-batch.md.
 */
async function holdParents(client: PoolClient, session: Adding, ops: readonly AddMessage[]): Promise<void> {
  const mailboxes = [...new Set(ops.map((op) => op.mailboxId))];
  const remotes = [...new Set(ops.flatMap((op) => op.binding?.remoteMailboxId ?? []))];
  const { rows } = await client.query<{ mailboxes: bigint; remotes: bigint }>({
    name: "archive_hold_parents",
    text: `select
        (select count(*) from (select from mailbox where archive_id = $1 and id = any($2::bigint[]) for key share) m) as mailboxes,
        (select count(*) from (select from remote_mailbox where link_id = $3 and id = any($4::bigint[]) for key share) r) as remotes`,
    values: [session.archiveId, mailboxes, session.link?.id ?? null, remotes],
  });
  const [row] = rows;
  if (Number(row?.mailboxes) !== mailboxes.length || Number(row?.remotes) !== remotes.length) {
    throw new MailError(
      "BUG",
      "Packetboat has a defect: a plan adds to a mailbox that this link does not have. Please report this.",
    );
  }
}

/** Where the closed version of a message was. */
export type Closed = ReadonlyMap<MessageId, MailboxId>;

/**
 * Ends the open versions that these ops were planned on, and gives those it ended; the others are stale. By message_version_pkey, version by
 * version: `+ 0` keeps Postgres from reading all open ones, which it takes for few before it has looked at the table.
 */
export async function closeVersions(
  client: PoolClient,
  revision: number,
  ops: readonly ChangeMessage[],
): Promise<Closed> {
  const { rows } = await client.query<{ message_id: bigint; mailbox_id: bigint }>({
    name: "archive_close_versions",
    text: `update message_version v set to_revision = $1
      from unnest($2::bigint[], $3::bigint[]) o(message_id, since)
      where v.message_id = o.message_id and v.from_revision = o.since and v.to_revision + 0 = ${LIVE}
      returning v.message_id, v.mailbox_id`,
    values: [revision, ops.map((op) => op.messageId), ops.map((op) => op.since)],
  });
  return new Map(rows.map((row) => [asId<MessageId>(row.message_id), asId<MailboxId>(row.mailbox_id)]));
}

/** Opens the versions after a change of flags or place; `closed` knows where each message was. */
export async function openVersions(
  client: PoolClient,
  revision: number,
  ops: readonly Exclude<ChangeMessage, { kind: "removeMessage" }>[],
  closed: Closed,
): Promise<void> {
  await client.query({
    name: "archive_open_versions",
    text: `insert into message_version (message_id, mailbox_id, flags, from_revision)
      select message_id, mailbox_id, flags::text[], $1
      from unnest($2::bigint[], $3::bigint[], $4::text[]) o(message_id, mailbox_id, flags)`,
    values: [
      revision,
      ops.map((op) => op.messageId),
      ops.map((op) => (op.kind === "moveMessage" ? op.mailboxId : (closed.get(op.messageId) ?? null))),
      ops.map((op) => arrayLiteral(op.flags)),
    ],
  });
}

/** What became of messages that were to live again. */
export interface Revived {
  readonly opened: ReadonlySet<MessageId>;
  /** Erased for good: they stay as they are, and are not stale. */
  readonly erased: ReadonlySet<MessageId>;
}

/**
 * Opens new versions of messages that have none open; those that are in neither set are live already, or never were. By message_pkey and
 * message_version_open; `offset 0` keeps Postgres from reading all open ones.
 */
export async function reviveMessages(
  client: PoolClient,
  { archiveId }: { readonly archiveId: ArchiveId },
  revision: number,
  ops: readonly ReviveMessage[],
): Promise<Revived> {
  const { rows } = await client.query<{ message_id: bigint; is_erased: boolean }>({
    name: "archive_revive_messages",
    text: `with item as materialized (
        select o.*, m.blob_id is null as is_erased
        from unnest($3::bigint[], $4::bigint[], $5::text[]) o(message_id, mailbox_id, flags)
        cross join lateral (select blob_id from message where id = o.message_id and archive_id = $1 limit 1 for key share) m
        where not exists (select from message_version v where v.message_id = o.message_id and v.to_revision = ${LIVE} offset 0)
      ), opened as (
        insert into message_version (message_id, mailbox_id, flags, from_revision)
        select message_id, mailbox_id, flags::text[], $2 from item where not is_erased
      )
      select message_id, is_erased from item`,
    values: [
      archiveId,
      revision,
      ops.map((op) => op.messageId),
      ops.map((op) => op.mailboxId),
      ops.map((op) => arrayLiteral(op.flags)),
    ],
  });
  const those = (erased: boolean) =>
    new Set(rows.filter((row) => row.is_erased === erased).map((row) => asId<MessageId>(row.message_id)));
  return { opened: those(false), erased: those(true) };
}

/**
 * Holds these messages until the commit, so that none is erased under it. Throws ARCHIVE_BUSY when one was erased since the plan (forget),
 * BUG when one never existed in this archive: a plan that names it is no old plan but a wrong one.
 */
export async function requireKnown(
  client: PoolClient,
  session: Pick<Session, "archiveId">,
  ids: readonly MessageId[],
): Promise<void> {
  const { rows } = await client.query<{ known: bigint }>(
    `select count(*) as known from (
        select from message where id = any($2::bigint[]) and archive_id = $1 order by id for key share) held`,
    [session.archiveId, ids],
  );
  if (Number(rows[0]?.known) !== ids.length) {
    // Ids are given out once and in order: what was given out and is nowhere was erased.
    const { rows: erased } = await client.query<{ never: boolean }>(
      `select bool_or(case when m.id is null then o.id > coalesce(pg_sequence_last_value('message_id_seq'), 0)
          else m.archive_id <> $1 end) as never
        from unnest($2::bigint[]) o(id) left join message m on m.id = o.id`,
      [session.archiveId, ids],
    );
    if (erased[0]?.never === false)
      throw new MailError(
        "ARCHIVE_BUSY",
        "A message was erased from the archive meanwhile; nothing was changed. Plan again.",
      );
    throw new MailError(
      "BUG",
      "Packetboat has a defect: a plan names a message that the archive never had. Please report this.",
    );
  }
}
