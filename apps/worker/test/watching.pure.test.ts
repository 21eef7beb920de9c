// Watching over backups: when a link is well and what is said when it is not, the list of runs, what is held, what would be erased.
import type { ForgetPlan, LinkInfo, LinkStatus, MailboxAt, RunInfo } from "@packetboat/archive";
import { DEFAULT_POLICY, type MailboxId, NO_COUNTS, type RunId } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { forgetLines } from "../src/display/forget.ts";
import { heldLines, heldSum } from "../src/display/held.ts";
import { runLines } from "../src/display/runs.ts";
import { holdingOf, type JudgedLink, reasonLines, statusLines } from "../src/display/status.ts";
import { readDate } from "../src/runs/date.ts";
import { limitOf, linkHealth } from "../src/runs/health.ts";

const same = (text: string) => text;
const plain = { bold: same, dim: same, good: same, bad: same, notable: same };
const HOUR = 3_600_000;
const NOW = new Date(2026, 10, 21, 12, 0, 0).getTime();
const LIMIT = 26 * HOUR;

const link = {
  id: 1,
  accountId: 1,
  archiveId: 1,
  rights: { pull: true, push: false },
  policy: DEFAULT_POLICY,
  archive: "a@example.com",
  account: "a@example.com",
} as LinkInfo;
const run = (change: Partial<RunInfo> = {}): RunInfo => ({
  id: 7 as RunId,
  linkId: link.id,
  archiveId: link.archiveId,
  archive: link.archive,
  account: link.account,
  holder: "backup on host, process 1",
  startedAt: NOW - 9 * HOUR,
  finishedAt: NOW - 9 * HOUR + 61_000,
  outcome: "ok",
  approvedAt: null,
  approvalUsedAt: null,
  held: 0,
  totals: NO_COUNTS,
  error: null,
  ...change,
});
const status = (change: Partial<LinkStatus> = {}): LinkStatus => ({
  link,
  lastRun: run(),
  lastGoodAt: NOW - 9 * HOUR,
  isSettled: true,
  mailboxes: 3,
  completeSince: null,
  left: 0,
  notFetched: 0,
  notSent: 0,
  held: 0,
  heldBy: null,
  ...change,
});

describe("a link", () => {
  const refused = { code: "AUTH_REJECTED", text: "The server refused the password. Give another." } as const;
  it.each<[string, Partial<LinkStatus>, string, boolean, readonly string[]]>([
    ["is well after a good run", {}, "ok", true, []],
    ["is well up to the limit", { lastGoodAt: NOW - LIMIT }, "ok", true, []],
    [
      "is overdue after it",
      { lastGoodAt: NOW - LIMIT - 1 },
      "overdue",
      false,
      ["the last good run was 1 d 2 h ago. Nothing has run since: is the nightly job still there?"],
    ],
    [
      "is overdue when it was never run",
      { lastRun: null, lastGoodAt: null },
      "overdue",
      false,
      ["it was never run. Run packetboat sync."],
    ],
    [
      "is failing when the last run failed, however short ago another went well",
      { lastRun: run({ outcome: "failed", error: refused, finishedAt: NOW - HOUR }) },
      "failing",
      false,
      ["run 7 failed 1 h ago. The server refused the password. Give another."],
    ],
    ["may be running", { lastRun: run({ outcome: "running", finishedAt: null }) }, "running", true, []],
    [
      "may be running for the first time",
      { lastGoodAt: null, lastRun: run({ outcome: "running", finishedAt: null }) },
      "running",
      true,
      [],
    ],
    [
      "is overdue when a run hangs",
      {
        lastGoodAt: NOW - 50 * HOUR,
        lastRun: run({ outcome: "running", startedAt: NOW - 27 * HOUR, finishedAt: null }),
      },
      "overdue",
      false,
      ["the last good run was 2 d 2 h ago. Run 7 has been going on for 1 d 3 h."],
    ],
    ["is well when a run was stopped in time", { lastRun: run({ outcome: "interrupted" }) }, "ok", true, []],
    [
      "is halted while a guard holds anything, and the run that holds it is named",
      { lastRun: run({ id: 9 as RunId }), held: 250, heldBy: 8 as RunId },
      "halted",
      false,
      ["a guard holds back 250 messages. See packetboat runs 8; to let them through: packetboat approve 8"],
    ],
    [
      "is up to date in part while messages cannot be fetched",
      { lastRun: run({ outcome: "partial" }), notFetched: 2 },
      "partial",
      true,
      [
        "the last run left something out: packetboat runs 7 lists it.",
        "2 messages could not be fetched so far; every run tries again.",
      ],
    ],
    [
      "is up to date in part while messages cannot be sent",
      { notSent: 1 },
      "partial",
      true,
      [
        "the last run left something out: packetboat runs 7 lists it.",
        "1 message could not be sent to the server so far; every run tries again.",
      ],
    ],
  ])("%s", (_, facts, state, isWell, reasons) => {
    expect(linkHealth(status(facts), NOW, LIMIT)).toEqual({ state, isWell, reasons });
  });
});

