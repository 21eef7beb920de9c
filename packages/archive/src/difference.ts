// What differs between two revisions, message by message, whichever of them is the earlier one. Found from the version rows that begin or end
// between them, in the order of their indexes and page by page, so that the work grows with what changed and never with the mailbox (I2, I4).
// It must never read the versions of a message that did not change, nor tell one twice.
import { type ArchiveId, asId, type Flags, type MailboxId, type MessageId, type Revision } from "@packetboat/core";
import { inTransaction } from "@packetboat/database";
import type { Pool, QueryResultRow } from "pg";
import { millis } from "./catalog/asking.ts";
import { differenceOf, type MessageDifference, type Placed } from "./difference-kinds.ts";
import { LIVE } from "./session.ts";

export interface DifferenceRequest {
  readonly archiveId: ArchiveId;
  readonly from: Revision;
  /** May be earlier than `from`: what would have to happen to go back. */
  readonly to: Revision;
  /** Those to be told of, in this order. A message that moves between two of them is told by the one where it is at the later revision. */
  readonly mailboxes: readonly MailboxId[];
  /** Only what comes after this one, of the same request. Default: all. */
  readonly after?: DifferencePlace | undefined;
}

/** Where a message stands in the order in which a request tells them. */
export interface DifferencePlace {
  readonly mailboxId: MailboxId;
  /** By the version that began, or by the one that ended. */
  readonly by: "begun" | "ended";
  readonly revision: Revision;
  readonly messageId: MessageId;
}

export interface DifferingMessage extends MessageDifference {
  readonly messageId: MessageId;
  /** Null: it is not there at `from`. */
  readonly before: Placed | null;
  /** Null: it is not there at `to`. */
  readonly after: Placed | null;
  /** Milliseconds since 1970; null: the server gave none (C2). */
  readonly internalDate: number | null;
  /** Null: the bytes were erased for good. */
  readonly size: number | null;
  /** As the search index has it; null: not indexed yet, or erased. */
  readonly subject: string | null;
  readonly place: DifferencePlace;
}

const PAGE = 1_000;

// Where anything began or ended. By mailbox_archive, message_version_from, message_version_to. $1 archive, $2 earlier, $3 later revision.
const TOUCHED = `
select b.id from mailbox b cross join lateral (
  (select from message_version where mailbox_id = b.id and from_revision > $2 and from_revision <= $3 limit 1)
  union all
  (select from message_version where mailbox_id = b.id and to_revision > $2 and to_revision <= $3 and to_revision <> ${LIVE} limit 1)
) ends where b.archive_id = $1`;

// What belongs to a version row `v`: its message and body, message by message.
const ABOUT = `cross join lateral (select internal_date, blob_id from message where id = v.message_id limit 1) m
left join lateral (select size from blob where id = m.blob_id limit 1) b on true
left join lateral (select shown ->> 'subject' as subject from content where blob_id = m.blob_id limit 1) c on true`;

// One page of the versions that the later revision shows and the earlier one does not, with what was before. By message_version_from in its order
// (ids are sorted within one revision only), then message_version_pkey. $1 mailbox, $2 earlier, $3 later, after revision $4 and message $5.
const BEGUN = `
select v.message_id, v.from_revision as revision, ${millis("m.internal_date")} as internal_date, b.size, c.subject,
  t.mailbox_id as early_mailbox, t.flags as early_flags, $1::bigint as late_mailbox, v.flags as late_flags
from (
  select message_id, flags, from_revision from message_version
  where mailbox_id = $1 and from_revision > $2 and from_revision >= $4 and from_revision <= $3 and to_revision > $3
    and (from_revision > $4 or message_id > $5)
  order by from_revision, message_id limit ${PAGE}
) v
left join lateral (select mailbox_id, flags, to_revision from message_version
  where message_id = v.message_id and from_revision <= $2 order by from_revision desc limit 1) t on t.to_revision > $2
${ABOUT} order by v.from_revision, v.message_id`;

// The same of the versions that the earlier revision shows and the later one does not. By message_version_to.
const ENDED = `
select v.message_id, v.to_revision as revision, ${millis("m.internal_date")} as internal_date, b.size, c.subject,
  $1::bigint as early_mailbox, v.flags as early_flags, n.mailbox_id as late_mailbox, n.flags as late_flags
from (
  select message_id, flags, to_revision from message_version
  where mailbox_id = $1 and to_revision > $2 and to_revision >= $4 and to_revision <= $3 and to_revision <> ${LIVE}
    and from_revision <= $2 and (to_revision > $4 or message_id > $5)
  order by to_revision, message_id limit ${PAGE}
) v
left join lateral (select mailbox_id, flags, to_revision from message_version
  where message_id = v.message_id and from_revision <= $3 order by from_revision desc limit 1) n on n.to_revision > $3
${ABOUT} order by v.to_revision, v.message_id`;

