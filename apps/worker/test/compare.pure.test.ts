// Verify's comparing decision: every kind of difference by its name, and arrivals since the last run told apart from losses.
import {
  digestsOf,
  type Flags,
  type LiveVersion,
  type MailboxId,
  type Revision,
  type Uid,
  type UidSet,
} from "@packetboat/core";
import { describe, expect, it } from "vitest";
import {
  compareBytes,
  compareMailbox,
  differingFlags,
  flagsFinding,
  type MailboxSides,
} from "../src/verify/compare.ts";

const sides = (over: {
  bound?: UidSet;
  pending?: UidSet;
  listed?: UidSet;
  uidNext?: number | null;
  messages?: number | null;
  now?: bigint | null;
}): MailboxSides => ({
  mailbox: "INBOX",
  uidValidity: 7n,
  uidNext: over.uidNext === undefined ? 11 : over.uidNext,
  bound: over.bound ?? [[1, 10]],
  pending: over.pending ?? [],
  server: {
    uidValidity: over.now === undefined ? 7n : over.now,
    messages: over.messages ?? null,
    listed: over.listed ?? [[1, 10]],
  },
});
const told = (over: Parameters<typeof sides>[0]) => {
  const { findings, remarks } = compareMailbox(sides(over));
  return [...findings, ...remarks].map(({ kind, uids }) =>
    `${kind} ${uids.map(([a, b]) => `${a}:${b}`).join(",")}`.trim(),
  );
};

describe("who is there", () => {
  it.each<[string, Parameters<typeof sides>[0], readonly string[]]>([
    ["the same", {}, []],
    ["the same, counted", { messages: 10 }, []],
    [
      "one gone from the server",
      {
        listed: [
          [1, 4],
          [6, 10],
        ],
      },
      ["missingOnServer 5:5"],
    ],
    [
      "one gone from the archive",
      {
        bound: [
          [1, 4],
          [6, 10],
        ],
      },
      ["missingInArchive 5:5"],
    ],
    ["one arrived since", { listed: [[1, 11]] }, ["arrivedSince 11:11"]],
    [
      "one gone from the archive, one arrived",
      { bound: [[1, 9]], listed: [[1, 12]] },
      ["missingInArchive 10:10", "arrivedSince 11:12"],
    ],
    ["one that no run could fetch", { bound: [[1, 9]], pending: [[10, 10]] }, ["notStored 10:10"]],
    ["one that no run could fetch, gone since", { bound: [[1, 9]], pending: [[10, 10]], listed: [[1, 9]] }, []],
    ["a mailbox that was never finished", { bound: [[1, 5]], uidNext: null }, ["arrivedSince 6:10"]],
    ["a new UIDVALIDITY", { now: 8n, listed: [[1, 3]] }, ["uidValidityChanged"]],
    ["no UIDVALIDITY", { now: null }, []],
    ["a count that is not the listing's", { messages: 12 }, ["countDiffers"]],
    ["everything gone", { listed: [] }, ["missingOnServer 1:10"]],
    ["both empty", { bound: [], listed: [], messages: 0 }, []],
  ])("%s", (_, over, expected) => expect(told(over)).toEqual(expected));
});

describe("flags", () => {
  const live = (flags: Flags): LiveVersion => ({ mailboxId: 1 as MailboxId, flags, since: 1 as Revision });
  const row = (uid: number, base: Flags, archive: Flags | null) => ({
    uid: uid as Uid,
    flags: base,
    archive: archive === null ? null : live(archive),
  });
  const seen = (uid: number, flags: Flags) => ({ uid: uid as Uid, flags, modseq: null });
  const page = [seen(1, ["\\Seen"]), seen(2, ["$Work"]), seen(3, []), seen(4, []), seen(5, ["\\Seen"])];
  const rows = [
    row(1, ["\\Seen"], ["\\Seen"]),
    row(2, ["$work"], ["$WORK"]),
    row(3, ["\\Seen"], ["\\Seen"]),
    row(4, [], ["\\Flagged"]),
    row(5, ["\\Seen"], null),
  ];

  it("differ from the base, or from an archive that only follows this server; case does not count", () => {
    expect(differingFlags(page, rows, true)).toEqual([3, 4]);
    expect(differingFlags(page, rows, false)).toEqual([3]);
    expect(differingFlags([seen(9, [])], rows, true)).toEqual([]);
  });
  it("are one finding", () => {
    expect(flagsFinding("INBOX", [])).toBe(null);
    expect(flagsFinding("INBOX", [3 as Uid, 4 as Uid])).toMatchObject({
      kind: "flagsDiffer",
      uids: [[3, 4]],
      text: "2 messages with other flags on the server.",
    });
  });
});

it("C5 bytes are the same, the same but for line ends, what the server made of them, or different", () => {
  const crlf = digestsOf(Buffer.from("a: b\r\n\r\nc\r\n"));
  const lf = digestsOf(Buffer.from("a: b\n\nc\n"));
  const other = digestsOf(Buffer.from("a: b\r\n\r\nC\r\n"));
  const made = { sha256: other.sha256, fingerprint: other.fingerprint, size: 10 };
  expect([
    compareBytes({ ...crlf, copy: null }, crlf),
    compareBytes({ ...lf, copy: null }, crlf),
    compareBytes({ ...crlf, copy: null }, other),
    compareBytes({ sha256: null, canonical: crlf.canonical, copy: null }, lf),
    compareBytes({ ...crlf, copy: made }, other),
    compareBytes({ ...crlf, copy: made }, crlf),
    compareBytes({ ...other, copy: { ...made, sha256: crlf.sha256 } }, digestsOf(Buffer.from("a: b\r\n\r\nd\r\n"))),
  ]).toEqual(["same", "lineEnds", "different", "same", "rewritten", "same", "different"]);
});
