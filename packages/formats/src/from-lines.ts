// The lines of an mbox that begin with "From ": how they are quoted in a message (mboxrd: one ">" more before every line of ">"s and
// "From ", and one less to read it, which is exact for any bytes), and the one before it. A line begins after LF, whatever comes before.
// Pure. It must never touch a byte of any other line.

const LF = 10;
const MARK = 62; // ">"
const FROM = Buffer.from("From ", "latin1");

/** `rd`: lines of any number of marks. `o`: only those of exactly one, as mboxo and mboxcl write them. */
export type Quoting = "rd" | "o";

/** Puts a mark before each line that needs one. `atLineStart`: the bytes begin with a line. */
export function quoted(bytes: Buffer, atLineStart = true): Buffer {
  return rewritten(bytes, atLineStart, () => 1);
}

/** Takes the marks off again. */
export function unquoted(bytes: Buffer, quoting: Quoting = "rd", atLineStart = true): Buffer {
  return rewritten(bytes, atLineStart, (marks) => (marks === 0 || (quoting === "o" && marks > 1) ? 0 : -1));
}

/** `change`: how many marks a line of so many, and "From ", gets or loses. At most one in five bytes is added. */
function rewritten(bytes: Buffer, atLineStart: boolean, change: (marks: number) => -1 | 0 | 1): Buffer {
  let out: Buffer | null = null;
  let length = 0;
  let from = 0;
  for (let at = bytes.indexOf(FROM); at !== -1; at = bytes.indexOf(FROM, at + FROM.length)) {
    let start = at;
    while (start > 0 && bytes[start - 1] === MARK) start--;
    if (start === 0 ? !atLineStart : bytes[start - 1] !== LF) continue;
    const marks = change(at - start);
    if (marks === 0) continue;
    out ??= Buffer.allocUnsafe(bytes.length + Math.ceil(bytes.length / FROM.length));
    length += bytes.copy(out, length, from, start);
    if (marks === 1) out[length++] = MARK;
    from = marks === 1 ? start : start + 1;
  }
  if (out === null) return bytes;
  length += bytes.copy(out, length, from);
  return out.subarray(0, length);
}

/** The same for bytes that come in slices: what may become such a line is held back until it is known. */
export class LineRewriter {
  readonly #rewrite: (bytes: Buffer, atLineStart: boolean) => Buffer;
  #held: Buffer = Buffer.alloc(0);
  #atLineStart = true;

  constructor(way: "quote" | "unquote") {
    this.#rewrite = way === "quote" ? quoted : (bytes, start) => unquoted(bytes, "rd", start);
  }

  /** Bytes that are held back. */
  get heldBytes(): number {
    return this.#held.length;
  }

  push(slice: Uint8Array): Buffer {
    const bytes = this.#held.length === 0 ? Buffer.from(slice) : Buffer.concat([this.#held, slice]);
    const lineStart = bytes.lastIndexOf(LF) + 1;
    const open = (lineStart > 0 || this.#atLineStart) && mayBecomeFrom(bytes.subarray(lineStart));
    const known = bytes.subarray(0, open ? lineStart : bytes.length);
    this.#held = bytes.subarray(known.length);
    return this.#give(known);
  }

  end(): Buffer {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return this.#give(rest);
  }

  #give(known: Buffer): Buffer {
    const out = this.#rewrite(known, this.#atLineStart);
    if (known.length > 0) this.#atLineStart = known.at(-1) === LF;
    return out;
  }
}