describe("a link that only pushes, at no set times", () => {
  const pushing = (change: Partial<LinkStatus> = {}) =>
    status({ link: { ...link, rights: { pull: false, push: true } }, lastGoodAt: NOW - 90 * LIMIT, ...change });
  const stateOf = (facts: LinkStatus, isTimed = false) => linkHealth(facts, NOW, limitOf(facts, isTimed, LIMIT)).state;

  it("is through with its work for as long as the archive stays as it was", () => {
    expect(stateOf(pushing())).toBe("ok");
    expect(stateOf(pushing({ notSent: 1 }))).toBe("partial");
  });

  it.each<[string, LinkStatus, boolean]>([
    ["the archive has something new", pushing({ isSettled: false }), false],
    ["it has times, which nobody keeps", pushing(), true],
    ["its last run hangs", pushing({ lastRun: run({ outcome: "running", finishedAt: null }) }), false],
    ["its last run was stopped", pushing({ lastRun: run({ outcome: "interrupted" }) }), false],
    ["it never ran", pushing({ lastRun: null, lastGoodAt: null }), false],
    ["it pulls, too", status({ lastGoodAt: NOW - 90 * LIMIT }), false],
  ])("is overdue all the same when %s", (_, facts, isTimed) => expect(stateOf(facts, isTimed)).toBe("overdue"));
});

describe("an account that is held", () => {
  const stopped = { code: "AUTH_REJECTED", detail: "Give the password anew.", until: null } as const;
  const resting = { code: "BUDGET_SPENT", detail: "Today's budget is spent.", until: NOW + 2 * HOUR } as const;

  it("is failing until a person mends it, whatever ran last", () =>
    expect(linkHealth(status(), NOW, LIMIT, stopped)).toEqual({
      state: "failing",
      isWell: false,
      reasons: ["nothing is done for it by itself any more. Give the password anew."],
    }));

  it("is well while it rests, also when the run that found the budget spent failed", () =>
    expect(linkHealth(status({ lastRun: run({ outcome: "failed" }) }), NOW, LIMIT, resting)).toEqual({
      state: "resting",
      isWell: true,
      reasons: ["it goes on by itself in 2 h. Today's budget is spent."],
    }));

  it("is not well when it rests and rests and nothing runs", () =>
    expect(
      linkHealth(status({ lastRun: run({ startedAt: NOW - 2 * LIMIT }), lastGoodAt: null }), NOW, LIMIT, resting)
        .isWell,
    ).toBe(false));
});

