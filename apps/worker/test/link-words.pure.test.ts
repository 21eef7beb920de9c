// The list of links: as wide as the terminal, and nothing of what a link does is cut.
import { expect, test } from "vitest";
import { linkLines } from "../src/commands/link-words.ts";

const WORDS =
  "pulls from and pushes to ann@mail.example.com, removals travel there, without Junk*; every night at 3:17";

test("what a link does goes on below where the line is too short", () => {
  const lines = linkLines(
    [
      { id: 1, archive: "ann", words: WORDS },
      { id: 12, archive: "bob@example.org", words: "pulls bob" },
    ],
    60,
  );
  expect(lines).toMatchInlineSnapshot(`
    [
      "link  archive          what it does",
      "   1  ann              pulls from and pushes to",
      "                       ann@mail.example.com, removals travel",
      "                       there, without Junk*; every night at",
      "                       3:17",
      "  12  bob@example.org  pulls bob",
    ]
  `);
});

test("however narrow, or no terminal at all, nothing is lost and no line is wider than it need be", () => {
  for (const within of [10, 40, 60, 80, 120, Number.POSITIVE_INFINITY]) {
    const [, ...lines] = linkLines([{ id: 1, archive: "ann", words: WORDS }], within);
    expect(lines.map((line) => line.slice(15)).join(" ")).toBe(WORDS);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(Math.max(15 + 30, within));
  }
  expect(linkLines([{ id: 1, archive: "ann", words: WORDS }], Number.POSITIVE_INFINITY)).toHaveLength(2);
});
