// So many passes at a time: takes a job whenever a slot is free, runs it, takes the next one at once. Waits for work, never for time.
// It must never take more than it can run: a job that nobody works on is another worker's.

/** Where work comes from. */
export interface Source<Job> {
  /** At most so many jobs that are this worker's from now on. */
  take(most: number): Promise<readonly Job[]>;
  /** Settles when there may be work, or when `signal` is aborted. */
  waitForWork(signal: AbortSignal): Promise<void>;
}

/**
 * Runs jobs until `signal` is aborted, then waits for those at work. `moment`: how long a free slot may wait for others. Default: not at all. `run` never rejects for what concerns its job alone. Throws what
 * `take` throws, after those at work have ended.
 */
export async function fillSlots<Job>(
  source: Source<Job>,
  slots: number,
  run: (job: Job) => Promise<void>,
  signal: AbortSignal,
  moment: () => Promise<void> = async () => undefined,
): Promise<void> {
  const atWork = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | null = null;
  const start = (job: Job): void => {
    const work = run(job)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => atWork.delete(work));
    atWork.add(work);
  };
  try {
    while (!signal.aborted && failure === null) {
      const free = slots - atWork.size;
      const jobs = free === 0 ? [] : await source.take(free);
      for (const job of jobs) start(job);
      if (atWork.size >= slots) await severalFree(slots, atWork, moment);
      else if (jobs.length < free) await waitForEither(source, atWork, signal);
    }
  } finally {
    await Promise.allSettled(atWork);
  }
  if (failure !== null) throw (failure as { readonly error: unknown }).error;
}

/** Half of the slots, or a moment after the first of them: with much to do, jobs are taken several at a time. */
async function severalFree(slots: number, atWork: ReadonlySet<Promise<void>>, moment: () => Promise<void>) {
  await Promise.race(atWork);
  let over = false;
  const end = moment().then(() => {
    over = true;
  });
  while (!over && atWork.size > slots / 2) await Promise.race([end, ...atWork]);
}

/** Work, or a slot that became free: the one that ended may have made work for its own account. */
async function waitForEither<Job>(source: Source<Job>, atWork: ReadonlySet<Promise<void>>, signal: AbortSignal) {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  try {
    await Promise.race([source.waitForWork(either), ...atWork]);
  } finally {
    over.abort();
  }
}
