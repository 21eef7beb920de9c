// How a body becomes what is stored, and back, byte for byte: base64 undone where that can be done again to the letter, then zstd.
// It must never lose a byte that it cannot make again: what does not fit a pattern to the letter stays as it is.
import { promisify } from "node:util";
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from "node:zlib";
import { fold, MAX_LIST_BYTES, unfold } from "./unfold.ts";

/**
 * What `blob.codec` says. `segments`: cut into 4 MB, each packed by itself. `unfolded`: base64 undone, then zstd. In `blob_part.codec`
 * raw and zstd begin a segment, `continued` goes on with what the row before began.
 */
export const CODEC = { raw: 0, zstd: 1, segments: 2, unfolded: 3, continued: -1 } as const;

export interface Packed {
  readonly codec: number;
  readonly bytes: Buffer;
}

const LEVEL = { [constants.ZSTD_c_compressionLevel]: 3 };
/**
 * Up to this size bodies are compressed on the main thread. Measured on 10,000 messages of 25 KB: 0.9 s in all, where handing them to
 * zlib's threads took 1.7 s of the main thread for the hand-over alone, and 2 s of theirs.
 */
const INLINE_BYTES = 131_072;
/** Compression that gains less is not worth its undoing. */
const WORTH = 0.95;

const compressAsync = promisify(zstdCompress);
const decompressAsync = promisify(zstdDecompress);

/** Gives the smallest form of a body. Large ones are compressed off the main thread. */
export async function pack(bytes: Buffer): Promise<Packed> {
  const unfolded = unfold(bytes);
  const packed = await compress(unfolded ?? bytes);
  if (unfolded !== null && packed.length <= bytes.length * WORTH) return { codec: CODEC.unfolded, bytes: packed };
  // With attachments that are no worth unfolding, plain zstd is none either.
  const plain = unfolded === null ? packed : bytes;
  return plain.length <= bytes.length * WORTH ? { codec: CODEC.zstd, bytes: plain } : { codec: CODEC.raw, bytes };
}

/** The same for a segment of a large body: zstd or as it is. */
export async function packSegment(bytes: Buffer): Promise<Packed> {
  const packed = await compress(bytes);
  return packed.length <= bytes.length * WORTH ? { codec: CODEC.zstd, bytes: packed } : { codec: CODEC.raw, bytes };
}

async function compress(bytes: Buffer): Promise<Buffer> {
  // One output chunk: the default of 16 KB doubles the cost. A stated size keeps the compressor's tables small.
  const options = {
    params: LEVEL,
    pledgedSrcSize: bytes.length,
    chunkSize: Math.max(1_024, bytes.length + 512),
  };
  return bytes.length <= INLINE_BYTES ? zstdCompressSync(bytes, options) : compressAsync(bytes, options);
}

/** Undoes `pack`. `size`: of the body; no more is ever made of it. Throws what zlib throws, and RangeError, on bytes that are damaged. */
export async function unpack({ codec, bytes }: Packed, size: number): Promise<Buffer> {
  if (codec === CODEC.raw) return bytes;
  // What was unfolded is smaller than the body, but for the list of its runs.
  const options = { maxOutputLength: Math.max(1, size + MAX_LIST_BYTES) };
  const plain =
    bytes.length <= INLINE_BYTES / 2 ? zstdDecompressSync(bytes, options) : await decompressAsync(bytes, options);
  return codec === CODEC.unfolded ? fold(plain, size) : plain;
}
