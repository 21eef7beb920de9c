// The port over pg-boss. What pg-boss does not have is done here in one transaction each: to try again is to settle the job and send its
// successor, to give up is to settle it and send it to the dead letters.
// It must never be loaded by a command that starts no worker (open-queue.ts loads it), and nothing of pg-boss may show through it.
import { MailError } from "@packetboat/core";
import { asDatabaseError, type Database, gathered, inTransaction } from "@packetboat/database";
import type { PoolClient } from "pg";
import type { JobInsert, JobWithMetadata, PgBoss } from "pg-boss";
import { type Backoff, backoffMs } from "./backoff.ts";
import { type Bell, CHANNEL } from "./bell.ts";
import { BOSS_SCHEMA, type Carried, DEAD, statements, stopBoss, WORK } from "./boss.ts";
import {
  type AgainOptions,
  type AgainOutcome,
  ASKED_PRIORITY,
  type DeadJob,
  type Depth,
  type Job,
  type JobKind,
  type JobQueue,
  KIND_PRIORITY,
  type NewJob,
} from "./port.ts";

const JOB_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MOST_DEAD = 1_000;
/** Jobs that end within so long are settled together: most passes find nothing to do, and end by the hundred. */
const DONE_MOMENT_MS = 25;

// Live jobs by index job_i14; the key begins with the kind.
const DEPTH = `select split_part(singleton_key, ':', 1) as kind,
    (count(*) filter (where name = $1 and state <> 'active'))::int as waiting,
    (count(*) filter (where name = $1 and state = 'active'))::int as running,
    (count(*) filter (where name = $2))::int as dead
  from ${BOSS_SCHEMA}.job where name in ($1, $2) and state in ('created', 'retry', 'active') group by 1`;

/** What the port stands on. */
export interface QueueParts {
  readonly database: Database;
  readonly boss: PgBoss;
  readonly bell: Bell;
  readonly backoff: Backoff;
  readonly random: () => number;
}

type Taken = Pick<Job, "id" | "claim">;
type Settle = (within: PoolClient) => Promise<void>;

/** The key of which one job waits and one runs. */
const keyOf = ({ kind, linkId }: Pick<NewJob, "kind" | "linkId">): string => `${kind}:${linkId}`;

const attemptOf = ({ id, claim }: Taken) => ({ id, retryCount: claim });

const carriedBy = ({ kind, linkId, accountId }: Omit<Carried, "failures">, failures: number): Carried => ({
  kind,
  linkId,
  accountId,
  failures,
});

function insertOf(job: NewJob): JobInsert<Carried> {
  return {
    data: carriedBy(job, 0),
    priority: KIND_PRIORITY[job.kind] + (job.priority ?? 0),
    singletonKey: keyOf(job),
    group: { id: String(job.accountId) },
    ...(job.startAfter === undefined ? {} : { startAfter: new Date(job.startAfter) }),
  };
}

function jobOf({ id, data, priority, retryCount }: JobWithMetadata<Carried>): Job {
  const { kind, linkId, accountId, failures, code } = data;
  // One that was dead once begins anew.
  const before = code === undefined ? failures : 0;
  return { id, kind, linkId, accountId, priority, attempt: before + retryCount + 1, claim: retryCount };
}

function deadJobOf({ id, data, sourceRetryCount, createdOn }: JobWithMetadata<Carried>): DeadJob {
  const { kind, linkId, accountId, failures, code = "WORKER_DIED" } = data;
  // pg-boss itself gives up what its workers died over: it knows how often, and no code.
  const attempts = sourceRetryCount === null ? failures : failures + sourceRetryCount + 1;
  return { id, kind, linkId, accountId, attempts, code, diedAt: createdOn.getTime() };
}

/** Priority, then age. The statement that takes jobs gives them in no order. */
const byPriority = (a: JobWithMetadata<Carried>, b: JobWithMetadata<Carried>): number =>
  b.priority - a.priority || a.createdOn.getTime() - b.createdOn.getTime();

/** How many jobs a settlement reached; pg-boss says so, its types do not. */
function affectedBy(answer: object): number {
  if ("affected" in answer && typeof answer.affected === "number") return answer.affected;
  throw new MailError("BUG", "The job queue did not say what became of a job. Please report this.");
}

/** Which jobs a settlement reached. */
function settledBy(answer: object): ReadonlySet<string> {
  if ("settled" in answer && Array.isArray(answer.settled)) return new Set(answer.settled.map(String));
  throw new MailError("BUG", "The job queue did not say what became of its jobs. Please report this.");
}

/** What pg-boss threw, as ours. */
async function asked<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw asDatabaseError(error);
  }
}

async function ring(client: PoolClient): Promise<void> {
  await client.query("select pg_notify($1, '')", [CHANNEL]);
}

