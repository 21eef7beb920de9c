// Any row of any list can be brought into the window, and what is drawn covers the window.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  heightPx,
  MOST_PX,
  type Place,
  placeAt,
  placeWith,
  rowsShown,
  rowTop,
  type Shape,
  START,
  scrolled,
} from "../src/parts/scroll-window.ts";

const shapes = fc.record({
  rows: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 2_000_000 })),
  rowPx: fc.constantFrom(32, 56, 64),
  viewPx: fc.integer({ min: 100, max: 2_000 }),
});

const covers = (place: Place, shape: Shape): void => {
  const { from, to } = rowsShown(place, shape);
  expect(from).toBeLessThan(to);
  expect(to - from).toBeLessThanOrEqual(shape.viewPx / shape.rowPx + 19);
  const isShort = shape.rows * shape.rowPx < shape.viewPx;
  expect(rowTop(from, place, shape)).toBeLessThanOrEqual(place.top);
  if (!isShort) expect(rowTop(to, place, shape)).toBeGreaterThanOrEqual(place.top + shape.viewPx);
};

describe("a long list", () => {
  it("reaches every row, from wherever one is, and draws what is seen", () => {
    fc.assert(
      fc.property(shapes, fc.array(fc.nat(), { minLength: 1, maxLength: 8 }), (shape, wanted) => {
        let place = START;
        for (const want of wanted) {
          const row = want % shape.rows;
          place = placeWith(row, place, shape);
          expect(place.top).toBeGreaterThanOrEqual(0);
          expect(place.top).toBeLessThanOrEqual(Math.max(0, heightPx(shape) - shape.viewPx) + 0.001);
          const top = rowTop(row, place, shape);
          expect(top).toBeGreaterThanOrEqual(place.top - 0.001);
          if (shape.viewPx >= shape.rowPx)
            expect(top + shape.rowPx).toBeLessThanOrEqual(place.top + shape.viewPx + 0.001);
          covers(place, shape);
        }
      }),
    );
  });

  it("goes on by as many pixels as were scrolled, and jumps in proportion; both ends are there", () => {
    fc.assert(
      fc.property(shapes, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }), (shape, jumps) => {
        const most = Math.max(0, heightPx(shape) - shape.viewPx);
        let place = START;
        for (const jump of [...jumps, 1, 0, 1]) {
          place = scrolled(place, Math.round(jump * most), shape);
          covers(place, shape);
          const step = scrolled(place, Math.min(most, place.top + 50), shape);
          if (step.top < most && place.top > 0) expect(step.top + step.offset).toBe(place.top + place.offset + 50);
        }
        expect(rowsShown(place, shape).to).toBe(shape.rows);
        expect(rowsShown(scrolled(place, 0, shape), shape).from).toBe(0);
      }),
    );
  });

  it("lays out no more than browsers can", () => {
    const shape = { rows: 500_000, rowPx: 64, viewPx: 800 };
    expect(heightPx(shape)).toBe(MOST_PX);
    const { top, offset } = placeAt(250_000 * 64, shape);
    expect(top + offset).toBe(250_000 * 64);
    expect(top).toBeLessThan(MOST_PX);
  });
});
