// Runs as the engine writes them: begun, finished, their approvals read and used up. The catalogue reads them for people.
import {
  asId,
  type MailboxId,
  MailError,
  type RemoteMailboxId,
  type RunId,
  type RunOutcome,
  type RunReport,
  type UidSet,
} from "@packetboat/core";
import { LIVE, type Session, write } from "../session.ts";

/** G1: an approval expires after 7 days. */
export const APPROVAL_MS = 7 * 86_400_000;

/** Opens a run and closes those that were killed: the lease proves that nobody else is at work on this account. */
export async function beginRun(session: Session, holder: string): Promise<RunId> {
  return write(session, async (client) => {
    await client.query(
      `update run set outcome = 'interrupted', finished_at = to_timestamp($2::float8 / 1000) where link_id = $1 and outcome is null`,
      [session.link.id, session.now()],
    );
    const { rows } = await client.query<{ id: bigint }>(
      "insert into run (link_id, holder, started_at) values ($1, $2, to_timestamp($3::float8 / 1000)) returning id",
      [session.link.id, holder, session.now()],
    );
    return asId<RunId>((rows[0] as { id: bigint }).id);
  });
}

export async function finishRun(session: Session, run: RunId, outcome: RunOutcome, report: RunReport): Promise<void> {
  await write(session, async (client) => {
    const finished = await client.query(
      "update run set outcome = $3, report = $4, finished_at = to_timestamp($5::float8 / 1000) where id = $2 and link_id = $1",
      [session.link.id, run, outcome, storableJson(report), session.now()],
    );
    if (finished.rowCount === 0) throw noSuchRun(run);
  });
}

/** jsonb holds no NUL, and a name or a server's text may. */
function storableJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/(?<!\\)((?:\\\\)*)\\u0000/g, "$1\\ufffd");
}

/** Held removals and additions that a person let through: not used yet, not expired (G1). By run_link and pending_run. */
export async function approvedRemovals(
  session: Session,
  now: number,
): Promise<ReadonlyMap<RemoteMailboxId, { readonly runId: RunId; readonly uids: UidSet }>> {
  const { rows } = await session.pool.query<{ mailbox: bigint; run: bigint; low: bigint; high: bigint }>(
    `select mailbox, run, min(uid) as low, max(uid) as high
      from (select p.remote_mailbox_id as mailbox, r.id as run, p.uid,
          p.uid - row_number() over (partition by p.remote_mailbox_id, r.id order by p.uid) as island
        from run r join pending p on p.run_id = r.id and p.kind in ('removal', 'addition')
        where r.link_id = $1 and r.approved_at >= to_timestamp($2::float8 / 1000) and r.approval_used_at is null) row
      group by mailbox, run, island order by mailbox, run, low`,
    [session.link.id, now - APPROVAL_MS],
  );
  const approved = new Map<RemoteMailboxId, { runId: RunId; uids: [number, number][] }>();
  for (const row of rows) {
    const id = asId<RemoteMailboxId>(row.mailbox);
    const runId = asId<RunId>(row.run);
    const range: [number, number] = [Number(row.low), Number(row.high)];
    const known = approved.get(id);
    // A removal belongs to the run that held it last; with two approvals the later run is the one that lists it.
    if (known?.runId === runId) known.uids.push(range);
    else approved.set(id, { runId, uids: [range] });
  }
  return approved;
}

/**
 * Messages that runs of this link removed from each mailbox since then: versions that ended without another beginning at the same
 * revision. By revision_made_at, then message_version_to for each mailbox (G1).
 */
export async function removedSince(session: Session, since: number): Promise<ReadonlyMap<MailboxId, number>> {
  const { rows } = await session.pool.query<{ id: bigint; removed: bigint }>(
    `with made as materialized (
        select r.number from revision r join run on run.id = r.run_id and run.link_id = $2
        where r.archive_id = $1 and r.made_at >= to_timestamp($3::float8 / 1000)
      )
      select v.mailbox_id as id, count(*) as removed
      from made cross join mailbox b
      join message_version v on v.mailbox_id = b.id and v.to_revision = made.number and v.to_revision <> ${LIVE}
      where b.archive_id = $1
        and not exists (select from message_version o where o.message_id = v.message_id and o.from_revision = made.number)
      group by v.mailbox_id`,
    [session.archiveId, session.link.id, since],
  );
  return new Map(rows.map(({ id, removed }) => [asId<MailboxId>(id), Number(removed)]));
}

export async function useApproval(session: Session, run: RunId): Promise<void> {
  await write(session, async (client) => {
    const used = await client.query(
      "update run set approval_used_at = to_timestamp($3::float8 / 1000) where id = $2 and link_id = $1",
      [session.link.id, run, session.now()],
    );
    if (used.rowCount === 0) throw noSuchRun(run);
  });
}

export function noSuchRun(run: number): MailError {
  return new MailError("CONFIG_INVALID", `There is no run ${run}. "packetboat runs" lists them.`, { context: { run } });
}
