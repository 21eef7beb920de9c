// Whether five cron fields, a time zone and a spread can be understood, before they are stored. Pure; when a link runs is the worker's affair.
// It must never let through what the worker could not read.
import type { DeclaredSchedule } from "@packetboat/config";
import { MailError } from "@packetboat/core";

const MOST_SPREAD = 86_400;
const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const DAYS = "sun mon tue wed thu fri sat".split(" ");

interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly names?: readonly string[];
}

const FIELDS: readonly Field[] = [
  { name: "minute", from: 0, to: 59 },
  { name: "hour", from: 0, to: 23 },
  { name: "day of the month", from: 1, to: 31 },
  { name: "month", from: 1, to: 12, names: MONTHS },
  { name: "day of the week", from: 0, to: 7, names: DAYS },
];

/** Throws CONFIG_INVALID with what is wrong. */
export function checkSchedule({ cron, timeZone, spreadSeconds }: DeclaredSchedule & { readonly cron: string }): void {
  const fields = cron.split(" ");
  if (fields.length !== FIELDS.length)
    throw invalid(
      'A schedule has five fields: minute, hour, day of the month, month, day of the week, as in "30 2 * * *".',
    );
  fields.forEach((text, n) => {
    const field = FIELDS[n];
    if (field !== undefined && !text.split(",").every((item) => isItem(item, field)))
      throw invalid(`Its ${field.name} is from ${field.from} to ${field.to}, *, a range, a step, or a list of them.`);
  });
  if (!isTimeZone(timeZone)) throw invalid("Its time zone is not known. Write it as Europe/Zurich.");
  if (spreadSeconds > MOST_SPREAD) throw invalid("Its spread is more than a day.");
}

const invalid = (sentence: string): MailError => new MailError("CONFIG_INVALID", sentence);

function isItem(text: string, field: Field): boolean {
  const match = /^(?:(\*)|([a-z\d]+)(?:-([a-z\d]+))?)(?:\/(\d+))?$/i.exec(text);
  if (match === null) return false;
  const [, every, first, last, step] = match;
  if (step !== undefined && (Number(step) < 1 || Number(step) > field.to)) return false;
  if (every !== undefined) return true;
  const from = numberOf(first ?? "", field);
  const to = last === undefined ? from : numberOf(last, field);
  return from !== null && to !== null && from <= to;
}

function numberOf(text: string, { from, to, names = [] }: Field): number | null {
  const named = names.indexOf(text.toLowerCase());
  const value = named >= 0 ? named + from : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= from && value <= to ? value : null;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
