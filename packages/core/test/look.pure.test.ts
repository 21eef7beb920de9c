// How a mailbox is looked at, as a table: what the base remembers, what STATUS says, what the server can do → the look.
import { describe, expect, it } from "vitest";
import {
  completeMarks,
  DEFAULT_POLICY,
  decideLook,
  type MailboxBase,
  type Marks,
  type Policy,
  type RemoteCapabilities,
} from "../src/index.ts";

const DAY = 86_400_000;
const NOW = 100 * DAY;
const MARKS: Marks = { uidValidity: 7n, uidNext: 50, highestModseq: 900n, messages: 40 };
const BASE = {
  id: 1,
  mailboxId: 11,
  name: "A",
  path: ["A"],
  objectId: null,
  role: null,
  subscribed: true,
  uidValidity: 7n,
  marks: MARKS,
  completeAt: NOW - DAY,
  pending: 0,
  resting: false,
} as unknown as MailboxBase;
const WITH: RemoteCapabilities = {
  condstore: true,
  qresync: true,
  move: true,
  uidplus: true,
  emailId: false,
  appendLimit: null,
};
const WITHOUT: RemoteCapabilities = { ...WITH, condstore: false, qresync: false };

interface Case {
  readonly title: string;
  readonly base?: Partial<MailboxBase> | null;
  readonly status?: Partial<Marks> | null;
  readonly server?: RemoteCapabilities;
  readonly policy?: Partial<Policy>;
  readonly look: "unchanged" | "rekey" | "unreadable" | "list" | "flags" | "delta";
}

const CASES: readonly Case[] = [
  { title: "I1 nothing changed: no SELECT", look: "unchanged" },
  { title: "I1 a new UIDNEXT", status: { uidNext: 51 }, look: "delta" },
  { title: "I1 a new HIGHESTMODSEQ", status: { highestModseq: 901n }, look: "delta" },
  { title: "I1 trap 12: another count, UIDNEXT as before", status: { messages: 39 }, look: "delta" },
  {
    title: "I2 everything new: still a delta",
    status: { uidNext: 5000, highestModseq: 9000n, messages: 99 },
    look: "delta",
  },
  {
    title: "trap 7: a UIDNEXT far above the count is no reason to look",
    base: { marks: { ...MARKS, uidNext: 4_000_000_000 } },
    status: { uidNext: 4_000_000_000 },
    look: "unchanged",
  },
  { title: "S3 something pending: looked at, though nothing changed", base: { pending: 1 }, look: "delta" },
  { title: "I3 trap 11: without CONDSTORE a scan of flags", server: WITHOUT, look: "flags" },
  { title: "I3 spaced by a setting", server: WITHOUT, policy: { flagScanEvery: 2 * DAY }, look: "unchanged" },
  { title: "I3 spaced, and due", server: WITHOUT, policy: { flagScanEvery: DAY }, look: "flags" },
  {
    title: "I3 spaced, but mail came",
    server: WITHOUT,
    policy: { flagScanEvery: 2 * DAY },
    status: { uidNext: 51 },
    look: "flags",
  },
  {
    title: "I3 spaced, but mail went",
    server: WITHOUT,
    policy: { flagScanEvery: 2 * DAY },
    status: { messages: 39 },
    look: "flags",
  },
  {
    title: "S3 spaced, but something is pending",
    server: WITHOUT,
    policy: { flagScanEvery: 2 * DAY },
    base: { pending: 1 },
    look: "flags",
  },
  { title: "I5 seven days after the last complete look", base: { completeAt: NOW - 7 * DAY }, look: "flags" },
  { title: "I5 a moment before that", base: { completeAt: NOW - 7 * DAY + 1 }, look: "unchanged" },
  { title: "I5 never completely looked at", base: { completeAt: null }, look: "flags" },
  {
    title: "I5 its time taken from a clock that was years ahead",
    base: { completeAt: NOW + 400 * DAY },
    look: "flags",
  },
  { title: "I5 its time taken from a clock a little ahead", base: { completeAt: NOW + 5_000 }, look: "unchanged" },
  { title: "U1 trap 3: another UIDVALIDITY", status: { uidValidity: 8n }, look: "rekey" },
  {
    title: "U1 another UIDVALIDITY, the first look never finished",
    base: { marks: null },
    status: { uidValidity: 8n },
    look: "rekey",
  },
  {
    title: "U1 UIDVALIDITY for the first time, rows were bound without",
    base: { uidValidity: null, marks: null },
    look: "rekey",
  },
  {
    title: "U1 marks of another UIDVALIDITY than the row's",
    base: { marks: { ...MARKS, uidValidity: 6n } },
    look: "delta",
  },
  { title: "U2 UIDNEXT ran backwards", status: { uidNext: 49 }, look: "flags" },
  { title: "U2 trap 10: HIGHESTMODSEQ ran backwards", status: { highestModseq: 899n }, look: "flags" },
  { title: "U2 both, with other changes", status: { uidNext: 49, highestModseq: 999n, messages: 1 }, look: "flags" },
  { title: "U4 trap 4: no UIDVALIDITY", status: { uidValidity: null }, look: "rekey" },
  { title: "U4 UIDVALIDITY 0", status: { uidValidity: 0n }, look: "rekey" },
  { title: "U4 no UIDVALIDITY at first contact", base: null, status: { uidValidity: null }, look: "rekey" },
  { title: "M1 first contact: who is there", base: null, look: "list" },
  {
    title: "S1 S3 trap 6: a first look that never finished begins again",
    base: { marks: null, completeAt: null },
    look: "list",
  },
  { title: "B5 STATUS refused: nothing is concluded", status: null, look: "unreadable" },
  { title: "B7 STATUS refused at first contact", base: null, status: null, look: "unreadable" },
  { title: "B8 back in sight: met as in a rekey", base: { resting: true }, look: "rekey" },
  {
    title: "trap 10: HIGHESTMODSEQ 0 keeps no marks",
    base: { marks: { ...MARKS, highestModseq: 0n } },
    status: { highestModseq: 0n },
    look: "flags",
  },
  { title: "trap 10: HIGHESTMODSEQ withheld (NOMODSEQ)", status: { highestModseq: null }, look: "flags" },
  {
    title: "trap 10: CONDSTORE came after the base was made",
    base: { marks: { ...MARKS, highestModseq: null } },
    look: "flags",
  },
  { title: "U4 UIDNEXT withheld", status: { uidNext: null }, look: "flags" },
];

describe("the look", () => {
  for (const { title, base = {}, status = {}, server = WITH, policy = {}, look } of CASES) {
    it(`${title} → ${look}`, () => {
      const decision = decideLook(
        base === null ? null : { ...BASE, ...base },
        status === null ? null : { ...MARKS, ...status },
        server,
        { ...DEFAULT_POLICY, ...policy },
        NOW,
      );
      expect(decision.kind === "look" ? decision.look.kind : decision.kind).toBe(look);
      // S3: a delta starts from what was committed, never from what STATUS says now.
      if (decision.kind === "look" && decision.look.kind === "delta") {
        expect(decision.look.since).toEqual({ ...MARKS, ...base?.marks });
      }
    });
  }

  it("trap 10: no delta starts from marks with a hole", () => {
    expect(completeMarks(MARKS)).toEqual(MARKS);
    expect(completeMarks(null)).toBeNull();
    for (const key of ["uidValidity", "uidNext", "highestModseq", "messages"] as const) {
      expect(completeMarks({ ...MARKS, [key]: null })).toBeNull();
    }
    expect(completeMarks({ ...MARKS, highestModseq: 0n })).toBeNull();
  });
});
