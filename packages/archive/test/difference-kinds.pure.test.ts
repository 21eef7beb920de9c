// What differs between two revisions, as a table: every message that was somewhere or nowhere and is somewhere or nowhere, and mailboxes.

import { asId, type MailboxId } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { differenceOf, mailboxDifferenceOf, type Placed } from "../src/index.ts";

const [X, Y] = [asId<MailboxId>(11), asId<MailboxId>(12)];
const SIDES = {
  nowhere: null,
  "in X": { mailboxId: X, flags: [] },
  "in X, seen": { mailboxId: X, flags: ["\\Seen"] },
  "in Y": { mailboxId: Y, flags: [] },
} as const satisfies Readonly<Record<string, Placed | null>>;
type Side = keyof typeof SIDES;

// Before, after: kind, what it gained, what it lost.
const TABLE: Readonly<Record<Side, Readonly<Record<Side, string>>>> = {
  nowhere: { nowhere: "-", "in X": "added", "in X, seen": "added +\\Seen", "in Y": "added" },
  "in X": { nowhere: "removed", "in X": "-", "in X, seen": "flagged +\\Seen", "in Y": "moved" },
  "in X, seen": { nowhere: "removed -\\Seen", "in X": "flagged -\\Seen", "in X, seen": "-", "in Y": "moved -\\Seen" },
  "in Y": { nowhere: "removed", "in X": "moved", "in X, seen": "moved +\\Seen", "in Y": "-" },
};

function told(before: Placed | null, after: Placed | null): string {
  const difference = differenceOf(before, after);
  if (difference === null) return "-";
  const { kind, gained, lost } = difference;
  return [kind, ...gained.map((flag) => `+${flag}`), ...lost.map((flag) => `-${flag}`)].join(" ");
}

describe("a message that was and is", () => {
  const sides = Object.keys(SIDES) as Side[];
  it.each(sides.flatMap((was) => sides.map((is) => [was, is, TABLE[was][is]] as const)))(
    "%s, %s: %s",
    (was, is, text) => expect(told(SIDES[was], SIDES[is])).toBe(text),
  );

  it("F3 keywords that differ in case only are the same", () =>
    expect(told({ mailboxId: X, flags: ["$Later"] }, { mailboxId: X, flags: ["$later"] })).toBe("-"));
});

it("a mailbox is made, renamed, removed, subscribed, or the same", () => {
  const shape = (name: string, subscribed = false) => ({ path: [name], role: null, subscribed });
  const kinds = [
    [null, shape("A")],
    [shape("A"), null],
    [shape("A"), shape("B", true)],
    [shape("A"), shape("A", true)],
    [shape("A", true), shape("A")],
    [shape("A"), shape("A")],
    [null, null],
  ] as const;
  expect(kinds.map(([was, now]) => mailboxDifferenceOf({ was, now })?.kind ?? null)).toEqual([
    "created",
    "removed",
    "renamed",
    "subscribed",
    "unsubscribed",
    null,
    null,
  ]);
});
