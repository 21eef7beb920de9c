// Zstd frames, one after the other from one compressor, and back by one decompressor: Node's zstdCompressSync makes a compressor for each call,
// which takes three times as long as an ordinary message does. What this takes from the inside of Node's streams is named in Internals and
// nowhere else; where a Node has it differently, its own functions do the work.
// It must never give a frame that is not whole, nor take one for whole that is not.
import {
  constants,
  createZstdCompress,
  createZstdDecompress,
  type ZstdCompress,
  type ZstdDecompress,
  zstdCompressSync,
  zstdDecompressSync,
} from "node:zlib";

/** The parts of ZstdCompress and ZstdDecompress that their types leave out, as of Node 24. */
interface Internals {
  readonly _handle: {
    writeSync(
      flush: number,
      input: Buffer,
      inputAt: number,
      inputLength: number,
      output: Buffer,
      outputAt: number,
      outputLength: number,
    ): void;
  };
  /** After a write: bytes of output that were left, bytes of input that were not read. */
  readonly _writeState: Uint32Array;
}

const LEVEL = { [constants.ZSTD_c_compressionLevel]: 3 };
/** For inputs of a few KB a lower level takes a quarter less time, for a 200th more bytes. */
const SMALL_LEVEL = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_hashLog]: 12 };
const SMALL_BYTES = 4_096;
/** Larger inputs are rare, and the making of a compressor is nothing beside their work. */
const MOST_BYTES = 1_048_576;
/** More than a frame of MOST_BYTES can have: what does not compress grows by a 256th and a head. */
const OUTPUT_BYTES = MOST_BYTES + MOST_BYTES / 256 + 1_024;

type Compressor = ZstdCompress & Internals;
/** By what they are for. */
const compressors: { small: Compressor | null; large: Compressor | null } = { small: null, large: null };
let output: Buffer | null = null;

const hasInternals = <T>(stream: T & Partial<Internals>): stream is T & Internals =>
  typeof stream._handle?.writeSync === "function" && stream._writeState instanceof Uint32Array;

function compressorOfNode(size: keyof typeof compressors): Compressor | null {
  const kept = compressors[size];
  if (kept !== null) return kept;
  const made: ZstdCompress = createZstdCompress({ params: size === "small" ? SMALL_LEVEL : LEVEL });
  if (!hasInternals(made)) return null;
  // A compressor that fails says so here; the frame is not whole then, which is what is looked at.
  made.on("error", () => {
    compressors[size] = null;
  });
  compressors[size] = made;
  return made;
}

/** Gives one zstd frame of these bytes, in a buffer of its own. */
export function compressFrame(bytes: Buffer): Buffer {
  const size = bytes.length <= SMALL_BYTES ? "small" : "large";
  const made = bytes.length <= MOST_BYTES ? compressorOfNode(size) : null;
  if (made === null) return compressAlone(bytes);
  output ??= Buffer.allocUnsafeSlow(OUTPUT_BYTES);
  // All input and the end in one call: zstd then knows the size, states it in the frame and keeps its tables small.
  made._handle.writeSync(constants.ZSTD_e_end, bytes, 0, bytes.length, output, 0, OUTPUT_BYTES);
  const [left = 0, unread = 0] = made._writeState;
  if (compressors[size] === made && left > 0 && unread === 0)
    return Buffer.from(output.subarray(0, OUTPUT_BYTES - left));
  compressors[size] = null;
  made.destroy();
  return compressAlone(bytes);
}

function compressAlone(bytes: Buffer): Buffer {
  // One output chunk: the default of 16 KB doubles the cost. A stated size keeps the compressor's tables small.
  const chunkSize = Math.max(1_024, bytes.length + 512);
  const params = bytes.length <= SMALL_BYTES ? SMALL_LEVEL : LEVEL;
  return zstdCompressSync(bytes, { params, pledgedSrcSize: bytes.length, chunkSize });
}

type Decompressor = ZstdDecompress & Internals;
let decompressor: Decompressor | null = null;

function decompressorOfNode(): Decompressor | null {
  if (decompressor !== null) return decompressor;
  const made: ZstdDecompress = createZstdDecompress();
  if (!hasInternals(made)) return null;
  // What is damaged says so here, too; that is seen by what came of it.
  made.on("error", () => undefined);
  decompressor = made;
  return decompressor;
}

/** Undoes a frame into `into`, of which it uses as much as it gives. Throws what zstdDecompressSync throws, also when there is no room for it. */
export function decompressFrame(frame: Buffer, into: Buffer): number {
  const stated = statedSize(frame);
  const made = stated === null || stated > into.length ? null : decompressorOfNode();
  if (made !== null) {
    made._handle.writeSync(constants.ZSTD_e_continue, frame, 0, frame.length, into, 0, into.length);
    const [left = 0, unread = 0] = made._writeState;
    if (unread === 0 && into.length - left === stated && !made.destroyed) return stated;
    // It may be in the midst of a frame: the next one gets another.
    decompressor = null;
    made.destroy();
  }
  return zstdDecompressSync(frame, { maxOutputLength: Math.max(1, into.length) }).copy(into);
}

const MAGIC = 0xfd2fb528;

/** How many bytes a frame says that it has (RFC 8878, 3.1.1); null when it does not, or begins like none. */
function statedSize(frame: Buffer): number | null {
  if (frame.length < 6 || frame.readUInt32LE(0) !== MAGIC) return null;
  const descriptor = frame.readUInt8(4);
  const alone = (descriptor & 0x20) !== 0;
  const at = 5 + (alone ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  if (frame.length < at + 8) return null;
  switch (descriptor >> 6) {
    case 0:
      return alone ? frame.readUInt8(at) : null;
    case 1:
      return frame.readUInt16LE(at) + 256;
    case 2:
      return frame.readUInt32LE(at);
    default:
      return Number(frame.readBigUInt64LE(at));
  }
}
