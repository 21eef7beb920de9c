// Mailboxes, scenario by scenario: base rows, archive mailboxes and a listing in, the settled plan out, then the same listing again with
// the plan applied, which must give nothing. The server's answers to questions are part of each scenario; an unexpected question fails.
import { describe, expect, it } from "vitest";
import {
  type ArchiveMailbox,
  type Evidence,
  type Link,
  type ListedMailbox,
  type MailboxBase,
  type MailboxId,
  type MailboxPath,
  type MailboxPlan,
  pathKey,
  planMailboxes,
  questionKey,
  type RemoteMailboxId,
  type Tree,
} from "../src/index.ts";
import { BOTH, linkWith, PULL } from "./world.ts";

const segments = (name: string): MailboxPath => name.split("/");
const MARKS = { uidNext: 10, highestModseq: 5n, messages: 3 };

function based(id: number, name: string, validity: number | null, part: Partial<MailboxBase> = {}): MailboxBase {
  const uidValidity = validity === null ? null : BigInt(validity);
  return {
    id: id as RemoteMailboxId,
    mailboxId: (10 + id) as MailboxId,
    name,
    path: segments(name),
    objectId: null,
    role: null,
    subscribed: false,
    uidValidity,
    marks: { uidValidity, ...MARKS },
    completeAt: 0,
    pending: 0,
    resting: false,
    ...part,
  };
}

function listed(name: string, validity: number | null, part: Partial<ListedMailbox> = {}): ListedMailbox {
  return {
    name,
    path: segments(name),
    selectable: true,
    subscribed: false,
    role: null,
    namespace: "personal",
    virtual: false,
    mailboxId: null,
    status: { uidValidity: validity === null ? null : BigInt(validity), ...MARKS },
    ...part,
  };
}

function kept(id: number, name: string, part: Partial<ArchiveMailbox> = {}): ArchiveMailbox {
  return { id: (10 + id) as MailboxId, path: segments(name), role: null, subscribed: false, ...part };
}

/** A base and its archive mailbox of the same name, for each. */
function treeOf(...bases: MailboxBase[]): Tree {
  return {
    bases,
    mailboxes: bases.map((base) =>
      kept(base.id, base.path.join("/"), { subscribed: base.subscribed, role: base.role }),
    ),
  };
}

/** Answers by `kind name`: "gone A", "replaced A", "same A B" (is B the mailbox that was A?). */
type Answers = Readonly<Record<string, boolean>>;

function settle(link: Link, tree: Tree, listing: readonly ListedMailbox[], answers: Answers): MailboxPlan {
  const evidence = new Map<string, boolean>();
  for (let round = 0; round < 20; round++) {
    const plan = planMailboxes(link, tree, listing, evidence as Evidence);
    if (plan.questions.length === 0) return plan;
    for (const question of plan.questions) {
      const was = question.base.name;
      const asked = question.kind === "sameUids" ? `same ${was} ${question.listed.name}` : `${question.kind} ${was}`;
      const answer = answers[asked];
      if (answer === undefined) throw new Error(`unexpected question: ${asked}`);
      evidence.set(questionKey(question), answer);
    }
  }
  throw new Error("the plan does not settle");
}

/** The tree after the plan: checked at the end of the commit, as a database with deferred constraints would. */
function applied(tree: Tree, plan: MailboxPlan): Tree {
  let mailboxes = [...tree.mailboxes];
  let bases = [...tree.bases];
  for (const op of plan.archive) {
    if (op.kind === "createMailbox") mailboxes.push({ ...op, id: (100 + mailboxes.length) as MailboxId });
    else if (op.kind === "changeMailbox")
      mailboxes = mailboxes.map((one) => (one.id === op.mailboxId ? { ...one, ...op } : one));
    else throw new Error(`a plan of mailboxes does not ${op.kind}`);
  }
  for (const op of plan.base) {
    if (op.kind === "bindMailbox") {
      const mailbox = mailboxes.find((one) => pathKey(one.path) === pathKey(op.archivePath));
      if (mailbox === undefined) throw new Error("bound to a mailbox that is not there");
      const id = (100 + bases.length) as RemoteMailboxId;
      bases.push({ ...op, id, mailboxId: mailbox.id, marks: null, completeAt: null, pending: 0, resting: false });
    } else if (op.kind === "changeMailboxBase") {
      bases = bases.map((one) => (one.id === op.remoteMailboxId ? { ...one, ...op } : one));
    } else throw new Error(`a plan of mailboxes does not ${op.kind}`);
  }
  expect(new Set(mailboxes.map((one) => pathKey(one.path))).size, "two archive mailboxes of one path").toBe(
    mailboxes.length,
  );
  expect(new Set(bases.map((one) => one.name)).size, "two base rows of one name").toBe(bases.length);
  expect(new Set(bases.map((one) => one.mailboxId)).size, "two base rows on one mailbox").toBe(bases.length);
  return { mailboxes, bases };
}

