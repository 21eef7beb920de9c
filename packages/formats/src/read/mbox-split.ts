// Cuts the bytes of an mbox into messages, as they come. One message is held, whole, with the slice that came last. One that is too large is
// passed over without being held. It must never lose what lies between two messages without saying so.
import { type FromLine, MAX_FROM_LINE, readFromLine } from "../from-lines.ts";
import { type EndQuestion, messageEnd } from "./mbox-window.ts";
import { MAX_MESSAGE_BYTES } from "./source.ts";

export type MboxPart =
  | {
      readonly kind: "message";
      readonly from: FromLine;
      /** As it lies in the mbox, without its From_ line and the empty line behind it. */
      readonly bytes: Buffer;
      /** Content-Length said where it ends. */
      readonly byLength: boolean;
    }
  | { readonly kind: "tooLarge"; readonly from: FromLine }
  /** Bytes that belong to no message: before the first From_ line. */
  | { readonly kind: "stray"; readonly bytes: number };

export interface SplitOptions {
  /** Content-Length counts. Default: true. */
  readonly lengths?: boolean;
  /** Bytes of the mbox; null: not known. A Content-Length that leads beyond is a lie. */
  readonly size: number | null;
  /** No message is longer. Default: 512 MB. */
  readonly most?: number;
}

const NO_LINE: FromLine = { kind: "bare", date: null, hasTime: false };
const FROM = Buffer.from("From ", "latin1");
const KEPT_ROOM = 16_777_216;

/** Gives the messages in order. Throws what the bytes throw. */
export async function* splitMbox(chunks: AsyncIterable<Buffer>, options: SplitOptions): AsyncGenerator<MboxPart> {
  const { lengths = true, size, most = MAX_MESSAGE_BYTES } = options;
  const window = new Window(chunks);
  const stray = await skipToFirst(window);
  if (stray > 0) yield { kind: "stray", bytes: stray };
  while ((await window.fill(FROM.length)) > 0) {
    const from = await takeFromLine(window);
    const left = size === null ? null : size - window.consumed;
    yield await takeMessage(window, from, { lengths, left, most });
  }
}

/** An mbox may begin with empty lines, or with a byte order mark that an editor left. Gives how much else was passed over. */
async function skipToFirst(window: Window): Promise<number> {
  await window.fill(MAX_FROM_LINE);
  const begin = /^(?:\xef\xbb\xbf)?[\r\n]*(?=From )/.exec(window.bytes.toString("latin1", 0, MAX_FROM_LINE));
  if (begin !== null) {
    window.drop(begin[0].length);
    return 0;
  }
  let stray = 0;
  for (;;) {
    const { bytes } = window;
    const found = bytes.indexOf("\nFrom ");
    const kept = found === -1 ? Math.max(0, bytes.length - FROM.length) : found + 1;
    window.drop(kept);
    stray += kept;
    if (found !== -1) return stray;
    const before = window.bytes.length;
    if ((await window.fill(before + 1)) === before) {
      window.drop(before);
      return stray + before;
    }
  }
}

async function takeFromLine(window: Window): Promise<FromLine> {
  await window.fill(MAX_FROM_LINE);
  const end = window.bytes.subarray(0, MAX_FROM_LINE).indexOf(10);
  const length = end === -1 ? Math.min(window.bytes.length, MAX_FROM_LINE) : end + 1;
  const line = window.bytes.toString("latin1", 0, end === -1 ? length : end);
  window.drop(length);
  return readFromLine(line) ?? NO_LINE;
}

type Bounds = Pick<EndQuestion, "lengths" | "left" | "most">;

async function takeMessage(window: Window, from: FromLine, bounds: Bounds): Promise<MboxPart> {
  let { lengths } = bounds;
  let scanned = 0;
  let tooLarge = false;
  for (;;) {
    const { bytes, whole } = window;
    const answer = messageEnd({ ...bounds, lengths, window: bytes, whole, scanned });
    if (answer.kind === "end") {
      const message = tooLarge || answer.end > bounds.most ? null : Buffer.from(bytes.subarray(0, answer.end));
      window.drop(answer.next);
      return message === null
        ? { kind: "tooLarge", from }
        : { kind: "message", from, bytes: message, byLength: answer.byLength };
    }
    scanned = answer.scanned;
    if (bytes.length > bounds.most && scanned > 2) {
      // The two bytes before tell whether a line is empty.
      tooLarge = true;
      lengths = false;
      window.drop(scanned - 2);
      scanned = 2;
    }
    await window.fill(tooLarge ? window.bytes.length + 1 : answer.bytes);
  }
}

/** The bytes that were read and not taken yet, in one piece. */
class Window {
  readonly #chunks: AsyncIterator<Buffer>;
  #buffer = Buffer.allocUnsafe(1_048_576);
  #from = 0;
  #to = 0;
  #ended = false;
  consumed = 0;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(this.#from, this.#to);
  }

  get whole(): boolean {
    return this.#ended;
  }

  /** Reads until so many bytes are there, or no more come. Gives how many there are. */
  async fill(wanted: number): Promise<number> {
    while (!this.#ended && this.#to - this.#from < wanted) {
      const { value, done } = await this.#chunks.next();
      if (done === true) this.#ended = true;
      else this.#append(value);
    }
    return this.#to - this.#from;
  }

  #append(chunk: Buffer): void {
    const held = this.#to - this.#from;
    if (this.#to + chunk.length > this.#buffer.length) {
      // Twice the room when more than half is used, so that a large message is moved a few times only.
      const room = held + chunk.length > this.#buffer.length / 2 ? 2 * (held + chunk.length) : this.#buffer.length;
      const next = room === this.#buffer.length ? this.#buffer : Buffer.allocUnsafe(room);
      this.#buffer.copy(next, 0, this.#from, this.#to);
      this.#buffer = next;
      this.#from = 0;
      this.#to = held;
    }
    this.#to += chunk.copy(this.#buffer, this.#to);
  }

  drop(bytes: number): void {
    this.#from += bytes;
    this.consumed += bytes;
    const held = this.#to - this.#from;
    // After a large message the room is given back.
    if (this.#buffer.length > KEPT_ROOM && held < KEPT_ROOM / 4) {
      this.#buffer = Buffer.concat([this.bytes], KEPT_ROOM);
      this.#from = 0;
      this.#to = held;
    }
  }
}
