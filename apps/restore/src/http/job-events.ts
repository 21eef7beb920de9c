// A job as server-sent events: each holds all of it, so whoever was cut off goes on with the next. The row is asked at each change that this
// process makes, and twice a second, for another may work on it. It must never follow for ever: after a few minutes it ends, and whoever goes on
// proves anew that they may.
import { getJob, isAtWork, type Job } from "@packetboat/archive";
import { MailError } from "@packetboat/core";
import type { World } from "./route.ts";

const ASK_MS = 500;
/** Proxies, and our own port, cut off who is silent. */
const SILENT_MS = 15_000;
const LONGEST_MS = 300_000;
/** After being cut off. */
const RETRY_MS = 1_000;
const MOST_FOLLOWERS = 100;

/** An interruption does not change the row. */
const eventOf = ({ version, state }: Job): string => `${version}-${state}`;

/** Gives the events after `last`; null: the job is not at work, and `last` was the last of it. Throws THROTTLED. */
export function jobEvents(
  world: Pick<World, "pool" | "followers" | "jobs">,
  job: Job,
  last: string | null,
  told: (job: Job) => unknown,
): AsyncGenerator<string> | null {
  if (!isAtWork(job.state) && eventOf(job) === last) return null;
  if (world.followers.count >= MOST_FOLLOWERS)
    throw new MailError("THROTTLED", "Too many follow jobs at the moment. Ask /api/v1/jobs/{job} in a while.", {
      context: { seconds: 10 },
    });
  return follow(world, job, last, told);
}

async function* follow(
  { pool, followers, jobs }: Pick<World, "pool" | "followers" | "jobs">,
  first: Job,
  last: string | null,
  told: (job: Job) => unknown,
): AsyncGenerator<string> {
  followers.count++;
  try {
    const began = performance.now();
    let spoke = began;
    let seen = last;
    yield `retry: ${RETRY_MS}\n\n`;
    for (let job: Job | null = first; job !== null; job = await getJob(pool, first.id)) {
      const now = performance.now();
      const event = eventOf(job);
      if (event !== seen) {
        yield `id: ${event}\nevent: job\ndata: ${JSON.stringify(told(job))}\n\n`;
        [seen, spoke] = [event, now];
      } else if (now - spoke > SILENT_MS) {
        yield ": still at work\n\n";
        spoke = now;
      }
      if (!isAtWork(job.state) || now - began > LONGEST_MS) return;
      await jobs.change(first.id, ASK_MS);
    }
  } finally {
    followers.count--;
  }
}
