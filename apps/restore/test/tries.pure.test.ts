// How often servers may be tried over HTTP: the decision as a table.
import { expect, it } from "vitest";
import { openTries, waitOf } from "../src/http/tries.ts";

const began = (times: number, at: number) => Array.from({ length: times }, () => at);

it.each([
  ["nobody before", [], 0, null],
  ["nineteen just now", began(19, 100_000), 0, null],
  ["twenty just now", began(20, 100_000), 0, 60],
  ["twenty, half a minute ago", began(20, 70_000), 0, 30],
  ["twenty, the first of them a minute ago", [40_000, ...began(19, 100_000)], 0, null],
  ["two at work", [], 2, 5],
] as const)("%s", (_, times, atWork, seconds) => {
  expect(waitOf(times, atWork, 100_000)).toBe(seconds);
});

it("gives a place back whatever became of the work", async () => {
  const { turn } = openTries(() => 0);
  const held = Promise.withResolvers<void>();
  const two = [turn(() => held.promise), turn(() => held.promise)];
  await expect(turn(async () => 1)).rejects.toMatchObject({ code: "THROTTLED", context: { seconds: 5 } });
  held.reject(new Error("no"));
  expect((await Promise.allSettled(two)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await turn(async () => 1)).toBe(1);
});
