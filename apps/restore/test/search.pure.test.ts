// What restore search makes of what was typed, and how what it found is shown.
import type { SearchHit } from "@packetboat/archive";
import { widthOf } from "@packetboat/terminal";
import { describe, expect, it, test } from "vitest";
import { queryText } from "../src/commands/search.ts";
import { hitHeading, hitLine } from "../src/search-lines.ts";

describe("the query of a command line", () => {
  it.each([
    [["from:ann invoice"], "from:ann invoice"],
    [["from:ann", "invoice"], "from:ann invoice"],
    [["from:ann", "in:Old mail", "order 7"], 'from:ann in:"Old mail" "order 7"'],
    [["a", '-subject:"b c"'], 'a -subject:"b c"'],
  ])("%j", (words, text) => expect(queryText(words)).toBe(text));

  test("is not empty and no option", () => {
    expect(() => queryText([" "])).toThrow(/what to search for/);
    expect(() => queryText(["a", "--sotr"])).toThrow(/no option --sotr/);
  });
});

test("a found message is a line as wide as the heading, whatever its names hold", () => {
  const hit: SearchHit = {
    messageId: 42 as SearchHit["messageId"],
    blobId: 1n,
    date: null,
    shown: {
      subject: "東京".repeat(50),
      from: [{ name: "\u001b[31mred\u001b[0m", address: "" }],
      to: [],
      cc: [],
      bcc: [],
      replyTo: [],
      attachments: [],
    },
    mailbox: ["Old", "mail"],
    flags: [],
    size: 1_234_567,
    present: false,
    state: "whole",
  };
  for (const columns of [20, 60, 79, 80, 200]) {
    const line = hitLine(hit, columns);
    expect(widthOf(line)).toBe(Math.max(40, columns));
    expect(widthOf(line)).toBe(widthOf(hitHeading(columns)));
    expect(line).not.toContain("\u001b");
    // A narrow screen has who wrote what, and on which day.
    expect(line.includes("1.2 MB")).toBe(columns >= 80);
    expect(line).toMatch(/ 42 .* .\[3.* 東京/);
  }
  expect(hitLine(hit, 200)).toContain("Old/mail (removed)");
  expect(widthOf(hitLine({ ...hit, size: 601 }, 80))).toBe(80);
});
