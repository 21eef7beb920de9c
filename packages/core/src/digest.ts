// The identities of a message (C1, C4): SHA-256 of its bytes, the canonical digest that survives a server's line-end habits, and the
// fingerprint of its header. Pure: bytes in, digests out. It must never parse MIME, and never change what it reads.
import { hash } from "node:crypto";

/** Lower-case hexadecimal SHA-256. */
export type Digest = string;

export interface Digests {
  /** Of the bytes as the server gave them. */
  readonly sha256: Digest;
  /** Of the bytes with every line end made CRLF and NUL mapped; equals `sha256` where nothing had to be changed. */
  readonly canonical: Digest;
  /** Of the whole header, unfolded; null where a message has no header (such messages exist: only bytes decide there). */
  readonly fingerprint: Digest | null;
}

const LF = 10;
const CR = 13;
const NUL = 0;
/** Dovecot hands out NUL as 0x80 (its own mapping); every NUL is read as that. */
const NUL_MAPPED = 0x80;
const SPACE = 32;
const TAB = 9;
/** No header read by a fingerprint is longer: a hostile header costs bounded work. */
export const MAX_HEADER_BYTES = 1_048_576;

/** The digest of any bytes. */
export function sha256(bytes: Uint8Array): Digest {
  return hash("sha256", bytes, "hex");
}

/** Four bytes at a time: most of a message is no line end, and this is read of every message. */
const WORD = 4;

/** True when the canonical form is the bytes themselves: every CR is followed by LF, every LF preceded by CR, no NUL. */
function isCanonical(bytes: Buffer): boolean {
  const first = -bytes.byteOffset & (WORD - 1);
  if (bytes.length < first + WORD) return isCanonicalIn(bytes, 0, bytes.length);
  const count = (bytes.length - first) >> 2;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + first, count);
  if (!isCanonicalIn(bytes, 0, first)) return false;
  for (let i = 0, at = first; i < count; i++, at += WORD) {
    const word = words[i] as number;
    // A byte below 14 borrows: its highest bit is set here and was not before. Others may be taken for one, none is missed.
    if (((word - 0x0e0e0e0e) & ~word & 0x80808080) !== 0 && !isCanonicalIn(bytes, at, at + WORD)) return false;
  }
  return isCanonicalIn(bytes, first + count * WORD, bytes.length);
}

function isCanonicalIn(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte === NUL) return false;
    if (byte === CR && bytes[at + 1] !== LF) return false;
    if (byte === LF && bytes[at - 1] !== CR) return false;
  }
  return true;
}

/** Gives the canonical form. CRLF, LF, CR, and CR CR LF (a gateway's double conversion) are one line end each. */
export function canonicalForm(bytes: Buffer): Buffer {
  if (isCanonical(bytes)) return bytes;
  const out = Buffer.allocUnsafe(bytes.length * 2);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte === CR || byte === LF) {
      if (byte === CR) {
        if (bytes[i + 1] === CR && bytes[i + 2] === LF) i += 2;
        else if (bytes[i + 1] === LF) i++;
      }
      out[length++] = CR;
      out[length++] = LF;
    } else out[length++] = byte === NUL ? NUL_MAPPED : byte;
  }
  return out.subarray(0, length);
}

/** Where the header ends: after its last line, before the blank one. The whole message when there is no blank line. */
function headerEnd(bytes: Buffer): number {
  let at = 0;
  const limit = Math.min(bytes.length, MAX_HEADER_BYTES);
  while (at < limit) {
    const first = bytes[at];
    if (first === LF || (first === CR && bytes[at + 1] === LF)) return at;
    const next = bytes.indexOf(LF, at);
    if (next === -1) return limit;
    at = next + 1;
  }
  return limit;
}

/**
 * Gives the fingerprint of a header (C4): line ends dropped where a line is folded, runs of white space at a fold made one space, NUL
 * mapped. The same for a whole message and for what BODY[HEADER] gives of it. Null when there is no header line at all.
 */
export function fingerprintOf(bytes: Buffer): Digest | null {
  return fingerprintIn(bytes, false);
}

/** `isKnown`: the bytes are their own canonical form. Then so is their header, which ends behind a line unless it is cut off. */
function fingerprintIn(bytes: Buffer, isKnown: boolean): Digest | null {
  const header = bytes.subarray(0, headerEnd(bytes));
  const isPlain = (isKnown && header.length < MAX_HEADER_BYTES) || isCanonical(header);
  return isPlain ? fingerprintOfLines(header) : fingerprintOfBytes(header);
}

/** Shorter lines are copied faster byte by byte. */
const SHORT_LINE_BYTES = 24;

/** The same as below where every line ends in CRLF and nothing is to be mapped, as nearly always: line by line, in half the time. */
function fingerprintOfLines(header: Buffer): Digest | null {
  const out = Buffer.allocUnsafe(header.length + 1);
  let length = 0;
  for (let at = 0; at < header.length; ) {
    const lineEnd = header.indexOf(LF, at);
    const end = lineEnd === -1 ? header.length : lineEnd - 1;
    if (length > 0 && isBlank(header[at])) {
      while (isBlank(header[at])) at++;
      length = withoutBlanks(out, length - 1);
      out[length++] = SPACE;
    }
    if (end - at > SHORT_LINE_BYTES) length += header.copy(out, length, at, end);
    else while (at < end) out[length++] = header[at++] as number;
    out[length++] = LF;
    at = lineEnd === -1 ? header.length : lineEnd + 1;
  }
  return digestOfLines(out, length);
}

const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === TAB;

function withoutBlanks(out: Buffer, length: number): number {
  let end = length;
  while (end > 0 && isBlank(out[end - 1])) end--;
  return end;
}

function digestOfLines(out: Buffer, length: number): Digest | null {
  let end = length;
  while (end > 0 && (out[end - 1] === LF || out[end - 1] === SPACE)) end--;
  return end === 0 ? null : sha256(out.subarray(0, end));
}

function fingerprintOfBytes(header: Buffer): Digest | null {
  const out = Buffer.allocUnsafe(header.length + 1);
  let length = 0;
  for (let i = 0; i < header.length; i++) {
    const byte = header[i] as number;
    if (byte !== CR && byte !== LF) {
      out[length++] = byte === NUL ? NUL_MAPPED : byte;
      continue;
    }
    while (header[i + 1] === CR || header[i + 1] === LF) i++;
    if (isBlank(header[i + 1])) {
      while (isBlank(header[i + 1])) i++;
      length = withoutBlanks(out, length);
      out[length++] = SPACE;
    } else out[length++] = LF;
  }
  return digestOfLines(out, length);
}

/** Gives all identities of a message's bytes. Costs one pass of SHA-256 for ordinary mail, two where line ends are odd. */
export function digestsOf(bytes: Buffer): Digests {
  const plain = sha256(bytes);
  const canonical = canonicalForm(bytes);
  const isPlain = canonical === bytes;
  return {
    sha256: plain,
    canonical: isPlain ? plain : sha256(canonical),
    fingerprint: fingerprintIn(bytes, isPlain),
  };
}