/** What the run does afterwards with mailboxes that are proved gone. */
function dropped(tree: Tree, plan: MailboxPlan): Tree {
  const gone = new Set(plan.vanished.map((base) => base.id));
  const freed = new Set(plan.vanished.map((base) => base.mailboxId));
  return {
    bases: tree.bases.filter((base) => !gone.has(base.id)),
    mailboxes: tree.mailboxes.filter((one) => !freed.has(one.id)),
  };
}

interface Outcome {
  /** `was → archive path` for each pair, sorted. */
  readonly pairs: readonly string[];
  readonly first: readonly string[];
  readonly vanished: readonly string[];
  readonly notes: readonly string[];
  readonly plan: MailboxPlan;
  readonly after: Tree;
}

/** Settles, applies, and proves that the order of the input is nothing to the plan (P2) and that nothing is left to do (P3). */
function run(
  tree: Tree,
  listing: readonly ListedMailbox[],
  answers: Answers = {},
  link: Link = linkWith(PULL),
): Outcome {
  const plan = settle(link, tree, listing, answers);
  const turned: Tree = { bases: tree.bases.toReversed(), mailboxes: tree.mailboxes.toReversed() };
  expect(settle(link, turned, listing.toReversed(), answers)).toEqual(plan);
  const after = applied(tree, plan);
  const now = dropped(after, plan);
  const again = settle(link, now, listing, answers);
  if (!plan.notes.some((note) => note.text.includes("follows when"))) {
    expect({ archive: again.archive, base: again.base, vanished: again.vanished }).toEqual({
      archive: [],
      base: [],
      vanished: [],
    });
  }
  const pathOf = (base: MailboxBase): string =>
    after.mailboxes.find((one) => one.id === base.mailboxId)?.path.join("/") ?? "nowhere";
  return {
    pairs: plan.pairs.map(({ base, listed: one }) => `${base.name} = ${one.name} → ${pathOf(base)}`).sort(),
    first: plan.first.map((one) => one.name),
    vanished: plan.vanished.map((base) => base.name),
    notes: plan.notes.map((note) => note.kind).sort(),
    plan,
    after,
  };
}

const EMPTY: Tree = { mailboxes: [], bases: [] };
const paths = (tree: Tree): string[] => tree.mailboxes.map((one) => one.path.join("/")).sort();

