// Runs as people see them: listed, shown, approved. The engine begins and finishes them (queries/runs.ts).
import {
  type ArchiveId,
  asId,
  type LinkId,
  type MailboxCounts,
  MailError,
  type RunId,
  type RunOutcome,
  type RunReport,
} from "@packetboat/core";
import { inTransaction } from "@packetboat/database";
import type { Pool } from "pg";
import { APPROVAL_MS, noSuchRun } from "../queries/runs.ts";
import { millis, moment, rowsOf } from "./asking.ts";
import { HELD_UNSENT } from "./held.ts";
import { accountName } from "./links.ts";

export interface RunInfo {
  readonly id: RunId;
  readonly linkId: LinkId;
  readonly archiveId: ArchiveId;
  readonly archive: string;
  readonly account: string;
  readonly holder: string;
  /** Milliseconds since 1970, like all times here. */
  readonly startedAt: number;
  readonly finishedAt: number | null;
  /** `running`: its account's lease is held. `interrupted`: also a run that was killed. */
  readonly outcome: RunOutcome | "running";
  readonly approvedAt: number | null;
  readonly approvalUsedAt: number | null;
  /** Removals, from the archive or the server, and additions that this run held and nothing has settled since. */
  readonly held: number;
  /** Null while it runs, and for a run that was killed. */
  readonly totals: MailboxCounts | null;
  /** Why it failed, or null. */
  readonly error: RunReport["error"];
}

export interface RunDetails extends RunInfo {
  /** Null while it runs, and for a run that was killed. */
  readonly report: RunReport | null;
}

interface Row {
  readonly id: bigint;
  readonly link_id: bigint;
  readonly archive_id: bigint;
  readonly archive: string;
  readonly user_name: string;
  readonly host: string;
  readonly port: number;
  readonly holder: string;
  readonly started_at: number;
  readonly finished_at: number | null;
  readonly outcome: RunOutcome | null;
  readonly alive: boolean;
  readonly approved_at: number | null;
  readonly approval_used_at: number | null;
  readonly held: bigint;
  readonly totals: MailboxCounts | null;
  readonly error: RunReport["error"];
  readonly report?: RunReport | null;
}

// The lock is that of acquireLease; a run without outcome whose lease nobody holds was killed.
const ALIVE = `exists (select from pg_locks k where k.locktype = 'advisory' and k.granted and k.objsubid = 1
  and k.database = (select oid from pg_database where datname = current_database())
  and (k.classid::bigint << 32) | k.objid::bigint = hashtextextended('packetboat lease ' || c.id::bigint, 0))`;

/** Removals, on either side, and additions that run `r` holds. By pending_run and unsent_run. */
const HELD = `(select count(*) from pending p where p.run_id = r.id and p.kind in ('removal', 'addition'))
  + (select count(*) from unsent u where u.run_id = r.id and ${HELD_UNSENT})`;

/** Runs that hold anything: what is held is little, and nothing else is in these tables for long. */
const HOLDING = `select p.run_id from pending p where p.kind in ('removal', 'addition') union select u.run_id from unsent u where ${HELD_UNSENT}`;

const columns = (
  report: boolean,
): string => `r.id, r.link_id, l.archive_id, a.name as archive, c.user_name, c.host, c.port, r.holder,
  ${millis("r.started_at")} as started_at, ${millis("r.finished_at")} as finished_at, r.outcome,
  (r.outcome is null and ${ALIVE}) as alive, ${millis("r.approved_at")} as approved_at,
  ${millis("r.approval_used_at")} as approval_used_at,
  ${HELD} as held,
  r.report -> 'totals' as totals, r.report -> 'error' as error${report ? ", r.report" : ""}`;

const FROM = `from run r join link l on l.id = r.link_id join archive a on a.id = l.archive_id join account c on c.id = l.account_id`;

