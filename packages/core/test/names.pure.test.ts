// Names with a number (B2): which of them somebody gave, which of them only stand for a name that was taken, and how these lose their number
// again. Each scenario is also run in reverse order and once more after it was applied (tree.ts).
import { describe, expect, it } from "vitest";
import { planMailboxPush, type Role, showPath } from "../src/index.ts";
import { based, kept, listed, run } from "./tree.ts";
import { BOTH, linkWith, PULL } from "./world.ts";

/** The server's "X", unchanged; what the archive calls it, what it called it at the last push, and what else the archive has. */
interface Case {
  readonly why: string;
  readonly archive: string;
  readonly pushed: string | null;
  readonly others?: readonly string[];
  readonly role?: Role;
  readonly after: string;
}

const CASES: readonly Case[] = [
  { why: "B2 X is free again", archive: "X (2)", pushed: "X (2)", after: "X" },
  { why: "B2 mapped by a rename from W that is not pushed yet", archive: "X (2)", pushed: "W", after: "X" },
  { why: "B2 it was gone from the archive at the last push", archive: "X (2)", pushed: null, after: "X" },
  { why: "B2 X is another's still", archive: "X (2)", pushed: "X (2)", others: ["X"], after: "X (2)" },
  { why: "B2 a lower number is no plain name", archive: "X (3)", pushed: "X (3)", others: ["X"], after: "X (3)" },
  { why: "B1 somebody gave it the number", archive: "X (2)", pushed: "X", after: "X (2)" },
  { why: "B1 somebody gave it a name", archive: "Y", pushed: "X", after: "Y" },
  { why: "B1 a number of another kind is a name", archive: "X 2", pushed: "X 2", after: "X 2" },
  { why: "B3 paired by role", archive: "X (2)", pushed: "X (2)", role: "sent", after: "X (2)" },
];

const segments = (name: string): string[] => name.split("/");
const pushed = (name: string) => ({ pushedPath: segments(name) });

