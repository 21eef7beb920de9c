// The day's budget of an account: days are those of UTC, whoever asks from wherever, because several machines share them. Pure.
// It must never let an upload begin that does not fit: of a download the size is known only when it is there.
import { MailError } from "../errors.ts";

/** What an account used of a day. */
export interface Used {
  readonly down: number;
  readonly up: number;
  readonly commands: number;
  /** Milliseconds that work waited for a limit. */
  readonly waitedMs: number;
}

export const NOTHING_USED: Used = { down: 0, up: 0, commands: 0, waitedMs: 0 };

export const sumOf = (one: Used, other: Used): Used => ({
  down: one.down + other.down,
  up: one.up + other.up,
  commands: one.commands + other.commands,
  waitedMs: one.waitedMs + other.waitedMs,
});

/** Day of UTC, such as 2026-11-26. */
export const dayOf = (now: number): string => new Date(now).toISOString().slice(0, 10);

/** The next midnight of UTC: a new day, a new budget. */
export function nextDay(now: number): number {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + 1);
}

/** Whether more may be downloaded. */
export const mayDownload = (used: Used, perDay: number | null): boolean => perDay === null || used.down < perDay;

/** Whether so many bytes may be uploaded. A message above the whole budget has a day of its own: else it would never go. */
export const mayUpload = (used: Used, bytes: number, perDay: number | null): boolean =>
  perDay === null || used.up + bytes <= perDay || (used.up === 0 && bytes > perDay);

const megabytes = (bytes: number): string =>
  bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${Math.round(bytes / 100_000) / 10} MB`;

/** The error of a budget that is used up; `context.until` says when it goes on, in milliseconds since 1970. */
export function budgetSpent(direction: "down" | "up", perDay: number, now: number): MailError {
  const until = nextDay(now);
  const when = `${new Date(until).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const what = direction === "down" ? "downloads from" : "uploads to";
  return new MailError(
    "BUDGET_SPENT",
    `Today's budget of ${megabytes(perDay)} for ${what} this account is used up. What came through is safe; run it again after ${when}, it goes on where it stopped.`,
    { context: { direction, perDay, until } },
  );
}
