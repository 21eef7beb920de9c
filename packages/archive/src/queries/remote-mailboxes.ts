// The base rows of mailboxes and what is pending in them: few rows, read whole at the start of a run. Names are unique at the end of a
// commit only (deferred), so that two mailboxes may swap theirs.
import {
  asId,
  type BaseOp,
  type LinkId,
  type MailboxBase,
  type MailboxId,
  MailError,
  type Marks,
  type Pending,
  type RemoteMailboxId,
  type Revision,
  type Role,
  type RunId,
  type Uid,
} from "@packetboat/core";
import type { Pool, PoolClient } from "pg";
import { arrayLiteral, int8Parameter, nameDigest, pathDigest, storable } from "../parameters.ts";
import { LIVE, type Session } from "../session.ts";

type Op<K extends BaseOp["kind"]> = Extract<BaseOp, { kind: K }>;

interface Row {
  readonly link_id: bigint;
  readonly id: bigint;
  readonly mailbox_id: bigint;
  readonly name: string;
  readonly path: string[];
  readonly object_id: string | null;
  readonly role: Role | null;
  readonly subscribed: boolean;
  readonly resting: boolean;
  readonly uid_validity: bigint | null;
  readonly marked: boolean;
  readonly mark_uid_validity: bigint | null;
  readonly mark_uid_next: bigint | null;
  readonly mark_highest_modseq: bigint | null;
  readonly mark_messages: bigint | null;
  readonly complete_at: number | null;
  readonly pending: bigint;
  readonly pushed_revision: bigint;
  readonly pushed_path: string[] | null;
  readonly renaming_to: string | null;
  readonly unsent: bigint;
}

/** All base rows of each link, by name, for many links at once. By remote_mailbox_name, pending_pkey and unsent_remote_mailbox. */
export async function mailboxBases(pool: Pool, links: readonly LinkId[]): Promise<readonly (readonly MailboxBase[])[]> {
  const { rows } = await pool.query<Row>({
    name: "archive_mailbox_bases",
    text: `select link_id, id, mailbox_id, name, path, object_id, role, subscribed, resting, uid_validity, marked_at is not null as marked,
        mark_uid_validity, mark_uid_next, mark_highest_modseq, mark_messages,
        (extract(epoch from complete_at) * 1000)::float8 as complete_at,
        (select count(*) from pending where remote_mailbox_id = r.id) as pending, pushed_revision, pushed_path, renaming_to,
        (select count(*) from unsent where remote_mailbox_id = r.id) as unsent
      from remote_mailbox r where link_id = any($1::bigint[]) order by name`,
    values: [links],
  });
  const of = Map.groupBy(rows, (row) => Number(row.link_id));
  return links.map((link) => (of.get(link) ?? []).map(baseOf));
}

function baseOf(row: Row): MailboxBase {
  return {
    id: asId<RemoteMailboxId>(row.id),
    mailboxId: asId<MailboxId>(row.mailbox_id),
    name: row.name,
    path: row.path,
    objectId: row.object_id,
    role: row.role,
    subscribed: row.subscribed,
    uidValidity: row.uid_validity,
    marks: marksOf(row),
    completeAt: row.complete_at,
    pending: Number(row.pending),
    resting: row.resting,
    pushed: asId<Revision>(row.pushed_revision),
    pushedPath: row.pushed_path,
    renamingTo: row.renaming_to,
    unsent: Number(row.unsent),
  };
}

function marksOf(row: Row): Marks | null {
  if (!row.marked) return null;
  return {
    uidValidity: row.mark_uid_validity,
    uidNext: row.mark_uid_next === null ? null : Number(row.mark_uid_next),
    highestModseq: row.mark_highest_modseq,
    messages: row.mark_messages === null ? null : Number(row.mark_messages),
  };
}

/** Throws BUG unless all of these are base rows of this link: it also keeps a link from writing into another's base. */
export async function requireOwn(
  client: Pick<PoolClient, "query">,
  session: Session,
  ids: ReadonlySet<RemoteMailboxId>,
): Promise<void> {
  const { rows } = await client.query<{ own: bigint }>(
    "select count(*) as own from remote_mailbox where id = any($2::bigint[]) and link_id = $1",
    [session.link.id, [...ids]],
  );
  if (Number(rows[0]?.own) !== ids.size) {
    throw new MailError(
      "BUG",
      "Packetboat has a defect: a plan names a mailbox that the base does not hold. Please report this.",
    );
  }
}

