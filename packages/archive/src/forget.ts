// Erases messages for good: their bytes, flags, dates and history in every revision. First a plan to show and confirm, then exactly that.
// M8: the row of a message that a base row or an intent points to stays, empty, so that the server's copy is not pulled again.
// The audit row says when and how many; it must never hold a name, a digest or anything of the content.
import { type ArchiveId, type MailboxPath, MailError, matchesPattern, samePath, showPath } from "@packetboat/core";
import { inTransaction } from "@packetboat/database";
import type { Pool, PoolClient } from "pg";
import { moment, rowsOf } from "./catalog/asking.ts";
import { LIVE } from "./session.ts";

/** Which messages. Everything that is given must hold; a selection that gives nothing is refused. */
export interface Selection {
  /** A mailbox by pattern (`*` any text, `?` one character), by any name that it has or had. */
  readonly mailbox?: string;
  /** INTERNALDATE at or after, milliseconds since 1970. */
  readonly since?: number;
  /** INTERNALDATE before. */
  readonly before?: number;
  /** `live`: in the archive now. `removed`: only at earlier revisions. Default: both. */
  readonly state?: "live" | "removed";
}

export interface ForgetPlan {
  readonly archiveId: ArchiveId;
  readonly selection: Selection;
  readonly messages: number;
  /** Before compression; bytes that other messages share stay with those. */
  readonly bytes: number;
  readonly live: number;
  /** Messages whose empty row stays, because a server still holds them. */
  readonly kept: number;
  /** Nothing that comes after the plan is erased by it. */
  readonly upTo: bigint;
}

export interface Forgotten {
  readonly messages: number;
  readonly bytes: number;
  readonly kept: number;
}

const BATCH = 1_000;

/** Says what would be erased. Throws CONFIG_INVALID for a selection of everything by omission. */
export async function planForget(pool: Pool, archiveId: ArchiveId, selection: Selection): Promise<ForgetPlan> {
  if (selection.mailbox === undefined && selection.since === undefined && selection.before === undefined) {
    throw new MailError(
      "CONFIG_INVALID",
      "Say which messages: --mailbox PATTERN, --since or --before. --mailbox '*' is all of them.",
    );
  }
  const mailboxes = await selectedMailboxes(pool, archiveId, selection);
  const [row] = await rowsOf<{ messages: bigint; bytes: bigint; live: bigint; kept: bigint; up_to: bigint }>(
    pool,
    `select count(*) as messages, coalesce(sum(b.size), 0)::bigint as bytes, count(*) filter (where s.live) as live,
        count(*) filter (where ${POINTED}) as kept, coalesce(max(s.id), 0) as up_to
      from (${SELECTED}) s join message m on m.id = s.id left join blob b on b.id = m.blob_id`,
    selectionValues(archiveId, mailboxes, selection),
  );
  return {
    archiveId,
    selection,
    messages: Number(row?.messages),
    bytes: Number(row?.bytes),
    live: Number(row?.live),
    kept: Number(row?.kept),
    upTo: row?.up_to ?? 0n,
  };
}

/** Erases what the plan says, in batches; what is done stays done when it is interrupted, and running it again goes on. */
export async function executeForget(
  pool: Pool,
  plan: ForgetPlan,
  now: number,
  signal?: AbortSignal,
): Promise<Forgotten> {
  const mailboxes = await selectedMailboxes(pool, plan.archiveId, plan.selection);
  const values = selectionValues(plan.archiveId, mailboxes, plan.selection);
  let done: Forgotten = { messages: 0, bytes: 0, kept: 0 };
  for (let after: bigint | null = 0n; after !== null; ) {
    signal?.throwIfAborted();
    const from: bigint = after;
    const batch = await inTransaction(pool, async (client) => {
      await rowsOf(client, "select from archive where id = $1 for no key update", [plan.archiveId]);
      const found = await rowsOf<{ id: bigint }>(
        client,
        `select s.id from (${SELECTED}) s where s.id > $7 and s.id <= $8 order by s.id limit ${BATCH}`,
        [...values, from, plan.upTo],
      );
      if (found.length === 0) return null;
      const erased = await erase(
        client,
        found.map(({ id }) => id),
      );
      // One row a batch, in its transaction: what was erased is on record whatever happens next.
      await rowsOf(
        client,
        `insert into audit (happened_at, kind, archive_id, detail) values (${moment("$1")}, 'forget', $2, $3)`,
        [now, plan.archiveId, JSON.stringify(erased)],
      );
      return { ...erased, last: found.at(-1)?.id ?? from };
    });
    after = batch?.last ?? null;
    if (batch !== null) {
      done = {
        messages: done.messages + batch.messages,
        bytes: done.bytes + batch.bytes,
        kept: done.kept + batch.kept,
      };
    }
  }
  return done;
}

