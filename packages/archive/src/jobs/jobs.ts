// Jobs as rows: what people began through the API, how far it is, what it did. Whoever works on one holds its lock (job-locks.ts); a row at work
// without a lock is told as interrupted. It must never move a job against states.ts, nor hold anything of mail but numbers and what was asked.
import { type ArchiveId, asId, type ErrorCode, MailError } from "@packetboat/core";
import type { Pool } from "pg";
import { millis, moment, rowsOf } from "../catalog/asking.ts";
import { JOB_LOCKS } from "./job-locks.ts";
import { type JobState, mayBecome, type ToldState, toldState } from "./states.ts";

export type JobKind = "restore" | "export" | "import";

export interface Job {
  readonly id: number;
  readonly kind: JobKind;
  readonly archiveId: ArchiveId;
  /** Null: the user is gone since. */
  readonly userId: number | null;
  readonly state: ToldState;
  readonly asked: unknown;
  /** Null: it was not looked at yet. */
  readonly preview: unknown;
  /** Null: it was not begun. */
  readonly progress: unknown;
  /** Null: it has not ended. */
  readonly result: unknown;
  readonly error: { readonly code: ErrorCode; readonly text: string } | null;
  /** Somebody wants it to stop. */
  readonly isCancelled: boolean;
  /** Grows with every change. */
  readonly version: number;
  /** Milliseconds since 1970, like all times here. */
  readonly createdAt: number;
  readonly changedAt: number;
  readonly endedAt: number | null;
}

interface Row {
  readonly id: bigint;
  readonly kind: JobKind;
  readonly archive_id: bigint;
  readonly user_id: bigint | null;
  readonly state: JobState;
  readonly held: boolean;
  readonly asked: unknown;
  readonly preview: unknown;
  readonly progress: unknown;
  readonly result: unknown;
  readonly error: Job["error"];
  readonly cancelled: boolean;
  readonly version: number;
  readonly created_at: number;
  readonly changed_at: number;
  readonly ended_at: number | null;
}

// An advisory lock of two numbers shows both of them.
const HELD = `exists (select from pg_locks l where l.locktype = 'advisory' and l.granted
    and l.database = (select oid from pg_database where datname = current_database())
    and l.classid = ${JOB_LOCKS} and l.objid::bigint = j.id and l.objsubid = 2)`;

const COLUMNS = `j.id, j.kind, j.archive_id, j.user_id, j.state, j.asked, j.preview, j.progress, j.result, j.error, j.cancelled, j.version,
  ${millis("j.created_at")} as created_at, ${millis("j.changed_at")} as changed_at, ${millis("j.ended_at")} as ended_at,
  j.state in ('waiting', 'looking', 'running') and ${HELD} as held`;

const jobOf = (row: Row): Job => ({
  id: Number(row.id),
  kind: row.kind,
  archiveId: asId<ArchiveId>(row.archive_id),
  userId: row.user_id === null ? null : Number(row.user_id),
  state: toldState(row.state, row.held),
  asked: row.asked,
  preview: row.preview,
  progress: row.progress,
  result: row.result,
  error: row.error,
  isCancelled: row.cancelled,
  version: row.version,
  createdAt: row.created_at,
  changedAt: row.changed_at,
  endedAt: row.ended_at,
});

/** Jobs of one user that have not ended: more is a program that begins one a call. */
const MOST_OPEN = 50;

export interface NewJob {
  readonly kind: JobKind;
  readonly archiveId: ArchiveId;
  readonly userId: number;
  /** `planned`: there is nothing to look at. */
  readonly state: "waiting" | "planned";
  readonly asked: unknown;
  readonly preview: unknown;
}

const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

/** Makes a job. Throws THROTTLED when its user has too many that have not ended, ARCHIVE_UNKNOWN. */
export async function createJob(pool: Pool, { kind, archiveId, userId, state, asked, preview }: NewJob, now: number) {
  const [open] = await rowsOf<{ count: bigint }>(
    pool,
    "select count(*) as count from job where user_id = $1 and ended_at is null",
    [userId],
  );
  if (Number(open?.count ?? 0) >= MOST_OPEN)
    throw new MailError(
      "THROTTLED",
      `${MOST_OPEN} of your jobs have not ended. Cancel those that are not needed; /api/v1/jobs lists them.`,
      { context: { seconds: 60 } },
    );
  const rows = await rowsOf<{ id: bigint }>(
    pool,
    `insert into job (kind, archive_id, user_id, state, asked, preview, created_at, changed_at)
      select $1, id, $3, $4, $5, $6, ${moment("$7")}, ${moment("$7")} from archive where id = $2 returning id`,
    [kind, archiveId, userId, state, json(asked), json(preview), now],
  );
  const [row] = rows;
  if (row === undefined) throw new MailError("ARCHIVE_UNKNOWN", "The archive was removed meanwhile.");
  return Number(row.id);
}

/** Null: there is none. By job_pkey. */
export async function getJob(pool: Pool, id: number): Promise<Job | null> {
  const [row] = await rowsOf<Row>(pool, `select ${COLUMNS} from job j where j.id = $1`, [id]);
  return row === undefined ? null : jobOf(row);
}

export interface JobsAsked {
  /** Only of this user. Default: of all. */
  readonly userId?: number;
  /** Only of these archives. Default: of all. */
  readonly archiveIds?: readonly ArchiveId[];
  /** Jobs before this one. */
  readonly before?: number;
  readonly limit: number;
}

