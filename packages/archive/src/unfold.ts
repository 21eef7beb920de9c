// Base64 undone: three quarters of most archives are attachments, which zstd cannot see through. A run of full lines of one width after a
// blank line is kept as the bytes that it encodes; everything else stays text.
// It must never touch what does not fit the pattern to the letter.

const BLANK_LINE = "\r\n\r\n";
const CR = 13;
const LF = 10;
/** A run is worth its entry from so many lines on. */
const LEAST_LINES = 8;
const LEAST_WIDTH = 20;
const MOST_WIDTH = 998;
/** More runs are left as they are: a hostile message costs bounded work. */
const MOST_RUNS = 1_000;
const ENTRY_BYTES = 10;
/** The list of runs is what an unfolded body may be larger by than the body. */
export const MAX_LIST_BYTES = 2 + MOST_RUNS * ENTRY_BYTES;

/** Full lines of base64 that follow a blank line. */
interface Run {
  readonly start: number;
  readonly width: number;
  readonly lines: number;
  readonly bytes: Buffer;
}

/** A body taken apart: its text with the list of runs before it, and what the runs encoded, in their order. */
export interface Unfolded {
  /** Count of runs; for each the length of the text before it, its width and lines; then all text. */
  readonly text: Buffer;
  readonly decoded: readonly Buffer[];
}

/** Takes a body apart. Null: it has no run. */
export function unfold(body: Buffer): Unfolded | null {
  const runs = runsIn(body);
  if (runs.length === 0) return null;
  const list = Buffer.alloc(2 + runs.length * ENTRY_BYTES);
  list.writeUInt16BE(runs.length);
  const text: Buffer[] = [list];
  let end = 0;
  for (const [i, { start, width, lines }] of runs.entries()) {
    const entry = 2 + i * ENTRY_BYTES;
    list.writeUInt32BE(start - end, entry);
    list.writeUInt16BE(width, entry + 4);
    list.writeUInt32BE(lines, entry + 6);
    text.push(body.subarray(end, start));
    end = start + lines * (width + 2);
  }
  text.push(body.subarray(end));
  return { text: Buffer.concat(text), decoded: runs.map(({ bytes }) => bytes) };
}

function runsIn(body: Buffer): readonly Run[] {
  const runs: Run[] = [];
  let at = body.indexOf(BLANK_LINE);
  while (at !== -1 && runs.length < MOST_RUNS) {
    const start = at + 4;
    const width = body.subarray(start, start + MOST_WIDTH + 1).indexOf(CR);
    const lines = linesFrom(body, start, width);
    const run = lines < LEAST_LINES ? null : runOf(body, start, width, lines);
    if (run !== null) runs.push(run);
    // Also lines that were no base64 are not looked at again: work stays linear in the body. The last line end of a run may be the first
    // half of the next blank line.
    at = body.indexOf(BLANK_LINE, lines === 0 ? at + 2 : start + (run?.lines ?? lines) * (width + 2) - 2);
  }
  return runs;
}

/** How many lines of this width there are from `start`. */
function linesFrom(body: Buffer, start: number, width: number): number {
  if (width < LEAST_WIDTH || width % 4 !== 0) return 0;
  let lines = 0;
  for (let end = start + width; body[end] === CR && body[end + 1] === LF; end += width + 2) lines++;
  return lines;
}

function runOf(body: Buffer, start: number, width: number, lines: number): Run | null {
  // A last line that ends with padding is text like any other.
  const full = body[start + lines * (width + 2) - 3] === EQUALS ? lines - 1 : lines;
  const bytes = decode(body.subarray(start, start + full * (width + 2)), width, full);
  return bytes === null ? null : { start, width, lines: full, bytes };
}

const EQUALS = 61;
const MINUS = 45;
const UNDERLINE = 95;

