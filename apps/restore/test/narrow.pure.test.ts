// On a narrow terminal nothing that stands in columns is wider than the screen, and what is cut is shown to be cut.
import type { Changes, DifferingMessage, LogEntry } from "@packetboat/archive";
import { asId, type MailboxId, type MessageId, type Revision } from "@packetboat/core";
import { tableLines, widthOf } from "@packetboat/terminal";
import { expect, test } from "vitest";
import { changeLines, groupLines, groupsOf, placeLines } from "../src/change-lines.ts";
import { DIFFERENCE_HEADING, differenceLine } from "../src/difference-lines.ts";
import { importLines } from "../src/import/report.ts";
import { MESSAGE_HEADING, messageLine } from "../src/message-rows.ts";
import { treeLines } from "../src/tree.ts";

const same = (text: string): string => text;
const plain = { bold: same, dim: same, good: same, bad: same, notable: same };
const NOW = Date.UTC(2026, 10, 21, 12);
const LONG = ["Projects", "東京の事務所との契約", "A mailbox with a name that nobody would type"];
const FLAGS = ["\\Seen", "\\Answered", "$Forwarded", "NonJunk", "$MailFlagBit0", "$NotPhishing"];
const id = asId<MessageId>(1_234_567);

const tally = { added: 12_345, removed: 1_200, moved: 340, flagged: 56, mailboxes: 7, forgotten: 8 };
const entry: LogEntry = { ...tally, revision: asId<Revision>(98_765), madeAt: NOW, runId: asId(4_321) };
const at = { path: LONG, flags: FLAGS };
const changes: Changes = {
  mailboxes: [{ kind: "changed", before: LONG, after: [...LONG, "again"] }],
  messages: [{ kind: "moved", messageId: id, before: at, after: { path: ["INBOX"], flags: [] } }],
};
const box = asId<MailboxId>(1);
const differing: DifferingMessage = {
  messageId: id,
  place: { mailboxId: box, by: "begun", revision: asId<Revision>(1), messageId: id },
  kind: "moved",
  gained: [],
  lost: [],
  before: { mailboxId: box, flags: FLAGS },
  after: { mailboxId: asId<MailboxId>(2), flags: FLAGS },
  internalDate: NOW,
  size: 1_234,
  subject: "A subject that goes on and on and on, and is 件名 in the end",
};
const names = { before: () => LONG, after: () => ["INBOX"], forward: true };
const report = {
  version: 1 as const,
  archive: "old",
  dryRun: false,
  sources: [],
  totals: { messages: 1, bytes: 1, added: 1, addedBytes: 1, alreadyThere: 0, leftOut: 0 },
  mailboxes: [{ mailbox: LONG.join("/"), added: 12_345, addedBytes: 1e9, alreadyThere: 12_345 }],
  failed: 0,
  failures: [],
  revision: 3,
  milliseconds: 1,
};

test.each([80, 60])("lines in columns fit a screen of %d", (columns) => {
  const lines = [
    MESSAGE_HEADING,
    messageLine({ id, flags: FLAGS, internalDate: NOW, size: 1_234, sha256: null }, columns),
    ...treeLines([{ path: LONG, messages: 1_234_567, unread: 1_234_567, bytes: 1e12 }], columns),
    ...groupsOf([entry]).flatMap((group) => groupLines(group, [changes], plain, columns)),
    ...changeLines(changes, columns),
    ...placeLines(new Map([[LONG.join("/"), tally]]), [], columns),
    DIFFERENCE_HEADING,
    differenceLine(differing, names, plain, columns),
    differenceLine({ ...differing, kind: "flagged", gained: FLAGS }, names, plain, columns),
    differenceLine({ ...differing, kind: "removed", after: null }, names, plain, columns),
    // The last two are sentences, which any terminal breaks.
    ...importLines(report, plain, columns).slice(0, -2),
  ];
  for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(columns);
  expect(lines.length).toBeGreaterThan(15);
  expect(tableLines([{ title: "", align: "left" }], [["x".repeat(100)]], columns)[0]).toMatch(/x…$/);
});

test("a subject has the room that is left, and what is not narrow is not cut", () => {
  const added = { ...differing, kind: "added" as const, before: null, after: { mailboxId: box, flags: ["\\Seen"] } };
  expect(differenceLine(added, names, plain, 80)).toMatch(/ {2}added {4}\\Seen {2}A subject that goes …$/);
  expect(differenceLine(added, names, plain, 60)).toMatch(/ {2}added {4}\\Seen$/);
  expect(differenceLine(added, names, plain)).toContain("件名 in the end");
  expect(groupLines({ entries: [entry], total: tally }, null, plain)).toHaveLength(1);
  expect(importLines(report, plain).at(-1)).toContain("packetboat index old ");
});