/** Pairs remote mailboxes with the live archive mailboxes of their paths. Throws BUG when a path has none. */
export async function bindMailboxes(
  client: PoolClient,
  session: Session,
  ops: readonly Op<"bindMailbox">[],
): Promise<void> {
  const bound = await client.query(
    // By mailbox_version_live_path.
    `insert into remote_mailbox (link_id, mailbox_id, name, name_key, path, object_id, role, subscribed, uid_validity, pushed_path)
      select $1, v.mailbox_id, o.name, o.name_key, o.path::text[], o.object_id, o.role, o.subscribed, o.uid_validity, v.path
      from unnest($3::bytea[], $4::text[], $5::bytea[], $6::text[], $7::text[], $8::text[], $9::boolean[], $10::bigint[])
        o(path_key, name, name_key, path, object_id, role, subscribed, uid_validity)
      join mailbox_version v on v.archive_id = $2 and v.path_key = o.path_key and v.to_revision = ${LIVE}`,
    [
      session.link.id,
      session.archiveId,
      ops.map((op) => pathDigest(op.archivePath)),
      ops.map((op) => storable(op.name)),
      ops.map((op) => nameDigest(op.name)),
      ops.map((op) => arrayLiteral(op.path)),
      ops.map((op) => op.objectId),
      ops.map((op) => op.role),
      ops.map((op) => op.subscribed),
      ops.map((op) => int8Parameter(op.uidValidity)),
    ],
  );
  if (bound.rowCount !== ops.length) {
    throw new MailError(
      "BUG",
      "Packetboat has a defect: a mailbox was to be paired with a path that the archive has not. Please report this.",
    );
  }
}

export async function changeMailboxBases(client: PoolClient, ops: readonly Op<"changeMailboxBase">[]): Promise<void> {
  await client.query(
    `update remote_mailbox r set name = o.name, name_key = o.name_key, path = o.path::text[], object_id = o.object_id,
        role = o.role, subscribed = o.subscribed, resting = o.resting
      from unnest($1::bigint[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::boolean[], $8::boolean[])
        o(id, name, name_key, path, object_id, role, subscribed, resting)
      where r.id = o.id`,
    [
      ops.map((op) => op.remoteMailboxId),
      ops.map((op) => storable(op.name)),
      ops.map((op) => nameDigest(op.name)),
      ops.map((op) => arrayLiteral(op.path)),
      ops.map((op) => op.objectId),
      ops.map((op) => op.role),
      ops.map((op) => op.subscribed),
      ops.map((op) => op.resting),
    ],
  );
}

/** With all placements and pendings, by their foreign keys. */
export async function dropMailboxBases(client: PoolClient, ids: readonly RemoteMailboxId[]): Promise<void> {
  await client.query("delete from remote_mailbox where id = any($1::bigint[])", [ids]);
}

/** S3: the marks of before the fetch. UIDVALIDITY is taken where none was known; one that differs is a rekey's affair. */
export async function setMarks(client: PoolClient, session: Session, ops: readonly Op<"marks">[]): Promise<void> {
  await client.query({
    name: "archive_marks",
    text: `update remote_mailbox r set marked_at = to_timestamp($1::float8 / 1000),
        uid_validity = coalesce(r.uid_validity, o.uid_validity), mark_uid_validity = o.uid_validity, mark_uid_next = o.uid_next,
        mark_highest_modseq = o.highest_modseq, mark_messages = o.messages,
        complete_at = case when o.complete then to_timestamp($1::float8 / 1000) else r.complete_at end
      from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::boolean[])
        o(id, uid_validity, uid_next, highest_modseq, messages, complete)
      where r.id = o.id`,
    values: [
      session.now(),
      ops.map((op) => op.remoteMailboxId),
      ops.map((op) => int8Parameter(op.marks.uidValidity)),
      ops.map((op) => op.marks.uidNext),
      ops.map((op) => int8Parameter(op.marks.highestModseq)),
      ops.map((op) => op.marks.messages),
      ops.map((op) => op.complete),
    ],
  });
}

/** S2: the name that RENAME is about to give, or null when it is settled. */
export async function setRenaming(client: PoolClient, ops: readonly Op<"renaming">[]): Promise<void> {
  await client.query(
    `update remote_mailbox r set renaming_to = o.name from unnest($1::bigint[], $2::text[]) o(id, name) where r.id = o.id`,
    [ops.map((op) => op.remoteMailboxId), ops.map((op) => (op.to === null ? null : storable(op.to)))],
  );
}

