// The fields of the query language: what may follow each, and what it means. Pure: now comes in. What is not understood is refused with the
// ways to write it; it must never be taken for something near it.
import { nearest } from "@packetboat/core";
import { foldLine } from "./fold.ts";
import type { PieceField, Query } from "./query.ts";
import { askedWords } from "./words.ts";

/** A value that is refused; the sentence says what may stand there. */
export class Refusal {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Read = (value: string, now: number) => Query | Refusal;

const flag = (name: string): Query => ({ kind: "flag", flag: name });
const not = (of: Query): Query => ({ kind: "not", of });

const IS: Readonly<Record<string, Query>> = {
  read: flag("\\Seen"),
  seen: flag("\\Seen"),
  unread: not(flag("\\Seen")),
  unseen: not(flag("\\Seen")),
  flagged: flag("\\Flagged"),
  starred: flag("\\Flagged"),
  unflagged: not(flag("\\Flagged")),
  answered: flag("\\Answered"),
  replied: flag("\\Answered"),
  unanswered: not(flag("\\Answered")),
  draft: flag("\\Draft"),
  forwarded: flag("$Forwarded"),
  deleted: flag("\\Deleted"),
};
const HAS: Readonly<Record<string, Query>> = {
  attachment: { kind: "attachment" },
  attachments: { kind: "attachment" },
};

/** `"more than one"`: "is:unred is not known; did you mean is:unread?" */
function oneOf(field: string, known: Readonly<Record<string, Query>>, first: readonly string[]): Read {
  return (value) => {
    const found = Object.hasOwn(known, value.toLowerCase()) ? known[value.toLowerCase()] : undefined;
    if (found !== undefined) return found;
    const near = nearest(value, Object.keys(known));
    const hint =
      near === null ? `There is ${list(first.map((each) => `${field}:${each}`))}` : `Did you mean ${field}:${near}`;
    return new Refusal(`${field}: does not know this word. ${hint}${near === null ? "." : "?"}`);
  };
}

const list = (words: readonly string[]): string =>
  `${words.slice(0, -1).join(", ")}${words.length > 1 ? " and " : ""}${words.at(-1)}`;

/** Words of the text; a `*` at the end stands for the rest of a word. */
export function wordsTerm(field: "any" | "subject" | "body", value: string): Query | Refusal {
  const starred = /[\p{L}\p{N}\p{M}]\*$/u.test(value);
  const { words, open } = askedWords(value);
  if (words.length === 0) return new Refusal("This holds neither letters nor digits, and only these are searched for.");
  return { kind: "words", field, words, open: open || starred };
}

function piece(field: PieceField): Read {
  return (value) => {
    const text = foldLine(value.replace(/^\*+|\*+$/g, ""));
    return text === ""
      ? new Refusal(`${field}: needs a piece of a name, such as ${field}:ann.`)
      : { kind: "piece", field, text };
  };
}

const DATES = "a day (2024-06-01), a month (2024-06), a year (2024) or a time (2024-06-01T18:30)";

/** The beginning of the day, month or year, in local time; NaN for none. */
function timeOf(value: string): number {
  const match = /^(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?)?)?$/.exec(value);
  if (match === null)
    return /^\d{4}-\d{2}-\d{2}T[\d:.]{5,12}(Z|[+-]\d{2}:\d{2})$/.test(value) ? Date.parse(value) : Number.NaN;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map((part) => (part === undefined ? undefined : Number(part)));
  const date = new Date(2000, 0, 1);
  // Not by the constructor, which takes the year 24 for 1924.
  date.setFullYear(year, month - 1, day);
  date.setHours(hour, minute, second, 0);
  const exists = date.getMonth() === month - 1 && date.getDate() === day && hour < 24 && minute < 60 && second < 60;
  return exists ? date.getTime() : Number.NaN;
}

function date(field: string, kind: "since" | "before"): Read {
  return (value, now) => {
    const time = value === "today" ? startOfDay(now, 0) : value === "yesterday" ? startOfDay(now, 1) : timeOf(value);
    return Number.isNaN(time) ? new Refusal(`${field}: is followed by ${DATES}.`) : { kind, time };
  };
}

function startOfDay(now: number, daysAgo: number): number {
  const day = new Date(now);
  day.setHours(0, 0, 0, 0);
  day.setDate(day.getDate() - daysAgo);
  return day.getTime();
}

/** A whole day, month or year. */
function on(value: string): Query | Refusal {
  const from = timeOf(value);
  const parts = value.split(/[-/.]/).length;
  if (Number.isNaN(from) || /[T ]/.test(value))
    return new Refusal("on: is followed by a day (2024-06-01), a month (2024-06) or a year (2024).");
  const end = new Date(from);
  if (parts === 1) end.setFullYear(end.getFullYear() + 1);
  else if (parts === 2) end.setMonth(end.getMonth() + 1);
  else end.setDate(end.getDate() + 1);
  return {
    kind: "and",
    of: [
      { kind: "since", time: from },
      { kind: "before", time: end.getTime() },
    ],
  };
}

function age(field: string, kind: "since" | "before"): Read {
  return (value, now) => {
    const match = /^(\d{1,4})(h|d|w|m|y)$/i.exec(value);
    if (match === null) return new Refusal(`${field}: is followed by an age: 12h, 3d, 2w, 6m or 1y.`);
    const amount = Number(match[1]);
    const at = new Date(now);
    const unit = match[2]?.toLowerCase();
    if (unit === "h") at.setTime(now - amount * 3_600_000);
    else if (unit === "d") at.setDate(at.getDate() - amount);
    else if (unit === "w") at.setDate(at.getDate() - 7 * amount);
    else if (unit === "m") at.setMonth(at.getMonth() - amount);
    else at.setFullYear(at.getFullYear() - amount);
    return { kind, time: at.getTime() };
  };
}

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9 };

function size(field: string, kind: "larger" | "smaller"): Read {
  return (value) => {
    const match = /^(\d{1,12}(?:\.\d{1,3})?)([kmg]?)b?$/i.exec(value);
    if (match === null) return new Refusal(`${field}: is followed by a size: 500, 20k, 1M or 1.5G.`);
    const bytes = Math.round(Number(match[1]) * (UNITS[(match[2] ?? "").toLowerCase()] ?? 1));
    return { kind, bytes };
  };
}

const mailbox: Read = (value) =>
  value.trim() === ""
    ? new Refusal("in: is followed by a mailbox, such as in:Sent.")
    : { kind: "mailbox", pattern: value.trim() };

const keyword: Read = (value) =>
  /^[^\s"\\]{1,200}$/.test(value)
    ? flag(value)
    : new Refusal("keyword: is followed by one word, such as keyword:$Forwarded.");

/** Every field with what reads its value. */
export const FIELDS: Readonly<Record<string, Read>> = {
  from: piece("from"),
  to: piece("to"),
  cc: piece("cc"),
  bcc: piece("bcc"),
  filename: piece("filename"),
  subject: (value) => wordsTerm("subject", value),
  body: (value) => wordsTerm("body", value),
  has: oneOf("has", HAS, ["attachment"]),
  is: oneOf("is", IS, ["unread", "read", "flagged", "answered", "draft"]),
  in: mailbox,
  keyword,
  before: date("before", "before"),
  since: date("since", "since"),
  after: date("after", "since"),
  on: (value) => on(value),
  older: age("older", "before"),
  older_than: age("older_than", "before"),
  newer: age("newer", "since"),
  newer_than: age("newer_than", "since"),
  larger: size("larger", "larger"),
  smaller: size("smaller", "smaller"),
};
