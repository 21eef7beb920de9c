// How many messages arrived and vanished at each revision, of an archive or of one mailbox: what a histogram over its history is made of. A change of
// flags is neither, and of the whole archive no move is. Each revision is counted as it is made, in its own transaction, so that a history of any
// length is read and not counted; what is erased is taken out (M8). It must never tell anything but what counting the versions would.
import { type ArchiveId, asId, type MailboxId, type Revision, type RunId } from "@packetboat/core";
import type { Pool, PoolClient } from "pg";
import { millis, rowsOf } from "./catalog/asking.ts";
import { LIVE } from "./session.ts";

/** A message that is in another place after a commit. Null: nowhere. */
export interface Step {
  readonly from: MailboxId | null;
  readonly to: MailboxId | null;
}

interface Counted {
  readonly arrived: number;
  readonly vanished: number;
}

/** Of one revision: of the archive, and of each of its mailboxes that lost or gained something. */
export interface Tallied extends Counted {
  readonly mailboxes: ReadonlyMap<MailboxId, Counted>;
}

export const NO_STEPS: Tallied = { arrived: 0, vanished: 0, mailboxes: new Map() };

/** Counts the steps of one commit. Pure. */
export function talliedOf(steps: readonly Step[]): Tallied {
  const mailboxes = new Map<MailboxId, { arrived: number; vanished: number }>();
  const of = (id: MailboxId): { arrived: number; vanished: number } => {
    const own = mailboxes.get(id) ?? { arrived: 0, vanished: 0 };
    mailboxes.set(id, own);
    return own;
  };
  let arrived = 0;
  let vanished = 0;
  for (const { from, to } of steps) {
    if (from === to) continue;
    if (from === null) arrived++;
    else of(from).vanished++;
    if (to === null) vanished++;
    else of(to).arrived++;
  }
  return { arrived, vanished, mailboxes };
}

export interface Tally extends Counted {
  readonly revision: Revision;
  /** Milliseconds since 1970. */
  readonly madeAt: number;
  /** That made it. Null: none did, or its link is gone since. */
  readonly runId: RunId | null;
}

export interface TallyRequest {
  readonly archiveId: ArchiveId;
  /** Null: of the whole archive. */
  readonly mailboxId: MailboxId | null;
  /** Revisions after this one. */
  readonly after: number;
  readonly to: number;
}

// By revision_pkey and mailbox_tally_pkey. $1 archive, $2 after, $3 to, $4 mailbox.
const OF_ARCHIVE = `select number, ${millis("made_at")} as made_at, run_id, arrived, vanished from revision
  where archive_id = $1 and number > $2 and number <= $3 order by number`;
const OF_MAILBOX = `select r.number, ${millis("r.made_at")} as made_at, r.run_id, coalesce(t.arrived, 0) as arrived, coalesce(t.vanished, 0) as vanished
  from revision r left join mailbox_tally t on t.mailbox_id = $4 and t.revision = r.number and t.revision > $2 and t.revision <= $3
  where r.archive_id = $1 and r.number > $2 and r.number <= $3 order by r.number`;

/** Gives the revisions of a range in their order. */
export async function talliesOf(pool: Pool, request: TallyRequest): Promise<readonly Tally[]> {
  const { archiveId, mailboxId, after, to } = request;
  const rows = await rowsOf<{
    number: bigint;
    made_at: number;
    run_id: bigint | null;
    arrived: number;
    vanished: number;
  }>(pool, mailboxId === null ? OF_ARCHIVE : OF_MAILBOX, [
    archiveId,
    after,
    to,
    ...(mailboxId === null ? [] : [mailboxId]),
  ]);
  return rows.map(({ number, made_at: madeAt, run_id, ...counted }) => ({
    revision: asId<Revision>(number),
    madeAt,
    runId: run_id === null ? null : asId<RunId>(run_id),
    ...counted,
  }));
}

/**
 * Takes messages out of all that was counted, before their versions are erased. The caller holds the archive's lock. By message_version_pkey,
 * mailbox_tally_pkey and revision_pkey.
 */
export async function untally(client: PoolClient, archiveId: ArchiveId, messages: readonly bigint[]): Promise<void> {
  await rowsOf(
    client,
    `with erased as materialized (
      select message_id, mailbox_id, from_revision, to_revision from message_version where message_id = any($2::bigint[])
    ), steps as materialized (
      select e.mailbox_id, e.from_revision as number, (p.message_id is null)::int as came, 0 as went,
        (p.mailbox_id is distinct from e.mailbox_id)::int as arrived, 0 as vanished
      from erased e left join erased p on p.message_id = e.message_id and p.to_revision = e.from_revision
      union all
      select e.mailbox_id, e.to_revision, 0, (n.message_id is null)::int, 0, (n.mailbox_id is distinct from e.mailbox_id)::int
      from erased e left join erased n on n.message_id = e.message_id and n.from_revision = e.to_revision
      where e.to_revision <> ${LIVE}
    ), boxes as (
      update mailbox_tally t set arrived = t.arrived - gone.arrived, vanished = t.vanished - gone.vanished
      from (select mailbox_id, number, sum(arrived) as arrived, sum(vanished) as vanished from steps group by 1, 2) gone
      where t.mailbox_id = gone.mailbox_id and t.revision = gone.number
    )
    update revision r set arrived = r.arrived - gone.came, vanished = r.vanished - gone.went
    from (select number, sum(came) as came, sum(went) as went from steps group by 1) gone
    where r.archive_id = $1 and r.number = gone.number`,
    [archiveId, messages],
  );
}

/**
 * How much was ever erased of an archive, as a mark: while it is the same, what was counted before is still true. An erasure in many batches
 * changes it with each. By audit_archive.
 */
export async function erasuresOf(pool: Pool, archiveId: ArchiveId): Promise<string> {
  const [row] = await rowsOf<{ erasures: bigint; messages: bigint }>(
    pool,
    `select count(*) as erasures, coalesce(sum((detail ->> 'messages')::bigint), 0)::bigint as messages
      from audit where archive_id = $1 and kind = 'forget'`,
    [archiveId],
  );
  return `${row?.erasures}:${row?.messages}`;
}
