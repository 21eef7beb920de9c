// What a run's report says to a person and to a program, the exit codes, and the page that the first backup ends with.
import { NO_COUNTS, type RunReport } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { type FirstNight, firstNightLines, shellQuoted } from "../src/display/first-night.ts";
import { commandReport, failureSentence, reportLines } from "../src/display/report.ts";
import { exitCodeOfError, exitCodeOfReport, gravest } from "../src/exit-codes.ts";

const same = (text: string) => text;
const plain = { bold: same, dim: same, good: same, bad: same, notable: same };
const quiet: RunReport = {
  version: 1,
  run: 7,
  link: 1,
  archive: "you@example.com",
  account: "you@example.com",
  outcome: "ok",
  started: "2026-11-21T03:17:00.000Z",
  finished: "2026-11-21T03:17:00.140Z",
  revisionBefore: 12,
  revisionAfter: 12,
  mailboxes: ["INBOX", "Sent"].map((mailbox) => ({ ...NO_COUNTS, mailbox, look: "unchanged" })),
  totals: NO_COUNTS,
  left: 0,
  failures: [],
  notes: [],
  halts: [],
  error: null,
};
const inbox = {
  ...NO_COUNTS,
  observed: 20,
  fetched: 12,
  fetchedBytes: 34_000,
  stored: 12,
  flagsChanged: 1,
  removed: 3,
};
const busy: RunReport = {
  ...quiet,
  account: "you@old.example",
  revisionAfter: 1315,
  mailboxes: [
    { ...inbox, mailbox: "INBOX", look: "delta" },
    { ...NO_COUNTS, movedIn: 2, mailbox: "Archive/2026", look: "delta" },
    { ...NO_COUNTS, mailbox: "Sent", look: "unchanged" },
  ],
  totals: { ...inbox, movedIn: 2, movedOut: 2 },
  notes: [{ kind: "mailboxRenamed", mailbox: "Work", text: "Projects is now called Work." }],
};

it("a run without change is one line", () => {
  expect(reportLines(quiet, plain)).toEqual(["you@example.com: no change in 2 mailboxes (0.1 s)."]);
});

it("a run with changes names them by mailbox", () => {
  expect(reportLines(busy, plain)).toEqual([
    "you@old.example → you@example.com",
    "  INBOX         12 new (34 kB), 1 flag change, 3 removed",
    "  Archive/2026  2 moved in",
    "  Projects is now called Work.",
    "Done: 12 new (34 kB), 1 flag change, 2 moved in, 2 moved out, 3 removed in 3 mailboxes (0.1 s). Revision 1,315.",
  ]);
});

it("failures, halts and errors say what to do", () => {
  const failures = Array.from({ length: 25 }, (_, uid) => ({
    mailbox: "INBOX",
    uid,
    code: "MESSAGE_TOO_LARGE" as const,
    detail: "is larger than 512 MB\u001b[2J",
  }));
  const lines = reportLines({ ...busy, outcome: "partial", failures }, plain);
  expect(lines).toContain("  INBOX, UID 19: is larger than 512 MB\ufffd[2J");
  expect(lines).toContain("  and 5 more (packetboat runs 7 lists all)");
  expect(lines.at(-1)).toMatch(/^Done in part: .* What failed is tried again by the next run\.$/);
  const halts = [
    {
      guard: "removals" as const,
      mailbox: "INBOX",
      messages: 500,
      of: 600,
      text: "500 of 600 messages are gone from INBOX.",
    },
  ];
  expect(reportLines({ ...busy, outcome: "halted", halts }, plain)).toContain(
    "  If that is what you want: packetboat approve 7",
  );
});

