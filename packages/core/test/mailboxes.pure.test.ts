// Mailboxes at first contact and later, as long as they keep their names: what is made, met, mapped, and merged. Each scenario is also
// run in reverse order and once more after it was applied (tree.ts).
import { describe, expect, it } from "vitest";
import { planMeetings } from "../src/index.ts";
import { based, EMPTY, kept, listed, paths, run, treeOf } from "./tree.ts";
import { BOTH, linkWith, PULL, PUSH } from "./world.ts";

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

  it("B2 B8 what a link has below a place on the server has its plain name in the archive; the rest is out of sight", () => {
    const link = linkWith(PULL, { below: ["Old"] });
    const out = run(EMPTY, [listed("INBOX", 1), listed("Old/INBOX", 2), listed("Old/A/b", 3)], {}, link);
    expect(paths(out.after)).toEqual(["A/b", "INBOX"]);
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

describe("what the archive got while a link that only pushes was looked at", () => {
  const tree = {
    bases: [based(1, "INBOX", 1)],
    mailboxes: [kept(1, "INBOX"), kept(2, "Work"), kept(3, "Gesendet", { role: "sent" }), kept(4, "New")],
  };
  const listing = [listed("INBOX", 1), listed("Work", 2), listed("Sent", 3, { role: "sent" }), listed("Other", 4)];
  const pairsOf = (rights: typeof PULL) =>
    planMeetings(linkWith(rights), tree, listing).map((op) =>
      op.kind === "bindMailbox" ? `${op.archivePath.join("/")} = ${op.name}` : op.kind,
    );

  it("B2 B3 is paired with what the server has, by role, then by name, before anything is made there", () => {
    expect(pairsOf(PUSH)).toEqual(["Gesendet = Sent", "Work = Work"]);
  });

  it("B2 a link that pulls has met all of it", () => {
    expect([pairsOf(PULL), pairsOf(BOTH)]).toEqual([[], []]);
  });
});