interface Row {
  readonly message_id: bigint;
  readonly revision: bigint;
  readonly internal_date: number | null;
  readonly size: number | null;
  readonly subject: string | null;
  readonly early_mailbox: bigint | null;
  readonly early_flags: Flags | null;
  readonly late_mailbox: bigint | null;
  readonly late_flags: Flags | null;
}

/** Gives the messages that differ, in pages: mailbox by mailbox, first what is there at the later revision, then what is not, each by revision. */
export async function* differingMessages(
  pool: Pool,
  request: DifferenceRequest,
): AsyncGenerator<readonly DifferingMessage[]> {
  const { archiveId, from, to, mailboxes } = request;
  const [early, late] = from <= to ? [from, to] : [to, from];
  const ends = await byIndex<{ id: bigint }>(pool, TOUCHED, [archiveId, early, late]);
  const touched = new Set(ends.map(({ id }) => Number(id)));
  const asked = new Set<number>(mailboxes);
  for (const { mailboxId, by, after } of walkOf(mailboxes, request.after)) {
    if (!touched.has(mailboxId)) continue;
    for await (const rows of pagesOf(pool, STATEMENTS[by], [mailboxId, early, late], after)) {
      // What ended here and is in a mailbox that is asked for, this one included, is told there.
      const own = rows.filter(
        (row) => by === "begun" || row.late_mailbox === null || !asked.has(Number(row.late_mailbox)),
      );
      yield own.flatMap((row) => differing(row, { mailboxId, by }, from <= to) ?? []);
    }
  }
}

const STATEMENTS = { begun: BEGUN, ended: ENDED } as const;

type Step = Pick<DifferencePlace, "mailboxId" | "by"> & { readonly after: readonly unknown[] };

/** The statements of a request in their order; from `after` on, if it is given. */
function* walkOf(mailboxes: readonly MailboxId[], after: DifferencePlace | undefined): Generator<Step> {
  let isReached = after === undefined;
  for (const mailboxId of mailboxes) {
    for (const by of ["begun", "ended"] as const) {
      const isHere = after?.mailboxId === mailboxId && after.by === by;
      isReached ||= isHere;
      if (isReached) yield { mailboxId, by, after: isHere ? [after.revision, after.messageId] : [0, 0] };
    }
  }
}

async function* pagesOf(
  pool: Pool,
  statement: string,
  values: readonly unknown[],
  begin: readonly unknown[],
): AsyncGenerator<readonly Row[]> {
  for (let after = begin; ; ) {
    const rows = await byIndex<Row>(pool, statement, [...values, ...after]);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    if (rows.length < PAGE) return;
    after = [last.revision, last.message_id];
  }
}

/** Follows the indexes in their order, whatever Postgres thinks of the tables: a bitmap or a sort would read all of it for each page. */
async function byIndex<R extends QueryResultRow>(
  pool: Pool,
  statement: string,
  values: readonly unknown[],
): Promise<readonly R[]> {
  return await inTransaction(pool, async (client) => {
    await client.query(
      `select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
        set_config('enable_sort', 'off', true), set_config('jit', 'off', true)`,
    );
    return (await client.query<R>(statement, [...values])).rows;
  });
}

function differing(
  row: Row,
  step: Pick<DifferencePlace, "mailboxId" | "by">,
  forward: boolean,
): DifferingMessage | null {
  const placed = (id: bigint | null, flags: Flags | null): Placed | null =>
    id === null ? null : { mailboxId: asId<MailboxId>(id), flags: flags ?? [] };
  const early = placed(row.early_mailbox, row.early_flags);
  const late = placed(row.late_mailbox, row.late_flags);
  const [before, after] = forward ? [early, late] : [late, early];
  const difference = differenceOf(before, after);
  if (difference === null) return null;
  const { internal_date: internalDate, size, subject } = row;
  const messageId = asId<MessageId>(row.message_id);
  const place = { ...step, revision: asId<Revision>(row.revision), messageId };
  return { messageId, ...difference, before, after, internalDate, size, subject, place };
}
