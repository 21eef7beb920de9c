// The base rows of messages: who is on the server under which UID. Pages by the unique index (remote_mailbox_id, uid), so the work of a
// run grows with what it asks for, not with the mailbox (I2, I4).
import {
  asId,
  type BaseIdentity,
  type BaseOp,
  type BaseRow,
  type Digest,
  type LiveVersion,
  type MailboxId,
  type MessageId,
  type RemoteMailboxId,
  type Revision,
  type Uid,
  type UidSet,
  uidCount,
} from "@packetboat/core";
import type { PoolClient } from "pg";
import { arrayLiteral, int8Parameter } from "../parameters.ts";
import { LIVE, type Session } from "../session.ts";

const PAGE = 1_000;
/** An IMAP UID is below it, so a UID plus it is out of the way of every other (rekey). */
const OUT_OF_THE_WAY = 4_294_967_296;

type Op<K extends BaseOp["kind"]> = Extract<BaseOp, { kind: K }>;

/** UIDs from `from` upwards that a mailbox's base holds, as ranges made by the database: no row travels (I4). Index only, by placement_uid. */
export async function boundUids(session: Session, mailbox: RemoteMailboxId, from: Uid): Promise<UidSet> {
  const { rows } = await session.pool.query<{ low: bigint; high: bigint }>(
    `select min(uid) as low, max(uid) as high
      from (select uid, uid - row_number() over (order by uid) as island from placement
        where remote_mailbox_id = $1 and uid >= $2) row
      group by island order by 1`,
    [mailbox, from],
  );
  return rows.map(({ low, high }) => [Number(low), Number(high)] as const);
}

/** How many messages the base holds in each mailbox of the link. Index only, by placement_uid. */
export async function boundCounts(session: Session): Promise<ReadonlyMap<RemoteMailboxId, number>> {
  const { rows } = await session.pool.query<{ id: bigint; count: bigint }>(
    `select r.id, (select count(p.uid) from placement p where p.remote_mailbox_id = r.id) as count
      from remote_mailbox r where r.link_id = $1`,
    [session.link.id],
  );
  return new Map(rows.map(({ id, count }) => [asId<RemoteMailboxId>(id), Number(count)]));
}

/** The columns of a base row; with `identity` also what tells one message from another. */
interface Row {
  readonly uid: bigint;
  readonly message_id: bigint;
  readonly flags: string[];
  readonly modseq: bigint | null;
  readonly mailbox_id: bigint | null;
  readonly live_flags: string[] | null;
  readonly from_revision: bigint | null;
}

export interface IdentityRow extends Row {
  readonly size: number;
  readonly internal_date: number | null;
  readonly email_id: string | null;
  readonly fingerprint: Digest | null;
  readonly canonical: Digest;
  readonly copy_sha256: Digest | null;
  readonly copy_fingerprint: Digest | null;
  readonly copy_size: number | null;
}

// Every step is lateral and bounded: the planner follows the question, range by range. Left to itself, and before Postgres has looked at
// a new table (a nightly server may never be up long enough for that), it reads the mailbox once for each range.
const COLUMNS = "p.uid, p.message_id, p.flags, p.modseq, v.mailbox_id, v.flags as live_flags, v.from_revision";
const PLACEMENTS = `unnest($2::bigint[], $3::bigint[]) wanted(low, high)
  cross join lateral (select uid, message_id, flags, modseq, email_id, copy_sha256, copy_fingerprint, copy_size from placement
    where remote_mailbox_id = $1 and uid between wanted.low and wanted.high order by uid limit ${PAGE}) p
  left join lateral (select mailbox_id, flags, from_revision from message_version
    where message_id = p.message_id and to_revision = ${LIVE} limit 1) v on true`;
/** Size, date and digests of message `m`: of its blob `b`, or of what forget kept of an erased one, `f`. */
export const IDENTITY = `coalesce(b.size, f.size, 0) as size,
  (extract(epoch from coalesce(m.internal_date, f.internal_date)) * 1000)::float8 as internal_date,
  encode(coalesce(b.fingerprint, f.fingerprint), 'hex') as fingerprint,
  coalesce(encode(coalesce(b.canonical, b.sha256, f.canonical), 'hex'), '') as canonical`;
