// What people read of two accounts: rounds told as one, the lines of a watch, the end of a migration, the first look; and the bell that wakes.
import { defaultRemovals, NO_COUNTS, type RunReport } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { firstLookLines } from "../src/display/first-look.ts";
import { migratedLines, migratedTotals } from "../src/display/migrated.ts";
import { perLink } from "../src/display/per-link.ts";
import { commandReport, reportLines } from "../src/display/report.ts";
import { watchLines } from "../src/display/watching.ts";
import { Bell } from "../src/runs/bell.ts";

const same = (text: string) => text;
const plain = { bold: same, dim: same, good: same, bad: same, notable: same };
const run: RunReport = {
  version: 1,
  run: 1,
  link: 1,
  archive: "a and b",
  account: "you@a.example",
  outcome: "ok",
  started: "2026-11-21T03:17:00.000Z",
  finished: "2026-11-21T03:17:01.000Z",
  revisionBefore: 0,
  revisionAfter: 0,
  mailboxes: [],
  totals: NO_COUNTS,
  failures: [],
  notes: [],
  halts: [],
  left: 0,
  error: null,
};
const did = (report: RunReport, counts: Partial<typeof NO_COUNTS>, mailbox = "INBOX"): RunReport => ({
  ...report,
  mailboxes: [{ ...NO_COUNTS, ...counts, mailbox, look: "delta" }],
  totals: { ...NO_COUNTS, ...counts },
});

describe("several rounds are told as one", () => {
  const first = did({ ...run, outcome: "partial" }, { stored: 3, fetchedBytes: 300, failed: 1 });
  const failed = { ...first, failures: [{ mailbox: "INBOX", uid: null, code: "OP_REFUSED" as const, detail: "no" }] };
  const second = did({ ...run, run: 2 }, { appended: 2, appendedBytes: 2_000, removedThere: 1 });

  it("what a later round got through is not called failed, in the lines and in the exit code", () => {
    const report = commandReport([failed, second], "a", "b");
    expect(report).toMatchObject({ outcome: "ok", exitCode: 0, totals: { stored: 3, appended: 2, failed: 0 } });
    expect(reportLines(perLink([failed, second])[0] ?? run, plain, undefined, true)).toEqual([
      "you@a.example",
      "  INBOX  3 new (300 bytes), 2 sent (2.0 kB), 1 removed there",
      "Done: 3 new (300 bytes), 2 sent (2.0 kB), 1 removed there in 1 mailbox (1.0 s).",
    ]);
  });

  it("what the last round did not get through is, and a message that was never there has no UID", () => {
    expect(commandReport([second, failed], "a", "b")).toMatchObject({ outcome: "partial", exitCode: 3 });
    expect(reportLines(failed, plain)).toContain("  INBOX: no");
  });

  it("a conflict of an early round is still told, a mailbox that failed only then is not", () => {
    const notes = [
      { kind: "conflict" as const, mailbox: "X", text: "X and Y" },
      { kind: "mailboxFailed" as const, mailbox: "X", text: "X failed" },
    ];
    expect(perLink([{ ...first, notes }, second])[0]?.notes.map(({ text }) => text)).toEqual(["X and Y"]);
  });

  it("G2 a dry run that would halt names no run to approve", () => {
    const halts = [{ guard: "removals" as const, mailbox: "INBOX", messages: 200, of: 300, text: "200 of 300" }];
    const lines = reportLines({ ...run, run: null, outcome: "halted", halts }, plain).join("\n");
    expect(lines).toContain("Without --dry-run they are held back");
    expect(lines).not.toContain("packetboat approve");
  });
});

describe("the lines of a watch", () => {
  it("tell what each account got, and the same trouble once", () => {
    const at = new Date(2026, 10, 21, 9, 8, 7).getTime();
    const down = { ...run, outcome: "failed" as const, error: { code: "UNREACHABLE" as const, text: "It is away." } };
    const changed = did({ ...run, link: 2, account: "you@b.example" }, { flagsSent: 2 });
    const one = watchLines([down, changed], new Map(), at);
    expect(one.lines).toEqual(["09:08:07  you@b.example: 2 flag changes sent"]);
    expect(one.warnings).toEqual(["you@a.example: It is away. It is tried again."]);
    const two = watchLines([down], one.troubles, at);
    expect([two.lines, two.warnings]).toEqual([[], []]);
    expect(watchLines([run], two.troubles, at).lines).toEqual(["09:08:07  you@a.example: well again"]);
  });
});

describe("the end of a migration", () => {
  const inbox = { path: ["INBOX"], messages: 10, there: 10, settled: 0, isUnpaired: false };
  const about = { source: "old", target: "new", notFetched: 0 };

  it("says that all is there, and only then", () => {
    expect(migratedLines({ ...about, mailboxes: [inbox, { ...inbox, messages: 1_000, there: 1_000 }] })).toEqual([
      "All 1,010 messages are on new.",
    ]);
    expect(migratedLines({ ...about, mailboxes: [{ ...inbox, messages: 1, there: 1 }] })).toEqual([
      "The one message is on new.",
    ]);
    expect(migratedLines({ ...about, mailboxes: [] })).toEqual(["There is no message to be on new."]);
  });

  it("names what is missing by mailbox, what was removed there since, and what was never fetched", () => {
    const lost = { ...inbox, path: ["Lost"], there: 0, isUnpaired: true };
    const mailboxes = [{ ...inbox, there: 7, settled: 1 }, lost];
    expect(migratedTotals({ ...about, mailboxes })).toMatchObject({ messages: 20, there: 7, settled: 1, missing: 12 });
    expect(migratedLines({ ...about, notFetched: 1, mailboxes })).toEqual([
      "7 of 20 messages are on new; missing are 12:",
      "  INBOX   2  could not be sent so far",
      "  Lost   10  there is no such mailbox there, or it is left out",
      "1 message of these was removed there since, or merged by the server with a copy, and is not sent again.",
      "1 message of old could not be fetched so far; every run tries again.",
    ]);
  });
});

it("G2 the first look names both sides and says that bytes decide", () => {
  const mailbox = (name: string, messages: number, selectable = true) => ({
    name,
    path: [name],
    selectable,
    subscribed: false,
    role: null,
    namespace: "personal" as const,
    virtual: false,
    mailboxId: null,
    status: { uidValidity: 1n, uidNext: 1, highestModseq: null, messages },
  });
  expect(firstLookLines({ names: ["a", "b"], listings: [[mailbox("INBOX", 3), mailbox("No", 9, false)], []] })).toEqual(
    [
      "mailbox  a     b",
      "INBOX    3  none",
      "A dry run: 3 messages and 0, to be matched: what both hold is found by its bytes. Nothing was changed.",
    ],
  );
});

it("M7 removals travel by default only where mail travels both ways", () => {
  expect([true, false].map((pull) => defaultRemovals({ pull, push: true }))).toEqual(["mirror", "never"]);
  expect(defaultRemovals({ pull: true, push: false })).toBe("never");
});

describe("a bell", () => {
  it("is heard once however often it rang, also when it rang before", async () => {
    const bell = new Bell();
    bell.ring();
    bell.ring();
    expect(await bell.heard()).toBe("rung");
    const waiting = bell.heard();
    bell.ring();
    expect(await waiting).toBe("rung");
    expect(await bell.heard(1)).toBe("late");
    bell.ring();
    bell.close();
    expect([await bell.heard(), await bell.heard()]).toEqual(["rung", "closed"]);
  });
});