function runOf(row: Row): RunInfo {
  return {
    id: asId<RunId>(row.id),
    linkId: asId<LinkId>(row.link_id),
    archiveId: asId<ArchiveId>(row.archive_id),
    archive: row.archive,
    account: accountName({ user: row.user_name, host: row.host, port: row.port }),
    holder: row.holder,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    outcome: row.outcome ?? (row.alive ? "running" : "interrupted"),
    approvedAt: row.approved_at,
    approvalUsedAt: row.approval_used_at,
    held: Number(row.held),
    totals: row.totals,
    error: row.error,
  };
}

export interface RunFilter {
  readonly archiveId?: ArchiveId;
  /** Only over one of these. Default: over any. */
  readonly archiveIds?: readonly ArchiveId[];
  readonly linkId?: LinkId;
  /** Only those that hold something back. Default: any. */
  readonly holding?: boolean;
  /** Only runs before this one: the next page. */
  readonly before?: RunId;
  /** Default: 20. */
  readonly limit?: number;
}

/** Runs, the latest first. */
export async function listRuns(pool: Pool, filter: RunFilter = {}): Promise<readonly RunInfo[]> {
  const rows = await rowsOf<Row>(
    pool,
    `select ${columns(false)} ${FROM} where ($1::bigint is null or l.archive_id = $1) and ($2::bigint is null or r.link_id = $2)
      and ($3::bigint is null or r.id < $3) and ($5::bigint[] is null or l.archive_id = any($5))
      ${filter.holding === true ? `and r.id in (${HOLDING})` : ""} order by r.id desc limit $4`,
    [
      filter.archiveId ?? null,
      filter.linkId ?? null,
      filter.before ?? null,
      filter.limit ?? 20,
      filter.archiveIds ?? null,
    ],
  );
  return rows.map(runOf);
}

/** One run with its report. Throws CONFIG_INVALID when there is none of that id. */
export async function getRun(pool: Pool, id: RunId): Promise<RunDetails> {
  const [row] = await rowsOf<Row>(pool, `select ${columns(true)} ${FROM} where r.id = $1`, [id]);
  if (row === undefined) throw noSuchRun(id);
  return { ...runOf(row), report: row.report ?? null };
}

/**
 * Lets through exactly what a halted run holds (G1): the link's next run proves each again and applies it. Gives how many. `seen`: how many
 * the person was shown. Throws CONFIG_INVALID when the run held nothing, when a later run holds it now, when it was approved and used before,
 * or when it holds another number than was seen.
 */
export async function approveRun(pool: Pool, id: RunId, now: number, seen?: number): Promise<number> {
  return inTransaction(pool, async (client) => {
    await rowsOf(client, "select from run where id = $1 for update", [id]);
    const [row] = await rowsOf<Row>(client, `select ${columns(false)} ${FROM} where r.id = $1`, [id]);
    if (row === undefined) throw noSuchRun(id);
    const run = runOf(row);
    if (run.approvalUsedAt !== null)
      throw new MailError("CONFIG_INVALID", `Run ${id} was approved before, and its approval is used up.`);
    if (run.held === 0) {
      const [later] = await rowsOf<{ id: bigint }>(
        client,
        `select r.id from run r where r.link_id = $1 and r.id > $2 and ${HELD} > 0 order by r.id desc limit 1`,
        [run.linkId, id],
      );
      throw new MailError(
        "CONFIG_INVALID",
        later === undefined
          ? `Run ${id} holds nothing back, so there is nothing to approve.`
          : `Run ${later.id} looked again and holds it now. Approve that one: packetboat approve ${later.id}`,
      );
    }
    if (seen !== undefined && seen !== run.held)
      throw new MailError(
        "CONFIG_INVALID",
        `Run ${id} holds back another number of messages by now: ${run.held}. Look at them again, then approve.`,
      );
    await rowsOf(client, `update run set approved_at = ${moment("$2")} where id = $1`, [id, now]);
    return run.held;
  });
}

/** Until when an approval can be used. */
export function approvalExpires(approvedAt: number): number {
  return approvedAt + APPROVAL_MS;
}
