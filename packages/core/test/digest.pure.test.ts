// The identities of a message: canonical form, fingerprint, and all of them over every file of the mail corpus, which is hostile.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalForm, digestsOf, fingerprintOf, MAX_HEADER_BYTES } from "../src/index.ts";

/** Bytes that matter for line ends, and two that do not. */
const bytes = fc
  .array(fc.constantFrom(0, 10, 13, 13, 32, 65, 0x80, 0xff), { maxLength: 30 })
  .map((list) => Buffer.from(list));
const lines = fc.array(fc.stringMatching(/^[ -~]{0,12}$/), { minLength: 1, maxLength: 8 });
const text = (value: string): Buffer => Buffer.from(value, "latin1");
const sha256 = (value: Buffer): string => createHash("sha256").update(value).digest("hex");

describe("canonical form", () => {
  it("C4 is its own canonical form, and is the very same bytes where nothing had to change", () => {
    fc.assert(
      fc.property(bytes, (raw) => {
        const once = canonicalForm(raw);
        expect(canonicalForm(once)).toBe(once);
        expect(once.includes(0)).toBe(false);
        expect(/(^|[^\r])\n|\r(?!\n)/.test(once.toString("latin1"))).toBe(false);
      }),
    );
  });

  it("C4 is the same wherever the bytes lie in memory", () => {
    fc.assert(
      fc.property(bytes, fc.nat(9), (raw, offset) => {
        const moved = Buffer.concat([Buffer.alloc(offset, 13), raw, Buffer.alloc(4, 10)]).subarray(
          offset,
          offset + raw.length,
        );
        const expected = raw
          .toString("latin1")
          .replaceAll(/\r\r\n|\r\n|\r|\n/g, "\r\n")
          .replaceAll("\0", "\x80");
        expect(canonicalForm(moved).toString("latin1")).toBe(expected);
      }),
      {
        examples: [1, 2, 3, 4, 5].flatMap((length) =>
          [1, 2, 3].map((offset): [Buffer, number] => [Buffer.alloc(length, 65), offset]),
        ),
      },
    );
  });

  it("C4 trap 31: LF, CRLF, CR and CRCRLF give one canonical digest and their own SHA-256", () => {
    fc.assert(
      fc.property(lines, (all) => {
        const variants = ["\r\n", "\n", "\r", "\r\r\n"].map((end) =>
          digestsOf(text(all.map((line) => line + end).join(""))),
        );
        expect(new Set(variants.map((one) => one.canonical)).size).toBe(1);
        expect(new Set(variants.map((one) => one.sha256)).size).toBe(4);
        expect(variants[0]?.canonical).toBe(variants[0]?.sha256);
      }),
    );
  });

  it("C4 trap 30: NUL is read as what Dovecot makes of it", () => {
    expect(digestsOf(text("a: b\r\n\r\nx\0y\r\n")).canonical).toBe(sha256(text("a: b\r\n\r\nx\x80y\r\n")));
    expect(fingerprintOf(text("a: \0\r\n\r\n"))).toBe(fingerprintOf(text("a: \x80\r\n\r\n")));
  });

  it("C4 different text stays different", () => {
    expect(canonicalForm(text("a\n\nb"))).toEqual(text("a\r\n\r\nb"));
    expect(canonicalForm(text("a\n\rb"))).toEqual(text("a\r\n\r\nb"));
    expect(canonicalForm(text("a\r\r\rb"))).toEqual(text("a\r\n\r\n\r\nb"));
    expect(canonicalForm(text("a\nb"))).not.toEqual(canonicalForm(text("a\nb\n")));
  });

  it("C1 the bytes that come in are never written to", () => {
    const raw = text("a\0\n");
    digestsOf(raw);
    expect(raw).toEqual(text("a\0\n"));
  });
});

