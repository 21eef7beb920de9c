// What a final check says: one sentence where all is proved, names and reasons where not, and the exit code that goes with it.
import type { UidSet } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { finalLines, finalReport, type KnownReason } from "../src/display/final.ts";
import type { FinalMailbox, FinalResult } from "../src/verify/final.ts";

const plain = (text: string) => text;
const paint = { bold: plain, dim: plain, good: plain, bad: plain, notable: plain };
const NONE: UidSet = [];

function mailbox(name: string, over: Partial<FinalMailbox> = {}): FinalMailbox {
  const lists = { missing: NONE, onlyOnTarget: NONE, altered: NONE, unproved: NONE, lineEnds: NONE };
  const more = { headerAltered: NONE, datesDiffer: NONE, flagsDiffer: NONE, flags: [], notCompared: null };
  const counts = { messages: 5, targetMessages: 5, present: 5, byBytes: 0 };
  return { mailbox: name, target: name, ...counts, ...lists, ...more, ...over };
}
function said(over: Partial<FinalResult>, options: { verbose?: boolean; reasons?: readonly KnownReason[] } = {}) {
  const result: FinalResult = { deep: false, mailboxes: [], notCarried: [], bytes: 0, ...over };
  const report = finalReport(result, { from: "a@x", to: "b@y", reasons: options.reasons ?? [] });
  return [report.exitCode, ...finalLines(report, paint, options.verbose)];
}
const COMPARED =
  "Compared: whole headers, sizes, dates and flags, both servers asked anew. --deep compares every byte.";

describe("all is proved", () => {
  it("in one sentence, and what was compared", () => {
    const mailboxes = [mailbox("INBOX", { messages: 10_000, present: 10_000 }), mailbox("Work")];
    expect(said({ mailboxes })).toEqual([
      0,
      "Proved: all 10,005 messages of a@x are on b@y: compared one by one, 2 mailboxes.",
      COMPARED,
    ]);
  });
  it("with deep every byte", () => {
    expect(said({ deep: true, bytes: 2_400_000, mailboxes: [mailbox("INBOX", { byBytes: 5 })] }).at(-1)).toBe(
      "Compared: every byte (2.4 MB read from both servers), dates and flags.",
    );
  });
  it("with few messages, or none", () => {
    const sentence = (messages: number) => said({ mailboxes: [mailbox("INBOX", { messages, present: messages })] })[1];
    expect([sentence(2), sentence(1), sentence(0)]).toEqual([
      "Proved: both messages of a@x are on b@y: compared one by one, 1 mailbox.",
      "Proved: the one message of a@x is on b@y: compared, 1 mailbox.",
      "Proved: a@x holds no message, in 1 mailbox.",
    ]);
  });
  it("with a table of all when asked", () => {
    expect(
      said({ mailboxes: [mailbox("INBOX"), mailbox("Work/2024", { target: "Work" })] }, { verbose: true }),
    ).toEqual([
      0,
      "mailbox           messages  on target",
      "INBOX                    5          5",
      "Work/2024 → Work         5          5",
      "",
      "Proved: all 10 messages of a@x are on b@y: compared one by one, 2 mailboxes.",
      COMPARED,
    ]);
  });
  it("also where flags, dates or line ends differ, or the target holds more: told, and no failure", () => {
    const differing = mailbox("Work", {
      byBytes: 2,
      lineEnds: [[1, 1]],
      datesDiffer: [[2, 2]],
      flagsDiffer: [[3, 4]],
      onlyOnTarget: [[9, 9]],
      flags: [
        { flag: "$Work", lacking: 2, extra: 0, notKept: true },
        { flag: "\\Seen", lacking: 1, extra: 1, notKept: false },
      ],
    });
    expect(said({ mailboxes: [mailbox("INBOX"), differing] })).toEqual([
      0,
      "mailbox  messages  on target",
      "Work            5          5  1 equal but for line ends, 1 with another date, 2 with other flags, 1 only on the target",
      "",
      "  Work: the target has another date: UID 2",
      "  Work: $Work is on none of its 2 copies: the target does not keep it",
      "  Work: \\Seen is missing on 1 copy, and only on the target's copy of 1 message",
      "Proved: all 10 messages of a@x are on b@y: compared one by one, 2 mailboxes.",
      "Compared: whole headers, sizes, dates and flags, both servers asked anew; 2 messages byte for byte. --deep compares every byte.",
    ]);
  });
  it("an empty mailbox that the target has not is named", () => {
    const notCompared = { kind: "missingOnTarget", code: null, text: "" } as const;
    const empty = mailbox("Empty", { target: null, messages: 0, present: 0, notCompared });
    expect(said({ mailboxes: [mailbox("INBOX"), empty], notCarried: [{ mailbox: "New", messages: 0 }] })).toEqual([
      0,
      "mailbox  messages  on target",
      "Empty           0          0  no such mailbox there",
      "",
      "Proved: all 5 messages of a@x are on b@y: compared one by one, 2 mailboxes.",
      COMPARED,
    ]);
  });
});

