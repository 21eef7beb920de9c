// What changed, as lines: the log, the difference of two revisions, the history of one message. Names and flags come from servers.
import type { Changes, DifferingMessage, LogEntry, MessageVersion } from "@packetboat/archive";
import { asId, type MailboxId, type MessageId, type Revision, type RunId } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { changeLines, groupLines, groupsOf } from "../src/change-lines.ts";
import { differenceLine, headingOf, mailboxWords, type Names, placeOf } from "../src/difference-lines.ts";
import { headerBytes, headerFields, tellingFields } from "../src/header-lines.ts";
import { eventsOf } from "../src/message-events.ts";

const same = (text: string) => text;
const plain = { bold: same, dim: same, good: same, bad: same, notable: same };
const NOW = new Date(2026, 10, 21, 12, 0, 0).getTime();

describe("the log", () => {
  const entry = (revision: number, runId: number | null, change: Partial<LogEntry> = {}): LogEntry => ({
    revision: revision as Revision,
    madeAt: NOW,
    runId: runId as RunId | null,
    added: 0,
    removed: 0,
    moved: 0,
    flagged: 0,
    mailboxes: 0,
    forgotten: 0,
    ...change,
  });

  it("joins the revisions of a run, and none that no run made", () => {
    const entries = [
      entry(6, null),
      entry(5, null),
      entry(4, 2, { added: 1 }),
      entry(3, 1),
      entry(2, 1, { added: 5, mailboxes: 1 }),
      entry(1, 1, { added: 2 }),
    ];
    const groups = groupsOf(entries);
    expect(groups.map((group) => group.entries.map(({ revision }) => revision))).toEqual([[6], [5], [4], [3, 2, 1]]);
    expect(groups.map((group) => groupLines(group, null, plain))).toEqual([
      ["6        2026-11-21 12:00:00  nothing that is still known"],
      ["5        2026-11-21 12:00:00  nothing that is still known"],
      ["4        2026-11-21 12:00:00  run 2  1 added"],
      ["1-3      2026-11-21 12:00:00  run 1  7 added, 1 mailbox"],
    ]);
  });

  const at = (path: readonly string[], flags: readonly string[] = []) => ({ path, flags });
  const changes: Changes = {
    mailboxes: [
      { kind: "created", before: null, after: ["New"] },
      { kind: "changed", before: ["Work", "Old"], after: ["Work", "2024"] },
      { kind: "changed", before: ["Sent"], after: ["Sent"] },
    ],
    messages: [
      { kind: "added", messageId: 5 as MessageId, before: null, after: at(["INBOX"], ["\\Seen"]) },
      { kind: "moved", messageId: 1 as MessageId, before: at(["INBOX"]), after: at(["New"]) },
      {
        kind: "flagged",
        messageId: 2 as MessageId,
        before: at(["INBOX"], ["\\Seen"]),
        after: at(["INBOX"], ["a\u001b"]),
      },
      { kind: "removed", messageId: 3 as MessageId, before: at(["INBOX"], ["\\Seen"]), after: null },
    ],
  };

  it("tells small changes mailbox by mailbox", () => {
    const [group] = groupsOf([entry(9, 3, { added: 1, moved: 1, flagged: 1, removed: 1, mailboxes: 3 })]);
    if (group === undefined) throw new Error("no group");
    expect(groupLines(group, [changes], plain)).toEqual([
      "9        2026-11-21 12:00:00  run 3  1 added, 1 flag change, 1 moved, 1 removed, 3 mailboxes",
      "         INBOX                 1 added, 1 flag change, 1 removed",
      "         INBOX → New           1 moved",
      "         New                   mailbox created",
      "         Work/Old → Work/2024  mailbox renamed",
      "         Sent                  mailbox settings changed",
    ]);
  });

  it("tells one revision message by message, harmlessly", () => {
    expect(changeLines(changes)).toEqual([
      "mailbox created           New",
      "mailbox renamed           Work/Old → Work/2024",
      "mailbox settings changed  Sent",
      "message 5 added           INBOX                 +\\Seen",
      "message 1 moved           INBOX → New",
      "message 2 flags           INBOX                 +a\ufffd -\\Seen",
      "message 3 removed         INBOX",
    ]);
  });
});

const id = asId<MessageId>(12);
const [inbox, work] = [asId<MailboxId>(1), asId<MailboxId>(2)];

