// Mailboxes that are renamed, removed or out of sight: what is believed, what is asked, what is never concluded. Each scenario is also
// run in reverse order and once more after it was applied (tree.ts).
import { describe, expect, it } from "vitest";
import { planMailboxes } from "../src/index.ts";
import { based, dropped, kept, listed, run, treeOf } from "./tree.ts";
import { BOTH, linkWith, PULL } from "./world.ts";

describe("renames", () => {
  it("B1 trap 23 by MAILBOXID: believed at once, the archive's mailbox keeps its id", () => {
    const out = run(treeOf(based(1, "A", 1, { objectId: "x" })), [listed("Z", 1, { mailboxId: "x" })]);
    expect(out.pairs).toEqual(["A = Z → Z"]);
    expect(out.plan.archive).toMatchObject([{ kind: "changeMailbox", mailboxId: 11, path: ["Z"] }]);
    expect(out.notes).toEqual(["mailboxRenamed"]);
  });

  it("B1 trap 23 without MAILBOXID: one vanished, one appeared with that UIDVALIDITY, and the UIDs agree", () => {
    expect(run(treeOf(based(1, "A", 1)), [listed("Z", 1)], { "same A Z": true }).pairs).toEqual(["A = Z → Z"]);
  });

  it.each([
    ["done", "Z"],
    ["not begun", "A"],
  ])(
    "B1 S2 a rename of ours that was killed when RENAME was %s: the subscription it took away is nobody's wish",
    (_, name) => {
      const base = based(1, "A", 1, { subscribed: true, renamingTo: "Z" });
      const tree = { bases: [base], mailboxes: [kept(1, "Z", { subscribed: true })] };
      const { after } = run(tree, [listed(name, 1)]);
      expect(after.mailboxes).toMatchObject([{ path: ["Z"], subscribed: true }]);
      // Now the base says what LIST shows, and the push that follows subscribes it.
      expect(after.bases).toMatchObject([{ name, subscribed: false, renamingTo: null }]);
    },
  );

  it("B1 S2 a name that a rename of ours gave, its answer lost, is nobody's wish: the archive's mailboxes keep theirs", () => {
    const taken = based(2, "A/b", 2, { renamingTo: "Z/b" });
    const back = based(3, "C", 3, { renamingTo: "D" });
    const tree = {
      bases: [based(1, "A", 1, { renamingTo: "Z" }), taken, back],
      // It was on its way to D, and somebody has called it C again since.
      mailboxes: [kept(1, "Z"), kept(2, "A/b"), kept(3, "C"), kept(9, "Z/b")],
    };
    const out = run(tree, [listed("Z", 1), listed("Z/b", 2), listed("D", 3)]);
    expect(out.pairs).toEqual(["A = Z → Z", "A/b = Z/b → A/b", "C = D → C"]);
    expect(out.plan.archive).toEqual([]);
    expect(out.notes).toEqual([]);
    // The base says what LIST shows, and the push that follows gives each its place.
    expect(out.after.bases.map(({ name, renamingTo }) => [name, renamingTo])).toEqual([
      ["Z", null],
      ["Z/b", null],
      ["D", null],
    ]);
  });

  it("B1 S2 where a rename of ours came to nothing, or somebody renamed it on, their name is taken over", () => {
    const tree = treeOf(based(1, "A", 1, { objectId: "x", renamingTo: "Z" }));
    expect(run(tree, [listed("A", 1, { mailboxId: "x" })]).pairs).toEqual(["A = A → A"]);
    expect(run(tree, [listed("Y", 1, { mailboxId: "x" })]).pairs).toEqual(["A = Y → Y"]);
  });

  it("B1 S2 whose wish a name was is not forgotten while its mailbox waits for it", () => {
    const tree = treeOf(based(1, "A", 1, { objectId: "x", renamingTo: "Z" }), based(2, "Z", 2));
    const listing = [listed("Z", 1, { mailboxId: "x" })];
    const plan = planMailboxes(linkWith(PULL), tree, listing, new Map([["replaced 2", true]]));
    expect(plan).toMatchObject({ questions: [], vanished: [{ name: "Z" }], archive: [] });
    expect(plan.base.filter(({ kind }) => kind === "renaming")).toEqual([]);
    expect(run(dropped(tree, plan), listing).pairs).toEqual(["A = Z → A"]);
  });

  it("B1 S2 a subscription that came meanwhile is taken over", () => {
    const tree = treeOf(based(1, "A", 1, { renamingTo: "Z" }));
    expect(run(tree, [listed("Z", 1, { subscribed: true })]).after.mailboxes).toMatchObject([{ subscribed: true }]);
  });

  it("B1 the UIDs do not agree: one is gone, the other is new", () => {
    const out = run(treeOf(based(1, "A", 1)), [listed("Z", 1)], { "same A Z": false, "gone A": true });
    expect(out).toMatchObject({ pairs: [], first: ["Z"], vanished: ["A"] });
  });

  it("B1 trap 23 two vanished with one UIDVALIDITY: no rename is believed", () => {
    const tree = treeOf(based(1, "A", 1), based(2, "B", 1));
    const out = run(tree, [listed("Y", 1), listed("Z", 1)], { "gone A": true, "gone B": true });
    expect(out).toMatchObject({ pairs: [], first: ["Y", "Z"], vanished: ["A", "B"] });
  });

  it("B1 an open question concludes nothing about the two it names", () => {
    const plan = planMailboxes(linkWith(PULL), treeOf(based(1, "A", 1)), [listed("Z", 1)], new Map());
    expect(plan.questions).toMatchObject([{ kind: "sameUids" }]);
    expect(plan).toMatchObject({ archive: [], base: [], pairs: [], first: [], vanished: [] });
  });

  it.each([
    ["by MAILBOXID", true],
    ["by evidence", false],
  ])("B1 a swap A⇄B, %s: both take the other's name", (_, ids) => {
    const id = (x: string) => (ids ? { objectId: x } : {});
    const tree = treeOf(based(1, "A", 1, id("a")), based(2, "B", 2, id("b")));
    const listing = [listed("A", 2, ids ? { mailboxId: "b" } : {}), listed("B", 1, ids ? { mailboxId: "a" } : {})];
    const out = run(tree, listing, ids ? {} : { "same A B": true, "same B A": true });
    expect(out.pairs).toEqual(["A = B → B", "B = A → A"]);
    expect(out.notes).toEqual(["mailboxRenamed", "mailboxRenamed"]);
  });

  it.each([
    ["by MAILBOXID", true],
    ["by evidence", false],
  ])("B1 a chain A→B→C, %s", (_, ids) => {
    const id = (x: string) => (ids ? { objectId: x } : {});
    const tree = treeOf(based(1, "A", 1, id("a")), based(2, "B", 2, id("b")));
    const listing = [listed("B", 1, ids ? { mailboxId: "a" } : {}), listed("C", 2, ids ? { mailboxId: "b" } : {})];
    const out = run(tree, listing, ids ? {} : { "same A B": true, "same B C": true });
    expect(out.pairs).toEqual(["A = B → B", "B = C → C"]);
  });

  it("B1 a parent is renamed with its children", () => {
    const tree = treeOf(based(1, "A", 1), based(2, "A/b", 2), based(3, "A/b/c", 3));
    const answers = { "same A Z": true, "same A/b Z/b": true, "same A/b/c Z/b/c": true };
    const out = run(tree, [listed("Z", 1), listed("Z/b", 2), listed("Z/b/c", 3)], answers);
    expect(out.pairs).toEqual(["A = Z → Z", "A/b = Z/b → Z/b", "A/b/c = Z/b/c → Z/b/c"]);
  });

  it("B1 under a prefix the new name lies under it too", () => {
    const tree = { bases: [based(1, "A", 1, { objectId: "x" })], mailboxes: [kept(1, "work/A")] };
    const out = run(tree, [listed("Z", 1, { mailboxId: "x" })], {}, linkWith(PULL, { prefix: ["work"] }));
    expect(out.pairs).toEqual(["A = Z → work/Z"]);
  });

  it("B1 renamed in the archive too: the archive's name wins, with a conflict line, once", () => {
    const tree = { bases: [based(1, "A", 1, { objectId: "x" })], mailboxes: [kept(1, "Mine")] };
    const out = run(tree, [listed("Z", 1, { mailboxId: "x" })]);
    expect(out.pairs).toEqual(["A = Z → Mine"]);
    expect(out.notes).toEqual(["conflict"]);
  });

  it("B2 renamed to a name that the archive gave to another: mapped; renamed again, the mapping goes", () => {
    const tree = {
      bases: [based(1, "A", 1, { objectId: "x" })],
      mailboxes: [kept(1, "A"), kept(9, "Z")],
    };
    const mapped = run(tree, [listed("Z", 1, { mailboxId: "x" })]);
    expect(mapped.pairs).toEqual(["A = Z → Z (2)"]);
    expect(mapped.notes).toEqual(["mailboxMapped", "mailboxRenamed"]);
    expect(run(mapped.after, [listed("Y", 1, { mailboxId: "x" })]).pairs).toEqual(["Z = Y → Y"]);
  });

  it.each([
    ["by MAILBOXID", true],
    ["by evidence", false],
  ])("B1 B5 A is removed and B takes its name, %s: A goes, then B is renamed; never stuck, never mapped", (_, ids) => {
    const id = (x: string) => (ids ? { objectId: x } : {});
    const tree = treeOf(based(1, "A", 1, id("a")), based(2, "B", 2, id("b")));
    const listing = [listed("A", 2, ids ? { mailboxId: "b" } : {})];
    const answers = { "replaced A": true, "same B A": true };
    const out = run(tree, listing, answers);
    expect(out).toMatchObject({ pairs: ["B = A → B"], vanished: ["A"], first: [] });
    const next = run(dropped(out.after, out.plan), listing, answers);
    expect(next).toMatchObject({ pairs: ["B = A → A"], vanished: [], notes: ["mailboxRenamed"] });
    // Held by a guard, A stays, and B waits for its name.
    expect(run(out.after, listing, answers)).toMatchObject({ pairs: ["B = A → B"], vanished: ["A"] });
  });

  it("B1 B5 a rotation: B goes, A becomes B, a new A comes; the new one waits for its name, and no name is there twice", () => {
    const tree = treeOf(based(1, "A", 1), based(2, "B", 2));
    const listing = [listed("A", 3), listed("B", 1)];
    const answers = { "replaced B": true, "same A B": true };
    const out = run(tree, listing, answers);
    expect(out).toMatchObject({ pairs: ["A = B → A"], vanished: ["B"], first: [] });
    expect(out.plan.waiting.map(({ name }) => name)).toEqual(["A"]);
    expect(out.notes).toEqual(["mailboxRenamed", "warning"]);
    const next = run(dropped(out.after, out.plan), listing, answers);
    expect(next).toMatchObject({ pairs: ["A = B → B"], first: ["A"], vanished: [] });
    expect(next.plan.waiting).toEqual([]);
  });

  it("B1 B5 a longer one: B goes, A becomes B, C becomes A, and all wait in a row", () => {
    const tree = treeOf(based(1, "A", 1), based(2, "B", 2), based(3, "C", 3));
    const listing = [listed("A", 3), listed("B", 1)];
    const answers = { "replaced B": true, "same A B": true, "same C A": true };
    const out = run(tree, listing, answers);
    expect(out).toMatchObject({ pairs: ["A = B → A", "C = A → C"], vanished: ["B"], first: [] });
    const next = run(dropped(out.after, out.plan), listing, answers);
    expect(next).toMatchObject({ pairs: ["A = B → B", "C = A → A"], vanished: [] });
  });

  it("B5 what shows only the UIDVALIDITY of a name that is another's does not show the one that is missed", () => {
    // One second, one UIDVALIDITY: A and B have the same.
    const tree = treeOf(based(1, "A", 1), based(2, "B", 2), based(3, "C", 2));
    const plan = planMailboxes(linkWith(PULL), tree, [listed("B", 1), listed("C", 2)], new Map([["same 1 B", true]]));
    expect(plan.questions.filter(({ kind }) => kind === "replaced")).toMatchObject([
      { claimed: expect.arrayContaining(["C"]) },
    ]);
  });

  it("B5 B takes A's name while LIST hides where A went: A is not missed before LIST was read again", () => {
    const tree = treeOf(based(1, "A", 1), based(2, "B", 2));
    const out = run(tree, [listed("A", 2)], { "same B A": true, "replaced A": false });
    expect(out).toMatchObject({ vanished: [], pairs: ["B = A → B"] });
    expect(out.notes).toEqual(["mailboxFailed", "mailboxRenamed"]);
  });
});

