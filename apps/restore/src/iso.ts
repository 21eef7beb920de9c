// A time as programs read it. Pure. It must never throw: dates come from servers, and a date that a calendar does not have is no date (C2).

/** Milliseconds since 1970 → "2026-11-21T20:04:05.000Z"; null for none. */
export function isoOf(time: number | null): string | null {
  if (time === null) return null;
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