/** By the primary keys and foreign-key indexes of each table. */
async function erase(client: PoolClient, ids: readonly bigint[]): Promise<Forgotten> {
  const blobs = await rowsOf<{ blob_id: bigint }>(
    client,
    "select distinct blob_id from message where id = any($1::bigint[]) and blob_id is not null",
    [ids],
  );
  await rowsOf(client, "delete from message_version where message_id = any($1::bigint[])", [ids]);
  const kept = await rowsOf(
    client,
    `update message m set blob_id = null, internal_date = null where m.id = any($1::bigint[]) and ${POINTED} returning m.id`,
    [ids],
  );
  await rowsOf(client, `delete from message m where m.id = any($1::bigint[]) and not ${POINTED}`, [ids]);
  const bytes = await rowsOf<{ size: number }>(
    client,
    `delete from blob b where b.id = any($1::bigint[]) and not exists (select from message m where m.blob_id = b.id) returning b.size`,
    [blobs.map(({ blob_id }) => blob_id)],
  );
  return { messages: ids.length, bytes: bytes.reduce((sum, { size }) => sum + size, 0), kept: kept.length };
}

const POINTED = `(exists (select from placement p where p.message_id = m.id)
  or exists (select from intent i where i.message_id = m.id))`;

// A message is judged by its last version. $1 archive, $2 mailboxes or null, $3 since, $4 before, $5 live only, $6 removed only.
const SELECTED = `
  select m.id, last.to_revision = ${LIVE} as live from message m
  cross join lateral (select v.mailbox_id, v.to_revision from message_version v where v.message_id = m.id
    order by v.from_revision desc limit 1) last
  where m.archive_id = $1 and ($2::bigint[] is null or last.mailbox_id = any($2::bigint[]))
    and ($3::float8 is null or m.internal_date >= ${moment("$3")}) and ($4::float8 is null or m.internal_date < ${moment("$4")})
    and (not $5::boolean or last.to_revision = ${LIVE}) and (not $6::boolean or last.to_revision <> ${LIVE})`;

function selectionValues(archiveId: ArchiveId, mailboxes: readonly bigint[] | null, selection: Selection): unknown[] {
  const { since = null, before = null, state } = selection;
  return [archiveId, mailboxes, since, before, state === "live", state === "removed"];
}

/** The mailboxes whose name, now or ever, matches. Null: the selection names none. */
async function selectedMailboxes(
  pool: Pool,
  archiveId: ArchiveId,
  { mailbox }: Selection,
): Promise<readonly bigint[] | null> {
  if (mailbox === undefined) return null;
  const rows = await rowsOf<{ mailbox_id: bigint; path: string[] }>(
    pool,
    "select mailbox_id, path from mailbox_version where archive_id = $1",
    [archiveId],
  );
  return [...new Set(rows.filter(({ path }) => matchesMailbox(mailbox, path)).map(({ mailbox_id }) => mailbox_id))];
}

/** Pure. INBOX without case, as everywhere (B2). */
function matchesMailbox(pattern: string, path: MailboxPath): boolean {
  return samePath(path, ["INBOX"])
    ? matchesPattern(pattern.toUpperCase(), "INBOX")
    : matchesPattern(pattern, showPath(path));
}
