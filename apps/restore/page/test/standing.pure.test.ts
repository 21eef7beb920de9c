// The first screen's words, as a table: what each state says and where it leads. No sentence may send anybody to the command line.
import { describe, expect, it } from "vitest";
import {
  begun,
  carriedOutOf,
  inOrder,
  type Link,
  paceOf,
  removedThereOf,
  restoreOf,
  standingOf,
  verdictOf,
} from "../src/screens/safe/standing.ts";
import { safe } from "../src/texts/safe.ts";

const NOW = Date.parse("2026-11-26T12:00:00Z");
const HOUR = 3_600_000;
const before = (hours: number): string => new Date(NOW - hours * HOUR).toISOString();

const link = (some: Partial<Link> = {}): Link => ({
  ...{
    link: 3,
    archive: "mail",
    archiveId: 1,
    account: "you@example.com",
    accountId: 7,
    pulls: true,
    state: "ok",
    well: true,
    reasons: [],
    hold: null,
  },
  ...{
    lastGood: before(2),
    lastRun: { run: 9, outcome: "ok", started: before(2), error: null },
    nextRun: null,
    budgetToday: null,
  },
  ...{
    mailboxes: 4,
    messages: 10,
    bytes: 100,
    completeSince: null,
    left: 0,
    notFetched: 0,
    notSent: 0,
    held: 0,
    heldBy: null,
    losses: [],
    onlyOnServer: null,
    onlyInArchive: 0,
  },
  ...some,
});
const ran = (outcome: string, error: { readonly code: string; readonly text: string } | null = null) => ({
  lastRun: { run: 9, outcome, started: before(1), error },
});
const ill = (state: string, some: Partial<Link>) => link({ state, well: false, ...some });

const CASES: readonly (readonly [string, Link, string, object | null, RegExp | null])[] = [
  ["well", link(), "good", null, null],
  ["running", link({ state: "running", ...ran("running"), left: 5 }), "calm", null, /^5 messages are still to come/],
  [
    "resting",
    link({ state: "resting", hold: { code: "BUDGET_SPENT", until: before(-3) } }),
    "calm",
    null,
    /goes on by itself: .*2026/,
  ],
  [
    "partial, fetched",
    link({ state: "partial", notFetched: 1 }),
    "notable",
    { kind: "pending", link: 3 },
    /^1 message could not be fetched/,
  ],
  [
    "partial, sent",
    link({ state: "partial", notSent: 2 }),
    "notable",
    { kind: "pending", link: 3 },
    /^2 messages could not be sent/,
  ],
  ["partial, a mailbox", link({ state: "partial" }), "notable", { kind: "runDetails", run: 9 }, /left something out/],
  ["halted", ill("halted", { held: 40, heldBy: 8 }), "bad", { kind: "halt", run: 8 }, /^40 messages are held back/],
  ["never ran", ill("overdue", { lastRun: null, lastGood: null }), "bad", { kind: "run", link: 3 }, /never run/],
  ["hangs", ill("overdue", ran("running")), "bad", { kind: "run", link: 3 }, /since 1 hour ago/],
  ["was stopped", ill("overdue", ran("interrupted")), "bad", { kind: "run", link: 3 }, /was stopped/],
  ["no worker", ill("overdue", { lastGood: before(50) }), "bad", { kind: "run", link: 3 }, /2 days ago.*worker/],
  [
    "refused",
    ill("failing", { ...ran("failed", { code: "AUTH_REJECTED", text: "No." }) }),
    "bad",
    { kind: "password", account: 7 },
    /new one/,
  ],
  [
    "held until mended",
    ill("failing", { hold: { code: "AUTH_REJECTED", until: null } }),
    "bad",
    { kind: "password", account: 7 },
    /new one/,
  ],
  [
    "token spent",
    ill("failing", { hold: { code: "SIGN_IN_EXPIRED", until: null } }),
    "bad",
    { kind: "signIn", account: 7 },
    /Sign in again/,
  ],
  [
    "key lost",
    ill("failing", ran("failed", { code: "SECRET_UNREADABLE", text: "" })),
    "bad",
    { kind: "password", account: 7 },
    /again/,
  ],
  [
    "unreachable",
    ill("failing", ran("failed", { code: "UNREACHABLE", text: "No route." })),
    "bad",
    { kind: "runDetails", run: 9 },
    /No route/,
  ],
];