describe("absence", () => {
  it("B5 trap 22 a line that is missing from LIST is asked for by name before anything is concluded", () => {
    const tree = treeOf(based(1, "A", 1), based(2, "B", 2));
    const partial = planMailboxes(linkWith(PULL), tree, [listed("A", 1)], new Map());
    expect(partial.questions).toMatchObject([{ kind: "gone", base: { name: "B" } }]);
    expect(partial.vanished).toEqual([]);
    expect(run(tree, [listed("A", 1)], { "gone B": false })).toMatchObject({ vanished: [], notes: ["mailboxFailed"] });
    expect(run(tree, [listed("A", 1)], { "gone B": true })).toMatchObject({ vanished: ["B"], notes: [] });
  });

  it("B5 trap 41 an empty LIST removes nothing by itself", () => {
    const out = run(treeOf(based(1, "A", 1), based(2, "B", 2)), [], { "gone A": false, "gone B": false });
    expect(out).toMatchObject({ vanished: [], plan: { archive: [], base: [] } });
  });

  it("B4 B5 a mailbox that became a \\Noselect name is asked for like a missing one", () => {
    const listing = [listed("A", null, { selectable: false, status: null }), listed("A/b", 2)];
    const out = run(treeOf(based(1, "A", 1), based(2, "A/b", 2)), listing, { "gone A": true });
    expect(out.vanished).toEqual(["A"]);
  });

  it("B5 no plan of mailboxes removes a mailbox or its messages: that waits for moves and guards", () => {
    const out = run(treeOf(based(1, "A", 1)), [], { "gone A": true });
    expect(out.plan).toMatchObject({ archive: [], base: [] });
  });
});