describe("fingerprint", () => {
  const name = fc.stringMatching(/^[A-Za-z-]{1,8}$/);
  const words = fc.array(fc.stringMatching(/^[!-9;-~]{1,6}$/), { minLength: 1, maxLength: 5 });
  const header = fc.array(fc.tuple(name, words), { minLength: 1, maxLength: 5 });
  const write = (fields: readonly (readonly [string, readonly string[]])[], fold: string, end: string): string =>
    fields.map(([field, value]) => `${field}: ${value.join(fold)}${end}`).join("");

  it("C4 is the same for a message and for the header that a server gives of it", () => {
    fc.assert(
      fc.property(header, bytes, fc.constantFrom("\r\n", "\n"), (fields, body, end) => {
        const head = write(fields, `${end} `, end);
        const whole = Buffer.concat([text(head + end), body]);
        expect(fingerprintOf(whole)).not.toBeNull();
        expect(fingerprintOf(text(head + end))).toBe(fingerprintOf(whole));
        expect(fingerprintOf(text(head))).toBe(fingerprintOf(whole));
      }),
    );
  });

  it("C4 is stable under folding and line ends", () => {
    fc.assert(
      fc.property(header, (fields) => {
        const folds = [" ", "\r\n ", "\r\n\t", "\n ", " \r\n\t  ", "\r\n \r\n "];
        const all = folds.map((fold) =>
          fingerprintOf(text(`${write(fields, fold, fold.includes("\r") ? "\r\n" : "\n")}`)),
        );
        expect(new Set(all).size).toBe(1);
      }),
    );
  });

  it("C4 is the same whatever ends the lines, whatever is in them", () => {
    const piece = fc.constantFrom("\n", "\n", " ", "\t", "a", "b:", "x".repeat(30), "\x80");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const raw = pieces.join("");
        expect(fingerprintOf(text(raw.replaceAll("\n", "\r\n")))).toBe(fingerprintOf(text(raw)));
      }),
      { numRuns: 2_000 },
    );
  });

  it("C4 differs when any field differs, the body apart", () => {
    const one = fingerprintOf(text("Subject: a\r\nReceived: x\r\n\r\nbody"));
    expect(fingerprintOf(text("Subject: a\r\nReceived: x\r\n\r\nother"))).toBe(one);
    expect(fingerprintOf(text("Subject: a\r\nReceived: y\r\n\r\nbody"))).not.toBe(one);
    expect(fingerprintOf(text("Subject: a\r\n\r\nReceived: x\r\n\r\nbody"))).not.toBe(one);
  });

  it("C4 trap 35: a message without any header has none", () => {
    for (const raw of ["", "\r\n", "\n", "\r\nbody without header\r\n", "\n\nx"])
      expect(fingerprintOf(text(raw))).toBeNull();
  });

  it("trap 29: a header without end costs bounded work", () => {
    const long = text(`X: ${"a".repeat(MAX_HEADER_BYTES)}`);
    expect(fingerprintOf(Buffer.concat([long, text("tail that is not read")]))).toBe(fingerprintOf(long));
  });

  it("C4 is the same among all identities as by itself, also where a header is cut off between CR and LF", () => {
    const cutOff = text(`X: ${"a".repeat(MAX_HEADER_BYTES - 4)}\r\nY: b\r\n\r\n`);
    expect(digestsOf(cutOff).fingerprint).toBe(fingerprintOf(cutOff));
    fc.assert(
      fc.property(lines, bytes, (header, rest) => {
        for (const raw of [rest, Buffer.concat([text(header.map((line) => `${line}\r\n`).join("")), rest])])
          expect(digestsOf(raw).fingerprint).toBe(fingerprintOf(raw));
      }),
    );
  });
});

const corpus = process.env.PACKETBOAT_CORPUS ?? resolve(import.meta.dirname, "../../../../shared/corpus");

function filesUnder(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile());
}

describe.skipIf(!existsSync(corpus))("the corpus", () => {
  it("C1 C4 trap 33: no message breaks the digests, and all of them are what they claim to be", () => {
    const files = filesUnder(corpus);
    expect(files.length).toBeGreaterThan(300);
    for (const file of files) {
      const raw = readFileSync(file);
      const { sha256: plain, canonical, fingerprint } = digestsOf(raw);
      expect(plain, file).toBe(sha256(raw));
      expect(canonical, file).toBe(sha256(canonicalForm(raw)));
      expect(digestsOf(canonicalForm(raw)).canonical, file).toBe(canonical);
      expect(fingerprint === null || /^[0-9a-f]{64}$/.test(fingerprint), file).toBe(true);
    }
  });

  it("C4 trap 34: one Message-ID, two messages, two fingerprints or two digests", () => {
    const [a, b] = ["a", "b"].map((one) => digestsOf(readFileSync(join(corpus, `made/dup-same-id-${one}.eml`))));
    expect(a?.canonical).not.toBe(b?.canonical);
  });
});
