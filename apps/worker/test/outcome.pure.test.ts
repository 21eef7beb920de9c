// What a verify says in the end: never of more than was looked at.
import { expect, test } from "vitest";
import { type AccountCheck, verifyExitCode, verifyLines } from "../src/verify/outcome.ts";

const paint = { bold: String, good: String, bad: String, notable: String };
const compared = {
  account: "ann",
  asked: true,
  mailboxes: 2,
  leftOut: 0,
  onlyEarlier: 0,
  messages: 7,
  bytes: 0,
  findings: [],
  remarks: [],
} as const satisfies AccountCheck;

function said(server: AccountCheck, deep = false): readonly string[] {
  const stored = { blobs: 7, bytes: 700, findings: [] };
  const servers = [server];
  const exitCode = verifyExitCode(stored.findings, servers);
  expect(exitCode).toBe(0);
  const lines = verifyLines({ version: 1, archive: "ann", revision: 3, deep, stored, servers, exitCode }, paint);
  return lines.slice(3);
}

test.each([
  [{}, ["Proved: the archive is whole, and holds what the server shows."]],
  [
    { leftOut: 3 },
    [
      "    3 mailboxes that its link leaves out: nothing is said of them",
      "Proved: the archive is whole, and, of the mailboxes that are backed up, holds what the server shows.",
    ],
  ],
  [
    { onlyEarlier: 9 },
    [
      "    9 messages are in the archive at earlier moments only: a restore removed them there, and not on the server",
      "Proved: the archive is whole, and holds what the server shows, some of it at earlier moments only.",
    ],
  ],
  [
    { remarks: [{ kind: "mailboxNew", mailbox: "Work", uids: [] }] },
    [
      "    Work: a mailbox that no run has read yet",
      "Proved: the archive is whole, and holds what the server shows; what came since the last run is listed above.",
    ],
  ],
] as const)("of %j", (more, lines) => {
  expect(said({ ...compared, ...more })).toEqual(lines);
});

test("byte for byte is said of what was compared alone", () => {
  expect(said({ ...compared, leftOut: 1 }, true)).toEqual([
    "    1 mailbox that its link leaves out: nothing is said of it",
    "Proved: the archive is whole, and, of the mailboxes that are backed up, the same as on the server, byte for byte.",
  ]);
});
