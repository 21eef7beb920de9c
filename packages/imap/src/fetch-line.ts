// Reads one FETCH answer: the line as text and its literals as bytes. Our own, because a pull is one such line a message: imapflow's
// token tree and its formatting cost several times as much. Pure and total: what is not a FETCH answer is null.
// It must never copy or change the bytes of a body.

/** What one FETCH answer said. A field is undefined when the answer did not name it. */
export interface FetchRow {
  readonly seq: number;
  readonly uid?: number;
  readonly flags?: readonly string[];
  readonly modseq?: bigint | null;
  /** Milliseconds since 1970; null where unreadable (C2). */
  readonly internalDate?: number | null;
  readonly size?: number | null;
  readonly emailId?: string | null;
  /** BODY[]; null when the server answered NIL. */
  readonly body?: Buffer | null;
  /** BODY[HEADER]; the same. */
  readonly header?: Buffer | null;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const START = /^\* (\d{1,10}) FETCH \(/i;
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DATE = /^ ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$/;
/** Deeper lists than this are hostile. */
const MAX_DEPTH = 32;

/** Reads INTERNALDATE (RFC 3501 date-time). Null for anything that is not one: a wrong date is worse than none (C2). */
export function parseInternalDate(text: string): number | null {
  const match = DATE.exec(text);
  if (!match) return null;
  const [, day, name, year, hour, minute, second, sign, zoneHours, zoneMinutes] = match;
  const month = MONTHS.indexOf((name ?? "").toLowerCase());
  const [d, h, m, s] = [Number(day), Number(hour), Number(minute), Number(second)];
  if (month < 0 || d < 1 || h > 23 || m > 59 || s > 60 || Number(zoneHours) > 15 || Number(zoneMinutes) > 59)
    return null;
  const instant = new Date(0);
  instant.setUTCFullYear(Number(year), month, d);
  if (instant.getUTCMonth() !== month) return null;
  instant.setUTCHours(h, m, s);
  const offset = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000;
  return instant.getTime() + (sign === "-" ? offset : -offset);
}

type Value =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  | { readonly kind: "list"; readonly items: readonly Value[] }
  /** With its letters: among flags it is a keyword. */
  | { readonly kind: "nil"; readonly text: string };

class Reader {
  #at: number;
  #literal = 0;
  readonly #text: string;
  readonly #literals: readonly Buffer[];

  constructor(text: string, at: number, literals: readonly Buffer[]) {
    this.#text = text;
    this.#at = at;
    this.#literals = literals;
  }

  /** Takes this character if it is next. */
  take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  skipSpaces(): void {
    while (this.#text[this.#at] === " ") this.#at++;
  }

  /** Name of a data item in upper case, with its section: `BODY[HEADER]`. Null when there is none. */
  key(): string | null {
    const start = this.#at;
    let depth = 0;
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at];
      if (char === "[") depth++;
      else if (char === "]") depth--;
      else if (depth <= 0 && (char === " " || char === "(" || char === ")")) break;
    }
    return this.#at === start ? null : this.#text.slice(start, this.#at).toUpperCase();
  }

  value(depth: number): Value | null {
    switch (this.#text[this.#at]) {
      case undefined:
      case ")":
        return null;
      case '"':
        return this.#quoted();
      case "(":
        return this.#list(depth);
      case "{":
        return this.#literalValue();
      case "~":
        // A keyword may begin so, too.
        if (this.#text[this.#at + 1] !== "{") return this.#atom();
        this.#at++;
        return this.#literalValue();
      default:
        return this.#atom();
    }
  }

  #atom(): Value {
    const start = this.#at;
    while (this.#at < this.#text.length && !" ()".includes(this.#text[this.#at] as string)) this.#at++;
    const text = this.#text.slice(start, this.#at);
    return { kind: text.toUpperCase() === "NIL" ? "nil" : "text", text };
  }

  #quoted(): Value | null {
    let text = "";
    for (let i = this.#at + 1; i < this.#text.length; i++) {
      const char = this.#text[i] as string;
      if (char === '"') {
        this.#at = i + 1;
        return { kind: "text", text };
      }
      text += char === "\\" ? (this.#text[++i] ?? "") : char;
    }
    return null;
  }

  #literalValue(): Value | null {
    const end = this.#text.indexOf("\n", this.#at);
    const bytes = this.#literals[this.#literal++];
    if (end === -1 || !bytes) return null;
    this.#at = end + 1;
    return { kind: "bytes", bytes };
  }

  #list(depth: number): Value | null {
    if (depth >= MAX_DEPTH) return null;
    this.#at++;
    const items: Value[] = [];
    for (;;) {
      this.skipSpaces();
      if (this.take(")")) return { kind: "list", items };
      const item = this.value(depth + 1);
      if (item === null) return null;
      items.push(item);
    }
  }
}