/** Whether a line that is not whole yet may still be one of marks and "From ". */
function mayBecomeFrom(line: Buffer): boolean {
  let at = 0;
  while (line[at] === MARK) at++;
  const rest = line.subarray(at);
  return rest.length < FROM.length && FROM.subarray(0, rest.length).equals(rest);
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** Who wrote an mbox of ours: such a line is never part of a message, so no look at what follows it is needed. */
const OURS = "packetboat@localhost";

/** The line before a message, with its LF: the date in UTC, as asctime writes it. No date, or none of four digits: 1 January 1970. */
export function fromLine(internalDate: number | null): string {
  const date = new Date(internalDate ?? 0);
  const year = date.getUTCFullYear();
  const when = year >= 1000 && year <= 9999 ? date : new Date(0);
  const two = (value: number): string => String(value).padStart(2, "0");
  const time = `${two(when.getUTCHours())}:${two(when.getUTCMinutes())}:${two(when.getUTCSeconds())}`;
  const day = String(when.getUTCDate()).padStart(2, " ");
  return `From ${OURS} ${DAYS[when.getUTCDay()]} ${MONTHS[when.getUTCMonth()]} ${day} ${time} ${when.getUTCFullYear()}\n`;
}

// asctime, with what others put in between: seconds or none, a zone by name or number before or after the year, Gmail's "+0000 2019".
const DATED =
  /^From (.*?) *(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(\d{1,2}) +(?:(\d{1,2}):(\d{2})(?::(\d{2}))? +)?(?:([A-Z]{1,5}|[+-]\d{4}) +)?(\d{4})(?: +([A-Z]{1,5}|[+-]\d{4}))?[ \t\r]*$/;

// The date as a header has it: "Sat, 29 Feb 2020 23:01:00 +0100 (CET)".
const AS_IN_HEADERS =
  /^From (\S+) +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), +(\d{1,2}) +(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(\d{4}) +(\d{1,2}):(\d{2})(?::(\d{2}))?(?: +([A-Z]{1,5}|[+-]\d{4}))?(?: +\([^()]{1,40}\))?[ \t\r]*$/;
// What UUCP put behind the date of mail that came from another machine.
const REMOTE = /^(From \S+ +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? .*?) +remote from \S+[ \t\r]*$/;

export interface FromLine {
  /**
   * `ours`: certain. `dated`: it has the form. `loose`: it has one that few programs write, and that is likelier to be somebody's words. `bare`:
   * "From " or "From -" and nothing else, as Thunderbird writes it.
   */
  readonly kind: "ours" | "dated" | "loose" | "bare";
  /** Milliseconds since 1970; null: none stated, or it was written for a message without one. */
  readonly date: number | null;
  /** The date is one to the minute. */
  readonly hasTime: boolean;
}

/** Longer lines are no such lines. */
export const MAX_FROM_LINE = 1_000;

/** Reads a line that begins with "From " (without its LF); null when it does not have the form of one that begins a message. */
export function readFromLine(line: string): FromLine | null {
  if (line.length > MAX_FROM_LINE) return null;
  if (/^From -?[ \r]*$/.test(line)) return { kind: "bare", date: null, hasTime: false };
  const remote = REMOTE.exec(line)?.[1];
  const match = DATED.exec(remote ?? line);
  if (match === null) return readAsInHeaders(remote ?? line);
  const [, sender, month = "", day, hour, minute, second, zoneBefore, year, zoneAfter] = match;
  const date = dateOf({ year, month, day, hour, minute, second, zone: zoneBefore ?? zoneAfter });
  if (date === null) return null;
  const hasTime = hour !== undefined;
  if (remote !== undefined) return { kind: "loose", date, hasTime };
  const isOurs = sender === OURS;
  return { kind: isOurs ? "ours" : "dated", date: isOurs && date === 0 ? null : date, hasTime };
}

function readAsInHeaders(line: string): FromLine | null {
  const match = AS_IN_HEADERS.exec(line);
  if (match === null) return null;
  const [, , day, month = "", year, hour, minute, second, zone] = match;
  const date = dateOf({ year, month, day, hour, minute, second, zone });
  return date === null ? null : { kind: "loose", date, hasTime: true };
}

interface DateParts
  extends Readonly<Record<"year" | "day" | "hour" | "minute" | "second" | "zone", string | undefined>> {
  readonly month: string;
}

/** Null for what no clock shows. */
function dateOf({ year, month, day, hour = "0", minute = "0", second = "0", zone = "" }: DateParts): number | null {
  if (Number(day) > 31 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null;
  const at = Date.UTC(Number(year), MONTHS.indexOf(month), Number(day), Number(hour), Number(minute), Number(second));
  return at - offsetOf(zone);
}

/** Milliseconds of a numeric zone; names of zones mean several, and are read as UTC. */
function offsetOf(zone: string): number {
  const match = /^([+-])(\d{2})(\d{2})$/.exec(zone);
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return (match[1] === "-" ? -minutes : minutes) * 60_000;
}
