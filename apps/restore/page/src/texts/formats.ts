// Dates, numbers and sizes as the reader's own locale writes them. Pure: the locale comes as an argument, and is the browser's where none is given.

type Locale = string | undefined;

const DAY_MS = 86_400_000;
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** Made once for each locale: making one takes as long as drawing a row of a list. */
function keptFormat<F>(make: (locale: Locale) => F): (locale: Locale) => F {
  const kept = new Map<Locale, F>();
  return (locale) => {
    const found = kept.get(locale) ?? make(locale);
    kept.set(locale, found);
    return found;
  };
}

const numberFormat = keptFormat((locale) => new Intl.NumberFormat(locale));
const momentFormat = keptFormat((locale) => new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short" }));
const secondFormat = keptFormat(
  (locale) => new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "medium" }),
);
const timeFormat = keptFormat((locale) => new Intl.DateTimeFormat(locale, { timeStyle: "short" }));
const dayFormat = keptFormat((locale) => new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" }));
const dateFormat = keptFormat(
  (locale) => new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" }),
);

/** 12,345 */
export const number = (of: number, locale?: Locale): string => numberFormat(locale).format(of);

/** 1 message, 12,345 messages: `one` and `many` are the words. */
export const counted = (of: number, one: string, many: string, locale?: Locale): string =>
  `${number(of, locale)} ${of === 1 ? one : many}`;

/** 4.2 MB, of bytes. */
export function size(bytes: number, locale?: Locale): string {
  const step = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: UNITS[step] ?? "byte",
    unitDisplay: step === 0 ? "long" : "short",
    maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
  }).format(value);
}

/** 26 November 2026, 18:30, of an ISO time. */
export const dateTime = (iso: string, locale?: Locale): string => momentFormat(locale).format(new Date(iso));

const MINUTE_MS = 60_000;
const minuteOf = (iso: string): number => Math.floor(Date.parse(iso) / MINUTE_MS);

/** The minutes that more than one of these moments is of, as momentOf takes them. Null: no moment. */
export function crowdedMinutes(moments: readonly (string | null)[]): ReadonlySet<number> {
  const first = new Map<number, string>();
  const crowded = new Set<number>();
  for (const iso of moments) {
    if (iso === null) continue;
    const minute = minuteOf(iso);
    const known = first.get(minute);
    if (known === undefined) first.set(minute, iso);
    else if (Date.parse(known) !== Date.parse(iso)) crowded.add(minute);
  }
  return crowded;
}

/** 26 November 2026, 18:30, of an ISO time; 18:30:09 where others that stand beside it are of the same minute. */
export const momentOf = (iso: string, crowded: ReadonlySet<number>, locale?: Locale): string =>
  (crowded.has(minuteOf(iso)) ? secondFormat : momentFormat)(locale).format(new Date(iso));

/** As short as it can be and still be told apart: the time today, the day this year, else the date. `now`: milliseconds since 1970. */
export function shortDate(iso: string, now: number, locale?: Locale): string {
  const date = new Date(iso);
  const today = new Date(now);
  if (date.toDateString() === today.toDateString()) return timeFormat(locale).format(date);
  return (date.getFullYear() === today.getFullYear() ? dayFormat : dateFormat)(locale).format(date);
}

const SPANS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 365 * DAY_MS],
  ["month", 30 * DAY_MS],
  ["day", DAY_MS],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/** 3 hours ago, of an ISO time. `now`: milliseconds since 1970. */
export function ago(iso: string, now: number, locale?: Locale): string {
  const distance = Date.parse(iso) - now;
  const [unit, length] = SPANS.find(([, span]) => Math.abs(distance) >= span) ?? ["minute", 60_000];
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(Math.round(distance / length), unit);
}
