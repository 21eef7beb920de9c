// What `--at`, `--mailbox` and `--to` mean, how an archive is shown, and how far an export reads ahead.
import { resolve } from "node:path";
import type { MessageId } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { readDestination } from "../src/destination.ts";
import { progressLine } from "../src/export-progress.ts";
import { MESSAGE_HEADING, messageLine } from "../src/message-rows.ts";
import { readMoment } from "../src/moment.ts";
import { readAhead } from "../src/read-ahead.ts";
import { fits } from "../src/snapshot.ts";
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
    { path: ["Work", "2024", "Old"], messages: 3, unread: 0, bytes: 1_000 },
    { path: ["archive"], messages: 0, unread: 0, bytes: 0 },
    { path: ["INBOX", "Lists"], messages: 1, unread: 1, bytes: 1 },
    { path: ["Work"], messages: 12, unread: 3, bytes: 1_234_567 },
    { path: ["INBOX"], messages: 1_204, unread: 17, bytes: 34_000_000 },
    { path: ["Shared", "a\u001b[2Jb"], messages: 1, unread: 0, bytes: 5 },
  ];
  expect(treeLines(mailboxes)).toEqual([
    "mailbox   messages  unread     size",
    "INBOX        1,204      17    34 MB",
    "  Lists          1       1   1 byte",
    "archive          0       0  0 bytes",
    "Shared",
    "  a\ufffd[2Jb         1       0  5 bytes",
    "Work            12       3   1.2 MB",
    "  2024",
    "    Old          3       0   1.0 kB",
  ]);
  expect(totalsOf(mailboxes)).toBe("1,221 messages, 35 MB in 6 mailboxes");
});

describe("--mailbox", () => {
  it.each([
    ["inbox", ["INBOX"], true],
    ["INBOX", ["INBOX", "Lists"], false],
    ["INBOX*", ["INBOX", "Lists"], true],
    ["Work", ["work"], false],
    ["Work/*", ["Work", "2024", "Old"], true],
    ["?", ["ü"], true],
  ])("%s of %j", (pattern, path, expected) => expect(fits(pattern, path)).toBe(expected));
});

it("a message is one line, harmless, with columns of its own", () => {
  const message = { id: 12 as MessageId, flags: ["\\Seen", "a\u001b"], internalDate: null, size: 1_234, sha256: "00" };
  expect(messageLine(message)).toBe("       12  -                       1.2 kB  \\Seen a\ufffd");
  expect(messageLine({ ...message, flags: [], size: null })).toBe("       12  -                       erased");
  expect(MESSAGE_HEADING).toBe("  message  date                      size  flags");
});

describe("--to", () => {
  it.each([
    ["eml:/tmp/a:b", "eml", "/tmp/a:b"],
    ["mbox:~/mail", "mbox", "/home/you/mail"],
    ["maildir:~", "maildir", "/home/you"],
    ["zip:mail", "zip", resolve("mail")],
    ["eml:~else", "eml", resolve("~else")],
  ])("%s", (text, format, path) => expect(readDestination(text, "/home/you")).toEqual({ format, path }));

  it.each(["mail", "eml:", "tar:mail", ":mail", ""])("%j is refused", (text) => {
    expect(() => readDestination(text, "/home/you")).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });
});

it("the progress of an export says how much of what, how fast, and how long still", () => {
  const all = { messages: 10_000, bytes: 250_000_000 };
  expect(progressLine({ messages: 0, bytes: 0 }, all, 100)).toBe("exporting   0 %  0 of 10,000 messages  0 bytes");
  expect(progressLine({ messages: 2_500, bytes: 62_500_000 }, all, 5_000)).toBe(
    "exporting  25 %  2,500 of 10,000 messages  63 MB  13 MB/s  15 s left",
  );
  expect(progressLine(all, all, 5_000)).toBe("exporting 100 %  10,000 of 10,000 messages  250 MB  50 MB/s");
});

describe("reading ahead", () => {
  const item = (id: number, bytes: number) => ({ id, bytes });
  async function* given(items: readonly { id: number; bytes: number }[], read: number[], failure?: Error) {
    for (const each of items) {
      read.push(each.id);
      yield each;
    }
    if (failure !== undefined) throw failure;
  }
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

  it("reads on up to the bound, keeps the order, and ends with what the source throws", async () => {
    const read: number[] = [];
    const items = [1, 2, 3, 4, 5, 6].map((id) => item(id, 10));
    const seen: number[] = [];
    const readAll = async () => {
      for await (const { id } of readAhead(given(items, read, new Error("lost")), 30)) {
        seen.push(id);
        await settled();
        expect(read.length).toBeLessThanOrEqual(id + 2);
        if (id === 1) expect(read).toEqual([1, 2, 3]);
      }
    };
    await expect(readAll()).rejects.toThrow("lost");
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("asks for nothing behind a streamed item before that was walked", async () => {
    const read: number[] = [];
    for await (const { id } of readAhead(given([item(1, 5), item(2, 0), item(3, 5)], read), 100)) {
      await settled();
      expect(read).toEqual(id < 3 ? [1, 2] : [1, 2, 3]);
    }
    expect(read).toEqual([1, 2, 3]);
  });

  it("leaves the source when its reader leaves", async () => {
    let left = false;
    async function* source() {
      try {
        for (let id = 1; ; id++) yield item(id, 10);
      } finally {
        left = true;
      }
    }
    for await (const { id } of readAhead(source(), 30)) if (id === 2) break;
    expect(left).toBe(true);
  });
});
