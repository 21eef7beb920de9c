// The time line's mapping of places to moments: each moment is found where it is shown, a place further right is never earlier, and keys go where
// people expect.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstKind, messageSearch } from "../src/screens/timeline/kinds.ts";
import {
  heightsOf,
  placeOfStop,
  restingStop,
  type Stop,
  stopByKey,
  stopNear,
  stopOf,
} from "../src/screens/timeline/line.ts";

const BEGIN = 1_700_000_000_000;
const END = 1_800_000_000_000;
const span = { begin: BEGIN, end: END };

/** Ascending, with gaps of minutes to years; some at the same time. */
const stops = fc
  .array(fc.integer({ min: BEGIN, max: END }), { minLength: 1, maxLength: 200 })
  .map((times): readonly Stop[] =>
    times.sort((a, b) => a - b).map((time, n) => ({ revision: n * 3 + 1, time, isWhole: true })),
  );
const place = fc.double({ min: -0.5, max: 1.5, noNaN: true });

describe("places and moments", () => {
  it("a moment is found where it is shown, or one that is shown in the very same place", () => {
    fc.assert(
      fc.property(stops, (all) => {
        for (const index of all.keys()) {
          const at = placeOfStop(index, all, span);
          expect(placeOfStop(stopNear(at, all, span), all, span)).toBe(at);
        }
      }),
    );
  });

  it("a hand rests at the last of those it cannot tell apart, never further than it reaches, nor earlier further right", () => {
    const reach = fc.double({ min: 0, max: 0.1, noNaN: true });
    fc.assert(
      fc.property(stops, reach, (all, near) => {
        let before = 0;
        for (const index of all.keys()) {
          const found = restingStop(index, all, span, near);
          expect(found).toBeGreaterThanOrEqual(Math.max(index, before));
          expect(placeOfStop(found, all, span)).toBeLessThanOrEqual(placeOfStop(index, all, span) + near);
          expect(found === all.length - 1).toBe(index === all.length - 1);
          before = found;
        }
      }),
    );
    // A first backup of thirty moments, then a month with one a day: the whole of the first is meant, and each day.
    const first = Array.from({ length: 30 }, (_, n) => BEGIN + n * 1_000);
    const days = Array.from({ length: 30 }, (_, n) => BEGIN + (n + 1) * 86_400_000);
    const all = [...first, ...days].map((time, n) => ({ revision: n + 1, time, isWhole: true }));
    const month = { begin: BEGIN, end: days[29] ?? 0 };
    const rest = (at: number) => restingStop(stopNear(at, all, month), all, month, 3 / 600);
    expect([rest(0), rest(1 / 30), rest(0.5), rest(1)]).toEqual([29, 30, 44, 59]);
  });

  it("further to the right is never earlier, and every place means a moment: the nearest one", () => {
    fc.assert(
      fc.property(stops, place, place, (all, one, other) => {
        const [left, right] = one <= other ? [one, other] : [other, one];
        const [before, after] = [stopNear(left, all, span), stopNear(right, all, span)];
        expect(before).toBeLessThanOrEqual(after);
        expect(after).toBeLessThan(all.length);
        expect(before).toBeGreaterThanOrEqual(0);
        const far = Math.abs(placeOfStop(before, all, span) - left);
        for (const index of all.keys())
          expect(far).toBeLessThanOrEqual(Math.abs(placeOfStop(index, all, span) - left) + 1e-12);
      }),
    );
  });

  it("the right end is now, also where the last backup is long ago", () => {
    const old = [10, 20, 30].map((day) => ({ revision: day, time: BEGIN + day * 86_400_000, isWhole: true }));
    expect(placeOfStop(2, old, span)).toBe(1);
    expect([stopNear(1, old, span), stopNear(2, old, span), stopNear(0, old, span)]).toEqual([2, 2, 0]);
    expect(stopNear(0.5, [], span)).toBe(-1);
    expect(stopNear(0.5, old, { begin: BEGIN, end: BEGIN })).toBe(2);
  });

  it("a revision of an address is the last stop up to it", () => {
    const all = [1, 4, 9].map((revision) => ({ revision, time: BEGIN + revision, isWhole: true }));
    expect([null, 0, 1, 5, 9, 99].map((revision) => stopOf(revision, all))).toEqual([2, 0, 0, 1, 2, 2]);
  });

  it.each([
    ["ArrowLeft", 5, 4],
    ["ArrowRight", 5, 6],
    ["ArrowUp", 5, 6],
    ["ArrowDown", 0, 0],
    ["PageUp", 5, 15],
    ["PageDown", 5, 0],
    ["Home", 5, 0],
    ["End", 5, 99],
    ["a", 5, null],
  ] as const)("%s from %i leads to %s", (key, from, to) =>
    expect(
      stopByKey(
        key,
        from,
        Array.from({ length: 100 }, () => ({ isWhole: true })),
      ),
    ).toBe(to),
  );

  it("keys step over what was in the middle of a run, and now is reached in any case", () => {
    // Of a first pull that makes five, another run of two, and one that is at work.
    const all = [0, 0, 0, 0, 1, 0, 1, 0, 0].map((whole) => ({ isWhole: whole === 1 }));
    const walk = (key: string, from: number) => stopByKey(key, from, all);
    expect([walk("ArrowLeft", 8), walk("ArrowLeft", 6), walk("ArrowLeft", 4), walk("Home", 8)]).toEqual([6, 4, 4, 4]);
    expect([walk("ArrowRight", 1), walk("ArrowRight", 4), walk("ArrowRight", 6), walk("End", 0)]).toEqual([4, 6, 8, 8]);
    expect([stopByKey("ArrowLeft", 0, []), walk("PageUp", 4)]).toEqual([null, 8]);
  });
});

it("bars of what is not nothing can be seen, and the largest is whole", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1_000_000), { minLength: 1 }), (values) => {
      const most = Math.max(...values);
      for (const [n, height] of heightsOf(values, most).entries()) {
        expect(height).toBeLessThanOrEqual(1);
        expect(height > 0).toBe((values[n] ?? 0) > 0);
        if (values[n] === most && most > 0) expect(height).toBe(1);
      }
    }),
  );
});

describe("two moments compared", () => {
  it("opens on the first list in which there is anything", () => {
    const none = { added: 0, removed: 0, moved: 0, flagged: 0 };
    expect([none, { ...none, removed: 506, flagged: 1 }, { ...none, flagged: 1 }].map(firstKind)).toEqual([
      "added",
      "removed",
      "flagged",
    ]);
  });

  it.each([
    [{ at: 31 }, { at: 31 }],
    [{ at: "31" }, { at: 31 }],
    [{ at: "2026-11-20T18:30:00Z" }, { at: "2026-11-20T18:30:00Z" }],
    [{ at: { of: 1 }, archive: 7 }, {}],
    [
      { at: 31, from: 31, to: "42", kind: "removed" },
      { at: 31, from: 31, to: 42, kind: "removed" },
    ],
  ])("a message's address %j is read as %j", (given, read) => {
    expect(messageSearch(given)).toEqual(read);
  });
});