describe("first contact", () => {
  it("B1 every mailbox is made with role and subscription, and bound", () => {
    const listing = [
      listed("INBOX", 1, { role: "inbox", subscribed: true }),
      listed("A", 2),
      listed("A/b", 3, { role: "sent" }),
    ];
    const out = run(EMPTY, listing);
    expect(out.first).toEqual(["A", "A/b", "INBOX"]);
    expect(out.after.mailboxes.map(({ path, role, subscribed }) => [path.join("/"), role, subscribed])).toEqual([
      ["A", null, false],
      ["A/b", "sent", false],
      ["INBOX", "inbox", true],
    ]);
    expect(out.after.bases.map((base) => base.uidValidity)).toEqual([2n, 3n, 1n]);
    expect(out.notes).toEqual(["mailboxCreated", "mailboxCreated", "mailboxCreated"]);
  });

  it("B4 trap 22 a \\Noselect name is no mailbox", () => {
    expect(run(EMPTY, [listed("A", null, { selectable: false, status: null }), listed("A/b", 3)]).first).toEqual([
      "A/b",
    ]);
  });

  it("B7 a mailbox whose STATUS is refused is made, and read by a later run", () => {
    expect(run(EMPTY, [listed("A", null, { status: null })]).after.bases).toMatchObject([
      { uidValidity: null, marks: null },
    ]);
  });

  it("B2 an archive mailbox of that name which the link does not use is met; subscriptions become the union", () => {
    const tree = { mailboxes: [kept(1, "A", { subscribed: true })], bases: [] };
    const out = run(tree, [listed("A", 2, { role: "archive" })]);
    expect(out.after.mailboxes).toMatchObject([{ path: ["A"], subscribed: true, role: "archive" }]);
    expect(out.after.bases).toMatchObject([{ mailboxId: 11, subscribed: false }]);
    expect(out.notes).toEqual([]);
  });

  it("B2 trap 21 names that differ in case are two mailboxes; INBOX is one", () => {
    expect(paths(run(EMPTY, [listed("Sent", 1), listed("SENT", 2)]).after)).toEqual(["SENT", "Sent"]);
    const tree = { mailboxes: [kept(1, "INBOX")], bases: [] };
    expect(run(tree, [listed("inbox", 1)]).after.bases).toMatchObject([{ mailboxId: 11 }]);
  });

  it("B2 trap 19 two names of one path: the second is mapped, shown, and stays so", () => {
    const one = listed("INBOX.A", 1, { path: ["A"] });
    const out = run(EMPTY, [one, listed("A", 2)]);
    expect(paths(out.after)).toEqual(["A", "A (2)"]);
    expect(out.notes).toEqual(["mailboxCreated", "mailboxCreated", "mailboxMapped"]);
  });

  it("trap 22 a mailbox that LIST shows twice is one mailbox", () => {
    expect(run(EMPTY, [listed("A", 1), listed("A", 1)]).first).toEqual(["A"]);
  });

  it("B2 everything lies under the link's prefix", () => {
    const link = linkWith(PULL, { prefix: ["work"] });
    const out = run(EMPTY, [listed("INBOX", 1), listed("A/b", 2)], {}, link);
    expect(paths(out.after)).toEqual(["work/A/b", "work/INBOX"]);
  });

  it("B3 a role pairs two that exist, where a link pushes; the first by name, the others by name; nothing is renamed", () => {
    const tree = {
      mailboxes: [kept(1, "Sent", { role: "sent" }), kept(2, "Zz"), kept(3, "Trash", { role: "trash" })],
      bases: [],
    };
    const listing = [
      listed("Gesendet", 1, { role: "sent" }),
      listed("Zz", 2, { role: "sent" }),
      listed("Papierkorb", 3),
    ];
    const out = run(tree, listing, {}, linkWith(BOTH));
    expect(out.after.bases.map((base) => [base.name, base.mailboxId]).slice(0, 1)).toEqual([["Gesendet", 11]]);
    expect(out.after.bases.find((base) => base.name === "Zz")?.mailboxId).toBe(12);
    expect(paths(out.after)).toEqual(["Papierkorb", "Sent", "Trash", "Zz"]);
  });

  it("B3 links that only pull never take a mailbox by its role: it may be another account's", () => {
    const tree = { mailboxes: [kept(1, "other/Sent", { role: "sent" })], bases: [] };
    expect(paths(run(tree, [listed("Sent", 1, { role: "sent" })]).after)).toEqual(["Sent", "other/Sent"]);
  });

  it("P7 without pull no mailbox is made in the archive", () => {
    expect(run(EMPTY, [listed("A", 1)], {}, linkWith({ pull: false, push: true })).plan.archive).toEqual([]);
  });
});

describe("known mailboxes", () => {
  it("I1 nothing changed: no op, no question, everything paired by name", () => {
    const out = run(treeOf(based(1, "A", 1), based(2, "B", 1)), [listed("B", 1), listed("A", 1)]);
    expect(out.pairs).toEqual(["A = A → A", "B = B → B"]);
    expect(out.plan).toMatchObject({ archive: [], base: [], notes: [], first: [], vanished: [] });
  });

  it("U1 another UIDVALIDITY under the same name is the same mailbox", () => {
    expect(run(treeOf(based(1, "A", 1)), [listed("A", 2)]).pairs).toEqual(["A = A → A"]);
  });

  it("B1 subscription is one flag, merged against its base", () => {
    const subscription = (base: boolean, archive: boolean, server: boolean): unknown => {
      const tree = {
        bases: [based(1, "A", 1, { subscribed: base })],
        mailboxes: [kept(1, "A", { subscribed: archive })],
      };
      return run(tree, [listed("A", 1, { subscribed: server })]).after.mailboxes[0]?.subscribed;
    };
    for (const base of [false, true]) {
      for (const archive of [false, true]) {
        for (const server of [false, true]) {
          const changed = archive !== base || server !== base;
          expect(subscription(base, archive, server)).toBe(changed ? !base : base);
        }
      }
    }
  });

  it("B3 the pairing does not change when roles do; the role travels", () => {
    const tree = treeOf(based(1, "A", 1, { role: "sent" }), based(2, "B", 2));
    const out = run(tree, [listed("A", 1), listed("B", 2, { role: "sent" })]);
    expect(out.pairs).toEqual(["A = A → A", "B = B → B"]);
    expect(out.after.mailboxes.map((one) => one.role)).toEqual([null, "sent"]);
  });

  it("B2 the name alone pairs where a server changed its prefix or delimiter", () => {
    const tree = treeOf(based(1, "A.b", 1, { path: ["A.b"] }));
    const out = run(tree, [listed("A.b", 1, { path: ["A", "b"] })]);
    expect(out.pairs).toEqual(["A.b = A.b → A/b"]);
    // The same when it numbered its mailboxes anew at that time.
    expect(run(tree, [listed("A.b", 2, { path: ["A", "b"] })]).pairs).toEqual(["A.b = A.b → A/b"]);
  });
});

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
