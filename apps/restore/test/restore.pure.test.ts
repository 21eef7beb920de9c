// What `--at` means, and how the tree of an archive is shown.
import { describe, expect, it } from "vitest";
import { readMoment } from "../src/moment.ts";
import { totalsOf, treeLines } from "../src/tree.ts";

const NOW = new Date(2026, 10, 21, 12, 0, 0).getTime();
const local = (...parts: [number, number, number, number, number, number, number]) => ({
  kind: "time",
  time: new Date(...parts).getTime(),
});

describe("--at", () => {
  it.each([
    [undefined, { kind: "now" }],
    ["now", { kind: "now" }],
    ["42", { kind: "revision", revision: 42 }],
    ["r42", { kind: "revision", revision: 42 }],
    ["0", { kind: "revision", revision: 0 }],
    ["2026-11-20", local(2026, 10, 20, 23, 59, 59, 999)],
    ["2026-11-20 18:30", local(2026, 10, 20, 18, 30, 0, 0)],
    ["2026-11-20T18:30:05", local(2026, 10, 20, 18, 30, 5, 0)],
    ["2026-11-20T18:30:05Z", { kind: "time", time: Date.UTC(2026, 10, 20, 18, 30, 5) }],
    ["2026-11-20T18:30+02:00", { kind: "time", time: Date.UTC(2026, 10, 20, 16, 30) }],
    ["3 days ago", { kind: "time", time: NOW - 3 * 86_400_000 }],
    ["1 hour ago", { kind: "time", time: NOW - 3_600_000 }],
    ["yesterday", { kind: "time", time: NOW - 86_400_000 }],
  ])("%s", (text, moment) => expect(readMoment(text, NOW)).toEqual(moment));

  it.each([
    "tomorrow",
    "2026-02-30",
    "2026-13-01",
    "2026-11-20 25:00",
    "2026-11-20T18:61:00Z",
    "-1",
    "",
    "20.11.2026",
    "1".repeat(16),
  ])("%j is refused", (text) => {
    expect(() => readMoment(text, NOW)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });
});

it("the tree shows INBOX first, children below their parents, and counts", () => {
  const mailboxes = [
    { path: ["Work", "2024", "Old"], messages: 3, bytes: 1_000 },
    { path: ["archive"], messages: 0, bytes: 0 },
    { path: ["INBOX", "Lists"], messages: 1, bytes: 1 },
    { path: ["Work"], messages: 12, bytes: 1_234_567 },
    { path: ["INBOX"], messages: 1_204, bytes: 34_000_000 },
    { path: ["Shared", "a\u001b[2Jb"], messages: 1, bytes: 5 },
  ];
  expect(treeLines(mailboxes)).toEqual([
    "INBOX     1,204    34 MB",
    "  Lists       1   1 byte",
    "archive       0  0 bytes",
    "Shared",
    "  a\ufffd[2Jb      1  5 bytes",
    "Work         12   1.2 MB",
    "  2024",
    "    Old       3   1.0 kB",
  ]);
  expect(totalsOf(mailboxes)).toBe("1,221 messages, 35 MB in 6 mailboxes");
});
