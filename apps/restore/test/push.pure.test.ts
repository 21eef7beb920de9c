// restore push before and after it does anything: options that go together, and the words of a plan.
import type { UndoPlan } from "@packetboat/archive";
import { asId } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { type PushOptions, readPush } from "../src/push-options.ts";
import { doneLine, undoLines } from "../src/undo-lines.ts";

const readDate = (option: string, text: string): number => {
  if (text === "bad") throw new Error(option);
  return Date.parse(text);
};
const read = (options: PushOptions) => readPush(options, readDate);

describe("options", () => {
  it("say where to, exactly once, and from when", () => {
    expect(read({ inPlace: true, at: "41" })).toEqual({ kind: "inPlace", at: "41", selection: {} });
    expect(read({ to: "you", mailboxPrefix: "/Old/mail/" })).toEqual({
      kind: "to",
      account: "you",
      at: null,
      selection: {},
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

  it.each<PushOptions>([
    {},
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