describe("the report of a command", () => {
  const failed: RunReport = {
    ...quiet,
    outcome: "failed",
    error: { code: "AUTH_REJECTED", text: "The server refuses the password." },
  };
  it("sums its runs and ends with the gravest", () => {
    const report = commandReport([quiet, busy, failed], "a", "b");
    expect(report).toMatchObject({ version: 1, outcome: "failed", exitCode: 4, totals: { stored: 12, removed: 3 } });
    expect(failureSentence(report)).toBe("The server refuses the password.");
    expect(failureSentence(commandReport([quiet, busy], "a", "b"))).toBe(null);
    expect(commandReport([], "a", "b")).toMatchObject({ outcome: "ok", exitCode: 0 });
  });

  it.each([
    [{ outcome: "ok", error: null }, 0],
    [{ outcome: "partial", error: null }, 3],
    [{ outcome: "halted", error: null }, 5],
    [{ outcome: "interrupted", error: null }, 130],
    [{ outcome: "failed", error: null }, 1],
    [{ outcome: "failed", error: { code: "UNREACHABLE", text: "" } }, 6],
    [{ outcome: "failed", error: { code: "TLS_REFUSED", text: "" } }, 6],
    [{ outcome: "failed", error: { code: "LEASE_HELD", text: "" } }, 1],
  ] as const)("%j ends with %i", (report, code) => expect(exitCodeOfReport(report)).toBe(code));

  it("has a code for every error, and the gravest of several", () => {
    expect([
      exitCodeOfError("CONFIG_INVALID"),
      exitCodeOfError("INTERRUPTED"),
      exitCodeOfError("SCHEMA_TOO_NEW"),
      exitCodeOfError("BUG"),
    ]).toEqual([2, 130, 1, 1]);
    expect([
      gravest([]),
      gravest([0, 3]),
      gravest([3, 5, 0]),
      gravest([6, 4, 5]),
      gravest([4, 1]),
      gravest([1, 130]),
    ]).toEqual([0, 3, 5, 4, 1, 130]);
  });
});

describe("the page after the first backup", () => {
  const night: FirstNight = {
    program: "/opt/packet boat/packetboat",
    archive: "you@example.com",
    where: "the embedded database in /home/you/.local/share/packetboat",
    args: ["imaps://you%2Bx@example.com@mail.example.com"],
    hasPassword: true,
    variables: {},
    foreignDatabase: false,
    call: null,
  };
  it("has lines that can be copied", () => {
    const lines = firstNightLines(night);
    expect(lines).toContain(
      "  17 3 * * *  '/opt/packet boat/packetboat' backup imaps://you\\%2Bx@example.com@mail.example.com --quiet",
    );
    expect(lines.join("\n")).toContain(
      'ExecStart="/opt/packet boat/packetboat" backup imaps://you%%2Bx@example.com@mail.example.com --quiet',
    );
    expect(lines.join("\n")).not.toMatch(/password/i);
  });
  it("says what the nightly run lacks", () => {
    const text = firstNightLines({
      ...night,
      hasPassword: false,
      foreignDatabase: true,
      variables: { PACKETBOAT_HOME: "/data/my mail" },
    }).join("\n");
    expect(text).toContain("17 3 * * *  PACKETBOAT_HOME='/data/my mail' '/opt/packet boat/packetboat' backup");
    expect(text).toContain('Environment="PACKETBOAT_HOME=/data/my mail"');
    expect(text).toContain("--password-file /path/to/password --quiet");
    expect(text).toContain("PACKETBOAT_DATABASE_URL must be set there too.");
  });
  it("calls a container from outside, where its paths and variables are none", () => {
    const text = firstNightLines({
      ...night,
      hasPassword: false,
      foreignDatabase: true,
      variables: { PACKETBOAT_HOME: "/data" },
      call: "docker compose run --rm packetboat",
    }).join("\n");
    expect(text).toContain("  docker compose run --rm packetboat restore list you@example.com\n");
    expect(text).toContain(
      "  17 3 * * *  cd /path/to/packetboat && docker compose run --rm packetboat backup imaps://you\\%2Bx@example.com@mail.example.com --quiet\n",
    );
    expect(text).toContain(
      "  docker compose run --rm packetboat account add imaps://you%2Bx@example.com@mail.example.com --keep-password",
    );
    expect(text).not.toMatch(/PACKETBOAT_|systemd|\/opt|\/data/);
  });
  it("quotes for sh", () => {
    expect([shellQuoted("a@b.c"), shellQuoted("it's"), shellQuoted(""), shellQuoted("a*")]).toEqual([
      "a@b.c",
      "'it'\\''s'",
      "''",
      "'a*'",
    ]);
  });
});
