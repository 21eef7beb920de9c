// One job, from when it was taken until it is clear what becomes of it: asks, makes the pass, carries out what next.ts decides. It must never
// decide anything itself, nor leave a job that it was given without an end.
import { holdAccount, holdOf, type LinkedAccount, type LinkInfo, listLinks } from "@packetboat/archive";
import { type AccountId, asId, asMailError, type LinkId, type RunReport } from "@packetboat/core";
import { isAsked, type Job, type JobQueue, type NewJob } from "@packetboat/queue";
import type { Metrics } from "./metrics.ts";
import { beginningOf, concernsAll, type Ending, endingOf, isNews, type Next, nextOf, othersToPush } from "./next.ts";
import { passOver, type Workplace } from "./pass.ts";

/** What jobs are worked on with. */
export interface WorkContext {
  readonly place: Workplace;
  readonly queue: JobQueue;
  readonly metrics: Metrics;
  /** Aborted by the person, or when the database is lost. */
  readonly signal: AbortSignal;
  /** A number below 1; spreads what is tried again. */
  readonly chance: () => number;
  /** Told what a person at the terminal should know. */
  readonly tell: (report: RunReport) => void;
}

/** A job that is being worked on. */
export interface AtWork {
  readonly job: Job;
  /** Aborted when the pass is to stop after the batch in hand. */
  readonly stop: AbortController;
  /** It is to stop because a command waits for the account. */
  madeWay: boolean;
}

export const passJob = ({ linkId, accountId }: { linkId: LinkId; accountId: AccountId }): NewJob => ({
  kind: "pass",
  linkId,
  accountId,
});

/** Makes the pass of one job and does what becomes of it; `end`: is told of one that is done. Throws what concerns the whole worker. */
export async function work(context: WorkContext, one: AtWork, end: (job: Job) => void): Promise<void> {
  const { host, desk, database } = context.place;
  const beginning = beginningOf(await desk.linked(asId<LinkId>(one.job.linkId)), host.now());
  if (beginning.kind !== "pass") return await carryOut(context, one.job, beginning, end);
  const { linked } = beginning;
  const next = await madePass(context, one, linked);
  // What the run itself has written down about the account: a spent budget, or a pause that the server asked for.
  const held = next.kind === "again" ? await holdOf(database.pool, linked.account.id, host.now()) : null;
  await carryOut(context, one.job, endingOf(next, held, host.now()), end);
}

async function carryOut(context: WorkContext, job: Job, ending: Ending, end: (job: Job) => void): Promise<void> {
  const { place, queue } = context;
  switch (ending.kind) {
    case "done":
      return end(job);
    case "again":
      await queue.again(job, { code: ending.code });
      return;
    case "later": {
      if (ending.hold !== null) {
        const hold = { ...ending.hold, until: ending.at, now: place.host.now() };
        await holdAccount(place.database.pool, asId<AccountId>(job.accountId), hold);
      }
      // Sent before it is done: between the two a killed worker leaves one too many, never one too few.
      if (ending.at !== null) await sendLike(context, job, [{ ...passJob(job), startAfter: ending.at }]);
      await queue.done(job);
    }
  }
}

async function madePass(context: WorkContext, one: AtWork, linked: LinkedAccount): Promise<Next> {
  const { job } = one;
  const signal = AbortSignal.any([context.signal, one.stop.signal]);
  const { place, metrics, chance } = context;
  const { host } = place;
  const log = await host.log();
  try {
    const report = await passOver({ ...place, host: { ...host, signal } }, linked, isAsked(job));
    metrics.run(report);
    context.tell(report);
    log.info({ linkId: job.linkId, runId: report.run, outcome: report.outcome, code: report.error?.code }, "a pass");
    if (isNews(report, job.attempt)) await nudge(context, job, linked.link);
    return nextOf(report, chance(), one.madeWay);
  } catch (thrown) {
    const error = asMailError(thrown);
    if (concernsAll(error)) throw error;
    log.error({ err: error, linkId: job.linkId }, "a pass could not be made");
    return { kind: "again", code: error.code };
  }
}

/** What the archive got is due on the servers that other links push to. */
async function nudge(context: WorkContext, job: Job, changed: LinkInfo): Promise<void> {
  const links = await listLinks(context.place.database.pool, { archiveId: changed.archiveId });
  await sendLike(
    context,
    job,
    othersToPush(links, changed.id).map(({ id, accountId }) => passJob({ linkId: id, accountId })),
  );
}

/** Of what a person waits for, the person waits for what follows from it, too: it goes before the night's ten thousand. */
async function sendLike({ queue }: Pick<WorkContext, "queue">, job: Job, jobs: readonly NewJob[]): Promise<void> {
  if (jobs.length === 0) return;
  if (isAsked(job)) await queue.ask(jobs);
  else await queue.send(jobs);
}
