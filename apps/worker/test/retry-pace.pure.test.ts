// C6: how often what did not get through is tried again where changes make the runs.
import { asId, type LinkId } from "@packetboat/core";
import { expect, test } from "vitest";
import { openRetryPace, RETRY_MS } from "../src/runs/retry-pace.ts";

const NOON = Date.UTC(2026, 10, 21, 12);
const [one, other] = [asId<LinkId>(1), asId<LinkId>(2)];

test("C6 what was refused is not tried in the rounds of the next 15 minutes, each link by its own clock", () => {
  const pace = openRetryPace([[one, NOON]]);
  const tries = (link: LinkId, afterMs: number) => pace(link, NOON + afterMs);
  expect([tries(one, 0), tries(one, 1_000), tries(one, RETRY_MS - 1)]).toEqual([false, false, false]);
  expect([tries(other, 5_000), tries(other, 6_000)]).toEqual([true, false]);
  expect([tries(one, RETRY_MS), tries(one, RETRY_MS + 1)]).toEqual([true, false]);
  expect(tries(one, 2 * RETRY_MS)).toBe(true);
});

test("C6 a clock that was set back holds nothing back", () => {
  const pace = openRetryPace([[one, NOON]]);
  expect(pace(one, NOON - 3_600_000)).toBe(true);
});
