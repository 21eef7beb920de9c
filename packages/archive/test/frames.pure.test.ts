// Frames from one compressor are, to the byte, what Node's own function makes of the same bytes, whatever came before them.
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import { compressFrame } from "../src/frames.ts";
import { noise } from "./noise.ts";

const alone = (bytes: Buffer): Buffer =>
  zstdCompressSync(bytes, {
    params: { [constants.ZSTD_c_compressionLevel]: 3 },
    pledgedSrcSize: bytes.length,
    chunkSize: bytes.length + 1_024,
  });

it("every frame is whole and the same as if it had been made alone", () => {
  const piece = fc.tuple(fc.constantFrom(0, 1, 20, 3_000, 90_000), fc.integer(), fc.nat(2_000));
  const body = piece.map(([words, seed, random]) =>
    Buffer.concat([Buffer.from("some words of text, ".repeat(words / 20)), noise(random, seed)]),
  );
  fc.assert(
    fc.property(fc.array(body, { maxLength: 12 }), (bodies) => {
      for (const bytes of bodies) {
        const frame = compressFrame(bytes);
        expect(frame.equals(alone(bytes))).toBe(true);
        expect(zstdDecompressSync(frame, { maxOutputLength: bytes.length + 1 }).equals(bytes)).toBe(true);
      }
    }),
  );
});

it("up to the largest, and beyond it", () => {
  for (const length of [1_048_575, 1_048_576, 1_048_577, 3_000_000]) {
    const bytes = noise(length, length);
    expect(zstdDecompressSync(compressFrame(bytes)).equals(bytes), String(length)).toBe(true);
    expect(compressFrame(Buffer.from("afterwards")).equals(alone(Buffer.from("afterwards")))).toBe(true);
  }
});
