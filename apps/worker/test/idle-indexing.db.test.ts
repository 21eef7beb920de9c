// A worker with nothing to do indexes what waits; one with work leaves it.
import { scratchDatabase } from "@packetboat/database/testing";
import { until } from "@packetboat/testkit";
import { expect, test } from "vitest";
import { indexWhenIdle } from "../src/daemon/indexing.ts";
import { fillArchive } from "./filled-archive.ts";

test("mail is indexed while the worker is idle, and not before", async () => {
  await using scratch = await scratchDatabase();
  await fillArchive(scratch.pool, 50);
  const over = new AbortController();
  let looks = 0;
  let idle = false;
  const failures: Error[] = [];
  const host = {
    log: async (): Promise<never> => {
      throw new Error("nothing is to be logged");
    },
  };
  const done = indexWhenIdle({
    place: { database: scratch.database, host },
    isIdle: () => {
      looks++;
      return idle;
    },
    signal: over.signal,
    cutOff: (error) => failures.push(error),
    everyMs: 5,
  });
  const stored = async (): Promise<number> => (await scratch.pool.query("select from content")).rowCount ?? 0;
  await until(() => looks > 3, "it looks whether there is something better to do");
  expect(await stored()).toBe(0);
  idle = true;
  await until(async () => (await stored()) === 50, "all is indexed", 40_000);
  over.abort();
  await done;
  expect(failures).toEqual([]);
});
