// How a body becomes what is stored, and back, byte for byte: base64 undone where that can be done again to the letter, then zstd.
// It must never lose a byte that it cannot make again: what does not fit a pattern to the letter stays as it is.
import { hash } from "node:crypto";
import type { Digest } from "@packetboat/core";
import { compressFrame, decompressFrame } from "./frames.ts";
import { fold, MAX_LIST_BYTES, splitUnfolded, unfold } from "./unfold.ts";

/**
 * What `blob.codec` says. `segments`: cut into 4 MB, each packed by itself. `unfolded`: base64 undone, then zstd. `apart`: base64 undone,
 * zstd of the text (its length, 4 bytes, before it), then what was decoded as it is. In `blob_part.codec` raw and zstd begin a segment,
 * `continued` goes on with what the row before began.
 */
export const CODEC = { raw: 0, zstd: 1, segments: 2, unfolded: 3, apart: 4, continued: -1 } as const;

export interface Packed {
  readonly codec: number;
  readonly bytes: Buffer;
}

/** Compression that gains less is not worth its undoing. */
const WORTH = 0.95;
const LENGTH_BYTES = 4;
/** Larger bodies are rare. */
const KEPT_SCRATCH_BYTES = 1_048_576;

/** Where in a run, as a share of it, and how many bytes are looked at. */
const SAMPLE_PLACES = [0.1, 0.4, 0.7, 0.95] as const;
const SAMPLE_BYTES = 1_024;
const SAMPLED_PIECES = 4;
/** Of fewer bytes the squares say nothing. */
const LEAST_SAMPLES = 2_048;
/** Noise is 1 and a little; text 16, programs 4 and more. */
const EVEN_ENOUGH = 1.2;

/** Gives the smallest form of a body. Synchronous: whoever has many of them asks `packAll` of packer.ts. */
export function pack(bytes: Buffer): Packed {
  const unfolded = unfold(bytes);
  if (unfolded === null) return packSegment(bytes);
  const { text, decoded } = unfolded;
  const noise = looksCompressed(decoded);
  const packed = noise ? joined(compressFrame(text), decoded) : compressFrame(Buffer.concat([text, ...decoded]));
  if (packed.length <= bytes.length * WORTH) return { codec: noise ? CODEC.apart : CODEC.unfolded, bytes: packed };
  // With attachments that are no worth unfolding, plain zstd is none either.
  return { codec: CODEC.raw, bytes };
}

function joined(text: Buffer, decoded: readonly Buffer[]): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text, ...decoded]);
}

/**
 * Pictures, archives and most documents are compressed already; zstd would only make time of them. True when samples of the bytes are as
 * even as noise: of n bytes of noise the squares of how often each occurs add up to n + n²/256.
 */
function looksCompressed(pieces: readonly Buffer[]): boolean {
  const counts = new Uint32Array(256);
  let samples = 0;
  for (const piece of pieces.slice(0, SAMPLED_PIECES)) {
    for (const place of SAMPLE_PLACES) {
      const start = Math.floor(piece.length * place);
      const end = Math.min(piece.length, start + SAMPLE_BYTES);
      for (let at = start; at < end; at++) {
        const byte = piece[at] as number;
        counts[byte] = (counts[byte] as number) + 1;
      }
      samples += end - start;
    }
  }
  if (samples < LEAST_SAMPLES) return false;
  const squares = counts.reduce((sum, count) => sum + count * count, 0);
  return squares < samples + EVEN_ENOUGH * (samples ** 2 / 256);
}

/** The same for a segment of a large body: zstd or as it is. */
export function packSegment(bytes: Buffer): Packed {
  const packed = compressFrame(bytes);
  return packed.length <= bytes.length * WORTH ? { codec: CODEC.zstd, bytes: packed } : { codec: CODEC.raw, bytes };
}

/**
 * Undoes `pack`, and packSegment, into `body`, of which no more is ever used than it has room for; gives how much was. Throws what zlib throws, and
 * RangeError, on bytes that are damaged; what it gives without throwing may be wrong all the same. Synchronous: see unpackAll of unpacker.ts.
 */
export function unpackInto({ codec, bytes }: Packed, body: Buffer): number {
  switch (codec) {
    case CODEC.raw:
      if (bytes.length > body.length) throw new RangeError("More is stored than there was.");
      return bytes.copy(body);
    case CODEC.apart: {
      const end = LENGTH_BYTES + bytes.readUInt32BE(0);
      const text = scratchOf(body.length);
      const length = decompressFrame(bytes.subarray(LENGTH_BYTES, end), text);
      fold(text.subarray(0, length), bytes.subarray(end), body);
      return body.length;
    }
    case CODEC.unfolded: {
      const all = scratchOf(body.length);
      const length = decompressFrame(bytes, all);
      const { text, decoded } = splitUnfolded(all.subarray(0, length), body.length);
      fold(text, decoded, body);
      return body.length;
    }
    default:
      return decompressFrame(bytes, body);
  }
}

/** A body as it is stored, and what must come of it. */
export interface PackedBody extends Packed {
  readonly size: number;
  readonly sha256: Digest;
}

/** Unpacks a body into `body`, which has its size. False: it is damaged (C1). */
export function isUnpackedInto(packed: PackedBody, body: Buffer): boolean {
  try {
    return unpackInto(packed, body) === packed.size && hash("sha256", body, "hex") === packed.sha256;
  } catch {
    // Whatever zlib, or the lengths, say of it: these are not the bytes that were stored.
    return false;
  }
}

let scratch = Buffer.alloc(0);

/** Room for what was unfolded of a body: no larger than the body, but for the list of its runs. */
function scratchOf(bytes: number): Buffer {
  const needed = bytes + MAX_LIST_BYTES;
  if (needed > KEPT_SCRATCH_BYTES) return Buffer.allocUnsafe(needed);
  if (scratch.length < needed) scratch = Buffer.allocUnsafeSlow(KEPT_SCRATCH_BYTES);
  return scratch.subarray(0, needed);
}