/** Latin-1 text of the line back to bytes, and those read as UTF-8: flags and ids of servers that send 8 bit. */
function decoded(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : Buffer.from(text, "latin1").toString("utf8");
}

function textIn(value: Value): string | null {
  if (value.kind === "list") return value.items[0] === undefined ? null : textIn(value.items[0]);
  if (value.kind === "bytes") return value.bytes.toString("utf8");
  return value.kind === "text" ? decoded(value.text) : null;
}

function bytesIn(value: Value): Buffer | null {
  if (value.kind === "bytes") return value.bytes;
  // A quoted string instead of a literal: Yahoo does so for small parts.
  return value.kind === "text" ? Buffer.from(value.text, "latin1") : null;
}

function numberIn(value: Value, digits: number): number | null {
  const text = textIn(value);
  return text !== null && text.length <= digits && /^\d+$/.test(text) ? Number(text) : null;
}

function flagsIn(value: Value): readonly string[] {
  if (value.kind !== "list") return [];
  return value.items.flatMap((item) => (item.kind === "nil" ? item.text : (textIn(item) ?? [])));
}

function put(row: Mutable<FetchRow>, key: string, value: Value): void {
  switch (key) {
    case "UID": {
      const uid = numberIn(value, 10);
      if (uid !== null && uid > 0 && uid <= 4_294_967_295) row.uid = uid;
      return;
    }
    case "FLAGS":
      row.flags = flagsIn(value);
      return;
    case "MODSEQ": {
      const text = textIn(value);
      row.modseq = text !== null && /^\d{1,20}$/.test(text) ? BigInt(text) : null;
      return;
    }
    case "INTERNALDATE":
      row.internalDate = parseInternalDate(textIn(value) ?? "");
      return;
    case "RFC822.SIZE":
      row.size = numberIn(value, 15);
      return;
    case "EMAILID":
    case "X-GM-MSGID":
      row.emailId = textIn(value);
      return;
    case "BODY[]":
    case "BODY[]<0>":
      row.body = bytesIn(value);
      return;
    case "BODY[HEADER]":
      row.header = bytesIn(value);
      return;
    default:
  }
}

/** True for the line of a FETCH answer; cheap, for every line of the server. */
export function isFetchLine(payload: Buffer): boolean {
  if (payload[0] !== 0x2a || payload[1] !== 0x20) return false;
  const digit = payload[2] as number;
  return digit >= 0x30 && digit <= 0x39 && START.test(payload.toString("latin1", 0, 24));
}

/** Reads a FETCH answer. Null when it is none, or not to be understood: then its message counts as not answered. */
export function parseFetchLine(payload: Buffer, literals: readonly Buffer[]): FetchRow | null {
  const text = payload.toString("latin1");
  const start = START.exec(text);
  if (!start) return null;
  const row: Mutable<FetchRow> = { seq: Number(start[1]) };
  const reader = new Reader(text, start[0].length, literals);
  for (;;) {
    reader.skipSpaces();
    if (reader.take(")")) return row;
    const key = reader.key();
    if (key === null) return null;
    reader.skipSpaces();
    const value = reader.value(0);
    if (value === null) return null;
    put(row, key, value);
  }
}