describe("status", () => {
  const judged = (
    change: Partial<LinkStatus>,
    holding = { messages: 10_204, bytes: 250_000_000, mailboxes: 3 },
    more: Partial<JudgedLink> = {},
  ): JudgedLink => ({
    nextAt: null,
    budget: null,
    hold: null,
    status: status(change),
    health: linkHealth(status(change), NOW, LIMIT),
    holding,
    ...more,
  });

  it("is a table and an answer", () => {
    expect(statusLines([judged({})], NOW, plain)).toEqual([
      "account        state  last good run              messages    size",
      "a@example.com  ok     2026-11-21 03:00, 9 h ago    10,204  250 MB",
      "",
      "All is up to date.",
    ]);
  });

  it("has a table as narrow as the screen", () => {
    const long = {
      ...link,
      account: "somebody.with.a.long.name@mail.example.com",
      archive: "an archive of the same length",
    };
    for (const within of [80, 60]) {
      const lines = statusLines([judged({ link: long }, undefined, { nextAt: NOW + HOUR })], NOW, plain, within);
      for (const line of lines.slice(0, 2)) expect(line.length).toBeLessThanOrEqual(within);
      expect(lines[1]).toMatch(/^somebody.*… {2}an arch.*… {2}ok .* 9 h ago .* 10,204/);
      expect(lines[1]?.endsWith("250 MB")).toBe(within === 80);
    }
    expect(statusLines([judged({})], NOW, plain, 60)[1]).toBe("a@example.com  ok     9 h ago      10,204  250 MB");
  });

  it("says below the table what is wrong, harmlessly, and names archives only where they are called otherwise", () => {
    const other = { ...link, archive: "mail\u001b[2J" };
    const lines = statusLines([judged({}), judged({ link: other, lastGoodAt: null, lastRun: null })], NOW, plain);
    expect(lines[0]).toMatch(/^account {8}archive {8}state {4}last good run/);
    expect(lines[2]).toMatch(/^a@example.com {2}mail\ufffd\[2J {7}overdue {2}never/);
    expect(lines.slice(4)).toEqual([
      "a@example.com in mail\ufffd[2J: it was never run. Run packetboat sync.",
      "",
      "1 of 2 links is not up to date.",
    ]);
    expect(reasonLines([judged({})], plain)).toEqual([]);
  });

  it("shows when each link runs next, and what is left of today's budget", () => {
    const budget = { down: 1_200_000_000, downPerDay: 2_500_000_000, up: 0, upPerDay: null };
    const lines = statusLines([judged({}, undefined, { nextAt: NOW + 17 * HOUR, budget })], NOW, plain);
    expect(lines[0]).toContain("next run");
    expect(lines[1]).toContain("in 17 h");
    expect(lines.at(-3)).toMatch(/today's budget: fetched 1\.[12] GB of 2\.[35] GB, 1\.[23] GB left\.$/);
  });

  it("says what is still to come, and by when the budget lets it", () => {
    const budget = { down: 400_000_000, downPerDay: 500_000_000, up: 0, upPerDay: null };
    const come = (more: Partial<JudgedLink>, holding?: Parameters<typeof judged>[1]) =>
      statusLines([judged({ left: 40_816 }, holding, more)], NOW, plain).at(-3);
    // 1 GB: 100 MB today, two more days.
    expect(come({ budget })).toMatch(
      /: 40,816 messages \(about 1\.0 GB\) are still to come, expected to be here by 2026-11-23\.$/,
    );
    expect(come({})).toMatch(/: 40,816 messages \(about 1\.0 GB\) are still to come\.$/);
    expect(come({ budget }, { messages: 0, bytes: 0, mailboxes: 0 })).toMatch(/: 40,816 messages are still to come\.$/);
  });

  it("says where to begin when there is nothing", () => {
    expect(statusLines([], NOW, plain)).toEqual([
      "Nothing is backed up yet. Begin with: packetboat backup imaps://you@mail.example.com",
    ]);
  });

  it("counts for each link what lies under its prefix", () => {
    const mailbox = (path: readonly string[], messages: number): MailboxAt => ({
      id: 1 as MailboxId,
      path,
      role: null,
      subscribed: true,
      messages,
      unread: 0,
      bytes: messages * 10,
    });
    const mailboxes = [mailbox(["A", "INBOX"], 3), mailbox(["A"], 1), mailbox(["B", "INBOX"], 5)];
    expect(holdingOf(mailboxes, ["A"])).toEqual({ messages: 4, bytes: 40, mailboxes: 2 });
    expect(holdingOf(mailboxes, [])).toEqual({ messages: 9, bytes: 90, mailboxes: 3 });
  });
});

it("runs are one line each; what happened stands out", () => {
  const error = { code: "UNREACHABLE", text: "…" } as const;
  const runs = [
    run({ id: 12 as RunId, outcome: "running", finishedAt: null, totals: null }),
    run({ id: 11 as RunId, outcome: "failed", error }),
    run({ id: 10 as RunId, outcome: "halted", held: 250, totals: { ...NO_COUNTS, removed: 3 } }),
    run({
      id: 9 as RunId,
      outcome: "partial",
      totals: { ...NO_COUNTS, stored: 1_204, flagsChanged: 2, movedIn: 1, failed: 2 },
    }),
  ];
  expect(runLines(runs, plain)).toEqual([
    "run  started                   took  outcome                new  changed  removed  account",
    " 12  2026-11-21 03:00:00             running                                       a@example.com",
    " 11  2026-11-21 03:00:00  1 min 1 s  failed: UNREACHABLE      .        .        .  a@example.com",
    " 10  2026-11-21 03:00:00  1 min 1 s  halted, holds 250        .        .        3  a@example.com",
    "  9  2026-11-21 03:00:00  1 min 1 s  partial, 2 failed    1,204        3        .  a@example.com",
  ]);
});

it("what is held is shown with the exact UIDs, up to a width", () => {
  const many = Array.from({ length: 100 }, (_, index) => [index * 2 + 1, index * 2 + 1] as const);
  const held = [
    {
      mailbox: "INBOX",
      kind: "removal",
      messages: 251,
      uids: [
        [1, 250],
        [260, 260],
      ],
    },
    { mailbox: "a\u001b", kind: "addition", messages: 100, uids: many },
  ] as const;
  const [first, second = ""] = heldLines(held);
  expect(first).toBe("  INBOX  251 messages to be removed  UID 1:250,260");
  expect(second).toMatch(/^ {2}a\ufffd {5}100 messages to be added {4}UID 1,3,5,[\d,]+\d, and more$/);
  expect(second.length).toBeLessThan(120);
  expect(heldSum(held)).toBe("251 messages to be removed and 100 to be added");
  expect(heldSum(held.slice(1))).toBe("100 messages to be added");
  const onServer = { mailbox: "INBOX", kind: "serverRemoval", messages: 2, uids: [] } as const;
  expect(heldLines([onServer])[0]?.trimEnd()).toBe("  INBOX  2 messages to be removed on the server");
  expect(heldSum([onServer])).toBe("2 messages to be removed on the server");
  const toServer = { ...onServer, kind: "serverAddition" } as const;
  expect(heldSum([...held.slice(1), toServer])).toBe("100 messages to be added and 2 to be sent to the server");
  expect(heldSum([...held, onServer])).toBe(
    "251 messages to be removed and 2 to be removed on the server and 100 to be added",
  );
});

it("what would be erased is said in full", () => {
  const plan = {
    messages: 1_216,
    bytes: 34_000_000,
    live: 1_000,
    kept: 200,
    mailboxes: [
      { path: ["INBOX"], messages: 1_204 },
      { path: ["Work", "x\u001b"], messages: 12 },
    ],
  } as unknown as ForgetPlan;
  expect(forgetLines("a@example.com", plan)).toEqual([
    "This erases for good, from every revision of a@example.com:",
    "  INBOX    1,204 messages",
    "  Work/x\ufffd     12 messages",
    "Together 1,216 messages (34 MB), 1,000 of them in it now, the others at earlier revisions only.",
    "A server still holds 200 of them: they stay there, and later runs do not pull them again.",
    "Dumps and exports that were made before are not touched.",
  ]);
});

describe("dates", () => {
  it.each([
    ["2024-01-31", new Date(2024, 0, 31).getTime()],
    ["2024-01-31 18:30", new Date(2024, 0, 31, 18, 30).getTime()],
    ["2024-01-31T18:30:05Z", Date.UTC(2024, 0, 31, 18, 30, 5)],
  ])("%s", (text, time) => expect(readDate("--since", text)).toBe(time));

  it.each(["2024-02-30", "yesterday", "", "31.1.2024", "2024-01-31 24:00"])("%j is refused", (text) => {
    expect(() => readDate("--since", text)).toThrow(/^--since is a day or a time/);
  });
});
