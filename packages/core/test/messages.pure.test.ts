// Messages, scenario by scenario, in columns: message | base | archive | remote → ops. Names are two letters: the first is the bytes, so
// "Aa" and "Ab" are identical mail. `in` and `ar` are two mailboxes; flags are letters (S F D A, k is a keyword). Ops are all of them.
import { describe, expect, it } from "vitest";
import {
  type BaseIdentity,
  isRemoval,
  type MailboxId,
  type MessageId,
  planArrivals,
  planGone,
  planMoves,
  planRekey,
  type RemoteIdentity,
  type RemoteMailboxId,
  type Revision,
  type Uid,
} from "../src/index.ts";
import { BOTH, linkWith, PULL, PUSH, planWorld, readMessage, writeOps } from "./world.ts";

/** Title, then lines `message | base | archive | remote`, then `→ op; op`. */
const PULLED: readonly (readonly [string, string])[] = [
  [
    "M7 0 0 1: stored with its flags, bound",
    `Aa | -       | -     | in:1 S
     → add A in S = in:1`,
  ],
  [
    "M7 0 1 0: nothing without push",
    `Aa | -       | in S  | -
     →`,
  ],
  [
    "C3 trap 13 0 1 1: met (the base was lost), flags become the union, nothing stored",
    `Aa | -       | in S  | -
     Ab | -       | -     | in:4 F
     → flags Aa FS; bind Aa in:4 F`,
  ],
  [
    "C3 0 1 1 in another mailbox of the archive is not met",
    `Aa | -       | ar S  | -
     Ab | -       | -     | in:4 F
     → add A in F = in:4`,
  ],
  [
    "F1 1 1 1: each side's flags are merged against the base",
    `Aa | in:1 S  | in SF | in:1 k
     → flags Aa kF; base in:1 k`,
  ],
  [
    "F2 1 1 1: what the base never showed is not removed",
    `Aa | in:1 .  | in k  | in:1 .
     →`,
  ],
  [
    "M6 trap 40 1 1 1: \\Deleted is a flag like any other",
    `Aa | in:1 .  | in .  | in:1 D
     → flags Aa D; base in:1 D`,
  ],
  [
    "M3 S1 1 1 1: the mark of an original that the archive has elsewhere does not travel; other flags do (killed between STORE and EXPUNGE)",
    `Aa | in:1 .  | ar .  | in:1 DF
     → flags Aa F; base in:1 DF`,
  ],
  [
    "M3 1 1 1: a mark that was agreed on before stays",
    `Aa | in:1 D  | ar D  | in:1 D
     →`,
  ],
  [
    "M2 1 1 0: tombstone, base row dropped",
    `Aa | in:1 S  | in S  | -
     → remove Aa; unbind in:1`,
  ],
  [
    "M3 1 1 0: a flag set in the archive does not stop the removal",
    `Aa | in:1 .  | in F  | -
     → remove Aa; unbind in:1`,
  ],
  [
    "M3 1 1 0: what the archive moved elsewhere stays, the base row goes",
    `Aa | in:1 .  | ar .  | -
     → unbind in:1`,
  ],
  [
    "M3 1 0 1: a flag change never brings a tombstone back",
    `Aa | in:1 .  | -     | in:1 F
     → base in:1 F`,
  ],
  [
    "M7 1 0 0: gone on both sides",
    `Aa | in:1 .  | -     | -
     → unbind in:1`,
  ],
  [
    "M4 a move is one op: no store, no tombstone",
    `Aa | in:1 S  | in S  | ar:7 S
     → move Aa ar S; bind Aa ar:7 S; unbind in:1`,
  ],
  [
    "M3 moved and flagged: the moved message carries both sides' flags",
    `Aa | in:1 S  | in SF | ar:7 SA
     → move Aa ar AFS; bind Aa ar:7 AS; unbind in:1`,
  ],
  [
    "M4 two identical messages, one moved: N stay N",
    `Aa | in:1 .  | in .  | ar:7 .
     Ab | in:2 .  | in .  | in:2 .
     → move Aa ar .; bind Aa ar:7 .; unbind in:1`,
  ],
  [
    "M4 two identical messages moved: told apart by their flags",
    `Aa | in:1 S  | in S  | ar:8 S
     Ab | in:2 F  | in F  | ar:7 F
     → move Aa ar S; move Ab ar F; bind Aa ar:8 S; bind Ab ar:7 F; unbind in:1; unbind in:2`,
  ],
  [
    "M4 a copy is no move: the original stays",
    `Aa | in:1 .  | in .  | in:1 .
     Ab | -       | -     | ar:7 .
     → add A ar . = ar:7`,
  ],
  [
    "M4 C4 without INTERNALDATE the header decides no move: fetched, and the old place is a removal",
    `Na | in:1 .  | in .  | ar:7 .
     → add N ar . = ar:7; remove Na; unbind in:1`,
  ],
  [
    "M4 trap 35 without any header bytes alone decide: fetched",
    `Ha | in:1 .  | in .  | ar:7 .
     → add H ar . = ar:7; remove Ha; unbind in:1`,
  ],
  [
    "M5 moved by the archive too: the archive's place wins, the base follows the server",
    `Aa | in:1 .  | ar .  | ar:7 .
     → bind Aa ar:7 .; unbind in:1`,
  ],
  [
    "M9 trap 38 gone and arrived in one mailbox with the same bytes: one message, flags merged",
    `Aa | in:1 S  | in SF | in:9 SA
     → flags Aa AFS; bind Aa in:9 AS; unbind in:1`,
  ],
  [
    "M5 M9 renumbered where it was, moved by the archive: the archive's place wins",
    `Aa | in:1 .  | ar .  | in:9 S
     → flags Aa S; bind Aa in:9 S; unbind in:1`,
  ],
  [
    "M9 a tombstone without base row matches nothing: the same bytes are a new message",
    `Aa | -       | -     | -
     Ab | -       | -     | in:9 .
     → add A in . = in:9`,
  ],
  [
    "B6 one mail in two mailboxes is two messages with one blob, of one set of bytes",
    `Aa | -       | -     | in:1 .
     Ab | -       | -     | ar:1 .
     → add A in . = in:1; add A ar . = ar:1`,
  ],
  [
    "C3 three arrive, two are known by bytes: exactly one is stored",
    `Aa | -       | in .  | -
     Ab | -       | in .  | -
     Ac | -       | -     | in:1 .
     Ad | -       | -     | in:2 .
     Ae | -       | -     | in:3 .
     → add A in . = in:3; bind Aa in:1 .; bind Ab in:2 .`,
  ],
];