/** `b` and `f` of message `m`. By blob_pkey and forgotten_pkey. */
export const BODIES = `left join lateral (select size, fingerprint, canonical, sha256 from blob where id = m.blob_id limit 1) b on true
  left join lateral (select size, internal_date, fingerprint, canonical from forgotten
    where message_id = m.id and m.blob_id is null limit 1) f on true`;
/** C5: of placement `p`. */
const COPY =
  "encode(p.copy_sha256, 'hex') as copy_sha256, encode(p.copy_fingerprint, 'hex') as copy_fingerprint, p.copy_size";
const MESSAGES =
  "cross join lateral (select id, blob_id, internal_date from message where id = p.message_id limit 1) m";

/**
 * Pages of at most 1,000 rows, ascending. UIDs without a row are left out. By placement_uid, message_version_open, message_pkey,
 * blob_pkey and forgotten_pkey.
 */
export async function* baseRows(
  session: Session,
  mailbox: RemoteMailboxId,
  uids: UidSet,
  identity: boolean,
): AsyncGenerator<readonly IdentityRow[]> {
  const text = `select ${COLUMNS}${identity ? `, p.email_id, ${IDENTITY}, ${COPY}` : ""} from ${PLACEMENTS} ${identity ? `${MESSAGES} ${BODIES}` : ""} order by p.uid limit ${PAGE}`;
  for (const piece of pieces(uids)) {
    let after = (piece[0]?.[0] ?? 1) - 1;
    for (;;) {
      // Only a piece of one range can fill a page: its next page begins behind the last row.
      const { rows } = await session.pool.query<IdentityRow>(text, [
        mailbox,
        piece.map(([low]) => Math.max(low, after + 1)),
        piece.map(([, high]) => high),
      ]);
      if (rows.length > 0) yield rows;
      if (rows.length < PAGE || piece.length > 1) break;
      after = Number(rows.at(-1)?.uid);
    }
  }
}

/** Cuts a set into pieces that hold at most 1,000 UIDs, or are one long range. */
function* pieces(uids: UidSet): Generator<UidSet> {
  let piece: (readonly [number, number])[] = [];
  let count = 0;
  for (const range of uids) {
    const size = uidCount([range]);
    if (piece.length > 0 && count + size > PAGE) {
      yield piece;
      piece = [];
      count = 0;
    }
    piece.push(range);
    count += size;
    if (count >= PAGE) {
      yield piece;
      piece = [];
      count = 0;
    }
  }
  if (piece.length > 0) yield piece;
}

/** The row with what identifies its message: the server's own copy of it, where there is one (C5). */
export function baseIdentityOf(remoteMailboxId: RemoteMailboxId, row: IdentityRow): BaseIdentity {
  const { copy_sha256: sha256, copy_fingerprint, copy_size } = row;
  const copy = sha256 === null ? null : { sha256, fingerprint: copy_fingerprint, size: copy_size ?? 0 };
  return {
    ...baseRowOf(remoteMailboxId, row),
    size: copy?.size ?? row.size,
    internalDate: row.internal_date,
    emailId: row.email_id,
    fingerprint: copy === null ? row.fingerprint : copy.fingerprint,
    canonical: row.canonical,
    copy,
  };
}

/** The row as the planner knows it. */
export function baseRowOf(remoteMailboxId: RemoteMailboxId, row: Row): BaseRow {
  return {
    remoteMailboxId,
    uid: asId<Uid>(row.uid),
    messageId: asId<MessageId>(row.message_id),
    flags: row.flags,
    modseq: row.modseq,
    archive: liveOf(row),
  };
}

function liveOf(row: Row): LiveVersion | null {
  if (row.mailbox_id === null || row.from_revision === null) return null;
  return {
    mailboxId: asId<MailboxId>(row.mailbox_id),
    flags: row.live_flags ?? [],
    since: asId<Revision>(row.from_revision),
  };
}

