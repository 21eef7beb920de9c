// A worker's work as long as it reaches its database: schedules and asks become jobs, jobs are worked on in slots (work.ts). Every job that was
// taken is given back or brought to an end. It must never work on after the database was lost.
import { setTimeout as sleep } from "node:timers/promises";
import { type DueRun, listHolds, takeDue } from "@packetboat/archive";
import { asId, asMailError, type LinkId, MailError } from "@packetboat/core";
import { type Ask, hearAsks } from "@packetboat/database";
import { type Job, nextRun } from "@packetboat/queue";
import { indexWhenIdle } from "./indexing.ts";
import { fillSlots } from "./slots.ts";
import type { Watchers } from "./watchers.ts";
import { type AtWork, passJob, type WorkContext, work } from "./work.ts";

/** What one shift is made of. */
export interface Shift extends WorkContext {
  readonly watchers: Watchers;
  /** Passes at a time. */
  readonly slots: number;
  /** Told when it takes work and hears what is asked of it. */
  readonly onReady: () => void;
  /** Ends the shift because the database cannot be reached. */
  readonly cutOff: (error: MailError) => void;
}

/** At least every 10 s, or another worker takes the jobs. */
const KEEP_ALIVE_MS = 5_000;
/** Without an answer for so long the database is lost: another worker may have our jobs by then. */
const SILENCE_MS = 20_000;
const CLOCK_MS = 5_000;
/** What a dead worker watched is watched by another after so long. */
const WATCH_MS = 10_000;
const DUE_AT_ONCE = 1_000;
/** How long a free slot waits for others, so that jobs are taken together. */
const MOMENT_MS = 20;

/** Works until the signal is aborted. Throws what the database throws. */
export async function workShift(shift: Shift): Promise<void> {
  const { queue, slots, signal, place } = shift;
  const atWork = new Map<string, AtWork>();
  const ends = new Set<Promise<void>>();
  // A slot does not wait until its job is settled: that is done for many at once.
  const end = (job: Job): void => {
    const ended: Promise<void> = queue
      .done(job)
      .then(
        () => undefined,
        (error: unknown) => shift.cutOff(asMailError(error)),
      )
      .finally(() => ends.delete(ended));
    ends.add(ended);
  };
  await using _asks = await hearAsks(place.database, (ask) => heed(shift, atWork, ask), shift.cutOff);
  const beat = every(KEEP_ALIVE_MS, () => keepAlive(shift, atWork), shift.cutOff);
  const watch = every(WATCH_MS, shift.watchers.look, shift.cutOff);
  const clock = every(CLOCK_MS, () => enqueueDue(shift), shift.cutOff);
  const over = new AbortController();
  const indexing = indexWhenIdle({
    place,
    isIdle: () => atWork.size === 0,
    signal: AbortSignal.any([signal, over.signal]),
    cutOff: shift.cutOff,
  });
  try {
    await enqueueDue(shift);
    await shift.watchers.look();
    shift.onReady();
    await fillSlots(
      queue,
      slots,
      async (job) => {
        const one: AtWork = { job, stop: new AbortController(), madeWay: false };
        atWork.set(job.id, one);
        shift.metrics.working(atWork.size);
        try {
          await work(shift, one, end);
        } finally {
          atWork.delete(job.id);
          shift.metrics.working(atWork.size);
        }
      },
      signal,
      () => sleep(MOMENT_MS),
    );
  } finally {
    await Promise.all(ends);
    clearInterval(beat);
    clearInterval(clock);
    clearInterval(watch);
    over.abort();
    await indexing;
  }
}

/** S4: what a person waits for goes first: the account that a command wants, the link that was asked for. */
function heed(shift: Shift, atWork: ReadonlyMap<string, AtWork>, { kind, id }: Ask): void {
  if (kind === "pass") {
    askFor(shift, asId<LinkId>(id)).catch((error: unknown) => shift.cutOff(asMailError(error)));
    return;
  }
  for (const one of atWork.values()) {
    if (one.job.accountId !== id) continue;
    one.madeWay = true;
    one.stop.abort(new MailError("INTERRUPTED", "A command waits for this account; the worker goes on after it."));
  }
}

async function askFor({ place, queue }: Shift, id: LinkId): Promise<void> {
  const linked = await place.desk.linked(id);
  if (linked !== null) await queue.ask([passJob({ linkId: id, accountId: linked.account.id })]);
}

/** Does something every so often, once at a time; what it throws, or that it does not come back, ends the shift. */
function every(ms: number, act: () => Promise<void>, cutOff: (error: MailError) => void): NodeJS.Timeout {
  let began: number | null = null;
  return setInterval(() => {
    if (began !== null) {
      if (performance.now() - began > SILENCE_MS) cutOff(silent());
      return;
    }
    began = performance.now();
    act()
      .catch((error: unknown) => cutOff(asMailError(error)))
      .finally(() => {
        began = null;
      });
  }, ms);
}

const silent = () =>
  new MailError("DATABASE_LOST", "The database does not answer. The worker tries to reach it again.");

async function keepAlive({ queue }: Shift, atWork: ReadonlyMap<string, AtWork>) {
  for (const job of await queue.keepAlive([...atWork.values()].map((one) => one.job)))
    atWork.get(job.id)?.stop.abort(new MailError("LEASE_LOST", "Another worker took over this job; this one stops."));
}

/** Three workers' clocks make one job of a due run: taken and sent in one transaction. */
async function enqueueDue({ place, queue }: Shift): Promise<void> {
  const now = place.host.now();
  const log = await place.host.log();
  const next = (due: DueRun): number | null => {
    try {
      return nextRun(due, now);
    } catch (error) {
      // `link set` checks the fields; a time zone may still go from one version of the system to the next. Only this link leaves the clock,
      // and `status` tells of it as overdue.
      log.error({ err: error, linkId: due.linkId }, "the schedule cannot be read any more");
      return null;
    }
  };
  const held = new Set((await listHolds(place.database.pool, now)).map(({ accountId }) => accountId));
  let taken: number;
  do {
    taken = await takeDue(place.database.pool, {
      now,
      most: DUE_AT_ONCE,
      next,
      enqueue: async (due, client) => {
        const jobs = due.filter(({ accountId }) => !held.has(accountId)).map(passJob);
        if (jobs.length > 0) await queue.send(jobs, client);
      },
    });
  } while (taken === DUE_AT_ONCE);
}