const lines = (text: string): readonly string[] => text.split("\n").map((line) => line.trim());

function check(rights: typeof PULL, text: string): void {
  const cut = text.indexOf("→");
  const world = lines(text.slice(0, cut)).filter(Boolean).map(readMessage);
  const expected = text
    .slice(cut + 1)
    .split(";")
    .map((op) => op.trim())
    .filter(Boolean)
    .sort();
  expect(writeOps(world, planWorld(linkWith(rights), world))).toEqual(expected);
}

describe("pull", () => {
  for (const [title, text] of PULLED) it(title, () => check(PULL, text));
  for (const [title, text] of PULLED) it(`${title}, with push`, () => check(BOTH, text));
});

describe("without pull", () => {
  for (const [title, text] of [
    ["M7 0 0 1: left where it is", "Aa | - | - | in:1 S\n→"],
    ["M7 0 1 1: met, the archive's flags stay", "Aa | - | in S | -\nAb | - | - | in:4 F\n→ bind Aa in:4 F"],
    [
      "M7 1 1 1: the base takes what is gone and nothing that is the server's own",
      "Aa | in:1 S | in S | in:1 F\n→ base in:1 .",
    ],
    ["M7 1 1 1: what both have by now is in the base", "Aa | in:1 . | in SF | in:1 SA\n→ base in:1 S"],
    ["F1 0 1 1: a union whose STORE was never sent stays one", "Aa | in:1 . | in S | in:1 F\n→"],
    [
      "F1 a move of the server's own takes no flags of its own into the base",
      "Aa | in:1 S | in S | ar:4 SF\n→ unbind in:1; bind Aa ar:4 S",
    ],
  ] as const)
    it(title, () => check(PUSH, text));
});

const row = (mailbox: number, uid: number, part: Partial<BaseIdentity> = {}): BaseIdentity => ({
  remoteMailboxId: mailbox as RemoteMailboxId,
  uid: uid as Uid,
  messageId: (mailbox * 1000 + uid) as MessageId,
  flags: [],
  modseq: null,
  archive: { mailboxId: (10 + mailbox) as MailboxId, flags: [], since: 1 as Revision },
  size: 100,
  internalDate: 5,
  emailId: null,
  fingerprint: "header",
  canonical: "bytes",
  ...part,
});
const seen = (uid: number, part: Partial<RemoteIdentity> = {}): RemoteIdentity => ({
  uid: uid as Uid,
  size: 100,
  internalDate: 5,
  flags: [],
  emailId: null,
  fingerprint: "header",
  ...part,
});
const sighted = (mailbox: number, identity: RemoteIdentity) => ({
  remoteMailboxId: mailbox as RemoteMailboxId,
  mailboxId: (10 + mailbox) as MailboxId,
  identity,
});
const link = linkWith(PULL);

