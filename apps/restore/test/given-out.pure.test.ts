// Names, types and pictures under which parts of messages are given out, and how many are opened at once.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dispositionOf, safeName, safeType } from "../src/http/file-name.ts";
import { pictureTypeOf } from "../src/http/picture.ts";
import { turnsOf } from "../src/http/turns.ts";

describe("the name of a file", () => {
  it.each([
    ["invoice.pdf", "invoice.pdf"],
    ["../../etc/passwd", "passwd"],
    ["C:\\Windows\\x.exe", "x.exe"],
    ["invoice\u202efdp.exe", "invoicefdp.exe"],
    ["invoice.pdf                     .exe", "invoice.pdf .exe"],
    ["a\r\nSet-Cookie: x=1", "aSet-Cookie_ x=1"],
    [".bashrc", "bashrc"],
    ["con.txt", "_con.txt"],
    ["NUL", "_NUL"],
    ["console.txt", "console.txt"],
    ["trailing. . ", "trailing"],
    ["zero\u200bwidth\ufeff.txt", "zerowidth.txt"],
    ['a"b*c?.txt', "a_b_c_.txt"],
    ["%2e%2e%2fx", "_2e_2e_2fx"],
    ["東京.txt", "東京.txt"],
    ["half\ud800.txt", "half\ufffd.txt"],
    ["/", "else"],
    ["...", "else"],
    ["", "else"],
    [`${"ä".repeat(300)}.docx`, `${"ä".repeat(72)}.docx`],
  ])("%j is %j", (given, safe) => expect(safeName(given, "else")).toBe(safe));

  it("is one that no system, header or eye takes for another, whatever it is made of", () => {
    const letters = fc.constantFrom(..."/\\.:%\"'\r\n\0 ;*?~-_aé東\u202e\u200b\u2028\ud83d\ude00conexe");
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: letters })), (given) => {
        const name = safeName(given, "else");
        expect(name).not.toBe("");
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(150);
        expect(name).not.toMatch(/[/\\"<>:|?*\p{C}]|^[. ]|[. ]$/u);
        expect(dispositionOf("attachment", name)).toMatch(
          /^attachment; filename="[ !#-[\]-~]*"(; filename\*=UTF-8''[\w%.~!-]+)?$/,
        );
        expect(safeName(name, "else")).toBe(name);
      }),
    );
  });

  it.each([
    ["Image/PNG ", "image/png"],
    ["text/html; charset=x", "application/octet-stream"],
    ["te<xt/x", "application/octet-stream"],
    ["", "application/octet-stream"],
  ])("type %j is %j", (given, safe) => expect(safeType(given)).toBe(safe));
});

it.each([
  ["89504e470d0a1a0a00", "image/png"],
  ["ffd8ffe0", "image/jpeg"],
  [Buffer.from("GIF89a...").toString("hex"), "image/gif"],
  [Buffer.from("RIFF1234WEBPVP8").toString("hex"), "image/webp"],
  [Buffer.from("RIFF1234WAVE").toString("hex"), null],
  [Buffer.from("<svg xmlns='x'>").toString("hex"), null],
  [Buffer.from("<?xml version='1.0'?><svg/>").toString("hex"), null],
  [Buffer.from("GIF88a").toString("hex"), null],
  ["89504e47", null],
  ["", null],
])("bytes %s are %s", (hex, type) => expect(pictureTypeOf(Buffer.from(hex, "hex"))).toBe(type));

it("messages are opened in their turn, never more at once than there is room for", async () => {
  const turns = turnsOf(10);
  const begun: string[] = [];
  const take = async (name: string, bytes: number) => {
    const turn = await turns.take(bytes);
    begun.push(name);
    return turn;
  };
  const first = await take("a", 6);
  const large = take("large", 1_000);
  const small = take("b", 1);
  await Promise.resolve();
  // A small one does not overtake: a large one would never have its turn.
  expect(begun).toEqual(["a"]);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  (await large)[Symbol.dispose]();
  await small;
  expect(begun).toEqual(["a", "large", "b"]);
  for (let n = 0; n < 100; n++) void turns.take(10);
  expect(() => turns.take(1)).toThrow("Try again in a moment");
});
