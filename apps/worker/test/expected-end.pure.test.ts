// When a first pull under a day's budget is through, by what is left and what each day may bring.
import { expect, it } from "vitest";
import { expectedEnd } from "../src/display/status.ts";

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 21, 12);

it.each([
  ["what today still has is enough", 100, 0, NOW],
  ["one day more", 101, DAY, NOW],
  ["the last day is full", 100 + 3 * 500, 3 * DAY, NOW],
  ["a rest until tomorrow brings a whole budget", 500, DAY, NOW + DAY],
  ["and two", 501, 2 * DAY, NOW + DAY],
])("expects the end: %s", (_, left, after, rest) =>
  expect(expectedEnd(left, { down: 400, downPerDay: 500 }, NOW, rest) - NOW).toBe(after),
);