/** Builds the port. */
export function pgBossQueue(parts: QueueParts): JobQueue {
  const { database, boss, bell } = parts;
  const done = gathered<Taken, boolean>(DONE_MOMENT_MS, async (jobs) => {
    const settled = settledBy(await asked(boss.complete(WORK, jobs.map(attemptOf))));
    return jobs.map(({ id }) => settled.has(id));
  });
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= done.flush().then(async () => {
      await Promise.all([asked(stopBoss(boss)), bell.close()]);
    });
    return closing;
  };
  return {
    send: (jobs, within) => send(parts, jobs, within),
    ask: (jobs) => ask(parts, jobs),
    take: async (most) => {
      // What is done first makes room for its account's next job.
      await done.flush();
      return await asked(take(boss, most));
    },
    keepAlive: (jobs) => asked(keepAlive(boss, jobs)),
    done: done.ask,
    again: (job, options) => again(parts, job, options),
    dead: (job, code) => settle(parts, job, code, (client) => bury(boss, client, job, code)),
    waitForWork: bell.wait,
    depth: () => asked(depth(database)),
    deadJobs: async () =>
      (await asked(boss.findJobs<Carried>(DEAD, { queued: true, limit: MOST_DEAD }))).map(deadJobOf),
    redrive: (ids) => redrive(parts, ids),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function send(parts: QueueParts, jobs: readonly NewJob[], within?: PoolClient): Promise<number> {
  if (jobs.length === 0) return 0;
  if (within === undefined) return inTransaction(parts.database.pool, (client) => send(parts, jobs, client));
  const db = statements(within);
  const ids = await asked(parts.boss.insert(WORK, jobs.map(insertOf), { db, returnId: true }));
  await asked(ring(within));
  return ids?.length ?? 0;
}

async function ask({ database, boss }: QueueParts, jobs: readonly NewJob[]): Promise<void> {
  await inTransaction(database.pool, async (client) => {
    for (const job of jobs)
      await asked(
        boss.upsert(WORK, carriedBy(job, 0), {
          singletonKey: keyOf(job),
          priority: KIND_PRIORITY[job.kind] + ASKED_PRIORITY,
          group: { id: String(job.accountId) },
          startAfter: new Date(job.startAfter ?? 0),
          db: statements(client),
        }),
      );
    await asked(ring(client));
  });
}

async function take(boss: PgBoss, most: number): Promise<readonly Job[]> {
  const taken: JobWithMetadata<Carried>[] = [];
  // One statement leaves out whoever's account it gave a job of just now, so fewer may come than are ready.
  while (taken.length < most) {
    const batch = await boss.fetch<Carried>(WORK, {
      batchSize: most - taken.length,
      includeMetadata: true,
      groupConcurrency: 1,
    });
    taken.push(...batch);
    if (batch.length === 0) break;
  }
  return taken.sort(byPriority).map(jobOf);
}

async function keepAlive(boss: PgBoss, jobs: readonly Job[]): Promise<readonly Job[]> {
  if (jobs.length === 0) return [];
  const all = await boss.touch(WORK, jobs.map(attemptOf));
  if (affectedBy(all) === jobs.length) return [];
  const lost: Job[] = [];
  for (const job of jobs) if (affectedBy(await boss.touch(WORK, attemptOf(job))) === 0) lost.push(job);
  return lost;
}

async function again(parts: QueueParts, job: Job, { code, afterMs }: AgainOptions): Promise<AgainOutcome> {
  const { boss, backoff, random } = parts;
  if (job.attempt >= backoff.attempts)
    return (await settle(parts, job, code, (client) => bury(boss, client, job, code))) ? "dead" : "lost";
  const delay = afterMs ?? backoffMs(backoff, job.attempt, random());
  const kept = await settle(parts, job, code, async (client) => {
    // Over a job that was sent during the run, or beside none: either way one waits, and it waits long enough.
    await boss.upsert(WORK, carriedBy(job, job.attempt), {
      singletonKey: keyOf(job),
      priority: job.priority,
      group: { id: String(job.accountId) },
      startAfter: new Date(Date.now() + delay),
      db: statements(client),
    });
  });
  return kept ? "waiting" : "lost";
}

/** Settles a job and does `then` with it, or neither. */
async function settle(parts: QueueParts, job: Taken, code: string, then: Settle): Promise<boolean> {
  return inTransaction(parts.database.pool, async (client) => {
    const answer = await parts.boss.complete(WORK, attemptOf(job), { code }, { db: statements(client) });
    const held = affectedBy(answer) === 1;
    if (held) await then(client);
    return held;
  });
}

async function bury(boss: PgBoss, client: PoolClient, job: Job, code: string): Promise<void> {
  await boss.send(
    DEAD,
    { ...carriedBy(job, job.attempt), code },
    { singletonKey: keyOf(job), group: { id: String(job.accountId) }, priority: job.priority, db: statements(client) },
  );
}

async function depth(database: Database): Promise<readonly Depth[]> {
  const { rows } = await database.pool.query<Depth>(DEPTH, [WORK, DEAD]);
  const kinds = Object.keys(KIND_PRIORITY) as JobKind[];
  return kinds.map((kind) => rows.find((row) => row.kind === kind) ?? { kind, waiting: 0, running: 0, dead: 0 });
}

async function redrive({ database, boss }: QueueParts, ids: readonly string[]): Promise<number> {
  const wrong = ids.find((id) => !JOB_ID.test(id));
  if (wrong !== undefined)
    throw new MailError("CONFIG_INVALID", "That is not the id of a job: take it from the list of jobs given up.");
  if (ids.length === 0) return 0;
  return inTransaction(database.pool, async (client) => {
    const moved = await boss.redrive(DEAD, {
      ids: [...ids],
      destination: WORK,
      limit: ids.length,
      db: statements(client),
    });
    await ring(client);
    return moved;
  });
}