/** The rows without UID of these messages on a link. By placement_message: `+ 0` keeps Postgres from looking for all that are gone. */
const dropGone = (messages: string, link: string): string => `
  delete from placement p using unnest(${messages}::bigint[]) o(message_id)
  where p.message_id = o.message_id and p.uid + 0 is null
    and exists (select from remote_mailbox r where r.id = p.remote_mailbox_id + 0 and r.link_id = ${link})`;

/**
 * Enters placements of messages that the archive has, in the place of their `gone` rows on this link. A UID that is bound already is
 * refused by placement_uid.
 */
export async function bind(client: PoolClient, session: Session, ops: readonly Op<"bind">[]): Promise<void> {
  await client.query({
    name: "archive_bind",
    text: `with back as (${dropGone("$3", "$8")})
      insert into placement (remote_mailbox_id, uid, message_id, modseq, flags, email_id, unproved, copy_sha256, copy_fingerprint, copy_size)
      select remote_mailbox_id, uid, message_id, modseq, flags::text[], email_id, unproved, decode(copy_sha256, 'hex'),
        decode(copy_fingerprint, 'hex'), copy_size
      from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::boolean[], $9::text[], $10::text[],
          $11::int[])
        o(remote_mailbox_id, uid, message_id, modseq, flags, email_id, unproved, copy_sha256, copy_fingerprint, copy_size)`,
    values: [
      ops.map((op) => op.binding.remoteMailboxId),
      ops.map((op) => op.binding.uid),
      ops.map((op) => op.messageId),
      ops.map((op) => int8Parameter(op.binding.modseq)),
      ops.map((op) => arrayLiteral(op.binding.flags)),
      ops.map((op) => op.binding.emailId),
      ops.map((op) => op.binding.unproved ?? false),
      session.link.id,
      ops.map((op) => op.binding.copy?.sha256 ?? null),
      ops.map((op) => op.binding.copy?.fingerprint ?? null),
      ops.map((op) => op.binding.copy?.size ?? null),
    ],
  });
}

/** What the server has shown of bound messages since. Stale ones stay as they are (S4). By placement_uid. */
export async function rebase(
  client: PoolClient,
  ops: readonly Op<"rebase">[],
  stale: readonly MessageId[],
): Promise<void> {
  await client.query({
    name: "archive_rebase",
    text: `update placement p set flags = o.flags::text[], modseq = o.modseq
      from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[]) o(remote_mailbox_id, uid, modseq, flags)
      where p.remote_mailbox_id = o.remote_mailbox_id and p.uid = o.uid and p.message_id <> all($5::bigint[])`,
    values: [
      ops.map((op) => op.remoteMailboxId),
      ops.map((op) => op.uid),
      ops.map((op) => int8Parameter(op.modseq)),
      ops.map((op) => arrayLiteral(op.flags)),
      stale,
    ],
  });
}

/** Drops placements, but for those of stale messages (S4). By placement_uid. */
export async function unbind(
  client: PoolClient,
  ops: readonly Op<"unbind">[],
  stale: readonly MessageId[],
): Promise<void> {
  const [mailboxes, lows, highs] = rangesOf(ops);
  await client.query({
    name: "archive_unbind",
    text: `delete from placement p using unnest($1::bigint[], $2::bigint[], $3::bigint[]) o(remote_mailbox_id, low, high)
      where p.remote_mailbox_id = o.remote_mailbox_id and p.uid between o.low and o.high and p.message_id <> all($4::bigint[])`,
    values: [mailboxes, lows, highs, stale],
  });
}

/** Membership `markGone`: these placements lose their UIDs and stay, but for those of stale messages (S4). By placement_uid. */
export async function markGone(
  client: PoolClient,
  ops: readonly Op<"markGone">[],
  stale: readonly MessageId[],
): Promise<void> {
  const [mailboxes, lows, highs] = rangesOf(ops);
  await client.query({
    name: "archive_mark_gone",
    text: `update placement p set uid = null, modseq = null from unnest($1::bigint[], $2::bigint[], $3::bigint[]) o(remote_mailbox_id, low, high)
      where p.remote_mailbox_id = o.remote_mailbox_id and p.uid between o.low and o.high and p.message_id <> all($4::bigint[])`,
    values: [mailboxes, lows, highs, stale],
  });
}

