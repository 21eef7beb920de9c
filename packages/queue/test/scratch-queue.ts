// A queue on a database of its own, and jobs by number.
import { type AccountId, asId, type LinkId } from "@packetboat/core";
import { type ScratchDatabase, scratchDatabase } from "@packetboat/database/testing";
import { type JobQueue, type NewJob, type OpenQueueOptions, openQueue, upgradeQueue } from "../src/index.ts";

export interface ScratchQueue extends AsyncDisposable {
  readonly scratch: ScratchDatabase;
  readonly queue: JobQueue;
  /** Another worker's view of the same jobs. */
  readonly another: () => Promise<JobQueue>;
  /** What the upkeep complained of. */
  readonly problems: readonly Error[];
}

export async function scratchQueue(options: Partial<OpenQueueOptions> = {}): Promise<ScratchQueue> {
  const scratch = await scratchDatabase();
  await upgradeQueue(scratch.database, { heartbeatSeconds: 10 });
  const problems: Error[] = [];
  const opened: JobQueue[] = [];
  const another = async (): Promise<JobQueue> => {
    const queue = await openQueue(scratch.database, {
      upkeepSeconds: 1,
      random: () => 1,
      onProblem: (error) => problems.push(error),
      ...options,
    });
    opened.push(queue);
    return queue;
  };
  return {
    scratch,
    queue: await another(),
    another,
    problems,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(opened.map((queue) => queue.close()));
      await scratch.close();
    },
  };
}

/** A pass over a link; each link has an account of its own unless one is named. */
export function pass(
  link: number,
  more: Partial<Omit<NewJob, "accountId">> & { readonly account?: number } = {},
): NewJob {
  const { account = link, ...rest } = more;
  return { kind: "pass", linkId: asId<LinkId>(link), accountId: asId<AccountId>(account), ...rest };
}
