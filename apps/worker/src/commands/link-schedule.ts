// When a link runs by itself, as options and as words: packetboat link set --schedule, link list. Pure but for what it is told of the clock.
// It must never load more than the reading of cron texts: the jobs themselves are the daemon's affair.
import type { Schedule, ScheduleSettings } from "@packetboat/archive";
import { type LinkId, MailError } from "@packetboat/core";
import { checkSchedule, nextRun } from "@packetboat/queue";
import { duration, harmless, instant } from "@packetboat/terminal";
import type { Command } from "commander";

export interface ScheduleOptions {
  /** False: --no-schedule. */
  readonly schedule?: string | false;
  readonly timeZone?: string;
  readonly spread?: string;
  readonly watch?: boolean;
}

/** The machine as far as a schedule asks for it. */
export interface Clock {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** IANA name. */
  readonly timeZone: string;
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/** Adds the options. */
export function withScheduleOptions(command: Command): Command {
  return command
    .option("--schedule CRON", 'when packetboat worker runs it, such as "0 3 * * *" for every night at three')
    .option("--no-schedule", "at no fixed time")
    .option("--time-zone NAME", "in which the schedule is read, such as Europe/Berlin (default: this machine's)")
    .option("--spread TIME", "its runs start up to so much later, such as 30m, each link at its own time (default: 0s)")
    .option("--watch", "packetboat worker also runs it when something changes on the server")
    .option("--no-watch", "only at fixed times (default)");
}

/**
 * What becomes of a link's schedule: undefined stays as it is, null has none any more. Throws CONFIG_INVALID for a text that is no schedule,
 * an unknown time zone, and options that want a schedule where there is none.
 */
export function scheduleOf(
  linkId: LinkId,
  options: ScheduleOptions,
  before: ScheduleSettings | null,
  clock: Clock,
): ScheduleSettings | null | undefined {
  const { schedule, timeZone, spread, watch } = options;
  if (schedule === undefined && timeZone === undefined && spread === undefined && watch === undefined) return undefined;
  const cron =
    schedule === false ? null : schedule === undefined ? (before?.cron ?? null) : schedule.trim().replace(/\s+/g, " ");
  if (cron === null && (timeZone !== undefined || spread !== undefined))
    throw new MailError(
      "CONFIG_INVALID",
      '--time-zone and --spread belong to a schedule, and this link has none. Add --schedule, such as --schedule "0 3 * * *".',
    );
  const watches = watch ?? before?.watch ?? false;
  if (cron === null)
    return watches
      ? { cron, timeZone: before?.timeZone ?? clock.timeZone, spreadSeconds: 0, watch: true, nextAt: null }
      : null;
  const times = {
    cron,
    timeZone: timeZone ?? before?.timeZone ?? clock.timeZone,
    spreadSeconds: spread === undefined ? (before?.spreadSeconds ?? 0) : readSpread(spread),
  };
  checkSchedule(times);
  return { ...times, watch: watches, nextAt: nextRun({ ...times, linkId }, clock.now) };
}

function readSpread(text: string): number {
  const [, digits = "", unit = ""] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  const seconds = UNIT_SECONDS[unit];
  if (seconds === undefined)
    throw new MailError("CONFIG_INVALID", "--spread is a time such as 90s, 30m or 2h, at most 24h.");
  return Number(digits) * seconds;
}

/** "runs by itself at 0 3 * * * Europe/Berlin, spread over 30 min, next 2026-11-21 03:12:05". */
export function scheduleWords({ cron, timeZone, spreadSeconds, watch, nextAt }: ScheduleSettings): string {
  const parts = [
    ...(cron === null ? [] : [`runs by itself at ${cron} ${timeZone}`]),
    ...(cron === null || spreadSeconds === 0 ? [] : [`spread over ${duration(spreadSeconds * 1_000)}`]),
    ...(nextAt === null ? [] : [`next ${instant(nextAt)}`]),
    ...(watch ? [cron === null ? "runs by itself when something changes" : "and when something changes"] : []),
  ];
  return harmless(parts.join(", "));
}

/** A schedule in a report; null for a link that runs only when somebody asks. */
export function scheduleReport(schedule: ScheduleSettings | null): object | null {
  if (schedule === null) return null;
  const { cron, timeZone, spreadSeconds, watch, nextAt } = schedule;
  return { cron, timeZone, spreadSeconds, watch, nextAt: nextAt === null ? null : new Date(nextAt).toISOString() };
}

/** The schedule of a link among all, or null. */
export function scheduleAmong(schedules: readonly Schedule[], linkId: LinkId): Schedule | null {
  return schedules.find((schedule) => schedule.linkId === linkId) ?? null;
}
