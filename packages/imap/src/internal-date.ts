// Reads INTERNALDATE, once a message. Pure and total: what is no date is null, and what the calendar does not have is no date.
// It must never guess: a wrong date is worse than none (C2).

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DATE = /^ ?\d{1,2}-[A-Za-z]{3}-\d{4} \d\d:\d\d:\d\d [+-]\d{4}$/;
/** From behind the day to the end: `-Jul-1996 02:44:25 -0700`. */
const BEHIND_DAY = 24;
/** After 400 years the calendar begins anew. Date.UTC takes the years up to 99 for those of a century ago. */
const CYCLE_YEARS = 400;
const CYCLE_MS = 146_097 * 86_400_000;
const SPACE = 0x20;
const ZERO = 0x30;

/** The number that the digits in [from, to) make; NaN when there are none, or anything else is among them. */
export function digitsIn(text: string, from: number, to: number): number {
  let number = from < to ? 0 : Number.NaN;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}

/** Reads INTERNALDATE (RFC 3501 date-time). Null for anything that is not one: a wrong date is worse than none (C2). */
export function parseInternalDate(text: string): number | null {
  if (!DATE.test(text)) return null;
  const at = text.length - BEHIND_DAY;
  const day = digitsIn(text, text.charCodeAt(0) === SPACE ? 1 : 0, at);
  const month = MONTHS.indexOf(text.slice(at + 1, at + 4).toLowerCase());
  const hour = digitsIn(text, at + 10, at + 12);
  const minute = digitsIn(text, at + 13, at + 15);
  const second = digitsIn(text, at + 16, at + 18);
  const zoneHours = digitsIn(text, at + 20, at + 22);
  const zoneMinutes = digitsIn(text, at + 22, at + 24);
  if (month < 0 || day < 1 || hour > 23 || minute > 59 || second > 60 || zoneHours > 15 || zoneMinutes > 59)
    return null;
  const midnight = Date.UTC(digitsIn(text, at + 5, at + 9) + CYCLE_YEARS, month, day) - CYCLE_MS;
  if (new Date(midnight).getUTCDate() !== day) return null;
  const local = midnight + ((hour * 60 + minute) * 60 + second) * 1_000;
  const offset = (zoneHours * 60 + zoneMinutes) * 60_000;
  return text.charAt(at + 19) === "-" ? local + offset : local - offset;
}
