// The decisions of the mail screen: its address, the text of a search, keys.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mailAddress } from "../src/screens/mail/address.ts";
import { type Move, moveOf, type Pressed, type Standing } from "../src/screens/mail/keys.ts";
import { chipsOf, suggestionsFor, taken, termsOf, toggled, without } from "../src/screens/mail/query-text.ts";
import { treeOf } from "../src/screens/mail/tree.ts";

describe("the address", () => {
  it.each([
    [
      { archive: 1, mailbox: 2, message: 3, q: " ann ", removed: true, at: 7 },
      { archive: 1, mailbox: 2, message: 3, q: "ann", removed: true, at: 7 },
    ],
    [{ archive: "1", mailbox: -2, message: 1.5, q: "", removed: "yes", at: {} }, {}],
    [
      { q: 2024, at: "2024-06-01" },
      { q: "2024", at: "2024-06-01" },
    ],
  ])("%o", (given, read) => {
    expect(mailAddress(given)).toEqual(read);
  });
});

describe("the text of a search", () => {
  it.each([
    ['from:ann "order 7" (a OR b c) ', ["from:ann", '"order 7"', "(a OR b c)"]],
    ['subject:"never closed', ['subject:"never closed']],
    ["", []],
  ])("%s has terms", (text, terms) => {
    expect(termsOf(text)).toEqual(terms);
  });

  it("shows fields as chips, and switches filters", () => {
    expect(chipsOf("word from:ann -is:read (a OR b) http:")).toEqual(["from:ann", "-is:read", "(a OR b)"]);
    expect(toggled("ann", "is:unread")).toBe("ann is:unread");
    expect(toggled("ann is:unread", "is:unread")).toBe("ann");
    expect(without("a b a", "a")).toBe("b a");
  });

  it("has the same terms whatever is switched twice", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const whole = termsOf(text).join(" ");
        const quotes = whole.split('"').length - 1;
        fc.pre(quotes % 2 === 0 && !/[()]/.test(whole) && !termsOf(text).includes("is:unread"));
        expect(toggled(toggled(whole, "is:unread"), "is:unread")).toBe(whole);
      }),
    );
  });

  it("suggests fields, mailboxes and people, and takes them", () => {
    expect(suggestionsFor("", [], [])[0]).toEqual({ term: "from:", hint: "who wrote it" });
    expect(suggestionsFor("order is:u", [], []).map(({ term }) => term)).toEqual(["is:unread"]);
    expect(suggestionsFor("in:w", ["INBOX", "Work", "Work/Old letters"], [])).toEqual([
      { term: "in:Work", hint: "" },
      { term: 'in:"Work/Old letters"', hint: "" },
    ]);
    expect(suggestionsFor("from:an", [], ["ann@example.com", "bob@example.com"])).toEqual([
      { term: "from:ann@example.com", hint: "" },
    ]);
    expect(suggestionsFor("order ", [], [])).toEqual([]);
    expect(taken("order is:u", { term: "is:unread", hint: "" })).toBe("order is:unread ");
    expect(taken("", { term: "from:", hint: "" })).toBe("from:");
  });
});

describe("keys", () => {
  const NOTHING_ON = { isSelecting: false, isReading: false };
  const pressed = (key: string, more: Partial<Pressed> = {}): Pressed => ({
    key,
    shift: false,
    command: false,
    alt: false,
    focus: "nothing",
    ...more,
  });
  it.each<[Pressed, Move | null, Partial<Standing>?]>([
    [pressed("j"), "next"],
    [pressed("k"), "previous"],
    [pressed("ArrowDown", { focus: "list" }), "next"],
    [pressed("ArrowUp", { focus: "list" }), "previous"],
    // The page, a slider and the message that is read scroll and move by them.
    [pressed("ArrowDown"), null],
    [pressed("ArrowDown", { focus: "other" }), null],
    [pressed("/"), "search"],
    // Where the slash needs Shift.
    [pressed("/", { shift: true }), "search"],
    [pressed("?", { shift: true }), "help"],
    [pressed("Enter"), "open"],
    [pressed("Enter", { focus: "control" }), null],
    [pressed("j", { focus: "field" }), null],
    [pressed("j", { command: true }), null],
    [pressed("j", { alt: true }), null],
    [pressed("x"), "toggle"],
    [pressed("x", { focus: "field" }), null],
    [pressed(" ", { focus: "list" }), "toggle"],
    [pressed(" "), null],
    [pressed(" ", { focus: "control" }), null],
    [pressed("J", { shift: true }), "extendNext"],
    [pressed("K", { shift: true }), "extendPrevious"],
    [pressed("j", { shift: true }), "extendNext"],
    // Caps Lock alone.
    [pressed("J"), null],
    [pressed("ArrowDown", { shift: true, focus: "list" }), "extendNext"],
    [pressed("ArrowUp", { shift: true, focus: "list" }), "extendPrevious"],
    [pressed("ArrowUp", { shift: true, focus: "field" }), null],
    [pressed("a", { command: true }), "all"],
    [pressed("a", { command: true, focus: "list" }), "all", { isReading: true }],
    // The text of the message that is read.
    [pressed("a", { command: true }), null, { isReading: true }],
    [pressed("a", { command: true, focus: "other" }), null],
    [pressed("a", { command: true, focus: "field" }), null],
    [pressed("A", { command: true, shift: true }), null],
    [pressed("a"), null],
    [pressed("Escape"), "back"],
    [pressed("Escape", { focus: "field" }), "back"],
    [pressed("Escape"), "clear", { isSelecting: true }],
    [pressed("Escape"), "clear", { isSelecting: true, isReading: true }],
    [pressed("Escape", { focus: "field" }), "back", { isSelecting: true }],
    [pressed("q"), null],
  ])("%o: %s %o", (key, move, standing = {}) => {
    expect(moveOf(key, { ...NOTHING_ON, ...standing })).toBe(move);
  });
});

describe("the tree", () => {
  const row = (path: readonly string[], mailbox: number | null = 1) => ({
    mailbox,
    path,
    role: null,
    subscribed: true,
    messages: 1,
    unread: 0,
    bytes: 1,
  });
  it("nests mailboxes as they come: parents before their children", () => {
    const tree = treeOf([
      row(["INBOX"]),
      row(["Work"], null),
      row(["Work", "Old"]),
      row(["Work", "Old", "Older"]),
      row(["Z"]),
    ]);
    expect(tree.map(({ name, children }) => [name, children.map((one) => one.name)])).toEqual([
      ["INBOX", []],
      ["Work", ["Old"]],
      ["Z", []],
    ]);
    expect(tree[1]?.children[0]?.children[0]?.name).toBe("Older");
  });
});
