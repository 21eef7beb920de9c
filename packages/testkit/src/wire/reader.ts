// Cuts the byte stream of an IMAP server into responses: lines with their literals, bytes kept exactly. Written for tests as
// an independent witness, so it shares no code with the engine and uses no IMAP library. It never interprets a response.

/** One response: text between literals as latin-1 strings, literals as they came. The line ends are left out. */
export type ResponseParts = readonly (string | Buffer)[];

/** Feed it chunks as they come; it calls `onResponse` once per whole response. Linear in the bytes, whatever the chunks. */
export class ResponseReader {
  #parts: (string | Buffer)[] = [];
  #pending: Buffer[] = [];
  #missing = 0;
  #inLiteral = false;
  readonly #onResponse: (parts: ResponseParts) => void;

  constructor(onResponse: (parts: ResponseParts) => void) {
    this.#onResponse = onResponse;
  }

  feed(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) rest = this.#inLiteral ? this.#takeLiteral(rest) : this.#takeLine(rest);
  }

  #takeLiteral(chunk: Buffer): Buffer {
    const part = chunk.subarray(0, this.#missing);
    this.#pending.push(part);
    this.#missing -= part.length;
    if (this.#missing === 0) {
      this.#parts.push(Buffer.concat(this.#pending));
      this.#pending = [];
      this.#inLiteral = false;
    }
    return chunk.subarray(part.length);
  }

  #takeLine(chunk: Buffer): Buffer {
    const end = chunk.indexOf(0x0a);
    if (end < 0) {
      this.#pending.push(chunk);
      return chunk.subarray(chunk.length);
    }
    const line = Buffer.concat([...this.#pending, chunk.subarray(0, end)])
      .toString("latin1")
      .replace(/\r$/, "");
    this.#pending = [];
    // RFC 3501 4.3: a literal follows the line that announces it; ~{n} is a literal8 (RFC 3516).
    const announced = /~?\{(\d+)\}$/.exec(line);
    if (announced) {
      this.#parts.push(line.slice(0, announced.index));
      this.#missing = Number(announced[1]);
      if (this.#missing === 0) this.#parts.push(Buffer.alloc(0));
      else this.#inLiteral = true;
    } else {
      this.#parts.push(line);
      const whole = this.#parts;
      this.#parts = [];
      this.#onResponse(whole);
    }
    return chunk.subarray(end + 1);
  }
}

/** A value of a response: atoms and quoted strings as text, literals as bytes, NIL as null, lists as arrays. */
export type Value = string | Buffer | null | Value[];

/** Parses the text and literals of a response (what comes after `* ` or a part of it) into values. */
export function parseValues(parts: ResponseParts): Value[] {
  const stack: Value[][] = [[]];
  const top = (): Value[] => stack[stack.length - 1] ?? [];
  for (const part of parts) {
    if (typeof part !== "string") {
      top().push(part);
      continue;
    }
    let at = 0;
    while (at < part.length) {
      const char = part[at];
      if (char === " ") at += 1;
      else if (char === "(") {
        stack.push([]);
        at += 1;
      } else if (char === ")") {
        const list = stack.pop() ?? [];
        if (stack.length === 0) throw new Error(`a bracket too many in: ${part.slice(0, 200)}`);
        top().push(list);
        at += 1;
      } else if (char === '"') {
        const quoted = /"((?:[^"\\]|\\.)*)"/y;
        quoted.lastIndex = at;
        const found = quoted.exec(part);
        if (!found) throw new Error(`a quoted string without end in: ${part.slice(0, 200)}`);
        top().push((found[1] ?? "").replace(/\\(.)/g, "$1"));
        at = quoted.lastIndex;
      } else {
        // An atom; BODY[HEADER.FIELDS (DATE)]<0> has blanks and brackets inside its square brackets.
        const atom = /(?:\[[^\]]*\]|[^\s()[])+|\[/y;
        atom.lastIndex = at;
        const found = atom.exec(part);
        if (!found) throw new Error(`not an atom in: ${part.slice(at, at + 200)}`);
        top().push(found[0].toUpperCase() === "NIL" ? null : found[0]);
        at = atom.lastIndex;
      }
    }
  }
  if (stack.length !== 1) throw new Error("a bracket was never closed");
  return top();
}
