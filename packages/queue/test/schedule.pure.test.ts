// When links run, driven by a clock that the test moves: ordinary nights, nights on which clocks change, zones that have none, spreads.
import { asId, type LinkId } from "@packetboat/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSchedule, nextRun, type ScheduleTimes } from "../src/index.ts";

const at = (text: string): number => Date.parse(text);
const times = (cron: string, timeZone: string, spreadSeconds = 0, link = 1): ScheduleTimes => ({
  cron,
  timeZone,
  spreadSeconds,
  linkId: asId<LinkId>(link),
});

/** The runs after `from`, each found by a clock that stands at the one before, up to `to`. */
function runs(of: ScheduleTimes, from: string, to: string): readonly string[] {
  const found: string[] = [];
  for (let next = nextRun(of, at(from)); next < at(to); next = nextRun(of, next))
    found.push(new Date(next).toISOString());
  return found.map((moment) => moment.replace(":00.000Z", "Z"));
}

describe("clocks that change", () => {
  const table: readonly [string, string, string, string, string, readonly string[]][] = [
    // In Berlin 02:00 to 03:00 of 29 March 2026 does not exist, and of 25 October it comes twice.
    [
      "a time in the gap runs once, right after it",
      "30 2 * * *",
      "Europe/Berlin",
      "2026-03-28T00:00Z",
      "2026-03-31T00:00Z",
      ["2026-03-28T01:30Z", "2026-03-29T01:00Z", "2026-03-30T00:30Z"],
    ],
    [
      "a time that comes twice runs the first time",
      "30 2 * * *",
      "Europe/Berlin",
      "2026-10-24T00:00Z",
      "2026-10-27T00:00Z",
      ["2026-10-24T00:30Z", "2026-10-25T00:30Z", "2026-10-26T01:30Z"],
    ],
    [
      "two times in the gap are one run",
      "0,30 2 * * *",
      "Europe/Berlin",
      "2026-03-28T12:00Z",
      "2026-03-30T00:15Z",
      ["2026-03-29T01:00Z", "2026-03-30T00:00Z"],
    ],
    [
      "two times that come twice are two runs",
      "0,30 2 * * *",
      "Europe/Berlin",
      "2026-10-24T12:00Z",
      "2026-10-26T00:00Z",
      ["2026-10-25T00:00Z", "2026-10-25T00:30Z"],
    ],
    [
      "times outside the gap stand",
      "0 3 * * *",
      "Europe/Berlin",
      "2026-03-28T12:00Z",
      "2026-03-31T00:00Z",
      ["2026-03-29T01:00Z", "2026-03-30T01:00Z"],
    ],
    [
      "every 20 minutes goes by the time that passes, in spring",
      "*/20 * * * *",
      "Europe/Berlin",
      "2026-03-29T00:30Z",
      "2026-03-29T01:30Z",
      ["2026-03-29T00:40Z", "2026-03-29T01:00Z", "2026-03-29T01:20Z"],
    ],
    [
      "and in autumn",
      "*/20 * * * *",
      "Europe/Berlin",
      "2026-10-25T00:30Z",
      "2026-10-25T01:30Z",
      ["2026-10-25T00:40Z", "2026-10-25T01:00Z", "2026-10-25T01:20Z"],
    ],
    [
      "New York has its own nights: the gap",
      "30 2 * * *",
      "America/New_York",
      "2026-03-07T12:00Z",
      "2026-03-10T00:00Z",
      ["2026-03-08T07:00Z", "2026-03-09T06:30Z"],
    ],
    [
      "and the hour that comes twice",
      "30 1 * * *",
      "America/New_York",
      "2026-10-31T12:00Z",
      "2026-11-03T00:00Z",
      ["2026-11-01T05:30Z", "2026-11-02T06:30Z"],
    ],
    [
      "a gap at midnight, in Santiago",
      "0 0 * * *",
      "America/Santiago",
      "2026-09-05T12:00Z",
      "2026-09-08T00:00Z",
      ["2026-09-06T04:00Z", "2026-09-07T03:00Z"],
    ],
    [
      "half an hour of change, in Lord Howe",
      "15 2 * * *",
      "Australia/Lord_Howe",
      "2026-10-02T18:00Z",
      "2026-10-05T00:00Z",
      ["2026-10-03T15:30Z", "2026-10-04T15:15Z"],
    ],
    [
      "a zone without changes",
      "30 2 * * *",
      "Asia/Kolkata",
      "2026-03-28T00:00Z",
      "2026-03-31T00:00Z",
      ["2026-03-28T21:00Z", "2026-03-29T21:00Z", "2026-03-30T21:00Z"],
    ],
  ];
  it.each(table)("%s", (_what, cron, zone, from, to, expected) => {
    expect(runs(times(cron, zone), from, to)).toEqual(expected);
  });
});

