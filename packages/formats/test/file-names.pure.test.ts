// Names of exported files hold on every system, whatever a server calls its mailboxes.
import { pathKey } from "@packetboat/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mailboxDirectories, messageFileName, safeSegment } from "../src/index.ts";

describe("a segment", () => {
  it.each([
    ["INBOX", "INBOX"],
    ["Entwürfe", "Entwürfe"],
    ["..", "__"],
    [".", "_"],
    ["", "_"],
    ["../../etc/passwd", "_._.._etc_passwd"],
    ["a/b\\c:d", "a_b_c_d"],
    ["CON", "_CON"],
    ["nul.txt", "_nul.txt"],
    ["COM¹", "_COM¹"],
    ["console", "console"],
    ["trailing. ", "trailing__"],
    [".hidden", "_hidden"],
    ["nul\0byte", "nul_byte"],
    ["\u202egpj.exe", "_gpj.exe"],
    ["x.eml", "x.eml_"],
    ["\ud800", "_"],
  ])("%j becomes %j", (segment, expected) => expect(safeSegment(segment)).toBe(expected));
});

const segments = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.constantFrom(
    "a",
    "A",
    "ä",
    "a\u0308",
    "ß",
    "SS",
    "ss",
    "..",
    ".",
    "",
    "con",
    "CON",
    "a/b",
    "a_b",
    "manifest.jsonl",
    "SHA256SUMS",
    "x".repeat(300),
    "X".repeat(300),
  ),
);

describe("the directories of all mailboxes", () => {
  it("differ on systems that tell neither case nor Unicode forms apart, and none climbs out or is too long (trap 36)", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.array(segments, { minLength: 1, maxLength: 6 }), { selector: pathKey, maxLength: 30 }),
        (paths) => {
          const directories = mailboxDirectories(paths);
          expect(directories.size).toBe(paths.length);
          const folded = new Set([...directories.values()].map((name) => name.normalize("NFC").toLowerCase()));
          expect(folded.size).toBe(paths.length);
          for (const directory of directories.values()) {
            expect(Buffer.byteLength(directory)).toBeLessThanOrEqual(160);
            for (const name of directory.split("/")) {
              expect(name).toMatch(/^[^.<>:"|?*\\/\0][^<>:"|?*\\/\0]*$/u);
              expect(name).toMatch(/[^. ]$/u);
              expect(name.isWellFormed()).toBe(true);
            }
          }
          expect(mailboxDirectories([...paths].reverse())).toEqual(directories);
        },
      ),
    );
  });
});

it("a message's file is named by its date and its id", () => {
  expect(messageFileName(Date.UTC(2024, 1, 29, 12, 30, 5), 42)).toBe("2024-02-29_123005_42.eml");
  expect(messageFileName(null, 42)).toBe("undated_42.eml");
  expect(messageFileName(8.64e15, 42)).toBe("undated_42.eml");
  expect(messageFileName(Number.NaN, 42)).toBe("undated_42.eml");
  expect(messageFileName(-1, 42)).toBe("1969-12-31_235959_42.eml");
});