/**
 * Null unless these lines are, to the letter, what an encoder makes of the result (C1). Node's decoder skips what is no base64, so as many
 * bytes as the lines have room for mean that every sign of them is of the alphabet; of the signs that it reads without our writing them
 * (RFC 4648, 5: - and _ for + and /) there is none. Four such signs and three bytes are each other's only form.
 */
function decode(run: Buffer, width: number, lines: number): Buffer | null {
  const bytes = Buffer.from(run.toString("latin1"), "base64");
  if (bytes.length !== (lines * width * 3) / 4 || run.includes(MINUS) || run.includes(UNDERLINE)) return null;
  return bytes;
}

/** The parts of a body that was unfolded, when they lie one after the other. */
export function splitUnfolded(joined: Buffer, size: number): { readonly text: Buffer; readonly decoded: Buffer } {
  const { list, encoded } = readList(joined);
  const end = list + size - encoded;
  return { text: joined.subarray(0, end), decoded: joined.subarray(Math.max(0, end)) };
}

interface Place {
  /** Bytes of text before the run. */
  readonly text: number;
  readonly width: number;
  readonly lines: number;
}

/** The list of runs, its own length, and how much of the body the runs are. */
function readList(text: Buffer): { readonly runs: readonly Place[]; readonly list: number; readonly encoded: number } {
  const count = text.readUInt16BE(0);
  const runs: Place[] = [];
  let encoded = 0;
  for (let i = 0; i < count; i++) {
    const entry = 2 + i * ENTRY_BYTES;
    const width = text.readUInt16BE(entry + 4);
    const lines = text.readUInt32BE(entry + 6);
    runs.push({ text: text.readUInt32BE(entry), width, lines });
    encoded += lines * (width + 2);
  }
  return { runs, list: 2 + count * ENTRY_BYTES, encoded };
}

/** Undoes `unfold` into `body`, which it fills. Throws RangeError when the lengths do not add up to that. */
export function fold(text: Buffer, decoded: Buffer, body: Buffer): void {
  const { runs, list } = readList(text);
  let from = list;
  let bytes = 0;
  let at = 0;
  for (const run of runs) {
    at += copy(text, from, run.text, body, at);
    from += run.text;
    const length = (run.lines * run.width * 3) / 4;
    at = writeLines(decoded.subarray(bytes, bytes + length), run, body, at);
    bytes += length;
  }
  const rest = body.length - at;
  if (rest < 0 || bytes !== decoded.length || from + rest !== text.length)
    throw new RangeError("The lengths of an unfolded body do not add up.");
  copy(text, from, rest, body, at);
}

/** Signs of base64 that are made at once: they stay in the processor's cache, and the memory for them is not asked of the system each time. */
const BLOCK_SIGNS = 32_768;

function writeLines(
  decoded: Buffer,
  { width, lines }: { readonly width: number; readonly lines: number },
  body: Buffer,
  start: number,
): number {
  const end = start + lines * (width + 2);
  if (decoded.length !== (lines * width * 3) / 4 || end > body.length)
    throw new RangeError("A run is longer than its body.");
  const most = Math.floor(BLOCK_SIGNS / width);
  let at = start;
  for (let line = 0; line < lines; line += most) {
    const last = Math.min(lines, line + most);
    const encoded = decoded.toString("base64", (line * width * 3) / 4, (last * width * 3) / 4);
    const stop = start + last * (width + 2);
    // To the end of its place first: then each line moves down, and never onto one that is still to move. A third of the time of any loop over bytes.
    let from = stop - encoded.length;
    body.write(encoded, from, "latin1");
    for (; at < stop; from += width) {
      body.copyWithin(at, from, from + width);
      at += width;
      body[at++] = CR;
      body[at++] = LF;
    }
  }
  return end;
}

function copy(from: Buffer, start: number, length: number, to: Buffer, at: number): number {
  if (start + length > from.length || at + length > to.length) throw new RangeError("A text is longer than its body.");
  return from.copy(to, at, start, start + length);
}