describe("properties", () => {
  const zone = fc.constantFrom("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC");
  const minute = fc.integer({ min: 0, max: 59 });
  const hour = fc.integer({ min: 0, max: 23 });
  const daily = fc.tuple(minute, hour).map(([m, h]) => `${m} ${h} * * *`);
  const cron = fc.oneof(
    daily,
    minute.map((m) => `${m} * * * *`),
    fc.constantFrom("*/7 * * * *", "0 9-17 * * 1-5"),
  );
  const moment = fc.integer({ min: at("2020-01-01T00:00Z"), max: at("2035-01-01T00:00Z") });
  const link = fc.integer({ min: 1, max: 1e9 });

  it("the next run is later, and is the same from anywhere before it", () => {
    fc.assert(
      fc.property(cron, zone, moment, link, fc.integer({ min: 0, max: 86_400 }), (text, timeZone, now, id, spread) => {
        const of = times(text, timeZone, spread, id);
        const next = nextRun(of, now);
        expect(next).toBeGreaterThan(now);
        expect(nextRun(of, next - 1)).toBe(next);
        expect(nextRun(of, now + Math.floor((next - now) / 2))).toBe(next);
      }),
      { numRuns: 300 },
    );
  });

  it("a daily time comes once a day, whatever the clocks do", () => {
    fc.assert(
      fc.property(daily, zone, moment, (text, timeZone, now) => {
        const of = times(text, timeZone);
        const day = new Intl.DateTimeFormat("en-CA", { timeZone });
        let last = nextRun(of, now);
        for (let i = 0; i < 10; i++) {
          const next = nextRun(of, last);
          const days = (Date.parse(day.format(next)) - Date.parse(day.format(last))) / 86_400_000;
          expect(days).toBe(1);
          last = next;
        }
      }),
      { numRuns: 100 },
    );
  });

  it("a spread moves every run of a link by the same, less than the spread", () => {
    fc.assert(
      fc.property(daily, zone, moment, link, fc.integer({ min: 1, max: 86_400 }), (text, timeZone, now, id, spread) => {
        const of = times(text, timeZone, spread, id);
        const plain = times(text, timeZone);
        const next = nextRun(of, now);
        const offsets = [next, nextRun(of, next)].map((run) => {
          // The run without spread that this one belongs to: the last one not after it.
          let before = nextRun(plain, run - spread * 1_000);
          for (let later = nextRun(plain, before); later <= run; later = nextRun(plain, later)) before = later;
          return run - before;
        });
        for (const offset of offsets) expect(offset).toBeLessThan(spread * 1_000);
        expect(nextRun(of, now)).toBe(next);
      }),
      { numRuns: 100 },
    );
  });

  it("a thousand links do not start together", () => {
    const starts = new Set<number>();
    for (let id = 1; id <= 1_000; id++)
      starts.add(nextRun(times("0 3 * * *", "UTC", 1_800, id), at("2026-01-01T00:00Z")));
    expect(starts.size).toBeGreaterThan(700);
  });
});

describe("what is refused", () => {
  const check = (cron: string, timeZone = "UTC", spreadSeconds = 0) => checkSchedule({ cron, timeZone, spreadSeconds });

  it.each([
    "",
    "daily",
    "0 3 * *",
    "0 0 3 * * *",
    "61 * * * *",
    "0 24 * * *",
    "0 3 * * 5-1",
    "@daily",
    "H 3 * * *",
    "0 3 L * *",
  ])("the fields %j", (cron) => {
    expect(() => check(cron)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringMatching(/five fields/) }),
    );
  });
  it("a time that never comes", () => {
    expect(() => check("0 0 31 2 *")).toThrow(/never comes/);
    expect(() => check("0 0 29 2 *")).not.toThrow();
  });
  it.each(["Europe/Berln", "", "here"])("the time zone %j", (zone) => {
    expect(() => check("0 3 * * *", zone)).toThrow(/There is no time zone/);
  });
  it.each([-1, 86_401, 0.5, Number.NaN])("a spread of %d seconds", (spread) => {
    expect(() => check("0 3 * * *", "UTC", spread)).toThrow(/spread/);
  });
  it("nothing that is right", () => {
    for (const cron of ["0 3 * * *", "*/5 * * * *", "0 9-17/2 * * MON-FRI", "15,45 0 1 jan *", "0 0 * * 7"])
      check(cron);
  });
});