const UNBEGUN_MS = 86_400_000;

// What was looked at and not begun, and a look whose process died: it did nothing, and nobody misses it.
const UNBEGUN = `(j.state = 'planned' or (j.kind = 'restore' and j.preview is null and j.state in ('waiting', 'looking') and not (${HELD})))`;

/**
 * The latest first, without what nobody began within a day. By job_pkey; the table grows with what people ask for. `now`: milliseconds since 1970.
 */
export async function listJobs(
  pool: Pool,
  { userId, archiveIds, before, limit }: JobsAsked,
  now: number,
): Promise<readonly Job[]> {
  const rows = await rowsOf<Row>(
    pool,
    `select ${COLUMNS} from job j where ($1::bigint is null or j.user_id = $1) and ($2::bigint[] is null or j.archive_id = any($2))
        and ($3::bigint is null or j.id < $3) and not (j.changed_at < ${moment("$5")} and ${UNBEGUN}) order by j.id desc limit $4`,
    [userId ?? null, archiveIds ?? null, before ?? null, limit, now - UNBEGUN_MS],
  );
  return rows.map(jobOf);
}

export interface JobChange {
  readonly state: JobState;
  readonly preview?: unknown;
  readonly result?: unknown;
  readonly error?: Job["error"];
}

const ENDED: ReadonlySet<JobState> = new Set(["done", "partial", "failed", "cancelled"]);

/**
 * Moves a job on; false where its state does not allow that any more. `taken`: the caller found its lock free. Begun again, it forgets how it
 * ended before and that it was to stop.
 */
export async function moveJob(pool: Pool, id: number, change: JobChange, now: number, taken = false): Promise<boolean> {
  const { state, preview = null, result = null, error = null } = change;
  const begins = state === "waiting" || (state === "running" && taken);
  const rows = await rowsOf(
    pool,
    `update job set state = $2, preview = coalesce($3, preview), changed_at = ${moment("$4")}, version = version + 1,
        result = case when $5 then null else coalesce($6, result) end, error = case when $5 then null else coalesce($7, error) end,
        progress = case when $5 then null else progress end, cancelled = cancelled and not $5,
        ended_at = case when $8 then ${moment("$4")} end
      where id = $1 and state = any($9::text[]) returning id`,
    [id, state, json(preview), now, begins, json(result), json(error), ENDED.has(state), mayBecome(state, taken)],
  );
  return rows.length > 0;
}

/** Notes how far a job is; gives whether somebody wants it to stop. Without news nothing is written. */
export async function noteProgress(pool: Pool, id: number, progress: unknown, now: number): Promise<boolean> {
  const [row] = await rowsOf<{ cancelled: boolean }>(pool, "select cancelled from job where id = $1", [id]);
  if (progress !== null)
    await rowsOf(
      pool,
      `update job set progress = $2, changed_at = ${moment("$3")}, version = version + 1
        where id = $1 and progress is distinct from $2::jsonb and state in ('looking', 'running')`,
      [id, json(progress), now],
    );
  return row?.cancelled ?? true;
}

/** Says that a job is to stop: whoever works on it hears of it within seconds; what nobody works on is cancelled at once. */
export async function cancelJob(pool: Pool, id: number, now: number): Promise<void> {
  const job = await getJob(pool, id);
  if (job === null) return;
  if (job.state === "planned" || job.state === "interrupted") {
    await rowsOf(
      pool,
      `update job set state = 'cancelled', changed_at = ${moment("$2")}, ended_at = ${moment("$2")}, version = version + 1
        where id = $1 and version = $3`,
      [id, now, job.version],
    );
    return;
  }
  await rowsOf(
    pool,
    `update job set cancelled = true, changed_at = ${moment("$2")}, version = version + 1
      where id = $1 and state in ('waiting', 'looking', 'running') and not cancelled`,
    [id, now],
  );
}

/** Takes away a job that was looked at and not begun; false where it was begun, or is gone. */
export async function forgetJob(pool: Pool, id: number): Promise<boolean> {
  return (await rowsOf(pool, "delete from job where id = $1 and state = 'planned' returning id", [id])).length > 0;
}

/** One that was just made may not be held yet. */
const UNHELD_MS = 60_000;

/** Ends jobs of a kind that nobody can go on with once their process is gone. Few rows are at work. */
export async function endLost(pool: Pool, kind: JobKind, error: NonNullable<Job["error"]>, now: number): Promise<void> {
  await rowsOf(
    pool,
    `update job j set state = 'failed', error = $3, changed_at = ${moment("$2")}, ended_at = ${moment("$2")}, version = version + 1
      where j.kind = $1 and j.ended_at is null and j.state in ('waiting', 'looking', 'running') and not (${HELD})
        and j.changed_at < ${moment("$4")}`,
    [kind, now, json(error), now - UNHELD_MS],
  );
}

const ENDED_MS = 90 * 86_400_000;

/** Takes away what nobody began within a day, and what ended, or was cut off, three months ago: the audit keeps that it was. */
export async function sweepJobs(pool: Pool, now: number): Promise<void> {
  await rowsOf(
    pool,
    `delete from job j where (j.changed_at < ${moment("$1")} and ${UNBEGUN}) or j.ended_at < ${moment("$2")}
      or (j.state = 'running' and j.changed_at < ${moment("$2")} and not (${HELD}))`,
    [now - UNBEGUN_MS, now - ENDED_MS],
  );
}
