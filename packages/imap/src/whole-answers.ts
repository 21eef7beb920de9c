// The short way of a FETCH answer: one that lies whole in what was read from the socket is cut out of it where it lies, and taken at once. imapflow's own
// way copies each literal, hands each answer through an object stream and lets the process look for other work after every tenth.
// What does not lie whole in one piece goes that way, in its turn; so do all other lines.
// It must never take an answer out of its order, nor one that imapflow would refuse.
import { setImmediate } from "node:timers/promises";
import { isFetchLine } from "./fetch-line.ts";

/** One answer as imapflow's stream cuts it: the line, its literals apart. */
export interface ResponseData {
  readonly payload: Buffer;
  readonly literals: readonly Buffer[];
}

/** The parts of imapflow's ImapStream that its d.ts leaves out, as of 2.9.1. */
export interface AnswerStream {
  maxLineLength: number;
  maxLiteralSize: number;
  readonly destroyed: boolean;
  /** 1: in a line. 2: in a literal. */
  readonly state: number;
  /** What of the current answer and of the current line is there. */
  readonly inputBuffer: readonly Buffer[];
  readonly lineBuffer: readonly Buffer[];
  /** Reads on from `start` to the end of a literal or of the piece; gives where to go on, null at the end. */
  processChunkSegment(piece: Buffer, start: number): Promise<number | null>;
}

/** Gives the answer its reader. `true`: it was taken. A promise: nothing more is read until it settles; false ends the connection. */
export type TakeAnswer = (answer: ResponseData) => true | Promise<boolean>;

export interface Cut {
  readonly answer: ResponseData;
  /** Where the next one begins. */
  readonly next: number;
}

const IN_LINE = 1;
const LF = 10;
const CR = 13;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const ZERO = 0x30;
/** Digits of a literal that can lie in one piece; longer ones, and zeros before, are imapflow's. */
const MOST_DIGITS = 9;

/** Cuts out the FETCH answer that begins at `start`. Null: it is none, or not whole, or has a bound to be looked at. */
export function cutAnswer(
  piece: Buffer,
  start: number,
  limits: Pick<AnswerStream, "maxLineLength" | "maxLiteralSize">,
): Cut | null {
  if (!isFetchLine(piece.subarray(start, start + 24))) return null;
  const lines: Buffer[] = [];
  const literals: Buffer[] = [];
  for (let at = start; ; ) {
    const end = piece.indexOf(LF, at) + 1;
    if (end === 0 || end - at > limits.maxLineLength) return null;
    const size = literalAt(piece, at, end);
    if (size === null) {
      lines.push(piece.subarray(at, piece[end - 2] === CR ? end - 2 : end - 1));
      return {
        answer: { payload: lines.length === 1 ? (lines[0] as Buffer) : Buffer.concat(lines), literals },
        next: end,
      };
    }
    // Not whole, or too large: NaN is neither less nor equal.
    if (!(size <= limits.maxLiteralSize && end + size < piece.length)) return null;
    lines.push(piece.subarray(at, end));
    literals.push(piece.subarray(end, end + size));
    at = end + size;
  }
}

/** The size of the literal that a line announces (RFC 3501, 4.3); null when it announces none, NaN when imapflow is to judge. */
function literalAt(piece: Buffer, start: number, end: number): number | null {
  const close = piece[end - 2] === CR ? end - 3 : end - 2;
  if (piece[close] !== CLOSE) return null;
  let open = close - 1;
  while (open >= start && isDigit(piece[open])) open--;
  if (open < start || piece[open] !== OPEN || open === close - 1) return null;
  if (close - open - 1 > MOST_DIGITS) return Number.NaN;
  let size = 0;
  for (let at = open + 1; at < close; at++) size = size * 10 + (piece[at] as number) - ZERO;
  return size;
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= ZERO + 9;

/**
 * Lets a stream take this way while `wanted` says so. `parked` is told while a taker keeps us waiting: a server that is silent meanwhile is not at
 * fault.
 */
export function takeWholeAnswers(
  stream: AnswerStream,
  wanted: () => boolean,
  take: TakeAnswer,
  parked: (isParked: boolean) => void,
): void {
  const itsOwnWay = stream.processChunkSegment.bind(stream);
  stream.processChunkSegment = async (piece, start) => {
    if (stream.state !== IN_LINE || stream.lineBuffer.length > 0 || !wanted()) return itsOwnWay(piece, start);
    if (stream.inputBuffer.length > 0) return restOfAnswer(itsOwnWay, piece, start);
    let at = start;
    while (!stream.destroyed && wanted()) {
      const cut = cutAnswer(piece, at, stream);
      if (cut === null) break;
      at = cut.next;
      const taken = take(cut.answer);
      if (taken === true) continue;
      parked(true);
      try {
        if (!(await taken)) return null;
      } finally {
        parked(false);
      }
    }
    // Sockets are read up to 32 pieces at a time before anything else is looked at: the database would wait for us with an answer in its hands.
    if (at > start) await setImmediate();
    return itsOwnWay(piece, at);
  };
}

/** An answer that began in an earlier piece, behind its literal: to its end, and no further, so that the next one may be whole. */
async function restOfAnswer(
  itsOwnWay: AnswerStream["processChunkSegment"],
  piece: Buffer,
  start: number,
): Promise<number | null> {
  const end = piece.indexOf(LF, start) + 1;
  if (end === 0) return itsOwnWay(piece, start);
  await itsOwnWay(piece.subarray(0, end), start);
  return end < piece.length ? end : null;
}
