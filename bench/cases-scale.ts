// The cases of `pnpm bench` in which something grows and the price of one step must not: ours against ours, ten times as much. They run in this
// process, on an embedded Postgres with its ordinary settings.
import { join } from "node:path";
import { type AccountId, asId, type LinkId } from "@packetboat/core";
import { type Database, migrateDatabase, openDatabase } from "@packetboat/database";
import { type JobQueue, openQueue, upgradeQueue } from "@packetboat/queue";
import type { Bench, Ratio } from "./cases.ts";
import { median } from "./measure.ts";

const FEW = 1_000;
const MANY = 10_000;
const TAKEN = 300;

/** Milliseconds of taking one job, the median of many, with so many waiting. Each is done before the next is taken, which is not measured. */
async function costOfTaking({ pool }: Database, queue: JobQueue, waiting: number): Promise<number> {
  await pool.query("delete from pgboss.job");
  await pool.query("vacuum pgboss.job_common");
  await queue.send(
    Array.from({ length: waiting }, (_, index) => ({
      kind: "pass",
      linkId: asId<LinkId>(index + 1),
      accountId: asId<AccountId>(index + 1),
    })),
  );
  const costs: number[] = [];
  for (let i = 0; i < TAKEN; i++) {
    const began = performance.now();
    const [job] = await queue.take(1);
    costs.push(performance.now() - began);
    if (job === undefined || !(await queue.done(job))) throw new Error("the queue gave no job");
  }
  return median(costs);
}

async function queueTake(bench: Bench): Promise<readonly Ratio[]> {
  await using database = await openDatabase({ url: "", home: join(bench.work, "queue-take"), env: {} });
  await migrateDatabase(database);
  await upgradeQueue(database);
  const fail = (error: Error): never => {
    throw error;
  };
  await using queue = await openQueue(database, { onProblem: fail });
  const few: number[] = [];
  const many: number[] = [];
  for (let round = 0; round < bench.times; round++) {
    few.push(await costOfTaking(database, queue, FEW));
    many.push(await costOfTaking(database, queue, MANY));
  }
  const what = "taking a job, 10,000 waiting";
  return [{ what, ours: median(many), peer: "1,000 waiting", theirs: median(few), target: 1.2, unit: "ms" }];
}

export const SCALE: Readonly<Record<string, (bench: Bench) => Promise<readonly Ratio[]>>> = {
  "queue-take": queueTake,
};
