// What can be restored from what is shown, what the API is asked for it, and how what was asked for is listed.
import { expect, it } from "vitest";
import { listedTitle } from "../src/screens/restore/job-words.ts";
import type { Job } from "../src/screens/restore/use-job.ts";
import { type Shown, scopesOf, selectionOf } from "../src/screens/restore/what.ts";

const shown = (part: Partial<Shown>): Shown => ({ archive: 1, revision: 4, past: null, ...part });

it.each([
  { of: {}, scopes: ["everything"] },
  { of: { mailbox: ["Work"] }, scopes: ["mailbox", "everything"] },
  { of: { mailbox: ["Work"], hasChildren: true, message: 7 }, scopes: ["message", "mailbox", "below", "everything"] },
  { of: { query: "from:ann", message: 7 }, scopes: ["message", "search", "everything"] },
  { of: { hasChildren: true }, scopes: ["everything"] },
  { of: { mailbox: ["Work"], message: 7, selected: [7, 9] }, scopes: ["selected", "message", "mailbox", "everything"] },
  { of: { query: "from:ann", selected: [9] }, scopes: ["selected", "search", "everything"] },
  {
    of: { mailbox: ["Work"], hasChildren: true, message: 7, selected: "all" as const },
    scopes: ["mailbox", "message", "below", "everything"],
  },
  { of: { query: "from:ann", message: 7, selected: "all" as const }, scopes: ["search", "message", "everything"] },
])("$of offers $scopes", ({ of, scopes }) => {
  expect(scopesOf(shown(of))).toEqual(scopes);
});

it.each([
  { scope: "selected", selection: { messages: [9, 8] } },
  { scope: "message", selection: { messages: [7] } },
  { scope: "search", selection: { query: "from:ann" } },
  { scope: "mailbox", selection: { mailboxes: [{ path: ["Work", "a/b"] }] } },
  { scope: "below", selection: { mailboxes: [{ path: ["Work", "a/b"], children: true }] } },
  { scope: "everything", selection: {} },
] as const)("$scope asks for $selection", ({ scope, selection }) => {
  const all = { message: 7, selected: [9, 8], query: "from:ann", mailbox: ["Work", "a/b"] };
  expect(selectionOf(shown(all), scope)).toEqual(selection);
});

it.each([
  [{}, "Restore in place: everything"],
  [{ messages: [9, 8] }, "Restore in place: 2 messages"],
  [{ query: "from:ann" }, "Restore in place: what “from:ann” finds"],
  [{ mailboxes: [{ path: ["Work", "Old"] }] }, "Restore in place: Work / Old"],
  [{ mailboxes: [{ path: ["Work"], children: true }] }, "Restore in place: Work and the mailboxes below it"],
  [
    { query: "ann", mailboxes: [{ path: ["Work"] }, { path: ["INBOX"] }] },
    "Restore in place: what “ann” finds in 2 mailboxes",
  ],
] as const)("a job of %j is listed as such", (selection, title) => {
  const asked = { revision: 4, selection, to: { kind: "place" } };
  expect(listedTitle({ kind: "restore", asked } as unknown as Job)).toBe(title);
});

it("a job that another version kept is listed by what it is", () => {
  expect(listedTitle({ kind: "restore", asked: null } as unknown as Job)).toBe("Restore in place");
});
