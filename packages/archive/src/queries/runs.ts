// Runs as the engine writes them: begun, finished, their approvals read and used up. The catalogue reads them for people.
import {
  type ArchiveId,
  asId,
  type BegunRun,
  hasApplied,
  type LinkId,
  type MailboxId,
  MailError,
  type RemoteMailboxId,
  type Revision,
  type RunId,
  type RunOutcome,
  type RunReport,
  type UidSet,
} from "@packetboat/core";
import type { Fence } from "@packetboat/database";
import type { Pool } from "pg";
import { LIVE, type Session, write } from "../session.ts";

/** G1: an approval expires after 7 days. */
export const APPROVAL_MS = 7 * 86_400_000;

/** A run that is to be opened, under its account's lease. */
export interface RunToBegin {
  readonly lease: Fence;
  readonly linkId: LinkId;
  readonly archiveId: ArchiveId;
  readonly holder: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

// One statement for all that begin or end in a moment: a pass over an account in which nothing changed is little else. Each proves its lease
// as `write` does (S4), in the order of the accounts. By lease_pkey, run_link and run_pkey.
const HELD = `held as materialized (
    select w.* from wanted w cross join lateral (select from lease l where l.account_id = w.account_id and l.token = w.token for share) l
  )`;

// Each run closes the one before it, so only the last can be open. Nothing is lost with a run that has only begun; whatever refers to it is
// committed later, and flushed with it.
const BEGIN = `with wanted as materialized (
    select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::float8[], $6::bigint[])
      as w(account_id, token, link_id, holder, at, archive_id) order by account_id
  ), ${HELD}, closed as (
    update run r set outcome = 'interrupted', finished_at = to_timestamp(last.at / 1000)
    from (select h.at, (select max(id) from run where link_id = h.link_id) as id from held h) last
    where r.id = last.id and r.outcome is null
  ), begun as (
    insert into run (link_id, holder, started_at) select link_id, holder, to_timestamp(at / 1000) from held returning id, link_id
  )
  select b.id, b.link_id, (select revision from archive where id = h.archive_id) as revision,
    set_config('synchronous_commit', 'off', true)
  from begun b join held h using (link_id)`;

/** Opens runs and closes those that were killed: the leases prove that nobody else is at work. Null: its lease was lost. */
export async function beginRuns(pool: Pool, runs: readonly RunToBegin[]): Promise<readonly (BegunRun | null)[]> {
  const { rows } = await pool.query<{ id: bigint; link_id: bigint; revision: bigint }>({
    name: "archive_begin_runs",
    text: BEGIN,
    values: [
      runs.map(({ lease }) => lease.accountId),
      runs.map(({ lease }) => lease.token),
      runs.map(({ linkId }) => linkId),
      runs.map(({ holder }) => holder),
      runs.map(({ at }) => at),
      runs.map(({ archiveId }) => archiveId),
    ],
  });
  const begun = new Map(
    rows.map((row) => [Number(row.link_id), { runId: asId<RunId>(row.id), revision: asId<Revision>(row.revision) }]),
  );
  return runs.map(({ linkId }) => begun.get(linkId) ?? null);
}

/** A run that is over. */
export interface RunToFinish {
  readonly lease: Fence;
  readonly linkId: LinkId;
  readonly runId: RunId;
  readonly outcome: RunOutcome;
  readonly report: RunReport;
  /** Milliseconds since 1970. */
  readonly at: number;
}

// Runs that found nothing to do need not wait for the disk either: the next ones would find the same. One that went through lets go of the
// account: whatever held it is over.
const FINISH = `with wanted as materialized (
    select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::float8[], $8::bool[])
      as w(account_id, token, link_id, run_id, outcome, report, at, through) order by account_id
  ), ${HELD}, released as (
    delete from account_hold a using held h where a.account_id = h.account_id and h.through
  ), finished as (
    update run r set outcome = h.outcome, report = h.report::jsonb, finished_at = to_timestamp(h.at / 1000)
    from held h where r.id = h.run_id and r.link_id = h.link_id returning r.id
  )
  select h.run_id, f.id is not null as finished,
    set_config('synchronous_commit', case when $9 then 'off' else current_setting('synchronous_commit') end, true)
  from held h left join finished f on f.id = h.run_id`;

const foundNothing = ({ outcome, report }: RunToFinish): boolean => outcome === "ok" && !hasApplied(report);

/** Stores reports. `lost`: its lease was lost; `unknown`: there is no such run of that link. */
export async function finishRuns(
  pool: Pool,
  runs: readonly RunToFinish[],
): Promise<readonly ("finished" | "lost" | "unknown")[]> {
  const { rows } = await pool.query<{ run_id: bigint; finished: boolean }>({
    name: "archive_finish_runs",
    text: FINISH,
    values: [
      runs.map(({ lease }) => lease.accountId),
      runs.map(({ lease }) => lease.token),
      runs.map(({ linkId }) => linkId),
      runs.map(({ runId }) => runId),
      runs.map(({ outcome }) => outcome),
      runs.map(({ report }) => storableJson(report)),
      runs.map(({ at }) => at),
      runs.map(({ report }) => report.error === null),
      runs.every(foundNothing),
    ],
  });
  const became = new Map(rows.map((row) => [Number(row.run_id), row.finished ? "finished" : "unknown"] as const));
  return runs.map(({ runId }) => became.get(runId) ?? "lost");
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
