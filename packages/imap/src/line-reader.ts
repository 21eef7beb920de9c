// Cuts what a server sends into lines, literals inside them. A literal stays in its line as it came: `{5}`, CRLF, five bytes. Bytes as
// latin1. It must never keep more than one unfinished line, nor one that is longer than any line a watching connection can need.

/** LIST and STATUS lines with names of 8 kB in literals fit; a message does not, and nobody asked for one. */
const MAX_LINE_BYTES = 256 * 1024;

/** Answers whose text may end in braces by chance: no literal follows them. */
const WORDS = /^(?:\+|\S+ (?:OK|NO|BAD|BYE|PREAUTH)\b)/i;

export class LineReader {
  readonly #take: (line: string) => void;
  #partial = "";
  /** Where in the unfinished line its next end is looked for: behind a literal, whose bytes may hold line ends. */
  #from = 0;

  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  /** Something is left that is no whole line. */
  get holds(): boolean {
    return this.#partial !== "";
  }

  /** False: the line is too long, and nothing more is read. */
  feed(chunk: string): boolean {
    let text = this.#partial + chunk;
    this.#partial = "";
    for (;;) {
      const end = text.indexOf("\n", this.#from);
      if (end < 0) break;
      const stop = text.charCodeAt(end - 1) === 13 ? end - 1 : end;
      const literal = text.charCodeAt(stop - 1) === 125 ? /\{(\d{1,9})\+?\}$/.exec(text.slice(this.#from, stop)) : null;
      if (literal !== null && !WORDS.test(text)) {
        this.#from = end + 1 + Number(literal[1]);
        if (this.#from > MAX_LINE_BYTES) return false;
        continue;
      }
      const line = text.slice(0, stop);
      text = text.slice(end + 1);
      this.#from = 0;
      this.#take(line);
    }
    if (text.length > MAX_LINE_BYTES) return false;
    this.#partial = text;
    return true;
  }
}
