// C1: what is packed is unpacked byte for byte, whatever it looks like; damage is refused, not guessed at.
import { sha256 } from "@packetboat/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CODEC, isUnpackedInto, type Packed, pack, packSegment, unpackInto } from "../src/codec.ts";
import { noise } from "./noise.ts";

const CRLF = "\r\n";

function encoded(bytes: Buffer, width = 76, end = CRLF): string {
  return (bytes.toString("base64").match(new RegExp(`.{1,${width}}`, "g")) ?? []).join(end) + end;
}
const unpacked = (packed: Packed, size: number): Buffer => {
  const into = Buffer.alloc(size);
  return into.subarray(0, unpackInto(packed, into));
};
const there = (body: Buffer): number => {
  const packed = pack(body);
  expect(unpacked(packed, body.length).equals(body)).toBe(true);
  return packed.codec;
};
const message = (attachment: string, after = "--b--\r\n"): Buffer =>
  Buffer.from(`Subject: x\r\nContent-Transfer-Encoding: base64\r\n\r\n${attachment}${after}`, "latin1");

describe("bodies", () => {
  it("with attachments are stored as what is attached", () => {
    for (const width of [76, 72, 64, 60, 20, 996]) {
      for (const length of [9_000, 9_001, 9_002, 57 * 160])
        expect(there(message(encoded(noise(length), width)))).toBe(CODEC.apart);
    }
    const twice = message(
      `${encoded(noise(5_000))}\r\n--b\r\n\r\n${encoded(noise(7_000))}\r\n\r\n${encoded(noise(3_000))}`,
    );
    expect(there(twice)).toBe(CODEC.apart);
    // A kilobyte of text and 12 KB that do not compress: nothing but the base64 is saved.
    expect(pack(message(encoded(noise(12_000)))).bytes.length).toBeLessThan(12_300);
  });

  it("with attachments that compress are stored compressed, short ones always", () => {
    const words = Buffer.from("An attachment of plain words, again and again. ".repeat(400));
    const even = Buffer.from(Array.from({ length: 18_000 }, (_, at) => at & 0xff));
    for (const attachment of [words, Buffer.alloc(18_000), noise(1_000)])
      expect(there(message(encoded(attachment)))).toBe(CODEC.unfolded);
    expect(pack(message(encoded(words))).bytes.length).toBeLessThan(500);
    // A pattern that is as even as noise is taken for noise: less is saved, nothing is lost.
    expect(there(message(encoded(even)))).toBe(CODEC.apart);
  });

  it("that only look like base64 are left as they are", () => {
    const good = encoded(noise(9_000));
    const odd = [
      good.replace(/[A-Za-z]/, "-"),
      good.replace(/[A-Za-z]/, "_"),
      good.replace(/[A-Za-z]/, " "),
      good.replace(/[A-Za-z]/, "="),
      good.replace(/[A-Za-z]/, "\xe9"),
      good.replaceAll(CRLF, "\n"),
      good.replace(CRLF, "\n\r"),
      encoded(noise(9_000), 75),
      encoded(noise(9_000), 1_000),
      "A".repeat(76) + CRLF,
      `${"A".repeat(76)}${CRLF}`.repeat(9),
    ];
    for (const text of odd) there(message(text));
    there(message(good.slice(0, -1)));
    there(message(good, ""));
  });

  it("made to be slow come back before the test's time is up: work is linear in the body", () => {
    // Every blank line begins lines of one width that reach to the end and are no base64, or base64 only but for their last sign.
    for (const line of [`${"A".repeat(7)}\r\n\r\n${"A".repeat(9)}`, `${"A".repeat(19)}=`]) {
      const body = message(`${line}${CRLF}`.repeat(200_000));
      there(body);
    }
  });

  it("that do not compress are stored raw", () => {
    expect(there(noise(5_000))).toBe(CODEC.raw);
    expect(there(Buffer.alloc(0))).toBe(CODEC.raw);
    expect(packSegment(noise(5_000)).codec).toBe(CODEC.raw);
  });

  it("over 128 KB go another way and come back the same", () => {
    expect(there(message(encoded(noise(300_000))))).toBe(CODEC.apart);
    expect(there(message(encoded(Buffer.alloc(300_000, "text "))))).toBe(CODEC.unfolded);
    expect(there(Buffer.alloc(400_000, "text "))).toBe(CODEC.zstd);
  });

  it("come back the same, whatever they are made of", () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom("\r\n\r\n", "\r\n", "\n", "=", "==", "-", "--b\r\n").map((text) => Buffer.from(text)),
      fc
        .tuple(fc.integer({ min: 0, max: 3_000 }), fc.constantFrom(76, 72, 64, 24, 20), fc.integer())
        .map(([length, width, seed]) => Buffer.from(`\r\n\r\n${encoded(noise(length, seed), width)}`)),
    );
    const bodies = fc.array(piece, { maxLength: 8 }).map((pieces) => Buffer.concat(pieces));
    const spoilt = fc.tuple(bodies, fc.nat(), fc.nat(255)).map(([body, at, byte]) => {
      const copy = Buffer.from(body);
      if (copy.length > 0) copy[at % copy.length] = byte;
      return copy;
    });
    fc.assert(fc.property(fc.oneof(bodies, spoilt), (body) => void there(body)));
  });

  it("of which the packed form is damaged are refused or differ; never is more made of it than the body", () => {
    for (const body of [message(encoded(noise(5_000))), message(encoded(Buffer.alloc(5_000, "text ")))]) {
      const packed = pack(body);
      for (let at = 0; at < packed.bytes.length; at += 7) {
        const bytes = Buffer.from(packed.bytes);
        bytes[at] = (bytes[at] ?? 0) ^ 0x55;
        const wanted = { ...packed, bytes, size: body.length, sha256: sha256(body) };
        expect(isUnpackedInto(wanted, Buffer.alloc(body.length))).toBe(false);
        // What was damaged does not spoil what comes next.
        expect(isUnpackedInto({ ...wanted, bytes: packed.bytes }, Buffer.alloc(body.length))).toBe(true);
      }
    }
  });
});
