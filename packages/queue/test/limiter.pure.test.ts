// The pace of an account: how many connections and commands it lets out, how long bytes take, what a day allows and who remembers it, and
// how a server's wishes are obeyed. Time is the test's.
import { type AccountLimits, type DayUsage, NO_LIMITS, NOTHING_USED, sumOf, type Used } from "@packetboat/core";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { accountLimiter } from "../src/index.ts";

const NOON = Date.UTC(2026, 10, 26, 12);

/** Days that all limiters of a test share, as they would the database. */
class Days implements DayUsage {
  readonly all = new Map<string, Used>();
  failures = 0;
  writes = 0;

  add(day: string, used: Used): Promise<Used> {
    if (this.failures-- > 0) return Promise.reject(new Error("no database"));
    this.writes++;
    const sum = sumOf(this.all.get(day) ?? NOTHING_USED, used);
    this.all.set(day, sum);
    return Promise.resolve(sum);
  }
}

const limiter = (limits: Partial<AccountLimits>, usage: DayUsage = new Days()) =>
  accountLimiter({ limits: { ...NO_LIMITS, ...limits }, usage, now: Date.now });

/** Counts what has settled so far. */
function settled(promises: readonly Promise<unknown>[]): () => number {
  let count = 0;
  for (const promise of promises)
    promise.then(
      () => count++,
      () => count++,
    );
  return () => count;
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("connections", () => {
  it("are given as places become free", async () => {
    const pace = limiter({ connections: 2 });
    const [first] = [await pace.connection(null), await pace.connection(null)];
    const third = pace.connection(null);
    const count = settled([third]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(count()).toBe(0);
    first();
    expect(await third).toBeTypeOf("function");
  });

  it("to spare leave room for those that cannot be spared", async () => {
    const pace = limiter({ connections: 3 });
    const spare = await pace.spareConnection();
    expect(spare).not.toBeNull();
    expect(await pace.spareConnection()).toBeNull();
    spare?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(await pace.spareConnection()).not.toBeNull();
  });

  it("are not waited for any more when the person has had enough; their place goes to the next one", async () => {
    const pace = limiter({ connections: 1 });
    const first = await pace.connection(null);
    const stop = new AbortController();
    const given = pace.connection(stop.signal);
    const next = pace.connection(null);
    stop.abort();
    await expect(given).rejects.toMatchObject({ code: "INTERRUPTED" });
    first();
    await next;
  });

  it("are never more than the limit, whatever is taken and given back", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.boolean(), { maxLength: 60 }),
        async (most, steps) => {
          const pace = limiter({ connections: most });
          const held: (() => void)[] = [];
          const asked: Promise<unknown>[] = [];
          for (const takes of steps) {
            if (takes) asked.push(pace.connection(null).then((release) => held.push(release)));
            else held.shift()?.();
            await vi.advanceTimersByTimeAsync(0);
            expect(held.length).toBeLessThanOrEqual(most);
          }
          while (held.length > 0) {
            held.shift()?.();
            await vi.advanceTimersByTimeAsync(0);
          }
          await Promise.all(asked);
        },
      ),
    ));
});

describe("commands", () => {
  it("go out in bursts of a tenth of a minute's", async () => {
    const days = new Days();
    const pace = limiter({ commandsPerMinute: 100 }, days);
    const count = settled(Array.from({ length: 25 }, () => pace.command(null)));
    await vi.advanceTimersByTimeAsync(5_999);
    expect(count()).toBe(10);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(count()).toBe(20);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(count()).toBe(25);
    await pace.close();
    expect(days.all.get("2026-11-26")).toMatchObject({ commands: 25 });
    expect(days.all.get("2026-11-26")?.waitedMs).toBeGreaterThan(0);
  });

  it("that wait end with their signal", async () => {
    const pace = limiter({ commandsPerMinute: 1 });
    await pace.command(null);
    const stop = new AbortController();
    const waiting = pace.command(stop.signal);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: "INTERRUPTED" });
  });
});

describe("bytes", () => {
  it("take their time, each direction its own", async () => {
    const pace = limiter({ bytesPerSecond: 1_000 });
    await pace.down(1_000, null);
    await pace.up(1_000, null);
    const count = settled([pace.down(2_000, null)]);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(count()).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(count()).toBe(1);
  });
});

