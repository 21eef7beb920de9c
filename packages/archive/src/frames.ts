// Zstd frames, one after the other from one compressor: Node's zstdCompressSync makes a compressor for each call, which takes three times as
// long as an ordinary message does. What this takes from the inside of Node's stream is named in Internals and nowhere else; where a Node
// has it differently, zstdCompressSync does the work.
// It must never give a frame that is not whole.
import { constants, createZstdCompress, type ZstdCompress, zstdCompressSync } from "node:zlib";

/** The parts of ZstdCompress that its types leave out, as of Node 24. */
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
/** Larger inputs are rare, and the making of a compressor is nothing beside their work. */
const MOST_BYTES = 1_048_576;
/** More than a frame of MOST_BYTES can have: what does not compress grows by a 256th and a head. */
const OUTPUT_BYTES = MOST_BYTES + MOST_BYTES / 256 + 1_024;

type Compressor = ZstdCompress & Internals;
let compressor: Compressor | null = null;
let output: Buffer | null = null;

function compressorOfNode(): Compressor | null {
  if (compressor !== null) return compressor;
  const made = createZstdCompress({ params: LEVEL }) as Partial<Internals> & ZstdCompress;
  if (typeof made._handle?.writeSync !== "function" || !(made._writeState instanceof Uint32Array)) return null;
  // A compressor that fails says so here; the frame is not whole then, which is what is looked at.
  made.on("error", () => {
    compressor = null;
  });
  compressor = made as Compressor;
  return compressor;
}

/** Gives one zstd frame of these bytes, in a buffer of its own. */
export function compressFrame(bytes: Buffer): Buffer {
  const made = bytes.length <= MOST_BYTES ? compressorOfNode() : null;
  if (made === null) return compressAlone(bytes);
  output ??= Buffer.allocUnsafeSlow(OUTPUT_BYTES);
  // All input and the end in one call: zstd then knows the size, states it in the frame and keeps its tables small.
  made._handle.writeSync(constants.ZSTD_e_end, bytes, 0, bytes.length, output, 0, OUTPUT_BYTES);
  const [left = 0, unread = 0] = made._writeState;
  if (compressor === made && left > 0 && unread === 0) return Buffer.from(output.subarray(0, OUTPUT_BYTES - left));
  compressor = null;
  made.destroy();
  return compressAlone(bytes);
}

function compressAlone(bytes: Buffer): Buffer {
  // One output chunk: the default of 16 KB doubles the cost. A stated size keeps the compressor's tables small.
  const chunkSize = Math.max(1_024, bytes.length + 512);
  return zstdCompressSync(bytes, { params: LEVEL, pledgedSrcSize: bytes.length, chunkSize });
}
