// Patterns of a link, and what a link that writes leaves out by itself.
import { describe, expect, it } from "vitest";
import { isSelected, type ListedMailbox, matchesPattern, pathKey, type Rights, samePath } from "../src/index.ts";
import { BOTH, linkWith, PULL } from "./world.ts";

describe("patterns", () => {
  it.each([
    ["*", "", true],
    ["*", "a/b", true],
    ["a*", "a/b/c", true],
    ["*/b", "a/b", true],
    ["*b*c", "abbbc", true],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["A", "a", false],
    ["a.c", "abc", false],
    ["a+(b", "a+(b", true],
    ["", "", true],
    ["", "a", false],
  ])("B8 %s on %s: %s", (pattern, text, expected) => expect(matchesPattern(pattern, text)).toBe(expected));

  it("trap 29: a pattern made to hurt is no slower than its length times the text's", () => {
    const started = performance.now();
    expect(matchesPattern(`${"*a".repeat(200)}b`, "a".repeat(5_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

const mailbox = (path: readonly string[], part: Partial<ListedMailbox> = {}) => ({
  path,
  namespace: "personal" as const,
  virtual: false,
  role: null,
  ...part,
});
const selected = (one: ReturnType<typeof mailbox>, policy = {}, rights: Rights = PULL): boolean =>
  isSelected(linkWith(rights, policy), one);

describe("selection", () => {
  it("B8 only what lies below the link's place on the server, and patterns mean the whole path there", () => {
    const below = ["Old mail"];
    expect(selected(mailbox(["Old mail", "INBOX"]), { below })).toBe(true);
    expect(selected(mailbox(["Old mail"]), { below })).toBe(false);
    expect(selected(mailbox(["INBOX"]), { below })).toBe(false);
    expect(selected(mailbox(["Old mailbox", "A"]), { below })).toBe(false);
    expect(selected(mailbox(["Old mail", "A"]), { below, include: ["Old mail/A"] })).toBe(true);
    expect(selected(mailbox(["Old mail", "A"]), { below, include: ["A"] })).toBe(false);
  });

  it("B8 trap 46: everything without patterns; exclude wins over include", () => {
    expect(selected(mailbox(["a", "b"]))).toBe(true);
    expect(selected(mailbox(["a", "b"]), { include: ["a/*"] })).toBe(true);
    expect(selected(mailbox(["a"]), { include: ["a/*"] })).toBe(false);
    expect(selected(mailbox(["a", "b"]), { include: ["a/*"], exclude: ["*/b"] })).toBe(false);
  });

  it("B2 trap 21: INBOX is matched without case, no other name is", () => {
    expect(selected(mailbox(["INBOX"]), { exclude: ["inbox"] })).toBe(false);
    expect(selected(mailbox(["Sent"]), { exclude: ["sent"] })).toBe(true);
    expect(selected(mailbox(["INBOX", "a"]), { exclude: ["inbox/a"] })).toBe(true);
    expect(samePath(["inbox"], ["INBOX"])).toBe(true);
    expect(samePath(["Sent"], ["SENT"])).toBe(false);
    expect(samePath(["inbox", "a"], ["INBOX", "a"])).toBe(false);
  });

  it("B2 trap 20: no character of a segment makes two paths one", () => {
    const paths = [["a/b"], ["a", "b"], ["a,b"], ['a","b'], ["a", "", "b"], ["a "], [" a"]];
    expect(new Set(paths.map(pathKey)).size).toBe(paths.length);
  });

  it("B4 trap 14: shared and virtual mailboxes are read by links that only pull", () => {
    for (const one of [mailbox(["x"], { namespace: "shared" }), mailbox(["x"], { virtual: true })]) {
      expect(selected(one)).toBe(true);
      expect(selected(one, {}, BOTH)).toBe(false);
      expect(selected(one, { include: ["x"] }, BOTH)).toBe(true);
    }
  });
});