describe("what decides a move", () => {
  const moved = (from: BaseIdentity, mailbox: number, to: RemoteIdentity): boolean =>
    planMoves(link, [from], [sighted(mailbox, to)]).moves.length === 1;

  it("C4 between two mailboxes: header, INTERNALDATE and size together", () => {
    expect(moved(row(1, 1), 2, seen(7))).toBe(true);
    expect(moved(row(1, 1), 2, seen(7, { fingerprint: "another" }))).toBe(false);
    expect(moved(row(1, 1), 2, seen(7, { internalDate: 6 }))).toBe(false);
    expect(moved(row(1, 1), 2, seen(7, { size: 101 }))).toBe(false);
    expect(moved(row(1, 1, { internalDate: null }), 2, seen(7, { internalDate: null }))).toBe(false);
    expect(moved(row(1, 1, { fingerprint: null }), 2, seen(7, { fingerprint: null }))).toBe(false);
  });

  it("C4 trap 34: within one mailbox a header decides nothing: a draft saved again keeps header, date and size", () => {
    expect(moved(row(1, 1), 1, seen(9))).toBe(false);
    const other = { ...seen(9), modseq: null, sha256: "new", canonical: "new bytes" };
    const plan = planArrivals(link, 11 as MailboxId, 1 as RemoteMailboxId, [other], [], [row(1, 1)]);
    expect(plan).toMatchObject({ stored: 1, matched: 0, renewed: [] });
    expect(plan.archive).toMatchObject([{ kind: "addMessage", sha256: "new" }]);
  });

  it("C4 an immutable id decides, also within one mailbox and whatever the header", () => {
    expect(moved(row(1, 1, { emailId: "e1" }), 1, seen(9, { emailId: "e1", fingerprint: null }))).toBe(true);
    expect(moved(row(1, 1, { emailId: "e1" }), 2, seen(9, { emailId: "e1", size: 3 }))).toBe(true);
    expect(moved(row(1, 1, { emailId: "e1", fingerprint: null }), 2, seen(9, { emailId: "e2" }))).toBe(false);
  });

  it("C4 an id that only one side has does not hide the header", () => {
    expect(moved(row(1, 1), 2, seen(7, { emailId: "e1" }))).toBe(true);
    expect(moved(row(1, 1, { emailId: "e1" }), 2, seen(7))).toBe(true);
  });

  it("M4 crosses: gone from both, arrived in both, each takes the other's", () => {
    const plan = planMoves(link, [row(1, 1), row(2, 2)], [sighted(1, seen(8)), sighted(2, seen(9))]);
    expect(plan.moves.map(({ from, to }) => [from.uid, to.remoteMailboxId])).toEqual([
      [2, 1],
      [1, 2],
    ]);
    expect(plan.gone).toEqual([]);
  });

  it("M5 moved to one place here and to another there: the archive's place wins, the base follows the server", () => {
    const elsewhere = { mailboxId: 13 as MailboxId, flags: [], since: 1 as Revision };
    const homes = new Map([[1 as RemoteMailboxId, 11 as MailboxId]]);
    const plan = planMoves(link, [row(1, 1, { archive: elsewhere })], [sighted(2, seen(7))], homes);
    expect(plan.moves[0]?.ops).toMatchObject({ archive: [], base: [{ kind: "unbind" }, { kind: "bind" }] });
  });

  it("M3 removed in the archive and moved on the server: the move wins; without pull the tombstone stays", () => {
    const plan = planMoves(link, [row(1, 1, { archive: null })], [sighted(2, seen(7))]);
    const base = [{ kind: "unbind" }, { kind: "bind" }];
    expect(plan.moves[0]?.ops).toMatchObject({ archive: [{ kind: "reviveMessage" }], base });
    const pushing = linkWith({ pull: false, push: true });
    const stays = planMoves(pushing, [row(1, 1, { archive: null })], [sighted(2, seen(7))]);
    expect(stays.moves[0]?.ops).toMatchObject({ archive: [], base });
  });
});

