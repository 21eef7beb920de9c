// The query language: what each way of writing means, what is refused and with which words, and that no text makes it fail.
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { MAX_TERMS, parseQuery, type Query, queryOf, queryOfOptions } from "../src/index.ts";

const NOW = new Date(2024, 5, 15, 12).getTime();
const day = (year: number, month = 1, date = 1) => new Date(year, month - 1, date).getTime();
const any = (...words: string[]): Query => ({ kind: "words", field: "any", words, open: false });
const not = (of: Query): Query => ({ kind: "not", of });
const and = (...of: Query[]): Query => ({ kind: "and", of });
const or = (...of: Query[]): Query => ({ kind: "or", of });

const UNDERSTOOD: readonly (readonly [string, Query])[] = [
  ["", and()],
  ["invoice", any("invoice")],
  ["Crème brûlée", and(any("creme"), any("brulee"))],
  ['"order 7"', any("order", "7")],
  ["ann@example.com", any("ann", "example", "com")],
  ["invoi*", { kind: "words", field: "any", words: ["invoi"], open: true }],
  ["12:30", any("12", "30")],
  ["https://example.com/a", any("https", "example", "com", "a")],
  ["東京", any("東京")],
  ["東京都", any("東京", "京都")],
  ["京", { kind: "words", field: "any", words: ["京"], open: true }],
  ["from:Ann", { kind: "piece", field: "from", text: "ann" }],
  ['from:"Ann  Smith"', { kind: "piece", field: "from", text: "ann smith" }],
  ["FROM:ann", { kind: "piece", field: "from", text: "ann" }],
  ["filename:*.pdf", { kind: "piece", field: "filename", text: ".pdf" }],
  ['subject:"order 7"', { kind: "words", field: "subject", words: ["order", "7"], open: false }],
  ["has:attachment", { kind: "attachment" }],
  ["is:unread", not({ kind: "flag", flag: "\\Seen" })],
  ["-is:unread", { kind: "flag", flag: "\\Seen" }],
  ["keyword:$Label1", { kind: "flag", flag: "$Label1" }],
  ["in:Sent", { kind: "mailbox", pattern: "Sent" }],
  ['in:"Old mail/2024"', { kind: "mailbox", pattern: "Old mail/2024" }],
  ["before:2024-06-01", { kind: "before", time: day(2024, 6) }],
  ["after:2024/06/01", { kind: "since", time: day(2024, 6) }],
  ["since:2024", { kind: "since", time: day(2024) }],
  ["since:2024-06-01T10:00:00Z", { kind: "since", time: Date.UTC(2024, 5, 1, 10) }],
  ["since:today", { kind: "since", time: day(2024, 6, 15) }],
  ["on:2024-02", and({ kind: "since", time: day(2024, 2) }, { kind: "before", time: day(2024, 3) })],
  ["newer_than:2d", { kind: "since", time: new Date(2024, 5, 13, 12).getTime() }],
  ["larger:1M", { kind: "larger", bytes: 1_000_000 }],
  ["smaller:1.5kB", { kind: "smaller", bytes: 1_500 }],
  ["a -b", and(any("a"), not(any("b")))],
  ["a NOT b", and(any("a"), not(any("b")))],
  ["a OR b c", and(or(any("a"), any("b")), any("c"))],
  ["a | b", or(any("a"), any("b"))],
  ["(a b) OR c", or(and(any("a"), any("b")), any("c"))],
  ["-(a OR b)", not(or(any("a"), any("b")))],
  ["--a", any("a")],
  ["a-b", any("a", "b")],
];

const REFUSED: readonly (readonly [string, number, RegExp])[] = [
  ["a befor:2024", 3, /no field befor:.*Did you mean before:\?/],
  ["frm:ann", 1, /Did you mean from:\?/],
  ["zzzzzzzz:1", 1, /The fields are from: to:/],
  ["is:unred", 1, /Did you mean is:unread\?/],
  ["has:wings", 1, /There is has:attachment/],
  ["before:2024-02-30", 1, /followed by a day/],
  ["ü before:yonder", 3, /followed by a day/],
  ["larger:big", 1, /followed by a size/],
  ["newer:2", 1, /followed by an age/],
  ["from: ann", 6, /followed by nothing/],
  ['"order 7', 1, /not closed/],
  ["(a b", 1, /not closed/],
  ["a b)", 4, /closes nothing/],
  ["()", 1, /nothing in these brackets/],
  ["OR a", 1, /between two terms/],
  ["a OR", 5, /missing/],
  ["!!!", 1, /neither letters nor digits/],
  ["𝒜𝒜 befor:1", 4, /no field/],
];

describe("a query", () => {
  it.each(UNDERSTOOD)("%s", (text, query) => {
    expect(parseQuery(text, NOW)).toEqual({ kind: "query", query });
  });

  it.each(REFUSED)("%s is refused", (text, column, sentence) => {
    const parsed = parseQuery(text, NOW);
    expect(parsed).toMatchObject({ kind: "problem", problem: { column } });
    expect(parsed.kind === "problem" && parsed.problem.text).toMatch(sentence);
  });

  test("is refused as an error that says where", () => {
    expect(() => queryOf("a befor:2024", NOW)).toThrow(/column 3: There is no field befor:/);
  });

  test("has a limit in length, terms and depth", () => {
    expect(parseQuery("a".repeat(2_001), NOW)).toMatchObject({ kind: "problem" });
    expect(parseQuery("a ".repeat(MAX_TERMS), NOW)).toMatchObject({ kind: "query" });
    expect(parseQuery("a ".repeat(MAX_TERMS + 1), NOW)).toMatchObject({ kind: "problem" });
    expect(parseQuery(`${"(".repeat(900)}a${")".repeat(900)}`, NOW)).toMatchObject({ kind: "problem" });
    expect(parseQuery(`${"-".repeat(1_900)}a`, NOW)).toMatchObject({ kind: "problem" });
  });
});

const piece = fc.oneof(
  fc.constantFrom(
    "from:",
    "befor:",
    "subject:",
    "in:",
    "is:unread",
    "has:",
    '"',
    "(",
    ")",
    "-",
    " OR ",
    " NOT ",
    " ",
    "*",
    ":",
    "東京",
    "é",
  ),
  fc.string({ unit: "grapheme", maxLength: 6 }),
);

test("options are a query: all that are given must hold", () => {
  expect(queryOfOptions({}, NOW)).toBeNull();
  expect(queryOfOptions({ from: "Ann" }, NOW)).toEqual({ kind: "piece", field: "from", text: "ann" });
  const both = and({ kind: "words", field: "subject", words: ["order", "7"], open: false }, or(any("a"), any("b")));
  expect(queryOfOptions({ subject: "order 7", query: "a OR b" }, NOW)).toEqual(both);
  for (const [options, sentence] of [
    [{ has: "wings" }, /--has is not understood.*has:attachment/],
    [{ query: "befor:1" }, /column 1/],
    [{ query: " " }, /--query is a query/],
    [{ from: "" }, /--from is not understood/],
  ] as const)
    expect(() => queryOfOptions(options, NOW)).toThrow(sentence);
});

test("any text is a query within its limits, or a problem at a column of it", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join("");
      const parsed = parseQuery(text, NOW);
      if (parsed.kind === "problem") {
        expect(parsed.problem.column).toBeGreaterThanOrEqual(1);
        expect(parsed.problem.column).toBeLessThanOrEqual([...text].length + 1);
        expect(parsed.problem.text).toMatch(/[.?]$/);
      } else expect(JSON.parse(JSON.stringify(parsed.query))).toEqual(parsed.query);
    }),
  );
});
