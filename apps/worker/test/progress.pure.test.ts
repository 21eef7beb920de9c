// The live display as a table: state by events and times, lines by state. Nothing here needs a terminal.

import { widthOf } from "@packetboat/terminal";
import { expect, it } from "vitest";
import {
  advance,
  liveLines,
  type ProgressEvent,
  type ProgressState,
  plainLine,
  startProgress,
} from "../src/display/progress.ts";

type Step = readonly [at: number, event: ProgressEvent];
const after = (steps: readonly Step[]): ProgressState =>
  steps.reduce((state, [at, event]) => advance(state, event, at), startProgress("you@example.com", 0));

const LISTED: Step = [400, { kind: "listed", mailboxes: 42, unchanged: 2, messages: 10_000 }];
const LOOKING: Step = [500, { kind: "looking", mailbox: "Sent" }];
const FETCHING: Step = [1_000, { kind: "fetching", messages: 10_000 }];
const stored = (at: number, messages: number, size: number): Step => [
  at,
  { kind: "stored", mailbox: "INBOX", messages, bytes: size },
];

it.each<[string, readonly Step[], number, readonly string[], string]>([
  ["before the greeting", [], 300, ["you@example.com  connecting  0.3 s"], "you@example.com: connecting for 0.3 s"],
  [
    "after the list",
    [LISTED],
    450,
    ["you@example.com  looking at mailbox 1 of 40  0.5 s"],
    "you@example.com: looked at 0 of 40 mailboxes",
  ],
  [
    "while looking",
    [LISTED, LOOKING, [600, { kind: "mailboxDone", mailbox: "Sent" }]],
    700,
    ["you@example.com  looking at mailbox 2 of 40  0.7 s  Sent"],
    "you@example.com: looked at 1 of 40 mailboxes",
  ],
  [
    "when nothing was listed as changed",
    [[400, { kind: "listed", mailboxes: 42, unchanged: 42, messages: 10_000 }]],
    450,
    ["you@example.com  looking  0.5 s"],
    "you@example.com: looked at 0 of 0 mailboxes",
  ],
  [
    "while fetching",
    [LISTED, FETCHING, stored(2_000, 1_000, 25_000_000), stored(3_000, 1_500, 35_000_000)],
    3_000,
    ["you@example.com  INBOX", "━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌  25 %  2,500 of 10,000 messages  60 MB  30 MB/s  6.0 s left"],
    "you@example.com: 2,500 of 10,000 messages, 60 MB, 30 MB/s, 6.0 s left",
  ],
  [
    "with messages that failed",
    [LISTED, FETCHING, stored(1_200, 9_999, 250_000_000), [1_300, { kind: "failed", mailbox: "INBOX", uid: 7 }]],
    1_400,
    ["you@example.com  INBOX", "━━━━━━━━━━━━━━━━━━━━━━━━ 100 %  10,000 of 10,000 messages  250 MB  1 failed"],
    "you@example.com: 10,000 of 10,000 messages, 250 MB, 1 failed",
  ],
])("%s", (_, steps, now, live, plain) => {
  const state = after(steps);
  expect(liveLines(state, now, 120)).toEqual(live);
  expect(plainLine(state, now)).toBe(plain);
});

it("the speed is that of the last seconds, and memory does not grow with the run", () => {
  const steps: Step[] = [LISTED, FETCHING];
  for (let second = 2; second <= 600; second++)
    steps.push(stored(second * 1_000, 10, second <= 300 ? 1_000_000 : 1_000));
  const state = after(steps);
  expect(state.samples.length).toBeLessThanOrEqual(12);
  expect(plainLine(state, 600_000)).toMatch(/, 1\.0 kB\/s, 6 min 41 s left$/);
});

it("no line is wider than the terminal, and no name of a mailbox can steer it", () => {
  const state = after([
    LISTED,
    [500, { kind: "looking", mailbox: `受信箱\u001b[2J${"x".repeat(300)}` }],
    FETCHING,
    stored(2_000, 1, 1),
  ]);
  for (const columns of [1, 20, 80])
    for (const line of liveLines(state, 3_000, columns)) expect(widthOf(line)).toBeLessThanOrEqual(columns);
  expect(liveLines(state, 3_000, 400).join("")).not.toContain("\u001b");
});
