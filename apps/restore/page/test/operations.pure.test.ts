// What the screens of runs and accounts make of the API's answers: times as people choose them and as cron has them, points of charts, reports that
// any version may have written, mailboxes to be chosen.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { choicesOf, entranceOf, excludedOf, type Proposal, providerOf } from "../src/screens/accounts/add/adding.ts";
import { choiceOf, cronOf, FIRST_CHOICE, scheduleWords } from "../src/screens/accounts/schedule.ts";
import { afterOf, beforeOf, countOf, readReport, secondsOf } from "../src/screens/runs/reading.ts";
import { runPoints, storagePoints, summaryOf } from "../src/screens/runs/series.ts";
import { runs, report as words } from "../src/texts/runs.ts";

describe("times", () => {
  it.each([
    [{ cron: "30 4 * * *", watch: false }, { kind: "night", time: "04:30" }, "every night at 04:30"],
    [
      { cron: "5 23 * * *", watch: true },
      { kind: "night", time: "23:05" },
      "every night at 23:05, and as soon as something changes",
    ],
    [{ cron: "0 * * * *", watch: false }, { kind: "hour" }, "every hour"],
    [{ cron: "*/15 * * * *", watch: false }, { kind: "quarter" }, "every 15 minutes"],
    [{ cron: "0 3 * * 1-5", watch: false }, { kind: "custom", cron: "0 3 * * 1-5" }, "at “0 3 * * 1-5”"],
    [{ cron: null, watch: true }, { kind: "never", watch: true }, "as soon as something changes"],
    [null, { kind: "never", watch: false }, "only when you ask"],
  ] as const)("%j", (known, choice, words) => {
    expect(choiceOf(known)).toMatchObject(choice);
    expect(cronOf(choiceOf(known))).toBe(known?.cron ?? null);
    expect(scheduleWords(known)).toBe(words);
  });

  it("every time of the night comes back as it was chosen", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }), (hour, minute) => {
        const time = `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
        const cron = cronOf({ ...FIRST_CHOICE, kind: "night", time });
        expect(choiceOf({ cron, watch: false })).toEqual({ ...FIRST_CHOICE, kind: "night", time });
      }),
    );
  });
});

describe("charts", () => {
  const run = (n: number, fetched: number) => ({
    ...{ run: n, link: 1, started: "2026-11-20T03:00:00.000Z", seconds: n, outcome: "ok" },
    ...{ fetched, fetchedBytes: fetched * 1_000, sent: 0, sentBytes: 0, failed: 0 },
  });
  const day = (name: string, bytes: number, repeatedBytes: number, keptBytes: number) => ({
    ...{ day: name, messages: 1, bytes, repeatedBytes, keptBytes },
  });

  it("run from the earliest to the latest, and add up what is stored", () => {
    expect(runPoints([run(9, 3), run(8, 2)]).map(({ run: n, fetched }) => [n, fetched])).toEqual([
      [8, 2],
      [9, 3],
    ]);
    const days = [day("2026-11-20", 100, 0, 40), day("2026-11-21", 100, 100, 0), day("2026-11-22", 10, 0, 12)];
    expect(storagePoints(days)).toEqual([
      { when: "2026-11-20", kept: 40, repeated: 0, compressed: 60 },
      { when: "2026-11-21", kept: 40, repeated: 100, compressed: 60 },
      { when: "2026-11-22", kept: 52, repeated: 100, compressed: 58 },
    ]);
    expect(summaryOf("storage", [], days)).toMatch(/^210 bytes of mail take 52 bytes on disk: 158 bytes are saved/);
  });

  it.each([
    ["messages", "2 runs, 5 messages fetched in all."],
    ["seconds", "2 runs, the longest took 9 s."],
  ] as const)("say in words what %s show", (kind, words) => {
    expect(summaryOf(kind, [run(9, 3), run(8, 2)], [])).toBe(words);
  });
});

describe("reports", () => {
  it("are read with care, whatever is in them", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (report) => {
        const read = readReport(report, { totals: ["fetched"], within: ["fetched", "movedOut"] });
        expect(read.totals.every(([, n]) => n > 0)).toBe(true);
        expect(countOf(report, "fetched")).toBeTypeOf("number");
      }),
    );
  });

  it("say nothing of what is gone where nothing is, or where it is not known since when", () => {
    const names = { totals: [], within: [] };
    expect(readReport({ totals: { removed: 0 }, revisionBefore: 1, revisionAfter: 2 }, names).gone).toBeNull();
    expect(readReport({ totals: { removed: 3 } }, names).gone).toBeNull();
  });

  it("have words for each thing that changed, all of them told of a mailbox", () => {
    expect(Object.keys(words.totals).filter((name) => words.within[name] === undefined)).toEqual([]);
    expect([runs.brought(0, 0, 0), runs.brought(0, 0, 506), runs.brought(2, 3_000, 1)]).toEqual([
      "nothing new",
      "nothing new, 506 gone from the server",
      "2 new, 3 kB, 1 gone from the server",
    ]);
  });

  it("give what is to be shown", () => {
    const report = {
      totals: { fetched: 2, removed: 3 },
      revisionBefore: 4,
      revisionAfter: 6,
      failures: [{ mailbox: "INBOX", uid: 7, detail: "Too large." }],
      notes: [{ mailbox: null, text: "A note." }],
      halts: [{ text: "All would go" }],
      mailboxes: [
        { mailbox: "INBOX", fetched: 2, movedOut: 5 },
        { mailbox: "Quiet", fetched: 0 },
      ],
    };
    const names = { totals: ["fetched", "removed"], within: ["fetched", "movedOut"] };
    expect(readReport(report, names)).toEqual({
      totals: [
        ["fetched", 2],
        ["removed", 3],
      ],
      gone: { messages: 3, before: 4, after: 6 },
      failures: [{ mailbox: "INBOX", uid: 7, detail: "Too large." }],
      notes: ["A note."],
      halts: ["All would go"],
      mailboxes: [
        {
          name: "INBOX",
          changes: [
            ["fetched", 2],
            ["movedOut", 5],
          ],
        },
      ],
    });
    expect(secondsOf({ started: "2026-11-20T03:00:00Z", finished: null })).toBeNull();
    expect([beforeOf("/api/v1/runs?limit=2&before=7"), afterOf("/x?after=1.0.2"), afterOf(null)]).toEqual([
      "7",
      "1.0.2",
      null,
    ]);
  });
});

describe("adding an account", () => {
  it("chooses all mailboxes but junk, INBOX first, and leaves out by name", () => {
    const box = (path: string[], role: string | null = null, selectable = true) => ({
      path,
      role,
      selectable,
      messages: 1,
    });
    const mailboxes = [
      box(["Work", "Old"]),
      box(["Parent"], null, false),
      box(["Junk"], "junk"),
      box(["INBOX"], "inbox"),
    ];
    const choices = choicesOf({ mailboxes });
    expect(choices.map(({ name }) => name)).toEqual(["INBOX", "Junk", "Work/Old"]);
    expect(excludedOf(choices)).toEqual(["Junk"]);
  });

  it("goes by the way that the server wants", () => {
    const proposal = (host: string, way: Proposal["way"]) => ({ host, way }) as Proposal;
    expect(entranceOf(proposal("imap.gmail.com", "appPassword"))).toMatchObject({ way: "password" });
    expect(entranceOf(proposal("outlook.office365.com", "oauth"))).toMatchObject({ way: "oauth" });
    expect(["imap.gmail.com", "outlook.office365.com", "notgmail.com"].map((host) => providerOf({ host }))).toEqual([
      "google",
      "microsoft",
      "other",
    ]);
  });
});
