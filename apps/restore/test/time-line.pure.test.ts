// The line of an archive's history: nothing is lost in slices, and one can stop at the first and the last revision, however many there are.
import type { Tally } from "@packetboat/archive";
import { asId, type Revision, type RunId } from "@packetboat/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { timeLineOf } from "../src/time-line.ts";

const talliesOf = (times: readonly number[]): readonly Tally[] =>
  [...times]
    .sort((a, b) => a - b)
    .map((madeAt, n) => ({ revision: asId<Revision>(n + 1), madeAt, runId: null, arrived: n % 3, vanished: n % 2 }));

const sum = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0);

it("nothing stored is no line", () => {
  expect(timeLineOf([], 5, 10, 10)).toEqual({ slices: [], stops: [], between: 0 });
});

it("three revisions in three of four slices", () => {
  const line = timeLineOf(talliesOf([1_000, 1_200, 1_400]), 1_400, 4, 10);
  expect(line.slices.map(({ begin, end, revisions }) => [begin, end, revisions])).toEqual([
    [1_000, 1_100, 1],
    [1_100, 1_200, 1],
    [1_200, 1_300, 0],
    [1_300, 1_400, 1],
  ]);
  expect(line.stops.map(({ madeAt }) => madeAt)).toEqual([1_000, 1_200, 1_400]);
});

it("a run is whole with its last revision, also where another account's came between", () => {
  const [first, second] = [asId<RunId>(7), asId<RunId>(8)];
  const runs = [null, first, first, second, first, second, null, null];
  const tallies = talliesOf(runs.map((_, n) => n * 10)).map((tally, n) => ({ ...tally, runId: runs[n] ?? null }));
  const whole = timeLineOf(tallies, 100, 4, 10).stops.filter(({ isWhole }) => isWhole);
  expect(whole.map(({ revision }) => revision)).toEqual([1, 5, 6, 7, 8]);
});

it("every revision is in one slice, and each stop is a revision that comes after the one before", () => {
  const times = fc.array(fc.integer({ min: 0, max: 2_000_000_000_000 }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(
      times,
      fc.integer({ min: 0, max: 2_100_000_000_000 }),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 2, max: 40 }),
      (made, now, count, most) => {
        const tallies = talliesOf(made);
        const { slices, stops, between } = timeLineOf(tallies, now, count, most);
        expect(slices).toHaveLength(count);
        for (const name of ["arrived", "vanished"] as const)
          expect(sum(slices.map((slice) => slice[name]))).toBe(sum(tallies.map((tally) => tally[name])));
        expect(sum(slices.map(({ revisions }) => revisions))).toBe(tallies.length);
        for (const [n, slice] of slices.entries()) if (n > 0) expect(slice.begin).toBe(slices[n - 1]?.end);
        expect(stops.length).toBeLessThanOrEqual(most);
        expect(stops.length + between).toBe(tallies.length);
        expect([stops[0]?.revision, stops.at(-1)?.revision]).toEqual([1, tallies.length]);
        for (const [n, stop] of stops.entries())
          if (n > 0) expect(stop.revision).toBeGreaterThan(stops[n - 1]?.revision ?? 0);
      },
    ),
  );
});
