// Where a message of an mbox ends: the decision, over the bytes that have been read of it so far. A message begins with a From_ line after
// an empty line; what follows that line must look like the header of a message, because people write "From here" too. Content-Length is a
// hint: it counts when, and only when, the mbox goes on exactly where it says. Pure. It must never look at a byte twice for nothing: a
// message of 500 MB is read in slices, and asked about after each.
import { type FromLine, MAX_FROM_LINE, readFromLine } from "../from-lines.ts";

const LF = 10;
const CR = 13;
/** What has to be seen behind a place before it is decided: a From_ line and the line that follows. */
const LOOK_AHEAD = MAX_FROM_LINE + 1_024;
/** A longer header is searched for no Content-Length. */
const MAX_HEADER = 262_144;
const FROM = Buffer.from("\nFrom ", "latin1");

export type MessageEnd =
  /** `end`: behind its last byte. `next`: where the next From_ line begins, or the mbox ends. */
  | { readonly kind: "end"; readonly end: number; readonly next: number; readonly byLength: boolean }
  /** So many bytes of the window, at least, are needed. `scanned`: from here on they are to be looked at. */
  | { readonly kind: "more"; readonly bytes: number; readonly scanned: number };

export interface EndQuestion {
  /** From the byte behind the message's From_ line. */
  readonly window: Buffer;
  /** The window is all that there is. */
  readonly whole: boolean;
  /** Bytes that were looked at in vain. */
  readonly scanned: number;
  /** Content-Length counts. */
  readonly lengths: boolean;
  /** Bytes from the window's beginning to the end of the mbox; null: not known. */
  readonly left: number | null;
  /** No message is longer. */
  readonly most: number;
}

/** Gives where the message ends that the window begins with. */
export function messageEnd(question: EndQuestion): MessageEnd {
  const { window, whole, scanned } = question;
  if (question.lengths) {
    const byLength = endByLength(question);
    if (byLength !== null) return byLength;
  }
  // A From_ line right at the beginning: a message without a byte, its empty line having been taken for the end of the line before.
  for (let at = Math.max(0, scanned - 1); ; ) {
    const found = window.indexOf(FROM, at);
    if (found === -1) break;
    const from = found + 1;
    const end = endBefore(window, found);
    const begins = beginsMessage(window, from, { whole, isApart: end !== null });
    if (begins === null) return { kind: "more", bytes: from + LOOK_AHEAD, scanned: found };
    if (begins) return { kind: "end", end: end ?? from, next: from, byLength: false };
    at = found + 1;
  }
  if (whole) return { kind: "end", end: endOfLast(window), next: window.length, byLength: false };
  return { kind: "more", bytes: window.length + 1, scanned: Math.max(scanned, window.length - FROM.length) };
}

/** The end of a message whose last empty line ends with the LF at `at`; null where the line before is not empty. */
function endBefore(window: Buffer, at: number): number | null {
  const start = window[at - 1] === CR ? at - 1 : at;
  return start === 0 || window[start - 1] === LF ? start : null;
}

/** The last message may or may not be followed by an empty line. */
function endOfLast(window: Buffer): number {
  if (window.at(-1) !== LF) return window.length;
  return endBefore(window, window.length - 1) ?? window.length;
}

/**
 * Whether a message begins at a line that begins with "From "; null: more has to be seen. `isApart`: below an empty line. Some programs (git)
 * write none; then nothing less than a date with its time and a header is believed.
 */
function beginsMessage(
  window: Buffer,
  at: number,
  { whole, isApart }: { readonly whole: boolean; readonly isApart: boolean },
): boolean | null {
  const seen = window.subarray(at, at + LOOK_AHEAD);
  const isAll = whole || seen.length === LOOK_AHEAD;
  const lineEnd = seen.indexOf(LF);
  if (lineEnd === -1) return isAll ? whole && isSure(readFromLine(seen.toString("latin1"))) : null;
  const line = readFromLine(seen.toString("latin1", 0, lineEnd));
  if (line === null || (!isApart && !(isSure(line) && line.hasTime))) return false;
  if (line.kind === "ours") return true;
  const rest = seen.subarray(lineEnd + 1);
  const nextEnd = rest.indexOf(LF);
  if (nextEnd === -1 && !isAll) return null;
  return looksLikeHeader(
    rest.toString("latin1", 0, nextEnd === -1 ? rest.length : nextEnd),
    isApart && line.kind === "dated",
  );
}

/** A form that few programs write counts only between an empty line and a header. */
const isSure = (line: FromLine | null): boolean => line !== null && line.kind !== "loose";

/** A field, another From_ line as some gateways leave it, or, below a line with a date, nothing: a message without a header. */
function looksLikeHeader(line: string, mayBeEmpty: boolean): boolean {
  if (/^[!-9;-~]{1,200}[ \t]*:/.test(line) || /^>?From /.test(line)) return true;
  return mayBeEmpty && /^\r?$/.test(line);
}

function endByLength({ window, whole, left, most, scanned }: EndQuestion): MessageEnd | null {
  const body = bodyStart(window);
  if (body === null)
    return whole || window.length > MAX_HEADER ? null : { kind: "more", bytes: window.length + 1, scanned };
  const stated = contentLength(window.subarray(0, body));
  if (stated === null) return null;
  const end = body + stated;
  if (end > most || (left !== null && end > left)) return null;
  if (!whole && window.length < end + LOOK_AHEAD + 4) return { kind: "more", bytes: end + LOOK_AHEAD + 4, scanned };
  // The empty line behind it; some count its last line end, some do not.
  for (const gap of gapsAt(window, end)) {
    const next = end + gap;
    if (next >= window.length && whole) return { kind: "end", end, next: window.length, byLength: true };
    if (
      window.toString("latin1", next, next + 5) === "From " &&
      beginsMessage(window, next, { whole, isApart: true }) === true
    )
      return { kind: "end", end, next, byLength: true };
  }
  return null;
}

function gapsAt(window: Buffer, at: number): readonly number[] {
  const gaps = [0];
  let gap = 0;
  for (let lines = 0; lines < 2; lines++) {
    if (window[at + gap] === CR && window[at + gap + 1] === LF) gap += 2;
    else if (window[at + gap] === LF) gap++;
    else break;
    gaps.push(gap);
  }
  return gaps;
}

/** Behind the empty line that ends the header; null where there is none yet. */
export function bodyStart(window: Buffer): number | null {
  const limit = Math.min(window.length, MAX_HEADER);
  for (let at = 0; at < limit; ) {
    if (window[at] === LF) return at + 1;
    if (window[at] === CR && window[at + 1] === LF) return at + 2;
    const next = window.indexOf(LF, at);
    if (next === -1) return null;
    at = next + 1;
  }
  return null;
}

function contentLength(header: Buffer): number | null {
  const match = /(?:^|\n)content-length[ \t]*:[ \t]*(\d{1,12})[ \t]*\r?\n/i.exec(header.toString("latin1"));
  return match === null ? null : Number(match[1]);
}
