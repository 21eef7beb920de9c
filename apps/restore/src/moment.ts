// Which moment of an archive is meant by `--at`: a revision, or a time in one of the ways in which people write one. Pure: now comes in.
// It must never guess: what it does not understand it refuses, with the ways to write it.
import { MailError, type Revision } from "@packetboat/core";

export type Moment =
  | { readonly kind: "now" }
  | { readonly kind: "revision"; readonly revision: number }
  /** Milliseconds since 1970: the last revision made until then. */
  | { readonly kind: "time"; readonly time: number };

/** The revision that a moment means in an archive. */
export interface Resolved {
  readonly revision: Revision;
  /** Milliseconds since 1970; null for revision 0, the empty archive. */
  readonly madeAt: number | null;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const MINUTE = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2}))?$/;
const WITH_ZONE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

/** Gives the moment that a text means; local time unless it names a zone. A day means its end. Throws CONFIG_INVALID naming `option`. */
export function readMoment(text: string | undefined, now: number, option = "--at"): Moment {
  const asked = (text ?? "now").trim();
  if (asked === "now") return { kind: "now" };
  if (/^r?\d{1,15}$/.test(asked)) return { kind: "revision", revision: Number(asked.replace("r", "")) };
  const time = readTime(asked, now);
  if (time === null || Number.isNaN(time)) {
    throw new MailError(
      "CONFIG_INVALID",
      `${option} is a revision (42), a day (2026-11-20), a time (2026-11-20 18:30), or a while ago (3 days ago).`,
    );
  }
  return { kind: "time", time };
}

function readTime(text: string, now: number): number | null {
  if (WITH_ZONE.test(text)) return Date.parse(text);
  const ago = /^(\d{1,6}) *(minute|hour|day|week)s? ago$/.exec(text);
  if (ago) return now - Number(ago[1]) * (UNIT_MS[ago[2] ?? ""] ?? Number.NaN);
  if (text === "yesterday") return now - 86_400_000;
  const day = DAY.exec(text);
  if (day) return localTime(day, 23, 59, 59, 999);
  const minute = MINUTE.exec(text);
  return minute ? localTime(minute, Number(minute[4]), Number(minute[5]), Number(minute[6] ?? 0), 0) : null;
}

/** NaN for a day that does not exist: Date would take February 30 for March 1. */
function localTime(match: RegExpExecArray, hour: number, minute: number, second: number, ms: number): number {
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const date = new Date(year, month - 1, day, hour, minute, second, ms);
  const exists = date.getMonth() === month - 1 && date.getDate() === day && hour < 24 && minute < 60 && second < 60;
  return exists ? date.getTime() : Number.NaN;
}
