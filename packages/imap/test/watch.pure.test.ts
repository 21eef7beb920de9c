// When a watch wakes and when it tries again, and what it reads of states: pure decisions, by the numbers.
import { MailError } from "@packetboat/core";
import { expect, test } from "vitest";
import { LineReader } from "../src/line-reader.ts";
import { failuresAfter, isFinal, NO_WAKE, nextWake, reconnectDelay } from "../src/watch-pace.ts";
import { differing, isSameMailbox, readListed, readStatus, statesOf, withMarks } from "../src/watch-state.ts";

test("a first change wakes at once, a burst each second, and one without end ever more rarely", () => {
  const gaps: number[] = [];
  let pace = NO_WAKE;
  let now = 0;
  for (let i = 0; i < 45; i++) {
    const next = nextWake(pace, now);
    gaps.push(next.at - now);
    ({ pace } = next);
    now = next.at;
  }
  expect(gaps.slice(0, 20)).toEqual([250, ...Array.from({ length: 19 }, () => 1_000)]);
  expect(gaps.at(-1)).toBe(300_000);
  expect(nextWake(pace, now + 700_000).at).toBe(now + 700_250);
});

test("delays double up to five minutes, by chance a little shorter; a throttled account waits a minute at least", () => {
  const lost = new MailError("CONNECTION_LOST", "lost");
  expect([1, 2, 3, 30].map((failures) => reconnectDelay(failures, lost, 0))).toEqual([1_000, 2_000, 4_000, 300_000]);
  expect(reconnectDelay(3, lost, 1)).toBe(2_000);
  expect(reconnectDelay(1, new MailError("THROTTLED", "later"), 0)).toBe(60_000);
  expect([failuresAfter(5, 1_000), failuresAfter(5, 600_000)]).toEqual([6, 1]);
});

test("only what trying again cannot mend ends a watch", () => {
  const codes = ["AUTH_REJECTED", "INTERRUPTED", "CONFIG_INVALID", "UNREACHABLE", "TLS_REFUSED", "THROTTLED"] as const;
  expect(codes.map((code) => isFinal(new MailError(code, "x")))).toEqual([true, true, true, false, false, false]);
});

test("lines are cut with their literals inside, however the bytes arrive", () => {
  const text = '* LIST () "/" {8}\r\na\r\n{9}b\r\n* OK said {5}\r\n* 1 EXISTS\n';
  for (const size of [1, 3, 1_000]) {
    const lines: string[] = [];
    const reader = new LineReader((line) => lines.push(line));
    for (let at = 0; at < text.length; at += size) expect(reader.feed(text.slice(at, at + size))).toBe(true);
    expect(lines).toEqual(['* LIST () "/" {8}\r\na\r\n{9}b', "* OK said {5}", "* 1 EXISTS"]);
    expect(reader.holds).toBe(false);
  }
  expect(new LineReader(() => undefined).feed("x".repeat(300_000))).toBe(false);
  expect(new LineReader(() => undefined).feed("* LIST () {999999999}\r\n")).toBe(false);
});

test("names and marks are read from atoms, quoted strings and literals", () => {
  expect(readListed('* LIST (\\NoSelect \\Subscribed) "/" "a \\"b\\" (c)"')).toEqual({
    wire: 'a "b" (c)',
    selectable: false,
    subscribed: true,
  });
  expect(readListed("* LIST () NIL inbox")?.wire).toBe("INBOX");
  expect(readListed('* LIST () "/" {3}\r\na b')?.wire).toBe("a b");
  expect(readListed("* 3 EXISTS")).toBe(null);
  expect(readStatus("* STATUS {3}\r\na b (UIDNEXT 5 MESSAGES 4 UIDVALIDITY 3)")).toEqual({
    wire: "a b",
    marks: "3 5  4",
  });
});

test("what differs is named: marks, names that came and went, subscriptions", () => {
  const one = (wire: string, subscribed = false) => ({ wire, selectable: true, subscribed });
  const before = statesOf([one("INBOX"), one("Old"), one("&AOQ-")], new Map([["INBOX", "1 2 3 4"]]), null);
  const after = statesOf([one("INBOX"), one("&AOQ-", true), one("New")], new Map([["INBOX", "1 3 4 5"]]), null);
  expect(differing(before, after)).toEqual(["INBOX", "New", "Old", "\u00e4"]);
  expect(differing(after, after)).toEqual([]);
  expect(["INBOX", "Old", "&AOQ-"].map((wire) => isSameMailbox(before, after, wire))).toEqual([true, false, false]);
  const asked = statesOf([one("INBOX")], new Map([["INBOX", "2 1  0"]]), null);
  expect(isSameMailbox(before, asked, "INBOX")).toBe(true);
  expect(withMarks(after, "&AOQ-", "9 9 9 9").get("&AOQ-")).toBe("+9 9 9 9");
});
