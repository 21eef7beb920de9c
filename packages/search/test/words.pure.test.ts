// Folding and words: the same for what is stored and what is asked, and safe for what Postgres takes.
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { fold, foldLine, parseQuery, spaced, wordsOf } from "../src/index.ts";

describe("fold", () => {
  it.each([
    ["Crème BRÛLÉE", "creme brulee"],
    ["Straße", "strasse"],
    ["Łódź", "lodz"],
    ["Ελλάδα", "ελλαδα"],
    ["Ёлка", "елка"],
    ["ｆｕｌｌ", "full"],
    ["ﬁle", "file"],
    ["がか", "がか"],
    ["soft\u00adhyphen", "softhyphen"],
    ["e\u0301", "e"],
  ])("%s → %s", (text, folded) => expect(fold(text)).toBe(folded));
});

describe("words", () => {
  it.each([
    ["Order #7, please!", ["order", "7", "please"]],
    ["don't", ["don", "t"]],
    ["東京都", ["東京", "京都", "都"]],
    ["iPhoneを買う", ["iphone", "を買", "買う", "う"]],
    ["", []],
    ["x".repeat(50), ["x".repeat(40)]],
  ])("%s", (text, words) => expect(wordsOf(text)).toEqual(words));

  test("are never empty, spaced or long, and fold to themselves", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        for (const word of wordsOf(text)) {
          expect(word).toMatch(/^[\p{L}\p{N}\p{M}]+$/u);
          expect(Buffer.byteLength(word)).toBeLessThan(500);
          expect(word.isWellFormed()).toBe(true);
        }
        expect(foldLine(text)).not.toMatch(/\0|\s\s|^\s|\s$/);
      }),
    );
  });

  test("any piece of a text between two gaps is found in it", () => {
    const word = fc.constantFrom("order", "7", "東京都庁", "naïve", "を", "x");
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 8 }), fc.nat(), fc.nat(), (text, from, length) => {
        const stored = spaced(wordsOf(text.join(" ")));
        const at = from % text.length;
        const asked = text.slice(at, at + 1 + (length % (text.length - at)));
        const parsed = parseQuery(`"${asked.join(" ")}"`, 0);
        if (parsed.kind !== "query" || parsed.query.kind !== "words") throw new Error("not understood");
        const { words, open } = parsed.query;
        expect(stored).toContain(` ${words.join(" ")}${open ? "" : " "}`);
      }),
    );
  });
});
