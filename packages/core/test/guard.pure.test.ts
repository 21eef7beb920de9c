// Guards against deletion storms, as tables: removals of a run → what halts, what is only warned of. Numbers in, verdict out.
import { describe, expect, it } from "vitest";
import {
  countShared,
  DEFAULT_POLICY,
  fewMatches,
  judgeRemovals,
  type Policy,
  type RemoteMailboxId,
  type Role,
} from "../src/index.ts";

interface Loss {
  readonly name: string;
  readonly gone: number;
  readonly of: number;
  readonly before?: number;
  readonly role?: Role;
}
interface Case {
  readonly title: string;
  readonly losses: readonly Loss[];
  readonly policy?: Partial<Policy>;
  /** Mailboxes held where the archive is pulled only, and where a link pushes. */
  readonly pulled: string;
  readonly pushed: string;
  readonly warned?: boolean;
}

const CASES: readonly Case[] = [
  { title: "nothing gone", losses: [{ name: "a", gone: 0, of: 500 }], pulled: "", pushed: "" },
  { title: "100 of 150: not above 100", losses: [{ name: "a", gone: 100, of: 150 }], pulled: "", pushed: "" },
  { title: "101 of 202: not above half", losses: [{ name: "a", gone: 101, of: 202 }], pulled: "", pushed: "" },
  { title: "101 of 201: both", losses: [{ name: "a", gone: 101, of: 201 }], pulled: "", pushed: "a", warned: true },
  {
    title: "one mailbox of many",
    losses: [
      { name: "a", gone: 150, of: 200 },
      { name: "b", gone: 5, of: 5_000 },
    ],
    pulled: "",
    pushed: "a",
    warned: true,
  },
  {
    title: "the account, where no mailbox alone exceeds",
    losses: [
      { name: "a", gone: 60, of: 70 },
      { name: "b", gone: 60, of: 70 },
      { name: "c", gone: 0, of: 20 },
    ],
    pulled: "",
    pushed: "a b",
    warned: true,
  },
  { title: "trap 41: everything of more than 10", losses: [{ name: "a", gone: 11, of: 11 }], pulled: "a", pushed: "a" },
  { title: "everything of 10", losses: [{ name: "a", gone: 10, of: 10 }], pulled: "", pushed: "" },
  {
    title: "trap 41: everything, over all mailboxes",
    losses: [
      { name: "a", gone: 6, of: 6 },
      { name: "b", gone: 6, of: 6 },
    ],
    pulled: "a b",
    pushed: "a b",
  },
  {
    title: "one message is left: not everything",
    losses: [
      { name: "a", gone: 60, of: 60 },
      { name: "b", gone: 0, of: 1 },
    ],
    pulled: "",
    pushed: "",
  },
  {
    title: "declared Trash and Junk are exempt",
    losses: [
      { name: "a", gone: 400, of: 400, role: "trash" },
      { name: "b", gone: 400, of: 400, role: "junk" },
      { name: "c", gone: 0, of: 10 },
    ],
    pulled: "",
    pushed: "",
  },
  {
    title: "everything counts Trash too: a wiped account is no emptied Trash",
    losses: [
      { name: "a", gone: 400, of: 400, role: "trash" },
      { name: "c", gone: 20, of: 20 },
    ],
    pulled: "a c",
    pushed: "a c",
  },
  {
    title: "24 hours: in small steps",
    losses: [{ name: "a", gone: 1, of: 99, before: 101 }],
    pulled: "",
    pushed: "a",
    warned: true,
  },
  {
    title: "24 hours: nothing is asked now",
    losses: [{ name: "a", gone: 0, of: 99, before: 300 }],
    pulled: "",
    pushed: "",
  },
  {
    title: "24 hours: the last of everything",
    losses: [{ name: "a", gone: 3, of: 3, before: 20 }],
    pulled: "a",
    pushed: "a",
  },
  {
    title: "limits are settings of the link",
    losses: [{ name: "a", gone: 6, of: 20 }],
    policy: { guardMessages: 5, guardShare: 0.25 },
    pulled: "",
    pushed: "a",
    warned: true,
  },
];

describe("removals", () => {
  for (const { title, losses, policy, pulled, pushed, warned = false } of CASES) {
    for (const pushes of [false, true]) {
      const expected = pushes ? pushed : pulled;
      it(`G1 ${title}, ${pushes ? "some link pushes" : "pulled only"} → ${expected || "nothing"} held`, () => {
        const counts = losses.map(({ name, gone, of, before = 0, role = null }, index) => ({
          remoteMailboxId: index as RemoteMailboxId,
          mailbox: name,
          role,
          removals: gone,
          base: of,
          removedBefore: before,
        }));
        const verdict = judgeRemovals(counts, pushes, { ...DEFAULT_POLICY, ...policy });
        expect(
          [...verdict.held]
            .map((id) => losses[id]?.name)
            .sort()
            .join(" "),
        ).toBe(expected);
        expect(verdict.halts.length > 0).toBe(expected !== "");
        if (!pushes) expect(verdict.warnings.length > 0).toBe(warned);
        else expect(verdict.warnings).toEqual([]);
        for (const halt of verdict.halts) expect(halt.messages).toBeGreaterThan(0);
      });
    }
  }
});

describe("first contact and rekey", () => {
  it.each([
    ["", "", 0],
    ["a b c", "", 0],
    ["a b c", "c a", 2],
    ["a a a b", "a a c", 2], // C3
    ["a", "a a a", 1],
    ["- -", "- a", 1], // no header: its size and date
  ])("G3 C4 counts what %j and %j have in common by their headers", (left, right, shared) => {
    const side = (words: string) =>
      words
        .split(" ")
        .filter((word) => word !== "")
        .map((word) => ({ fingerprint: word === "-" ? null : word, size: 10, internalDate: null }));
    expect(countShared(side(left), side(right))).toBe(shared);
  });

  for (const [base, remote, matched, few] of [
    [20, 20, 9, true],
    [20, 20, 10, false],
    [19, 500, 0, false],
    [500, 19, 0, false],
    [1000, 30, 14, true],
    [1000, 30, 15, false],
    [30, 1000, 15, false],
    [0, 0, 0, false],
  ] as const) {
    it(`G3 base ${base}, server ${remote}, matched ${matched} → ${few ? "held" : "goes on"}`, () => {
      expect(fewMatches(base, remote, matched)).toBe(few);
    });
  }
});
