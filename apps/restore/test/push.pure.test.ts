// restore push before and after it does anything: options that go together, and the words of a plan.
import type { UndoPlan } from "@packetboat/archive";
import { asId, type MessageId } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { type HeldThere, NOTHING_TO_SEND, previewOf, previewWords } from "../src/preview.ts";
import { MOST_MESSAGES, type PushOptions, readPush } from "../src/push-options.ts";
import { doneLine, undoLines } from "../src/undo-lines.ts";

const readDate = (option: string, text: string): number => {
  if (text === "bad") throw new Error(option);
  return Date.parse(text);
};
const read = (options: PushOptions) => readPush(options, readDate, 0);

describe("options", () => {
  it("take a search, whose words name what is sent", () => {
    const query = { kind: "piece", field: "from", text: "ann" };
    expect(read({ inPlace: true, at: "41", from: "Ann" })).toMatchObject({ query });
    expect(read({ to: "you", query: "from:ann" })).toMatchObject({ query, words: "query from:ann" });
    expect(() => read({ to: "you", query: "form:ann" })).toThrow(/Did you mean from:/);
  });

  it("say where to, exactly once, and from when", () => {
    expect(read({ inPlace: true, at: "41" })).toEqual({ kind: "inPlace", at: "41", selection: {}, query: null });
    expect(read({ to: "you", mailboxPrefix: "/Old/mail/" })).toEqual({
      kind: "to",
      account: "you",
      at: null,
      selection: {},
      query: null,
      words: null,
      below: ["Old", "mail"],
    });
  });

  it("name a selection in the same words whatever their order", () => {
    const one = read({ to: "you", mailbox: ["Work", "A*", "Work"], since: "2024-01-01" });
    const other = read({ to: "you", mailbox: ["A*", "Work"], since: "2024-01-01" });
    expect(one).toEqual(other);
    expect(one).toMatchObject({ words: "A*, Work, since 2024-01-01", selection: { mailboxes: ["A*", "Work"] } });
  });

  it("name single messages, each once, in order", () => {
    const options = { inPlace: true, at: "41", message: ["97, 96", "97"] };
    expect(read(options)).toMatchObject({ selection: { messages: [96, 97] } });
    expect(read({ to: "you", message: ["5", "4"] })).toMatchObject({
      words: "message 4 5",
      selection: { messages: [4, 5] },
    });
  });

  it.each<PushOptions>([
    {},
    { to: "you", message: ["0"] },
    { to: "you", message: [","] },
    { to: "you", message: ["12a"] },
    { to: "you", message: ["1'; drop"] },
    { to: "you", message: [Array.from({ length: MOST_MESSAGES + 1 }, (_, n) => n + 1).join()] },
    { inPlace: true },
    { inPlace: true, to: "you", at: "1" },
    { inPlace: true, at: "1", mailboxPrefix: "Old" },
    { to: "you", keepNew: true },
    { to: "you", sync: false },
  ])("that contradict each other are refused: %o", (options) => {
    expect(() => read(options)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });
});

const plan: UndoPlan = {
  archiveId: asId(1),
  revision: asId(3),
  until: asId(9),
  selection: {},
  keepNew: false,
  totals: { back: 1200, moved: 1, flagged: 0, removed: 2 },
  mailboxes: [{ path: ["A\u001b[1m", "b"], back: 1200, moved: 1, flagged: 0, removed: 2 }],
  renamed: [{ from: ["New"], to: ["Old"] }],
  subscriptions: 2,
  backMailboxes: [["Gone"]],
  removedMailboxes: [["Late"]],
};

describe("words", () => {
  it("of a plan: a line for each mailbox, harmless, and what becomes of mailboxes", () => {
    const lines = undoLines(plan);
    expect(lines[0]).toMatch(/^mailbox +come back +move back +flags +removed$/);
    expect(lines.join("\n")).not.toContain("\u001b");
    expect(lines.slice(3)).toEqual([
      "The mailbox Gone comes back.",
      "The mailbox New is called Old again.",
      "The mailbox Late was not there; it is removed.",
      "2 subscriptions as before.",
    ]);
  });

  it("of a plan with thousands of mailboxes are cut", () => {
    const path = (n: number) => [`box ${n}`];
    const many = Array.from({ length: 5_000 }, (_, n) => ({ path: path(n), ...plan.totals }));
    const lines = undoLines({ ...plan, mailboxes: many, backMailboxes: many.map((one) => one.path) });
    expect(lines.length).toBeLessThan(100);
    expect(lines).toContain("and 4,960 more mailboxes (--json names all)");
  });

  it("of what was done", () => {
    expect(doneLine(plan.totals)).toBe("1,200 messages came back, 1 moved back, 2 removed");
    expect(doneLine({ back: 0, moved: 0, flagged: 0, removed: 0 })).toBe("No message had to change");
  });
});

describe("a preview", () => {
  const message = (id: number, fingerprint: string | null, size = 100) => ({
    id: asId<MessageId>(id),
    size,
    fingerprint,
  });
  const there = (fingerprint: string | null, size = 100): HeldThere => ({ fingerprint, size });

  // Messages, what the server holds: to append, already there, to be matched, too large (over 1,000 bytes).
  it.each([
    [[message(1, "a"), message(2, "b", 300)], [], [2, 0, 0, 0]],
    [[message(1, "a"), message(2, "b")], [there("a")], [1, 1, 0, 0]],
    // Another size: line ends that a server made anew, or another message of the same header. The bytes tell.
    [[message(1, "a")], [there("a", 101)], [0, 0, 1, 0]],
    // C3: two that are alike, one of them there.
    [[message(1, "a"), message(2, "a")], [there("a")], [1, 0, 1, 0]],
    [[message(1, "a")], [there("a"), there("a")], [0, 0, 1, 0]],
    // Without a header nothing but the bytes tells.
    [[message(1, null)], [there(null)], [0, 0, 1, 0]],
    [[message(1, "a", 1_001), message(2, "b", 1_000)], [], [1, 0, 0, 1]],
    // Too large, and there: nothing has to be sent.
    [[message(1, "a", 5_000)], [there("a", 5_000)], [0, 1, 0, 0]],
    [[], [there("a")], [0, 0, 0, 0]],
  ] as const)("%#", (messages, held, expected) => {
    const { toAppend, alreadyThere, toBeMatched, tooLarge } = previewOf(messages, held, 1_000);
    expect([toAppend, alreadyThere, toBeMatched, tooLarge]).toEqual(expected);
    expect(previewOf(messages, held, null).tooLarge).toBe(0);
  });

  it("is one sentence", () => {
    const preview = { toAppend: 312, bytes: 34_000_000, alreadyThere: 4, toBeMatched: 0, tooLarge: 2 };
    expect(previewWords(preview, 50_000_000)).toBe(
      "312 messages to append (34 MB), 4 already there, 2 too large for this server (50 MB at most)",
    );
    expect(previewWords({ ...NOTHING_TO_SEND, toBeMatched: 3 }, null)).toBe(
      "0 messages to append, 0 already there, 3 to be matched by their bytes",
    );
  });
});
