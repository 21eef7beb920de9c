// Runs as the engine writes them: begun, finished, their approvals read and used up. The catalogue reads them for people.
import {
  asId,
  type BegunRun,
  type MailboxId,
  MailError,
  type RemoteMailboxId,
  type Revision,
  type RunId,
  type RunOutcome,
  type RunReport,
  type UidSet,
} from "@packetboat/core";
import { LIVE, leaseLost, type Session, write } from "../session.ts";

/** G1: an approval expires after 7 days. */
export const APPROVAL_MS = 7 * 86_400_000;

// One statement each: a pass over an account in which nothing changed is little else. Both prove the lease as `write` does (S4).
const HELD = "held as materialized (select from lease where account_id = $1 and token = $2 for share)";

// Each run closes the one before it, so only the last can be open. Nothing is lost with a run that has only begun; whatever refers to it is
// committed later, and flushed with it.
const BEGIN = `with ${HELD}, closed as (
    update run set outcome = 'interrupted', finished_at = to_timestamp($5::float8 / 1000)
    where id = (select max(id) from run where link_id = $3) and outcome is null and exists (select from held)
  )
  insert into run (link_id, holder, started_at) select $3, $4, to_timestamp($5::float8 / 1000) from held
  returning id, (select revision from archive where id = $6) as revision, set_config('synchronous_commit', 'off', true)`;

/** Opens a run and closes those that were killed: the lease proves that nobody else is at work on this account. */
export async function beginRun(session: Session, holder: string): Promise<BegunRun> {
  const { pool, lease, link, archiveId, now } = session;
  const { rows } = await pool.query<{ id: bigint; revision: bigint }>({
    name: "archive_begin_run",
    text: BEGIN,
    values: [lease.accountId, lease.token, link.id, holder, now(), archiveId],
  });
  const [row] = rows;
  if (row === undefined) throw leaseLost(lease.accountId);
  return { runId: asId<RunId>(row.id), revision: asId<Revision>(row.revision) };
}

// A run that found nothing to do need not wait for the disk either: the next one would find the same. One that went through lets go of the
// account: whatever held it is over.
const FINISH = `with ${HELD}, released as (
    delete from account_hold where account_id = $1 and $7 and exists (select from held)
  ), finished as (
    update run set outcome = $5, report = $6, finished_at = to_timestamp($8::float8 / 1000)
    where id = $4 and link_id = $3 and exists (select from held) returning id
  )
  select (select count(*) from held) as held, (select count(*) from finished) as finished,
    set_config('synchronous_commit', case when $9 then 'off' else current_setting('synchronous_commit') end, true)`;

export async function finishRun(session: Session, run: RunId, outcome: RunOutcome, report: RunReport): Promise<void> {
  const { pool, lease, link, now } = session;
  const wentThrough = report.error === null;
  const { rows } = await pool.query<{ held: bigint; finished: bigint }>({
    name: "archive_finish_run",
    text: FINISH,
    values: [
      lease.accountId,
      lease.token,
      link.id,
      run,
      outcome,
      storableJson(report),
      wentThrough,
      now(),
      outcome === "ok" && report.revisionAfter === report.revisionBefore,
    ],
  });
  if (Number(rows[0]?.held) === 0) throw leaseLost(lease.accountId);
  if (Number(rows[0]?.finished) === 0) throw noSuchRun(run);
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
