// What can be restored from what is shown, and what the API is asked for it.
import { expect, it } from "vitest";
import { type Shown, scopesOf, selectionOf } from "../src/screens/restore/what.ts";

const shown = (part: Partial<Shown>): Shown => ({ archive: 1, revision: 4, past: null, ...part });

it.each([
  { of: {}, scopes: ["everything"] },
  { of: { mailbox: ["Work"] }, scopes: ["mailbox", "everything"] },
  { of: { mailbox: ["Work"], hasChildren: true, message: 7 }, scopes: ["message", "mailbox", "below", "everything"] },
  { of: { query: "from:ann", message: 7 }, scopes: ["message", "search", "everything"] },
  { of: { hasChildren: true }, scopes: ["everything"] },
])("$of offers $scopes", ({ of, scopes }) => {
  expect(scopesOf(shown(of))).toEqual(scopes);
});

it.each([
  { scope: "message", selection: { messages: [7] } },
  { scope: "search", selection: { query: "from:ann" } },
  { scope: "mailbox", selection: { mailboxes: [{ path: ["Work", "a/b"] }] } },
  { scope: "below", selection: { mailboxes: [{ path: ["Work", "a/b"], children: true }] } },
  { scope: "everything", selection: {} },
] as const)("$scope asks for $selection", ({ scope, selection }) => {
  expect(selectionOf(shown({ message: 7, query: "from:ann", mailbox: ["Work", "a/b"] }), scope)).toEqual(selection);
});
