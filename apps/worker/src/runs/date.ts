// A day or a time as it is typed in a selection. Pure. It must never guess: what it does not understand it refuses.
import { MailError } from "@packetboat/core";

const DAY = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?$/;
const WITH_ZONE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

/** Gives milliseconds since 1970; local time unless a zone is named, a day is its beginning. Throws CONFIG_INVALID naming the option. */
export function readDate(option: string, text: string): number {
  const time = WITH_ZONE.test(text) ? Date.parse(text) : localTime(DAY.exec(text));
  if (!Number.isNaN(time)) return time;
  throw new MailError("CONFIG_INVALID", `${option} is a day or a time, such as 2024-01-31 or '2024-01-31 18:30'.`);
}

/** NaN for a day that does not exist: Date would take February 30 for March 1. */
function localTime(match: RegExpExecArray | null): number {
  if (match === null) return Number.NaN;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0));
  const date = new Date(year, month - 1, day, hour, minute, second);
  const exists = date.getMonth() === month - 1 && date.getDate() === day && hour < 24 && minute < 60 && second < 60;
  return exists ? date.getTime() : Number.NaN;
}