describe("not all", () => {
  it("by name, with the reasons of the last run", () => {
    const damaged = mailbox("INBOX", { present: 1, missing: [[1, 2]], altered: [[3, 3]], unproved: [[4, 4]] });
    const reason = (where: string, detail: string) => ({ mailbox: where, code: "MESSAGE_TOO_LARGE", detail }) as const;
    const reasons = [reason("INBOX", "Too large."), reason("INBOX", "Too large."), reason("Work", "Refused.")];
    expect(said({ mailboxes: [damaged, mailbox("Work")] }, { reasons })).toEqual([
      3,
      "mailbox  messages  on target",
      "INBOX           5          1  2 missing, 1 altered, 1 not readable",
      "",
      "  INBOX: missing on the target: UID 1:2",
      "    Too large.",
      "  INBOX: the target holds other bytes of UID 3",
      "  INBOX: could not be read on one of the sides: UID 4",
      "Not all: 6 of 10 messages of a@x are proved to be on b@y, in 2 mailboxes. 1 is there as the server altered it; the archive keeps what the source has. Run packetboat migrate again, then --final.",
      COMPARED,
    ]);
  });
  it.each<[string, Partial<FinalResult>]>([
    ["one missing", { mailboxes: [mailbox("INBOX", { present: 4, missing: [[1, 1]] })] }],
    ["one altered", { mailboxes: [mailbox("INBOX", { present: 4, altered: [[1, 1]] })] }],
    ["one not readable", { mailboxes: [mailbox("INBOX", { present: 4, unproved: [[1, 1]] })] }],
    [
      "a mailbox not read, even if it seems empty",
      {
        mailboxes: [
          mailbox("INBOX", { messages: 0, present: 0, notCompared: { kind: "notRead", code: null, text: "No." } }),
        ],
      },
    ],
    ["a mailbox that no run paired", { notCarried: [{ mailbox: "New", messages: 3 }] }],
    ["one whose count is not known", { notCarried: [{ mailbox: "New", messages: null }] }],
  ])("ends with 3: %s", (_, over) => {
    const lines = said(over);
    expect(lines[0]).toBe(3);
    expect(lines.at(-2)).toMatch(/^Not all: /);
  });
  it("says which headers the target has rewritten, and does not send anybody to try again what will not change", () => {
    const altered = mailbox("INBOX", { present: 2, altered: [[1, 3]], headerAltered: [[1, 2]] });
    expect(said({ mailboxes: [altered] }).slice(4)).toEqual([
      "  INBOX: the target has rewritten the header of UID 1:2",
      "  INBOX: the target holds other bytes of UID 3",
      "Not all: 2 of 5 messages of a@x are proved to be on b@y, in 1 mailbox. 3 are there as the server altered them; the archive keeps what the source has.",
      COMPARED,
    ]);
  });
  it("cuts long lists, and lets no name move the cursor", () => {
    const mailboxes = Array.from({ length: 70 }, (_, i) =>
      mailbox(`\u001b[2JBox ${i}`, { present: 4, missing: [[1, 1]] }),
    );
    const lines = said({ mailboxes });
    expect(lines).toContain("and 20 more mailboxes (--json has all)");
    expect(lines).toContain("  and 20 more lines (--json has all)");
    expect(lines.join("")).not.toContain("\u001b");
  });
});