const LACKING = { onlyOnServer: { messages: 506, before: 7, after: 9 } };

describe("what is said of an account", () => {
  it.each(CASES)("%s", (_, of, tone, step, words) => {
    const standing = standingOf(of, NOW);
    expect([standing.tone, standing.step]).toEqual([tone, step]);
    expect(standing.badge).not.toBe("");
    if (words === null) expect(standing.reasons).toEqual([]);
    else expect(standing.reasons.join(" ")).toMatch(words);
    expect(standing.reasons.join(" ")).not.toMatch(/packetboat/);
  });
});

it.each([
  ["none, an administrator", [], true, "calm"],
  ["all well", [link(), link({ state: "running" })], true, "good"],
  ["the first run of one", [link(), link({ lastGood: null, state: "running" })], true, "calm"],
  ["a first run that was asked for", [begun(ill("overdue", { lastRun: null, lastGood: null }), true)], true, "calm"],
  ["one that nobody asked for", [begun(ill("overdue", { lastRun: null, lastGood: null }), false)], true, "bad"],
  ["mail that only the server has", [link(), link(LACKING)], true, "notable"],
  ["the same of one that runs", [link(), link({ ...LACKING, state: "running" })], true, "notable"],
  ["the same of one that fails", [link(), ill("failing", LACKING)], true, "bad"],
  ["mail that only the archive has", [link({ onlyInArchive: 31 })], true, "good"],
  ["something listed", [link(), link({ state: "partial" })], true, "notable"],
  ["one ill", [link({ state: "partial" }), ill("failing", {})], false, "bad"],
] as const)("the answer: %s", (_, links, mayAdd, tone) => {
  const verdict = verdictOf(links, mayAdd);
  expect(verdict.tone).toBe(tone);
  expect(verdict.lead).not.toBe("");
});

it("mail that only one side has is told with its number, no more than was counted, and with what carries it out", () => {
  const standing = standingOf(link(LACKING), NOW);
  expect([standing.tone, standing.badge]).toEqual(["notable", "Lacks some"]);
  expect(standingOf(ill("failing", LACKING), NOW).tone).toBe("bad");
  expect(safe.onlyOnServer(506)).toMatch(/^506 messages are on the server and not in the archive as it is now/);
  expect(safe.onlyOnServer(1)).toMatch(/^1 message is .* It is kept at earlier moments\.$/);
  expect(safe.onlyInArchive(10_001)).toMatch(/^More than 10,000 messages are in the archive and not on the server/);
  expect(restoreOf(3, LACKING.onlyOnServer)).toEqual({
    at: "7",
    to: { kind: "place", whatCameSince: "keep", carryOut: false, onlyOnServer: 3 },
  });
  expect(removedThereOf(3)).toMatchObject({ at: "now", to: { whatCameSince: "remove", carryOut: [3] } });
  expect(carriedOutOf(3)).toMatchObject({ at: "now", to: { whatCameSince: "keep", carryOut: [3] } });
});

it("those that need somebody come first, and a run is followed closely", () => {
  const all = [
    link({ link: 1 }),
    link({ link: 2, state: "partial" }),
    ill("halted", { link: 3 }),
    link({ link: 4 }),
    link({ link: 5, ...LACKING }),
  ];
  expect(inOrder(all).map((one) => one.link)).toEqual([3, 2, 5, 1, 4]);
  expect(paceOf(all, false)).toBeGreaterThan(paceOf([link(ran("running"))], false));
  expect(paceOf(undefined, true)).toBe(paceOf([link(ran("running"))], false));
});
