// When a link runs next: five cron fields read in a time zone, and an offset of the link's own. Pure.
// Where clocks change: a time that does not exist runs once, right after the gap; one that comes twice runs the first time only. Fields that
// begin with * mean "every", and go by the time that passes: every 20 minutes is every 20 minutes on such a night too.
import { createHash } from "node:crypto";
import { type LinkId, MailError } from "@packetboat/core";
import { Cron } from "croner";

/** When a link is meant to run. */
export interface ScheduleTimes {
  /** Minute, hour, day of the month, month, day of the week. */
  readonly cron: string;
  /** IANA name, such as Europe/Berlin. */
  readonly timeZone: string;
  /** The link starts up to so many seconds later, always the same number: links of one time do not start together. */
  readonly spreadSeconds: number;
  readonly linkId: LinkId;
}

/** A spread of more than a day would say nothing about when a link runs. */
const MOST_SPREAD = 86_400;
// Numbers, names of three letters, ranges, steps and lists of them: what every cron understands, and no more.
const VALUE = String.raw`(?:\d+|[a-z]{3})`;
const ITEM = String.raw`(?:\*|${VALUE}(?:-${VALUE})?)(?:/\d+)?`;
const FIELD = `${ITEM}(?:,${ITEM})*`;
const FIELDS = new RegExp(`^${FIELD}(?: ${FIELD}){4}$`, "i");

/** Milliseconds since 1970 of the first run after `afterMs`. Throws CONFIG_INVALID as checkSchedule does. */
export function nextRun(times: ScheduleTimes, afterMs: number): number {
  const offset = offsetOf(times);
  const next = cronOf(times).nextRun(new Date(afterMs - offset));
  if (next === null) throw neverComes(times.cron);
  return next.getTime() + offset;
}

/** Throws CONFIG_INVALID with what is wrong with the fields, the time zone or the spread. */
export function checkSchedule(times: Omit<ScheduleTimes, "linkId">): void {
  const { spreadSeconds } = times;
  if (!Number.isSafeInteger(spreadSeconds) || spreadSeconds < 0 || spreadSeconds > MOST_SPREAD)
    throw new MailError("CONFIG_INVALID", "The spread of a schedule is from 0 seconds to one day.");
  // From a fixed moment: whether it comes at all does not depend on today. 2024 is a leap year.
  if (cronOf(times).nextRun(new Date(Date.UTC(2024, 0, 1))) === null) throw neverComes(times.cron);
}

function cronOf({ cron, timeZone }: Pick<ScheduleTimes, "cron" | "timeZone">): Cron {
  if (!FIELDS.test(cron)) throw invalidCron(cron);
  checkTimeZone(timeZone);
  try {
    // no-wildcard: lists and ranges of times are fixed times too, as in "0,30 2 * * *".
    return new Cron(cron, { timezone: timeZone, mode: "5-part", fixedTimeRule: "no-wildcard", paused: true });
  } catch (error) {
    throw invalidCron(cron, error);
  }
}

function checkTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
  } catch (error) {
    throw new MailError(
      "CONFIG_INVALID",
      `There is no time zone "${timeZone}". Give its name as in Europe/Berlin, America/New_York or UTC.`,
      { cause: error },
    );
  }
}

function invalidCron(cron: string, cause?: unknown): MailError {
  return new MailError(
    "CONFIG_INVALID",
    `"${cron}" is not a schedule. Give five fields, minute, hour, day of the month, month and day of the week, as in "0 3 * * *" for every night at three.`,
    { cause },
  );
}

function neverComes(cron: string): MailError {
  return new MailError("CONFIG_INVALID", `The time "${cron}" never comes. Look at its day of the month and its month.`);
}

/** Milliseconds, in whole seconds below the spread: the same for a link on every machine. */
function offsetOf({ linkId, spreadSeconds }: ScheduleTimes): number {
  if (spreadSeconds === 0) return 0;
  const hash = createHash("sha256").update(`schedule ${linkId}`).digest().readUInt32BE(0);
  return (hash % spreadSeconds) * 1_000;
}
