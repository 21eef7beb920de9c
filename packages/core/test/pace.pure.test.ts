// What paces an account, decision by decision: the bucket, the day, what a server's hint comes to, what a person chose over a profile.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  budgetSpent,
  chosenOver,
  dayOf,
  fullBucket,
  type Hint,
  isUnlimited,
  MailError,
  mayDownload,
  mayUpload,
  NO_LIMITS,
  NOTHING_USED,
  nextDay,
  pausedUntil,
  pauseOf,
  take,
} from "../src/index.ts";

const NOON = Date.UTC(2026, 10, 26, 12);
const MINUTE = 60_000;

describe("a token bucket", () => {
  it("gives one second's worth at once, and the rest at its rate", () => {
    const first = take(fullBucket(1_000, 0), 1_000, 1_000, 0);
    expect(first.waitMs).toBe(0);
    expect(take(first.bucket, 500, 1_000, 0).waitMs).toBe(500);
    expect(take(first.bucket, 500, 1_000, 500).waitMs).toBe(0);
  });

  it("lets a message pass that is larger than itself, and has it paid for", () => {
    expect(take(fullBucket(1_000, 0), 11_000, 1_000, 0).waitMs).toBe(10_000);
  });

  it("takes a clock that was set back for one that stands still", () => {
    expect(take({ tokens: 0, at: 5_000 }, 100, 1_000, 0).waitMs).toBe(100);
  });

  it("never gives more than its rate and one second's worth, whoever waits as told", () => {
    const steps = fc.array(fc.record({ amount: fc.nat(50_000), idle: fc.nat(5_000) }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 100, max: 20_000 }), (all, rate) => {
        let [bucket, now, given, last] = [fullBucket(rate, 0), 0, 0, 0];
        for (const { amount, idle } of all) {
          now += idle;
          const taken = take(bucket, amount, rate, now);
          bucket = taken.bucket;
          given += amount;
          last = now;
          now += taken.waitMs;
        }
        // What was taken last is paid for afterwards: until `now`.
        expect(given).toBeLessThanOrEqual(rate + (Math.max(now, last) * rate) / 1_000 + 1);
      }),
    );
  });
});

describe("the day's budget", () => {
  it("has days of UTC", () => {
    expect(dayOf(Date.UTC(2026, 10, 26, 23, 59, 59))).toBe("2026-11-26");
    expect(nextDay(NOON)).toBe(Date.UTC(2026, 10, 27));
    expect(nextDay(Date.UTC(2026, 11, 31, 23, 59))).toBe(Date.UTC(2027, 0, 1));
  });

  it("is spent when it is reached", () => {
    expect(mayDownload({ ...NOTHING_USED, down: 99 }, 100)).toBe(true);
    expect(mayDownload({ ...NOTHING_USED, down: 100 }, 100)).toBe(false);
    expect(mayDownload({ ...NOTHING_USED, down: 10 ** 15 }, null)).toBe(true);
  });

  it.each([
    ["what fits", 60, 40, true],
    ["what does not fit", 60, 41, false],
    ["anything on a day that nothing was used of", 0, 1_000, true],
    ["what is larger than the whole, later on the same day", 1, 1_000, false],
  ])("lets %s be uploaded: %s used and %s more is %s", (_, up, bytes, may) => {
    expect(mayUpload({ ...NOTHING_USED, up }, bytes, 100)).toBe(may);
  });

  it("says when it goes on, and that nothing is lost", () => {
    const error = budgetSpent("down", 200_000, NOON);
    expect(error).toMatchObject({ code: "BUDGET_SPENT", scope: "account", retry: "later" });
    expect(error.message).toBe(
      "Today's budget of 200 kB for downloads from this account is used up. What came through is safe; run it again after 2026-11-27 00:00 UTC, it goes on where it stopped.",
    );
    expect(pausedUntil(error, NOON)).toBe(Date.UTC(2026, 10, 27));
  });
});

describe("a server's hint", () => {
  const cases: readonly (readonly [string, Hint, number, number])[] = [
    ["its number", { kind: "backoff", waitMs: 92_415 }, 0, 92_415],
    ["its number, also beyond five minutes", { kind: "backoff", waitMs: 40 * MINUTE }, 0, 40 * MINUTE],
    ["its number, also when ours would be longer", { kind: "backoff", waitMs: 100 }, 0, 100],
    ["its number twice as long when it was too small", { kind: "backoff", waitMs: 100 }, 1, 200],
    ["[INUSE]", { kind: "inuse", waitMs: null }, 0, MINUTE / 2],
    ["[UNAVAILABLE]", { kind: "unavailable", waitMs: null }, 0, MINUTE],
    ["[UNAVAILABLE] for the third time", { kind: "unavailable", waitMs: null }, 2, 4 * MINUTE],
    ["[LIMIT]", { kind: "limit", waitMs: null }, 0, 5 * MINUTE],
    ["bandwidth", { kind: "bandwidth", waitMs: null }, 0, 60 * MINUTE],
    ["bandwidth again and again", { kind: "bandwidth", waitMs: null }, 50, 24 * 60 * MINUTE],
  ];
  it.each(cases)("%s", (_, hint, before, ms) => {
    expect(pauseOf(hint, before)).toBe(ms);
  });

  it("is never made shorter than the server's number, and never shrinks when it is repeated", () => {
    fc.assert(
      fc.property(fc.nat(10 ** 9), fc.nat(100), (waitMs, before) => {
        const hint: Hint = { kind: "backoff", waitMs };
        expect(pauseOf(hint, before)).toBeGreaterThanOrEqual(waitMs);
        expect(pauseOf(hint, before + 1)).toBeGreaterThanOrEqual(pauseOf(hint, before));
      }),
    );
  });

  it("is read from an error; others pause nothing", () => {
    const error = new MailError("THROTTLED", "Later.", { context: { hint: "inuse", waitMs: null } });
    expect(pausedUntil(error, NOON)).toBe(NOON + MINUTE / 2);
    expect(pausedUntil(new MailError("UNREACHABLE", "No."), NOON)).toBeNull();
  });
});

describe("limits that a person chose", () => {
  it("replace the profile's, or lift them; the others stay", () => {
    const profile = { ...NO_LIMITS, connections: 15, downPerDay: 2_500, upPerDay: 500 };
    expect(chosenOver(profile, { connections: 3, upPerDay: null })).toEqual({
      ...NO_LIMITS,
      connections: 3,
      downPerDay: 2_500,
    });
    expect(isUnlimited(chosenOver(profile, { connections: null, downPerDay: null, upPerDay: null }))).toBe(true);
  });
});
