// Reads one FETCH answer: the line as text and its literals as bytes. Our own, because a pull is one such line a message: imapflow's
// token tree and its formatting cost several times as much. Total, and pure but for lists of flags that it has read before: what is not a FETCH
// answer is null.
// It must never copy or change the bytes of a body.

import { digitsIn, parseInternalDate } from "./internal-date.ts";

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

/** Deeper lists than this are hostile. */
const MAX_DEPTH = 32;
/** Lists of flags that are read once: an account has a few, and one list a message. */
const KNOWN_FLAGS = 1_000;
const KNOWN_FLAGS_LENGTH = 200;

const SPACE = 0x20;
const QUOTE = 0x22;
const OPEN = 0x28;
const CLOSE = 0x29;
const STAR = 0x2a;
const ZERO = 0x30;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const TILDE = 0x7e;

/** With its letters: among flags it is a keyword. */
class Nil {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Text of the line, as Latin-1, a literal, or a list. */
type Value = string | Buffer | Nil | readonly Value[];

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
  take(char: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== char) return false;
    this.#at++;
    return true;
  }

  skipSpaces(): void {
    while (this.#text.charCodeAt(this.#at) === SPACE) this.#at++;
  }

  /** Name of a data item in upper case, with its section: `BODY[HEADER]`. Null when there is none. */
  key(): string | null {
    const start = this.#at;
    let depth = 0;
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text.charCodeAt(this.#at);
      if (char === OPEN_BRACKET) depth++;
      else if (char === CLOSE_BRACKET) depth--;
      else if (depth <= 0 && (char === SPACE || char === OPEN || char === CLOSE)) break;
    }
    return this.#at === start ? null : this.#text.slice(start, this.#at).toUpperCase();
  }

  value(depth: number): Value | null {
    switch (this.#text.charCodeAt(this.#at)) {
      case QUOTE:
        return this.#quoted();
      case OPEN:
        return this.#list(depth);
      case OPEN_BRACE:
        return this.#literalValue();
      case TILDE:
        // A keyword may begin so, too.
        if (this.#text.charCodeAt(this.#at + 1) !== OPEN_BRACE) return this.#atom();
        this.#at++;
        return this.#literalValue();
      case CLOSE:
        return null;
      default:
        return this.#at < this.#text.length ? this.#atom() : null;
    }
  }

  /** Flags as they were sent. What is no list is none. Null as for any value. */
  flags(): readonly string[] | null {
    const end = this.#text.charCodeAt(this.#at) === OPEN ? this.#text.indexOf(")", this.#at) + 1 : 0;
    const sent = end > 0 && end - this.#at <= KNOWN_FLAGS_LENGTH ? this.#text.slice(this.#at, end) : null;
    const known = sent === null ? undefined : knownFlags.get(sent);
    if (known !== undefined) {
      this.#at = end;
      return known;
    }
    const value = this.value(0);
    if (value === null) return null;
    const flags = flagsIn(value);
    // Only what ended where it seemed to end, and took no literal: then the letters are all that it is.
    if (sent !== null && this.#at === end && !sent.includes("{")) {
      if (knownFlags.size >= KNOWN_FLAGS) knownFlags.clear();
      knownFlags.set(sent, flags);
    }
    return flags;
  }

  #atom(): string | Nil {
    const start = this.#at;
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text.charCodeAt(this.#at);
      if (char === SPACE || char === OPEN || char === CLOSE) break;
    }
    const text = this.#text.slice(start, this.#at);
    return text.length === 3 && text.toUpperCase() === "NIL" ? new Nil(text) : text;
  }

  #quoted(): string | null {
    const start = this.#at + 1;
    const end = this.#text.indexOf('"', start);
    if (end === -1) return null;
    const plain = this.#text.slice(start, end);
    if (plain.includes("\\")) return this.#escaped();
    this.#at = end + 1;
    return plain;
  }

  #escaped(): string | null {
    let text = "";
    for (let i = this.#at + 1; i < this.#text.length; i++) {
      const char = this.#text[i] as string;
      if (char === '"') {
        this.#at = i + 1;
        return text;
      }
      text += char === "\\" ? (this.#text[++i] ?? "") : char;
    }
    return null;
  }

  #literalValue(): Buffer | null {
    const end = this.#text.indexOf("\n", this.#at);
    const bytes = this.#literals[this.#literal++];
    if (end === -1 || !bytes) return null;
    this.#at = end + 1;
    return bytes;
  }

  #list(depth: number): readonly Value[] | null {
    if (depth >= MAX_DEPTH) return null;
    this.#at++;
    const items: Value[] = [];
    for (;;) {
      this.skipSpaces();
      if (this.take(CLOSE)) return items;
      const item = this.value(depth + 1);
      if (item === null) return null;
      items.push(item);
    }
  }
}

