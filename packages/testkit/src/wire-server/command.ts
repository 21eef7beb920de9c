// Reads what a client sends: command lines with their literals (RFC 9051 section 4.3), as a tag, a name and a tree of arguments. Strict:
// what no well-made client sends is a syntax error. It must never hold more than one command of bounded size.

export type Argument =
  | { readonly kind: "atom"; readonly text: string }
  | { readonly kind: "string"; readonly bytes: Buffer }
  | { readonly kind: "list"; readonly items: readonly Argument[] };

export interface Command {
  readonly tag: string;
  /** In capitals; "UID FETCH" is one name. */
  readonly name: string;
  readonly args: readonly Argument[];
  /** The line as it came, literals as `{n}`. */
  readonly line: string;
}

const MAX_COMMAND = 64 * 1024 * 1024;
const LITERAL = /\{(\d{1,9})(\+?)\}$/;

/** Puts lines and literals together. */
export class CommandReader {
  /** When set, the next whole line goes there and not to the parser: SASL answers, DONE. */
  rawLine: ((line: string) => void) | null = null;
  private buffer: Buffer = Buffer.alloc(0);
  private text = "";
  private literals: Buffer[] = [];
  private wanted = 0;
  private readonly onCommand: (command: Command | { readonly tag: string; readonly error: string }) => void;
  private readonly proceed: () => void;

  constructor(
    onCommand: (command: Command | { readonly tag: string; readonly error: string }) => void,
    proceed: () => void,
  ) {
    this.onCommand = onCommand;
    this.proceed = proceed;
  }

  feed(chunk: Buffer): void {
    this.buffer = this.buffer.length === 0 ? chunk : Buffer.concat([this.buffer, chunk]);
    if (this.buffer.length > MAX_COMMAND) throw new Error("a command beyond all bounds");
    while (this.step());
  }

  private step(): boolean {
    if (this.wanted > 0) {
      if (this.buffer.length < this.wanted) return false;
      this.literals.push(Buffer.from(this.buffer.subarray(0, this.wanted)));
      this.buffer = this.buffer.subarray(this.wanted);
      this.wanted = 0;
    }
    const end = this.buffer.indexOf("\r\n");
    if (end === -1) return false;
    const line = this.buffer.toString("latin1", 0, end);
    this.buffer = this.buffer.subarray(end + 2);
    if (this.rawLine !== null && this.text === "") {
      const take = this.rawLine;
      this.rawLine = null;
      take(line);
      return true;
    }
    this.text += line;
    const literal = LITERAL.exec(line);
    if (literal) {
      this.wanted = Number(literal[1]);
      if (this.wanted === 0) this.literals.push(Buffer.alloc(0));
      if (literal[2] === "") this.proceed();
      return true;
    }
    const { text, literals } = this;
    this.text = "";
    this.literals = [];
    this.onCommand(parseCommand(text, literals));
    return true;
  }
}

function parseCommand(line: string, literals: Buffer[]): Command | { readonly tag: string; readonly error: string } {
  const head = /^(\S+) (UID )?([A-Za-z]+)(?: |$)/i.exec(line);
  if (head === null) return { tag: /^\S+/.exec(line)?.[0] ?? "*", error: "no command" };
  const tag = head[1] ?? "*";
  const name = `${head[2] ?? ""}${head[3] ?? ""}`.toUpperCase();
  const parser = new Parser(line, head[0].length, literals);
  const args = parser.all();
  return args === null ? { tag, error: "syntax error" } : { tag, name, args, line };
}

class Parser {
  private readonly text: string;
  private at: number;
  private readonly literals: Buffer[];

  constructor(text: string, at: number, literals: Buffer[]) {
    this.text = text;
    this.at = at;
    this.literals = [...literals];
  }

  /** Everything to the end of the line; null for a syntax error. */
  all(): readonly Argument[] | null {
    const items: Argument[] = [];
    while (this.at < this.text.length) {
      const item = this.one();
      if (item === null) return null;
      items.push(item);
      if (this.at < this.text.length && this.text[this.at++] !== " ") return null;
    }
    return items;
  }

  private one(): Argument | null {
    switch (this.text[this.at]) {
      case "(":
        return this.list();
      case '"':
        return this.quoted();
      case "{": {
        const found = /\{\d+\+?\}/y;
        found.lastIndex = this.at;
        const marker = found.exec(this.text);
        const bytes = this.literals.shift();
        if (marker === null || bytes === undefined) return null;
        this.at += marker[0].length;
        return { kind: "string", bytes };
      }
      default:
        return this.atom();
    }
  }

  private list(): Argument | null {
    this.at++;
    const items: Argument[] = [];
    while (this.text[this.at] !== ")") {
      if (this.at >= this.text.length) return null;
      if (items.length > 0 && this.text[this.at] === " ") this.at++;
      const item = this.one();
      if (item === null) return null;
      items.push(item);
    }
    this.at++;
    return { kind: "list", items };
  }

  private quoted(): Argument | null {
    let text = "";
    for (let i = this.at + 1; i < this.text.length; i++) {
      const char = this.text[i];
      if (char === '"') {
        this.at = i + 1;
        return { kind: "string", bytes: Buffer.from(text, "latin1") };
      }
      text += char === "\\" ? this.text[++i] : char;
    }
    return null;
  }

  /** An atom; brackets hold together what is in them: BODY.PEEK[HEADER.FIELDS (X)]<0.5>. */
  private atom(): Argument | null {
    const start = this.at;
    let depth = 0;
    for (; this.at < this.text.length; this.at++) {
      const char = this.text[this.at];
      if (char === "[") depth++;
      else if (char === "]") depth--;
      else if (depth === 0 && (char === " " || char === "(" || char === ")" || char === '"')) break;
    }
    return this.at === start ? null : { kind: "atom", text: this.text.slice(start, this.at) };
  }
}

/** The text of an atom or string; null for a list. */
export function textOfArgument(argument: Argument | undefined): string | null {
  if (argument === undefined || argument.kind === "list") return null;
  return argument.kind === "atom" ? argument.text : argument.bytes.toString("latin1");
}

/** The items of a list; a lone argument is a list of one. */
export function itemsOf(argument: Argument | undefined): readonly Argument[] {
  if (argument === undefined) return [];
  return argument.kind === "list" ? argument.items : [argument];
}

/** Words in capitals. */
export function wordsOf(argument: Argument | undefined): readonly string[] {
  return itemsOf(argument).map((item) => (textOfArgument(item) ?? "").toUpperCase());
}

/** A set of numbers as ranges; `*` is `last`. Null when it is none. */
export function parseSet(text: string, last: number): readonly (readonly [number, number])[] | null {
  if (!/^(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?(?:,(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?)*$/.test(text)) return null;
  return text.split(",").map((part) => {
    const [a = 0, b = a] = part.split(":").map((end) => (end === "*" ? last : Number(end)));
    return [Math.min(a, b), Math.max(a, b)] as const;
  });
}
