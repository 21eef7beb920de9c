// How dates, numbers and sizes are written, in two locales.
import { expect, it } from "vitest";
import { ago, counted, crowdedMinutes, dateTime, momentOf, number, shortDate, size } from "../src/texts/formats.ts";

const NOW = Date.parse("2026-11-26T18:30:00Z");

it("writes numbers as the locale does", () => {
  expect(number(1_234_567, "en-GB")).toBe("1,234,567");
  expect(number(1_234_567, "de-DE")).toBe("1.234.567");
  expect([counted(1, "message", "messages", "en"), counted(0, "message", "messages", "en")]).toEqual([
    "1 message",
    "0 messages",
  ]);
});

it.each([
  [0, "0 bytes"],
  [1, "1 byte"],
  [999, "999 bytes"],
  [1_500, "1.5 kB"],
  [42_000_000, "42 MB"],
  [7_200_000_000, "7.2 GB"],
  [9_000_000_000_000_000, "9,000 TB"],
])("%d bytes are %s", (bytes, text) => {
  expect(size(bytes, "en-GB")).toBe(text);
});

it("writes a date as short as it can be told apart", () => {
  expect(shortDate("2026-11-26T08:05:00Z", NOW, "en-GB")).toMatch(/^\d\d:\d\d$/);
  expect(shortDate("2026-03-01T12:00:00Z", NOW, "en-GB")).toBe("1 Mar");
  expect(shortDate("2019-03-01T12:00:00Z", NOW, "en-GB")).toBe("1 Mar 2019");
  expect(dateTime("2019-03-01T12:00:00Z", "en-GB")).toMatch(/^1 March 2019 at \d\d:\d\d$/);
});

it.each([
  ["2026-11-26T18:29:50Z", "this minute"],
  ["2026-11-26T18:00:00Z", "30 minutes ago"],
  ["2026-11-26T15:30:00Z", "3 hours ago"],
  ["2026-11-25T15:30:00Z", "yesterday"],
  ["2024-11-25T15:30:00Z", "2 years ago"],
  ["2026-11-26T20:30:00Z", "in 2 hours"],
])("%s was %s", (iso, text) => {
  expect(ago(iso, NOW, "en-GB")).toBe(text);
});

it("says seconds of a moment where another one is of its minute, and nowhere else", () => {
  const [first, second, alone] = ["2026-11-26T18:30:09Z", "2026-11-26T18:30:41.5Z", "2026-11-26T18:31:00Z"];
  const crowded = crowdedMinutes([first, second, null, alone, alone]);
  const words = [first, second, alone].map((iso) => momentOf(iso, crowded, "en-GB"));
  expect(new Set(words).size).toBe(3);
  expect(words.map((text) => /:\d\d:\d\d/.test(text))).toEqual([true, true, false]);
  expect(words[2]).toBe(dateTime(alone, "en-GB"));
  expect(momentOf(first, crowdedMinutes([first, first, alone]), "en-GB")).toBe(dateTime(first, "en-GB"));
});