describe("out of sight", () => {
  const without = linkWith(PULL, { exclude: ["X*"] });

  it("B8 what the patterns no longer select rests, listed or not, and asks nothing", () => {
    for (const listing of [[listed("X", 1)], []]) {
      const out = run(treeOf(based(1, "X", 1)), listing, {}, without);
      expect(out.after.bases).toMatchObject([{ name: "X", resting: true }]);
      expect(out).toMatchObject({ pairs: [], first: [], vanished: [], plan: { archive: [] } });
    }
  });

  it("B8 it comes back with its rows, and rests until its rekey is committed", () => {
    const out = run(treeOf(based(1, "X", 1, { resting: true })), [listed("X", 1)]);
    expect(out.pairs).toEqual(["X = X → X"]);
    expect(out.plan.pairs[0]?.base.resting).toBe(true);
    expect(out.after.bases).toMatchObject([{ resting: true }]);
  });

  it("B8 removed on the server while it rested: nothing is concluded", () => {
    expect(run(treeOf(based(1, "X", 1, { resting: true })), [])).toMatchObject({ vanished: [], plan: { base: [] } });
  });

  it("B8 renamed on the server to a name that is not selected: it rests, it is not gone", () => {
    const tree = treeOf(based(1, "A", 1, { objectId: "a" }));
    const out = run(tree, [listed("X", 1, { mailboxId: "a" })], {}, without);
    expect(out.after.bases).toMatchObject([{ name: "X", resting: true }]);
    expect(out).toMatchObject({ vanished: [], plan: { archive: [] } });
    const back = run(out.after, [listed("A", 1, { mailboxId: "a" })], {}, without);
    expect(back.pairs).toEqual(["X = A → A"]);
  });

  it("B8 the name it takes there belongs to one that rests already: both rest, no name is used twice", () => {
    const tree = treeOf(based(1, "A", 1, { objectId: "a" }), based(2, "X", 2, { resting: true }));
    const out = run(tree, [listed("X", 1, { mailboxId: "a" })], {}, without);
    expect(out.after.bases.map((base) => [base.name, base.resting])).toEqual([
      ["A", true],
      ["X", true],
    ]);
  });

  it("B4 B8 a shared mailbox rests when the link begins to push, without a question", () => {
    const tree = treeOf(based(1, "S", 1));
    const out = run(tree, [listed("S", 1, { namespace: "shared" })], {}, linkWith(BOTH));
    expect(out.after.bases).toMatchObject([{ resting: true }]);
  });
});