describe("the day", () => {
  it("ends downloads when it is spent, is remembered by another process, and begins anew at midnight of UTC", async () => {
    const days = new Days();
    const pace = limiter({ downPerDay: 1_000 }, days);
    await pace.mayFetch();
    await pace.down(999, null);
    await expect(pace.down(1, null)).rejects.toMatchObject({ code: "BUDGET_SPENT" });
    await expect(pace.mayFetch()).rejects.toMatchObject({ code: "BUDGET_SPENT" });
    await pace.close();
    const other = limiter({ downPerDay: 1_000 }, days);
    await expect(other.mayFetch()).rejects.toMatchObject({ code: "BUDGET_SPENT" });
    // What was not downloaded may still be uploaded and asked.
    await other.up(10, null);
    await other.command(null);
    vi.setSystemTime(Date.UTC(2026, 10, 27, 0, 0, 1));
    await other.mayFetch();
    await pace.mayFetch();
    await other.close();
    expect(days.all.get("2026-11-26")).toMatchObject({ down: 1_000, up: 10 });
  });

  it("is shared: each write brings what the others used meanwhile", async () => {
    const days = new Days();
    const [one, other] = [limiter({ downPerDay: 1_000 }, days), limiter({ downPerDay: 1_000 }, days)];
    await Promise.all([one.mayFetch(), other.mayFetch()]);
    await one.down(600, null);
    await one.close();
    vi.setSystemTime(NOON + 2_000);
    await other.down(500, null).catch(() => undefined);
    await expect(other.mayFetch()).rejects.toMatchObject({ code: "BUDGET_SPENT" });
  });

  it("refuses an upload before it begins, and counts none of it", async () => {
    const days = new Days();
    const pace = limiter({ upPerDay: 100 }, days);
    await pace.up(60, null);
    await expect(pace.up(60, null)).rejects.toMatchObject({ code: "BUDGET_SPENT", context: { direction: "up" } });
    await pace.up(40, null);
    await pace.close();
    expect(days.all.get("2026-11-26")).toMatchObject({ up: 100 });
  });

  it("loses nothing to a write that failed, and says so", async () => {
    const days = new Days();
    const pace = limiter({ downPerDay: 1_000 }, days);
    await pace.down(100, null);
    days.failures = 1;
    await expect(pace.close()).rejects.toThrow("no database");
    await pace.close();
    expect(days.all.get("2026-11-26")).toMatchObject({ down: 100 });
  });

  it("is written in batches: a thousand messages within a second are a few writes", async () => {
    const days = new Days();
    const pace = limiter({ downPerDay: 10 ** 12 }, days);
    for (let n = 0; n < 1_000; n++) await pace.down(1_000, null);
    await pace.close();
    expect(days.writes).toBeLessThan(5);
    expect(days.all.get("2026-11-26")).toMatchObject({ down: 1_000_000 });
  });
});

describe("a pause that the server asks for", () => {
  it("is waited for by the next command when it is short", async () => {
    const pace = limiter({ connections: 5 });
    expect(pace.told({ kind: "backoff", waitMs: 90_000 })).toBe(true);
    const count = settled([pace.command(null)]);
    await vi.advanceTimersByTimeAsync(89_999);
    expect(count()).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(count()).toBe(1);
  });

  it("ends the work when it is long, and says until when", async () => {
    const pace = limiter({ connections: 5 });
    expect(pace.told({ kind: "backoff", waitMs: 40 * 60_000 })).toBe(false);
    const until = NOON + 40 * 60_000;
    await expect(pace.command(null)).rejects.toMatchObject({ code: "THROTTLED", retry: "later", context: { until } });
    vi.setSystemTime(until);
    await pace.command(null);
  });

  it("doubles with each repetition, until the server answers as it should", () => {
    const pace = limiter({ connections: 5 });
    const hint = { kind: "inuse", waitMs: null } as const;
    expect([1, 2, 3, 4].map(() => pace.told(hint))).toEqual([true, true, true, false]);
    vi.setSystemTime(NOON + 60 * 60_000);
    pace.fine();
    expect(pace.told(hint)).toBe(true);
  });
});
