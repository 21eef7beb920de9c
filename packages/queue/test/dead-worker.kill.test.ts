// Workers that die: the jobs they held come back, by whoever is alive, and nothing of theirs is lost or done twice.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import type { JobQueue } from "../src/index.ts";
import { pass, scratchQueue } from "./scratch-queue.ts";

const TAKER = fileURLToPath(new URL("./commands/taker.ts", import.meta.url));
const started: ChildProcess[] = [];
afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, "close");
    child.kill("SIGKILL");
    await ended;
  }
});

/** Starts a worker and gives it with the links of the jobs it took. */
async function taker(url: string, most: number): Promise<{ child: ChildProcess; links: readonly number[] }> {
  const child = spawn(process.execPath, [TAKER, url, String(most)], { stdio: ["pipe", "pipe", "inherit"] });
  started.push(child);
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  return { child, links: JSON.parse(String(value)) };
}

/** Takes what comes, and finishes it, until so many jobs were had. */
async function drain(queue: JobQueue, count: number): Promise<readonly (readonly [link: number, attempt: number])[]> {
  const had: [number, number][] = [];
  while (had.length < count) {
    const jobs = await queue.take(count);
    for (const job of jobs) {
      had.push([job.linkId, job.attempt]);
      await queue.done(job);
    }
    if (jobs.length === 0) await queue.waitForWork(AbortSignal.timeout(60_000));
  }
  return had.sort(([a], [b]) => a - b);
}

test("what a killed worker held comes back; what a living one holds stays its own", async () => {
  await using all = await scratchQueue();
  const { queue, scratch } = all;
  await queue.send([1, 2, 3, 4, 5].map((link) => pass(link)));
  const killed = await taker(scratch.url, 3);
  const alive = await taker(scratch.url, 1);
  expect(new Set([...killed.links, ...alive.links]).size).toBe(4);
  const gone = once(killed.child, "close");
  killed.child.kill("SIGKILL");
  await gone;
  // Sent while the dead worker held its link: kept beside the job that comes back, and done after it.
  const [first = 0] = killed.links;
  expect(await queue.send([pass(first)])).toBe(1);

  const free = [1, 2, 3, 4, 5].filter((link) => !killed.links.includes(link) && !alive.links.includes(link));
  const expected = [...free.map((link) => [link, 1]), ...killed.links.map((link) => [link, 2]), [first, 1]].sort(
    ([a = 0], [b = 0]) => a - b,
  );
  const had = await drain(queue, expected.length);
  expect(new Set(had.map(String))).toEqual(new Set(expected.map(String)));
  expect((await queue.depth())[0]).toEqual({ kind: "pass", waiting: 0, running: 1, dead: 0 });
  expect(all.problems).toEqual([]);
});
