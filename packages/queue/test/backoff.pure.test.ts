// The back-off: grows, stays below its cap, and leaves half of itself to chance.
import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffMs, DEFAULT_BACKOFF } from "../src/backoff.ts";

test("doubles up to the cap", () => {
  expect([1, 2, 3, 7, 8, 9, 1_000].map((attempt) => backoffMs(DEFAULT_BACKOFF, attempt, 1))).toEqual([
    30_000, 60_000, 120_000, 1_920_000, 3_600_000, 3_600_000, 3_600_000,
  ]);
  expect(backoffMs(DEFAULT_BACKOFF, 1, 0)).toBe(15_000);
});

test("is never longer than the cap, nor shorter than half of what it could be", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 1, max: 1e8 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (attempt, firstMs, capMs, random) => {
        const delay = backoffMs({ firstMs, capMs, attempts: 10 }, attempt, random);
        const most = backoffMs({ firstMs, capMs, attempts: 10 }, attempt, 1);
        expect(delay).toBeLessThanOrEqual(Math.min(capMs, most));
        expect(delay).toBeGreaterThanOrEqual(Math.floor(most / 2));
      },
    ),
  );
});
