// What jobs decide: what may follow a state, which mailboxes a choice means, what a download is called, when a restore has to be shown again.
import { isAtWork } from "@packetboat/archive";
import { describe, expect, it } from "vitest";
import { isChosen } from "../src/jobs/chosen.ts";
import { downloadName } from "../src/jobs/download.ts";
import { changedSince } from "../src/jobs/restore-work.ts";
import type { RestorePreview } from "../src/jobs/told.ts";

it("a mailbox is chosen by its whole path, and what lies below it where that is asked for", () => {
  const chosen = [{ path: ["Work", "A*"] }, { path: ["Lists"], children: true }];
  const paths = [
    ["Work"],
    ["Work", "A*"],
    ["Work", "AB"],
    ["Work", "A*", "x"],
    ["Lists"],
    ["Lists", "a", "b"],
    ["Listsx"],
  ];
  expect(paths.filter((path) => isChosen(path, chosen))).toEqual([["Work", "A*"], ["Lists"], ["Lists", "a", "b"]]);
});

it.each([
  ["you@example.com", "eml", "you@example.com-eml-7.zip"],
  ['a/b\\c\r\n"x', "mbox", "a_b_c_x-mbox-7.zip"],
  ["../..", "maildir", "mail-maildir-7.zip"],
  ["Žluťoučký", "zip", "lu_ou_k_-eml-7.zip"],
  ["", "zip", "mail-eml-7.zip"],
] as const)("the download of %j is called by letters that every system takes", (archive, format, name) => {
  expect(downloadName(archive, { format, revision: 7 })).toBe(name);
});

describe("a restore is shown again", () => {
  const preview = (head: number, removed: number, mailboxes: number, beside: readonly string[] = []) =>
    ({
      head,
      totals: { back: 1, moved: 0, flagged: 0, removed },
      removedMailboxes: Array.from({ length: mailboxes }, () => ["x"]),
      inTheWay: beside.map((code) => ({ code, text: "" })),
    }) as unknown as RestorePreview;

  it.each([
    ["nothing is removed", preview(1, 0, 0), preview(2, 0, 0), false],
    ["the archive is as it was", preview(2, 3, 0), preview(2, 3, 0), false],
    ["messages would go that came meanwhile", preview(1, 3, 0), preview(2, 4, 0), true],
    ["a mailbox would", preview(1, 0, 0), preview(2, 0, 1), true],
    ["a server would lose more", preview(1, 0, 0), preview(2, 0, 0, ["ALSO_REMOVED"]), true],
    ["a server would get more", preview(1, 0, 0), preview(2, 0, 0, ["ALSO_SENT"]), false],
    ["it was asked for without being looked at", null, preview(2, 3, 0), false],
  ] as const)("%s: %#", (_, shown, now, again) => {
    expect(changedSince(shown, now) !== null).toBe(again);
  });
});

it("an interrupted job is not at work", () => {
  expect(isAtWork("interrupted")).toBe(false);
});