/** S3, B1: how far these mailboxes are pushed, and their path as of then. Never goes back; a rekey alone sets it to 0, and leaves the path. */
export async function setPushed(client: PoolClient, ops: readonly Op<"pushed">[]): Promise<void> {
  const marks = ops.flatMap((op) => op.mailboxes.map((id) => [id, op.revision] as const));
  await client.query({
    name: "archive_pushed",
    // By mailbox_version_pkey.
    text: `update remote_mailbox r set pushed_revision = o.revision,
        pushed_path = (select v.path from mailbox_version v
          where v.mailbox_id = r.mailbox_id and v.from_revision <= o.revision and v.to_revision > o.revision)
      from (select id, max(revision) as revision from unnest($1::bigint[], $2::bigint[]) m(id, revision) group by id) o
      where r.id = o.id and r.pushed_revision < o.revision`,
    values: [marks.map(([id]) => id), marks.map(([, revision]) => revision)],
  });
}

/** U1: the mailbox's side of a rekey: all of it is to be looked at again by both directions. Pendings name UIDs of the old UIDVALIDITY, which mean nothing now; no marks: a complete look finds them. */
export async function rekeyMailbox(client: PoolClient, op: Op<"rekey">): Promise<void> {
  await client.query("delete from pending where remote_mailbox_id = $1", [op.remoteMailboxId]);
  await client.query(
    `update remote_mailbox set uid_validity = $2, marked_at = null, mark_uid_validity = null, mark_uid_next = null,
      mark_highest_modseq = null, mark_messages = null, pushed_revision = 0, renaming_to = null where id = $1`,
    [op.remoteMailboxId, int8Parameter(op.uidValidity)],
  );
}

/** What is not done in a mailbox, by UID. */
export async function pendingOf(session: Session, mailbox: RemoteMailboxId): Promise<readonly Pending[]> {
  const { rows } = await session.pool.query<{
    uid: bigint;
    kind: Pending["kind"];
    reason: Pending["reason"];
    detail: string;
    bytes: bigint | null;
    attempts: number;
    run_id: bigint;
  }>(
    "select uid, kind, reason, detail, bytes, attempts, run_id from pending where remote_mailbox_id = $1 order by uid",
    [mailbox],
  );
  return rows.map((row) => ({
    remoteMailboxId: mailbox,
    uid: asId<Uid>(row.uid),
    kind: row.kind,
    reason: row.reason,
    detail: row.detail,
    bytes: row.bytes === null ? null : Number(row.bytes),
    attempts: row.attempts,
    runId: asId<RunId>(row.run_id),
  }));
}

/** The last word on a UID wins. */
export async function setPending(client: PoolClient, ops: readonly Op<"pending">[]): Promise<void> {
  const last = [...new Map(ops.map(({ pending }) => [`${pending.remoteMailboxId}/${pending.uid}`, pending])).values()];
  await client.query(
    `insert into pending (remote_mailbox_id, uid, kind, reason, detail, bytes, attempts, run_id)
      select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::int[], $8::bigint[])
      on conflict (remote_mailbox_id, uid) do update set kind = excluded.kind, reason = excluded.reason, detail = excluded.detail,
        bytes = excluded.bytes, attempts = excluded.attempts, run_id = excluded.run_id`,
    [
      last.map((one) => one.remoteMailboxId),
      last.map((one) => one.uid),
      last.map((one) => one.kind),
      last.map((one) => one.reason),
      last.map((one) => storable(one.detail).slice(0, 500)),
      last.map((one) => one.bytes),
      last.map((one) => one.attempts),
      last.map((one) => one.runId),
    ],
  );
}

export async function settle(client: PoolClient, ops: readonly Op<"settled">[]): Promise<void> {
  const ranges = ops.flatMap((op) => op.uids.map(([low, high]) => [op.remoteMailboxId, low, high] as const));
  await client.query({
    name: "archive_settle",
    text: `delete from pending p using unnest($1::bigint[], $2::bigint[], $3::bigint[]) o(remote_mailbox_id, low, high)
      where p.remote_mailbox_id = o.remote_mailbox_id and p.uid between o.low and o.high`,
    values: [ranges.map(([id]) => id), ranges.map(([, low]) => low), ranges.map(([, , high]) => high)],
  });
}
