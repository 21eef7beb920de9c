// Reads along in both directions of an IMAP connection without changing a byte: which commands a client sends, which are
// answered, where message bodies begin. It keeps no message bytes, and its transcript must never hold a password.

/** A command as the client sent it. `line` is redacted and shows literals as {n}. */
export interface SeenCommand {
  readonly tag: string;
  /** In capitals; UID commands as `UID FETCH`. */
  readonly name: string;
  readonly line: string;
}

/** Longer lines lose their middle: the beginning tells the command, the end announces a literal. */
const MAX_LINE = 262_144;

/** Finds lines and skips literals; what to do with them is given. Offsets are absolute in the stream. */
class LineScanner {
  #line = "";
  #literal = 0;
  position = 0;
  readonly #onText: (text: string, start: number, end: number) => number;
  #start = 0;

  /** `onText` gets each stretch of text that a newline ends, and gives the length of the literal that follows it (or -1). */
  constructor(onText: (text: string, start: number, end: number) => number) {
    this.#onText = onText;
  }

  /** The literal that was announced will not come. */
  forgetLiteral(): void {
    this.#literal = 0;
  }

  feed(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#literal > 0) {
        const skip = Math.min(this.#literal, chunk.length - at);
        this.#literal -= skip;
        at += skip;
        this.position += skip;
        this.#start = this.position;
        continue;
      }
      const newline = chunk.indexOf(0x0a, at);
      const end = newline < 0 ? chunk.length : newline + 1;
      this.#line += chunk.toString("latin1", at, end);
      if (this.#line.length > MAX_LINE) this.#line = this.#line.slice(0, 1_024) + this.#line.slice(-MAX_LINE / 2);
      this.position += end - at;
      at = end;
      if (newline < 0) return;
      const text = this.#line.replace(/\r?\n$/, "");
      this.#line = "";
      const start = this.#start;
      this.#start = this.position;
      this.#literal = Math.max(0, this.#onText(text, start, this.position));
    }
  }
}

/** What the client sends. */
export class ClientScanner {
  readonly #scanner: LineScanner;
  #command: { tag: string; name: string; line: string } | undefined;
  #secret = false;
  /** True between AUTHENTICATE and its answer: whole lines are secrets then. */
  #authenticating = false;

  constructor(onCommand: (command: SeenCommand) => void) {
    this.#scanner = new LineScanner((text) => {
      const announced = /\{(\d+)\+?\}$/.exec(text);
      if (!this.#command) {
        const [tag = "", first = "", second = ""] = text.split(" ", 3);
        if (this.#authenticating || first === "") return -1; // SASL data, or DONE of IDLE
        const upper = first.toUpperCase();
        this.#secret = upper === "LOGIN" || upper === "AUTHENTICATE";
        const name = upper === "UID" ? `UID ${second.toUpperCase()}` : upper;
        const shown = upper === "AUTHENTICATE" ? `${tag} ${name} ${second} <hidden>` : `${tag} ${name} <hidden>`;
        this.#command = { tag, name, line: this.#secret ? shown : text };
      } else if (!this.#secret) this.#command.line += text;
      if (announced) return Number(announced[1]);
      const command = this.#command;
      this.#command = undefined;
      this.#authenticating = command.name === "AUTHENTICATE";
      onCommand(command);
      return -1;
    });
  }

  feed(chunk: Buffer): void {
    this.#scanner.feed(chunk);
  }

  /** The server answered this command: when that came instead of `+`, no literal follows. */
  answered(tag: string): void {
    this.#authenticating = false;
    if (this.#command?.tag !== tag) return;
    this.#command = undefined;
    this.#scanner.forgetLiteral();
  }
}

/** What the server sends: events with absolute offsets in its stream. */
export interface ServerEvents {
  /** A whole message body is announced; its bytes are [start, start + length). */
  body(start: number, length: number): void;
  /** A tagged answer, whose line is [start, end). */
  answer(tag: string, status: string, start: number, end: number): void;
}

const BODY_LITERAL = /(?:BODY|BINARY)\[\](?:<\d+>)? ~?\{(\d+)\}$|RFC822 \{(\d+)\}$/i;
const BODY_QUOTED = /BODY\[\](?:<\d+>)? "((?:[^"\\]|\\.)*)"/gi;

/** What the server sends. */
export class ServerScanner {
  readonly #scanner: LineScanner;
  #continued = false;

  constructor(events: ServerEvents) {
    this.#scanner = new LineScanner((text, start, end) => {
      // Servers may send a short body as a quoted string.
      if (text.includes('BODY[] "'))
        for (const quoted of text.matchAll(BODY_QUOTED)) events.body(end - (quoted[1]?.length ?? 0), 0);
      const announced = /\{(\d+)\}$/.exec(text);
      if (announced) {
        this.#continued = true;
        if (BODY_LITERAL.test(text)) events.body(end, Number(announced[1]));
        return Number(announced[1]);
      }
      const answer = this.#continued ? null : /^([^\s*+]\S*) (OK|NO|BAD)\b/i.exec(text);
      this.#continued = false;
      if (answer) events.answer(answer[1] ?? "", (answer[2] ?? "").toUpperCase(), start, end);
      return -1;
    });
  }

  feed(chunk: Buffer): void {
    this.#scanner.feed(chunk);
  }
}