describe("the difference of two revisions", () => {
  const forward: Names = {
    before: (box) => (box === 1 ? ["INBOX"] : ["Work"]),
    after: (box) => (box === 1 ? ["INBOX"] : ["Work", "a\u001b[2Jb"]),
    forward: true,
  };
  const message = (change: Partial<DifferingMessage>): DifferingMessage => ({
    messageId: id,
    place: { mailboxId: inbox, by: "begun", revision: asId<Revision>(1), messageId: id },
    kind: "added",
    gained: [],
    lost: [],
    before: null,
    after: null,
    internalDate: NOW,
    size: 1_234,
    subject: null,
    ...change,
  });
  const seen = { mailboxId: inbox, flags: ["\\Seen"] };
  const line = (change: Partial<DifferingMessage>, names = forward) =>
    differenceLine(message(change), names, plain).replace(/^ +12 {2}2026-11-21 12:00:00 {5}1\.2 kB {2}/, "");

  it("is one line a message, with its flags as they were and are", () => {
    const moved = { kind: "moved", before: seen, after: { mailboxId: work, flags: ["\\Seen"] } } as const;
    expect(line({ kind: "added", after: seen })).toBe("added    \\Seen");
    expect(line({ kind: "removed", before: { mailboxId: inbox, flags: [] } })).toBe("removed");
    expect(line({ kind: "flagged", before: seen, after: { mailboxId: inbox, flags: [] }, lost: ["\\Seen"] })).toBe(
      "flags    \\Seen → none",
    );
    expect(line(moved)).toBe("moved    from INBOX  \\Seen");
    expect(line({ ...moved, subject: "Grüße \u001b[2J" })).toBe("moved    from INBOX  \\Seen  Grüße \ufffd[2J");
    expect(
      line({ ...moved, after: { mailboxId: work, flags: ["x\u0007"] }, gained: ["x\u0007"], lost: ["\\Seen"] }),
    ).toBe("moved    from INBOX  \\Seen → x\ufffd");
    // Backwards, the mailbox that lines stand under is where the message came from.
    expect(line(moved, { ...forward, forward: false })).toBe("moved    to Work/a\ufffd[2Jb  \\Seen");
    expect(line({ kind: "removed", before: seen, size: null, internalDate: null })).toBe(
      "       12  -                       erased  removed  \\Seen",
    );
  });

  it("counts a move between two mailboxes, and lists it under the later one", () => {
    const moved = { before: seen, after: { mailboxId: work, flags: [] } };
    expect(placeOf(moved, forward)).toBe("INBOX → Work/a\u001b[2Jb");
    expect(headingOf(moved, forward)).toBe("Work/a\u001b[2Jb");
    expect(headingOf(moved, { ...forward, forward: false })).toBe("INBOX");
    expect(headingOf({ before: seen, after: null }, forward)).toBe("INBOX");
    expect(mailboxWords({ kind: "renamed", before: ["A"], after: ["B"] })).toEqual(["A → B", "mailbox renamed"]);
    expect(mailboxWords({ kind: "removed", before: ["A"], after: null })).toEqual(["A", "mailbox removed"]);
  });
});

it("the history of a message is told from its versions: it came, moved, was flagged, went, came back", () => {
  const made = (revision: number) => ({ revision: asId<Revision>(revision), madeAt: NOW, runId: null });
  const version = (
    from: number,
    to: number | null,
    mailboxId: MailboxId,
    flags: readonly string[],
  ): MessageVersion => ({
    path: [`M${mailboxId}`],
    mailboxId,
    flags,
    begun: made(from),
    ended: to === null ? null : made(to),
  });
  const versions = [
    version(3, 4, inbox, []),
    version(4, 5, inbox, ["\\Seen"]),
    version(5, 6, work, ["\\Seen", "x"]),
    version(9, null, work, ["x"]),
  ];
  const told = (isWhole: boolean) =>
    eventsOf(versions, isWhole).map(({ revision, kind, from, to, gained, lost }) =>
      [revision, kind, from ?? "-", to ?? "-", `+${gained.join()}`, `-${lost.join()}`].join(" "),
    );
  expect(told(true)).toEqual([
    "3 arrived - M1 + -",
    "4 flagged M1 M1 +\\Seen -",
    "5 moved M1 M2 +x -",
    "6 removed M2 - + -\\Seen,x",
    "9 cameBack - M2 +x -",
  ]);
  // Where earlier versions are left out, nobody knows how the first of these began.
  expect(told(false)[0]).toBe("4 flagged M1 M1 +\\Seen -");
});

describe("a header", () => {
  it.each([
    ["Subject: a\r\n b\r\nX: 1\r\n\r\nBody: no\r\n", ["Subject=a b", "X=1"]],
    ["From ann Thu Jan 1\nFrom: ann\nSubject:\n\nbody", ["From=ann", "Subject="]],
    ["\r\nSubject: in the body\r\n", []],
    ["Subject: without an end", ["Subject=without an end"]],
    ["Bad name: x\rTo : y\r\n\r\n", ["To=y"]],
    ["", []],
  ])("%j", (text, expected) => {
    const fields = headerFields(headerBytes(Buffer.from(text)));
    expect(fields.map(({ name, value }) => `${name}=${value}`)).toEqual(expected);
  });

  it("shows what tells, in one order, in UTF-8 or what old mail was written in, and is bounded", () => {
    const fields = headerFields(Buffer.from("subject: Gr\xfc\xdfe\r\nReceived: x\r\nFROM: ann\r\n", "latin1"));
    expect(tellingFields(fields)).toEqual([
      { name: "FROM", value: "ann" },
      { name: "subject", value: "Grüße" },
    ]);
    expect(headerFields(Buffer.from("Subject: Grüße\r\n"))[0]?.value).toBe("Grüße");
    expect(headerFields(Buffer.from("X: y\r\n".repeat(5_000)))).toHaveLength(1_000);
    expect(headerBytes(Buffer.alloc(1_000_000, "x")).length).toBe(262_144);
  });
});