/** By their letters. Read only: every message with the same flags has the same list of them. */
const knownFlags = new Map<string, readonly string[]>();

/** Latin-1 text of the line back to bytes, and those read as UTF-8: flags and ids of servers that send 8 bit. */
function decoded(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : Buffer.from(text, "latin1").toString("utf8");
}

function textIn(value: Value): string | null {
  if (typeof value === "string") return decoded(value);
  if (Buffer.isBuffer(value)) return value.toString("utf8");
  return value instanceof Nil || value[0] === undefined ? null : textIn(value[0]);
}

function bytesIn(value: Value): Buffer | null {
  if (Buffer.isBuffer(value)) return value;
  // A quoted string instead of a literal: Yahoo does so for small parts.
  return typeof value === "string" ? Buffer.from(value, "latin1") : null;
}

function numberIn(value: Value, digits: number): number | null {
  const text = textIn(value);
  const number = text !== null && text.length <= digits ? digitsIn(text, 0, text.length) : Number.NaN;
  return Number.isNaN(number) ? null : number;
}

function flagsIn(value: Value): readonly string[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly Value[]).flatMap((item) => (item instanceof Nil ? item.text : (textIn(item) ?? [])));
}

function put(row: Mutable<FetchRow>, key: string, value: Value): void {
  switch (key) {
    case "UID": {
      const uid = numberIn(value, 10);
      if (uid !== null && uid > 0 && uid <= 4_294_967_295) row.uid = uid;
      return;
    }
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

const FETCH = " FETCH (";
const MOST_DIGITS = 10;

/** Where the digits of a sequence number end that is followed by ` FETCH (`; -1 when this is no such line. Cheap, for every line of the server. */
function digitsEnd(payload: Buffer): number {
  if (payload[0] !== STAR || payload[1] !== SPACE) return -1;
  let at = 2;
  while (isDigit(payload[at])) at++;
  if (at === 2 || at > 2 + MOST_DIGITS || payload.length < at + FETCH.length) return -1;
  for (let i = 0; i < FETCH.length; i++) {
    const wanted = FETCH.charCodeAt(i);
    const byte = payload[at + i] as number;
    // A letter in either case: they differ by that one bit.
    if (byte !== wanted && (wanted < 0x41 || byte !== wanted + 0x20)) return -1;
  }
  return at;
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= ZERO + 9;

/** True for the line of a FETCH answer. */
export const isFetchLine = (payload: Buffer): boolean => digitsEnd(payload) !== -1;

/** Reads a FETCH answer. Null when it is none, or not to be understood: then its message counts as not answered. */
export function parseFetchLine(payload: Buffer, literals: readonly Buffer[]): FetchRow | null {
  const end = digitsEnd(payload);
  if (end === -1) return null;
  const text = payload.toString("latin1");
  const row: Mutable<FetchRow> = { seq: digitsIn(text, 2, end) };
  const reader = new Reader(text, end + FETCH.length, literals);
  for (;;) {
    reader.skipSpaces();
    if (reader.take(CLOSE)) return row;
    const key = reader.key();
    if (key === null) return null;
    reader.skipSpaces();
    if (key === "FLAGS") {
      const flags = reader.flags();
      if (flags === null) return null;
      row.flags = flags;
      continue;
    }
    const value = reader.value(0);
    if (value === null) return null;
    put(row, key, value);
  }
}