describe("numbered names", () => {
  for (const prefix of [[], ["work"]])
    it.each(CASES)(`$why: $archive is then $after, below "${prefix.join("/")}"`, (one) => {
      const role = one.role ?? null;
      const at = (name: string): string => [...prefix, name].join("/");
      const pushedPath = one.pushed === null ? null : segments(at(one.pushed));
      const tree = {
        bases: [based(1, "X", 1, { pushedPath, role })],
        mailboxes: [kept(1, at(one.archive), { role }), ...(one.others ?? []).map((name, i) => kept(5 + i, at(name)))],
      };
      const out = run(tree, [listed("X", 1, { role })], {}, linkWith(BOTH, { prefix }));
      expect(out.pairs).toEqual([`X = X → ${at(one.after)}`]);
      expect(out.notes).toEqual(one.archive === one.after ? [] : ["mailboxRenamed"]);
      expect(out.plan.base).toEqual([]);
    });

  it("B2 a link that only pulls takes the plain name back, too", () => {
    const tree = { bases: [based(1, "X", 1, pushed("X (2)"))], mailboxes: [kept(1, "X (2)")] };
    expect(run(tree, [listed("X", 1)], {}, linkWith(PULL)).pairs).toEqual(["X = X → X"]);
    const none = linkWith({ pull: false, push: true });
    expect(run(tree, [listed("X", 1)], {}, none).plan.archive).toEqual([]);
  });

  it("B2 INBOX has its name back without regard to case", () => {
    const tree = { bases: [based(1, "INBOX", 1, pushed("INBOX (2)"))], mailboxes: [kept(1, "INBOX (2)")] };
    expect(run(tree, [listed("INBOX", 1)]).pairs).toEqual(["INBOX = INBOX → INBOX"]);
    const other = { ...tree, mailboxes: [...tree.mailboxes, kept(9, "inbox")] };
    expect(run(other, [listed("INBOX", 1)]).pairs).toEqual(["INBOX = INBOX → INBOX (2)"]);
  });

  it("B2 who gives a plain name up by a rename of the same pull leaves it free", () => {
    const other = based(2, "Old", 2, { objectId: "o", ...pushed("X") });
    const tree = {
      bases: [based(1, "X", 1, pushed("X (2)")), { ...other, path: ["X"], name: "x" }],
      mailboxes: [kept(1, "X (2)"), kept(2, "X")],
    };
    const out = run(tree, [listed("X", 1), listed("W", 2, { mailboxId: "o" })]);
    expect(out.pairs).toEqual(["X = X → X", "x = W → W"]);
  });

  it("B2 trap 19 two names of one path: one of them is plain, and the other keeps its number", () => {
    const twin = (id: number, name: string) => ({ ...based(id, name, id, pushed(`A (${id})`)), path: ["A"] });
    const tree = { bases: [twin(2, "A"), twin(3, "INBOX.A")], mailboxes: [kept(2, "A (2)"), kept(3, "A (3)")] };
    const out = run(tree, [listed("A", 2), listed("INBOX.A", 3, { path: ["A"] })]);
    expect(out.pairs).toEqual(["A = A → A", "INBOX.A = INBOX.A → A (3)"]);
  });

  it("B2 the number that is given back is free for the one whose name it is", () => {
    const tree = { bases: [based(1, "X", 1, pushed("X (2)"))], mailboxes: [kept(1, "X (2)")] };
    const out = run(tree, [listed("X", 1), listed("X (2)", 2)]);
    expect(out.after.mailboxes.map(({ path }) => path)).toEqual([["X"], ["X (2)"]]);
    expect(out.notes).toEqual(["mailboxCreated", "mailboxRenamed"]);
  });

  it.each([
    ["B1 the archive's number was mapped", "X", "X (2)", "X (2)", "Z"],
    ["B2 the server's number was mapped", "X (2)", "X", "X", "Z"],
    ["B1 somebody gave the archive's the number first", "X", "X (2)", "X", "X (2)"],
  ])("a rename on the server, and %s", (_, server, archive, before, after) => {
    const tree = { bases: [based(1, server, 1, { objectId: "x", ...pushed(before) })], mailboxes: [kept(1, archive)] };
    const plan = run(tree, [listed("Z", 1, { mailboxId: "x" })], {}, linkWith(BOTH));
    expect(plan.pairs).toEqual([`${server} = Z → ${after}`]);
    expect(plan.notes).toEqual([after === "Z" ? "mailboxRenamed" : "conflict"]);
    // Without pushes a number is none that somebody gave.
    expect(run(tree, [listed("Z", 1, { mailboxId: "x" })], {}, linkWith(PULL)).pairs).toEqual([`${server} = Z → Z`]);
  });

  it("B2 B5 while a name waits for the one that has it, no number is taken away", () => {
    const tree = {
      bases: [based(1, "X", 1, pushed("X (2)")), based(2, "Y", 2)],
      mailboxes: [kept(1, "X (2)"), kept(2, "Y")],
    };
    const answers = { "replaced Y": true, "same X Y": true };
    expect(run(tree, [listed("Y", 1)], answers).pairs).toEqual(["X = Y → X (2)"]);
  });

  it.each([
    ["is not paired yet: it is met by the next run", [], [], ["warning"]],
    ["is another mailbox's", [based(2, "X", 2)], ["X (2)"], ["mailboxMapped"]],
  ])("B2 B7 a mailbox is made under a number only where the one that has its name on the server %s", (...row) => {
    const [, bases, creates, notes] = row;
    const tree = { bases, mailboxes: [kept(1, "X"), ...bases.map(({ id }) => kept(id, "Z"))] };
    const held = tree.bases.map((base) => ({ ...base, pushedPath: ["Z"], role: "sent" as const }));
    const sent = tree.mailboxes.map((one) => ({ ...one, role: one.path[0] === "Z" ? ("sent" as const) : null }));
    const spell = (path: readonly string[]) => ({ name: showPath(path), path });
    const plan = planMailboxPush(linkWith(BOTH), { bases: held, mailboxes: sent }, [listed("X", 2)], spell);
    expect(plan.creates.map(({ spelled }) => spelled.name)).toEqual(creates);
    expect(plan.notes.map(({ kind }) => kind)).toEqual(notes);
  });
});