/** C7: rows without UID for messages that the server has merged with copies that are bound already; one a message, the latest. */
export async function bindMerged(client: PoolClient, session: Session, ops: readonly Op<"merged">[]): Promise<void> {
  const last = [...new Map(ops.map((op) => [op.messageId, op])).values()];
  await client.query({
    name: "archive_merged",
    text: `with back as (${dropGone("$2", "$4")})
      insert into placement (remote_mailbox_id, message_id, flags)
      select remote_mailbox_id, message_id, flags::text[] from unnest($1::bigint[], $2::bigint[], $3::text[])
        o(remote_mailbox_id, message_id, flags)`,
    values: [
      last.map((op) => op.remoteMailboxId),
      last.map((op) => op.messageId),
      last.map((op) => arrayLiteral(op.flags)),
      session.link.id,
    ],
  });
}

type Ranges = readonly [mailboxes: readonly RemoteMailboxId[], lows: readonly number[], highs: readonly number[]];

function rangesOf(ops: readonly Pick<Op<"unbind">, "remoteMailboxId" | "uids">[]): Ranges {
  const ranges = ops.flatMap((op) => op.uids.map(([low, high]) => [op.remoteMailboxId, low, high] as const));
  return [ranges.map(([id]) => id), ranges.map(([, low]) => low), ranges.map(([, , high]) => high)];
}

/**
 * U1: gives every named placement its new UID and drops the others; `gone` ones stay gone. What was matched is matched by its header (C4).
 * Gives how many were named and found.
 */
export async function rekeyPlacements(client: PoolClient, op: Op<"rekey">): Promise<number> {
  const from = op.pairs.map(([old]) => old);
  const to = op.pairs.map(([, next]) => next);
  // In two steps, because old and new UIDs overlap and the unique index looks at each row.
  await client.query(
    `delete from placement p where p.remote_mailbox_id = $1 and p.uid is not null
      and not exists (select from unnest($2::bigint[]) kept(uid) where kept.uid = p.uid)`,
    [op.remoteMailboxId, from],
  );
  await client.query(
    "update placement set uid = uid + $2, modseq = null where remote_mailbox_id = $1 and uid is not null",
    [op.remoteMailboxId, OUT_OF_THE_WAY],
  );
  const moved = await client.query(
    `update placement p set uid = o.next, unproved = true from unnest($2::bigint[], $3::bigint[]) o(old, next)
      where p.remote_mailbox_id = $1 and p.uid = o.old + $4`,
    [op.remoteMailboxId, from, to, OUT_OF_THE_WAY],
  );
  return moved.rowCount ?? 0;
}

/** The digests of a body: as the server gave it, and with line ends folded. */
export interface BodyDigests {
  readonly sha256: Digest;
  readonly canonical: Digest;
}

/** Digests of messages with these immutable ids in this link's account (C4). By placement_email_id. */
export async function digestsByEmailId(
  session: Session,
  emailIds: readonly string[],
): Promise<ReadonlyMap<string, BodyDigests>> {
  const { rows } = await session.pool.query<BodyDigests & { readonly email_id: string }>(
    `select distinct on (p.email_id) p.email_id, encode(b.sha256, 'hex') as sha256,
        encode(coalesce(b.canonical, b.sha256), 'hex') as canonical
      from unnest($2::text[]) wanted(email_id)
      cross join lateral (select email_id, message_id, remote_mailbox_id from placement where email_id = wanted.email_id offset 0) p
      join remote_mailbox r on r.id = p.remote_mailbox_id
      join link l on l.id = r.link_id and l.account_id = $1
      cross join lateral (select blob_id from message where id = p.message_id limit 1) m
      cross join lateral (select sha256, canonical from blob where id = m.blob_id and key_space = $3 limit 1) b
      order by p.email_id, p.message_id`,
    [session.link.accountId, emailIds, session.keySpace],
  );
  return new Map(rows.map(({ email_id, sha256, canonical }) => [email_id, { sha256, canonical }]));
}