describe("what is met", () => {
  it("C4 trap 31: equal bytes are met before equal canonical form", () => {
    const live = { mailboxId: 11 as MailboxId, flags: [], since: 1 as Revision };
    const one = { canonical: "folded", internalDate: 5, live };
    const lf = { ...one, messageId: 1 as MessageId, sha256: "lf" };
    const crlf = { ...one, messageId: 2 as MessageId, sha256: "crlf" };
    const arrival = { flags: [], modseq: null, internalDate: 5, emailId: null, canonical: "folded" };
    const arrivals = [
      { ...arrival, uid: 1 as Uid, sha256: "crlf" },
      { ...arrival, uid: 2 as Uid, sha256: "neither" },
    ];
    const plan = planArrivals(link, 11 as MailboxId, 1 as RemoteMailboxId, arrivals, [lf, crlf]);
    expect(plan.base).toMatchObject([
      { kind: "bind", messageId: 2, binding: { uid: 1 } },
      { kind: "bind", messageId: 1, binding: { uid: 2 } },
    ]);
    expect(plan).toMatchObject({ archive: [], stored: 0, matched: 2 });
  });

  it("C2 trap 18 INTERNALDATE absent is stored as absent", () => {
    const arrival = { ...seen(1, { internalDate: null }), modseq: null, sha256: "s", canonical: "c" };
    const plan = planArrivals(link, 11 as MailboxId, 1 as RemoteMailboxId, [arrival], []);
    expect(plan.archive).toMatchObject([{ kind: "addMessage", internalDate: null }]);
  });
});

describe("what counts as a removal", () => {
  it("G1 live in the mailbox that it is gone from; a tombstone or a message moved elsewhere is none", () => {
    const inbox = 11 as MailboxId;
    expect(isRemoval(link, inbox, row(1, 1))).toBe(true);
    expect(isRemoval(link, inbox, row(1, 1, { archive: null }))).toBe(false);
    expect(isRemoval(link, 12 as MailboxId, row(1, 1))).toBe(false);
    expect(isRemoval(linkWith(PUSH), inbox, row(1, 1))).toBe(false);
    for (const one of [row(1, 1), row(1, 1, { archive: null })]) {
      const removed = planGone(link, inbox, [one]).archive.length;
      expect(removed === 1).toBe(isRemoval(link, inbox, one));
    }
  });
});

describe("rekey", () => {
  it("U1 all rows are matched again by header, also tombstoned ones; no date is needed, the size is", () => {
    const rows = [row(1, 1), row(1, 2, { fingerprint: "b", archive: null })];
    const plan = planRekey(rows, [seen(50, { fingerprint: "b", internalDate: 9 }), seen(51)]);
    expect(plan.pairs.toSorted()).toEqual([
      [1, 51],
      [2, 50],
    ]);
    expect(plan.unmatched).toBe(0);
    // A draft saved again while the mailbox was renumbered has the old header and another size: it must be fetched.
    expect(planRekey([row(1, 1)], [seen(50, { size: 3 })])).toEqual({ pairs: [], unmatched: 1 });
  });

  it("U1 ties: INTERNALDATE, then flags, then UID order", () => {
    const rows = [row(1, 1), row(1, 2, { internalDate: 6 }), row(1, 3, { flags: ["\\Seen"] }), row(1, 4)];
    const shown = [seen(50, { internalDate: 6 }), seen(51, { flags: ["\\Seen"] }), seen(52), seen(53)];
    expect(planRekey(rows, shown).pairs.toSorted((a, b) => a[0] - b[0])).toEqual([
      [1, 52],
      [2, 50],
      [3, 51],
      [4, 53],
    ]);
  });

  it("U1 trap 5 it removes and doubles nothing: no UID of either side is used twice, what is left over is counted", () => {
    const rows = Array.from({ length: 6 }, (_, n) => row(1, n + 1));
    const plan = planRekey(rows, [seen(10), seen(11), seen(12), seen(13)]);
    expect(plan.unmatched).toBe(2);
    expect(new Set(plan.pairs.map(([from]) => from)).size).toBe(4);
    expect(new Set(plan.pairs.map(([, to]) => to)).size).toBe(4);
  });

  it("U1 immutable ids come first; new ones, or ids on one side only, leave it to the header", () => {
    const rows = [row(1, 1, { emailId: "x" }), row(1, 2, { emailId: "y" }), row(1, 3)];
    const shown = [seen(10, { emailId: "y" }), seen(11, { emailId: "new" }), seen(12, { emailId: "x" })];
    expect(planRekey(rows, shown).pairs.toSorted((a, b) => a[0] - b[0])).toEqual([
      [1, 12],
      [2, 10],
      [3, 11],
    ]);
  });

  it("U3 without a header nothing is matched, and nothing is stuck: the row is unmatched, the message an arrival", () => {
    const plan = planRekey([row(1, 1, { fingerprint: null })], [seen(10, { fingerprint: null })]);
    expect(plan).toEqual({ pairs: [], unmatched: 1 });
  });
});
