// How a body becomes what is stored, and back, byte for byte: base64 undone where that can be done again to the letter, then zstd.
// It must never lose a byte that it cannot make again: what does not fit a pattern to the letter stays as it is.
import { promisify } from "node:util";
import { constants, zstdCompressSync, zstdDecompress, zstdDecompressSync } from "node:zlib";
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
 * Up to this size a body is decompressed where it is wanted: handing 10,000 bodies of 25 KB to zlib's threads one by one takes twice as
 * long as the work itself.
 */
const INLINE_BYTES = 65_536;
/** Compression that gains less is not worth its undoing. */
const WORTH = 0.95;

const decompressAsync = promisify(zstdDecompress);

/** Gives the smallest form of a body. Synchronous: whoever has many of them asks `packAll` of packer.ts. */
export function pack(bytes: Buffer): Packed {
  const unfolded = unfold(bytes);
  const packed = compress(unfolded ?? bytes);
  if (unfolded !== null && packed.length <= bytes.length * WORTH) return { codec: CODEC.unfolded, bytes: packed };
  // With attachments that are no worth unfolding, plain zstd is none either.
  const plain = unfolded === null ? packed : bytes;
  return plain.length <= bytes.length * WORTH ? { codec: CODEC.zstd, bytes: plain } : { codec: CODEC.raw, bytes };
}

/** The same for a segment of a large body: zstd or as it is. */
export function packSegment(bytes: Buffer): Packed {
  const packed = compress(bytes);
  return packed.length <= bytes.length * WORTH ? { codec: CODEC.zstd, bytes: packed } : { codec: CODEC.raw, bytes };
}

function compress(bytes: Buffer): Buffer {
  // One output chunk: the default of 16 KB doubles the cost. A stated size keeps the compressor's tables small.
  const chunkSize = Math.max(1_024, bytes.length + 512);
  return zstdCompressSync(bytes, { params: LEVEL, pledgedSrcSize: bytes.length, chunkSize });
}

/** Undoes `pack`. `size`: of the body; no more is ever made of it. Throws what zlib throws, and RangeError, on bytes that are damaged. */
export async function unpack({ codec, bytes }: Packed, size: number): Promise<Buffer> {
  if (codec === CODEC.raw) return bytes;
  // What was unfolded is smaller than the body, but for the list of its runs.
  const options = { maxOutputLength: Math.max(1, size + MAX_LIST_BYTES) };
  const plain =
    bytes.length <= INLINE_BYTES ? zstdDecompressSync(bytes, options) : await decompressAsync(bytes, options);
  return codec === CODEC.unfolded ? fold(plain, size) : plain;
}
