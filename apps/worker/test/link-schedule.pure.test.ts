// What options make of a schedule: what is named changes, what is not stays, and what cannot be is said in a sentence.
import type { ScheduleSettings } from "@packetboat/archive";
import { asId, type LinkId } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { type ScheduleOptions, scheduleOf, scheduleWords } from "../src/commands/link-schedule.ts";

const LINK = asId<LinkId>(3);
const CLOCK = { now: Date.UTC(2026, 10, 20, 12), timeZone: "Europe/Berlin" };
const NIGHTLY: ScheduleSettings = {
  cron: "0 3 * * *",
  timeZone: "UTC",
  spreadSeconds: 0,
  watch: false,
  nextAt: Date.UTC(2026, 10, 21, 3),
};
const made = (options: ScheduleOptions, before: ScheduleSettings | null = null) =>
  scheduleOf(LINK, options, before, CLOCK);

describe("a schedule", () => {
  it("is made in the time zone of the machine, unless one is named", () => {
    expect(made({ schedule: " 0  3 * * *" })).toEqual({
      ...NIGHTLY,
      timeZone: "Europe/Berlin",
      nextAt: Date.UTC(2026, 10, 21, 2),
    });
    expect(made({ schedule: "0 3 * * *", timeZone: "UTC" })).toEqual(NIGHTLY);
  });

  it("stays in what is not named", () => {
    expect(made({}, NIGHTLY)).toBeUndefined();
    expect(made({ watch: true }, NIGHTLY)).toEqual({ ...NIGHTLY, watch: true });
    expect(made({ schedule: "30 4 * * *" }, { ...NIGHTLY, watch: true })).toEqual({
      ...NIGHTLY,
      cron: "30 4 * * *",
      watch: true,
      nextAt: Date.UTC(2026, 10, 21, 4, 30),
    });
    const spread = made({ spread: "30m" }, NIGHTLY);
    expect(spread).toMatchObject({ cron: "0 3 * * *", timeZone: "UTC", spreadSeconds: 1_800 });
    expect(made({ spread: "0s" }, spread ?? null)).toEqual(NIGHTLY);
  });

  it("is gone when nothing of it is left", () => {
    expect(made({ schedule: false }, NIGHTLY)).toBeNull();
    expect(made({ watch: false })).toBeNull();
    const watched = made({ schedule: false, watch: true }, NIGHTLY);
    expect(watched).toEqual({ cron: null, timeZone: "UTC", spreadSeconds: 0, watch: true, nextAt: null });
    expect(made({ schedule: false }, watched ?? null)).toEqual(watched);
    expect(made({ watch: false }, watched ?? null)).toBeNull();
  });

  it.each([
    [{ schedule: "at three" }, /five fields/],
    [{ schedule: "0 3 * * *", timeZone: "Berlin" }, /There is no time zone "Berlin"/],
    [{ schedule: "0 3 * * *", spread: "30" }, /--spread is a time such as/],
    [{ schedule: "0 3 * * *", spread: "25h" }, /spread of a schedule/],
    [{ timeZone: "UTC" }, /Add --schedule/],
    [{ schedule: false, spread: "30m" } as const, /Add --schedule/],
  ])("is refused as %j", (options, sentence) => {
    expect(() => made(options)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringMatching(sentence) }),
    );
  });

  it("is told in words", () => {
    expect(scheduleWords({ ...NIGHTLY, spreadSeconds: 1_800, watch: true })).toMatch(
      /^runs by itself at 0 3 \* \* \* UTC, spread over 30 min, next 2026-11-2\d \d\d:00:00, and when something changes$/,
    );
    expect(scheduleWords({ ...NIGHTLY, cron: null, nextAt: null, watch: true })).toBe(
      "runs by itself when something changes",
    );
  });
});
