// Undo, all the way: something goes wrong on one side and is carried everywhere; the archive becomes what it was, and the ordinary pushes of
// its links bring every server back: bytes, flags, dates and places, nothing doubled, and nothing more to do after that.
import type { ServerModel } from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import { exactly, Fleet, holds, PULL, PUSH } from "./rounds.ts";
import { undo } from "./undoing.ts";

const text = (n: number): string => `Subject: ${n}\r\nMessage-ID: <${n}@sim>\r\n\r\nbody of ${n}\r\n`;

function fill(model: ServerModel, name: string, ...numbers: number[]): void {
  if (!model.find(name)) model.create(name);
  for (const n of numbers) {
    const flags = n % 2 ? ["\\Seen", "$Work"] : ["\\Flagged"];
    model.append(name, text(n), { internalDate: 1_700_000_000_000 + n * 1_000, flags });
  }
}

const uidOf = (model: ServerModel, name: string, n: number): number[] =>
  [...model.get(name).messages.values()]
    .filter(({ bytes }) => bytes.toString().includes(`<${n}@sim>`))
    .map(({ uid }) => uid);

async function pair(options: Parameters<Fleet["add"]>[1] = {}) {
  const fleet = new Fleet();
  const [a, b] = [fleet.add("a", options), fleet.add("b", options)];
  fill(a, "INBOX", 1, 2, 3, 4, 5, 6);
  fill(a, "Work", 7, 8);
  fill(b, "Lists", 9, 10, 10);
  a.subscribe("Work", true);
  await fleet.settle();
  const before = holds(a);
  expect(holds(b)).toEqual(before);
  return { fleet, a, b, before, revision: fleet.memory.revision() };
}

/** What people regret. */
function havoc(a: ServerModel): void {
  a.expunge("INBOX", [...uidOf(a, "INBOX", 1), ...uidOf(a, "INBOX", 2)]);
  a.move("INBOX", uidOf(a, "INBOX", 3), "Work");
  a.store("INBOX", uidOf(a, "INBOX", 4), { add: ["\\Deleted"], remove: ["\\Flagged"] });
  a.rename("Work", "Office");
  a.remove("Lists");
}

const appended = (rounds: Awaited<ReturnType<Fleet["settle"]>>): number[] =>
  ["a", "b"].map((name) =>
    rounds.flat().reduce((sum, { report }) => sum + (report.account === name ? report.totals.appended : 0), 0),
  );

async function still(fleet: Fleet): Promise<void> {
  const { accounts, memory } = fleet;
  const before = accounts.map(({ model }) => exactly(model));
  const revision = memory.revision();
  const [round] = await fleet.settle();
  expect(round?.some(({ applied }) => applied)).toBe(false);
  expect(accounts.map(({ model }) => exactly(model))).toEqual(before);
  expect(memory.revision()).toBe(revision);
}

describe("undo", () => {
  for (const objectId of [true, false])
    test(`M2 M10 both servers hold what they held: mail, flags, dates, names, ${objectId ? "with" : "without"} immutable ids`, async () => {
      const { fleet, a, b, before, revision } = await pair({ capabilities: { objectId } });
      havoc(a);
      await fleet.settle();
      expect(holds(a)).not.toEqual(before);
      expect(holds(b)).toEqual(holds(a));
      await undo(fleet.memory, revision);
      const rounds = await fleet.settle();
      expect(holds(a)).toEqual(before);
      expect(holds(b)).toEqual(before);
      // What is on the server still goes back by MOVE; only what was removed is sent again.
      expect(appended(rounds)).toEqual([5, 5]);
      await still(fleet);
    });

  test("S1 undone while only one side knew: what the other still holds is not sent again", async () => {
    const { fleet, a, b, before, revision } = await pair();
    havoc(a);
    await fleet.round({ b: { script: [], crash: { at: 1, afterwards: false } } });
    expect(holds(b)).toEqual(before);
    const onB = exactly(b);
    await undo(fleet.memory, revision);
    const rounds = await fleet.settle();
    expect(holds(a)).toEqual(before);
    expect(exactly(b)).toBe(onB);
    expect(appended(rounds)).toEqual([5, 0]);
    await still(fleet);
  });

  test("what came since is removed everywhere, or kept where that is asked for; a redo brings it back", async () => {
    const { fleet, a, b, before, revision } = await pair();
    fill(b, "INBOX", 21);
    fill(b, "New", 22);
    havoc(a);
    await fleet.settle();
    const after = holds(a);
    const wrong = fleet.memory.revision();
    await undo(fleet.memory, revision, { keepNew: true });
    await fleet.settle();
    expect(uidOf(a, "INBOX", 21)).toHaveLength(1);
    expect(uidOf(b, "New", 22)).toHaveLength(1);
    expect(Object.keys(holds(a)).sort()).toEqual([...Object.keys(before), "New"].sort());
    await undo(fleet.memory, revision);
    await fleet.settle();
    expect(holds(a)).toEqual(before);
    expect(holds(b)).toEqual(before);
    await still(fleet);
    await undo(fleet.memory, wrong);
    await fleet.settle();
    expect(holds(a)).toEqual(after);
    expect(holds(b)).toEqual(after);
    await still(fleet);
  });

  test("one mailbox: the others stay as they are, and what had come from them goes back", async () => {
    const { fleet, a, b, revision } = await pair();
    a.expunge("Work", uidOf(a, "Work", 7));
    a.move("INBOX", uidOf(a, "INBOX", 3), "Work");
    a.expunge("INBOX", uidOf(a, "INBOX", 1));
    await fleet.settle();
    await undo(fleet.memory, revision, { mailbox: "Work" });
    await fleet.settle();
    for (const model of [a, b]) {
      expect(uidOf(model, "Work", 7)).toHaveLength(1);
      expect(uidOf(model, "Work", 3)).toEqual([]);
      expect(uidOf(model, "INBOX", 3)).toHaveLength(1);
      expect(uidOf(model, "INBOX", 1)).toEqual([]);
    }
    await still(fleet);
  });

  test("B2 a mailbox made anew under the old name takes the old mail back", async () => {
    const { fleet, a, b, before, revision } = await pair();
    a.remove("Lists");
    await fleet.settle();
    fill(b, "Lists", 31);
    a.rename("Work", "Office");
    fill(a, "Work", 32);
    await fleet.settle();
    expect(holds(a)).toEqual(holds(b));
    await undo(fleet.memory, revision);
    await fleet.settle();
    expect(holds(a)).toEqual(before);
    expect(holds(b)).toEqual(before);
    await still(fleet);
  });

  test("G1 an undo that would remove much is held on every server, and doing it again the other way lifts that", async () => {
    const { fleet, a, b, revision } = await pair();
    fill(b, "INBOX", ...Array.from({ length: 150 }, (_, n) => 100 + n));
    await fleet.settle();
    const wrong = fleet.memory.revision();
    const [onA, onB] = [exactly(a), exactly(b)];
    await undo(fleet.memory, revision);
    const held = (await fleet.settle()).flat();
    expect(held.filter(({ report }) => report.halts.length > 0).map(({ report }) => report.account)).toContain("a");
    expect([exactly(a), exactly(b)]).toEqual([onA, onB]);
    await undo(fleet.memory, wrong);
    const after = (await fleet.settle()).flat();
    expect(after.flatMap(({ report }) => report.halts)).toEqual([]);
    expect([exactly(a), exactly(b)]).toEqual([onA, onB]);
    await still(fleet);
  });

  test("half of an account that was removed comes back", async () => {
    const { fleet, a, b, before, revision } = await pair();
    a.expunge(
      "INBOX",
      [1, 2, 3, 4, 5].flatMap((n) => uidOf(a, "INBOX", n)),
    );
    await fleet.settle();
    expect(holds(b)).toEqual(holds(a));
    await undo(fleet.memory, revision);
    await fleet.settle();
    expect(holds(a)).toEqual(before);
    expect(holds(b)).toEqual(before);
    await still(fleet);
  });
});

describe("into another account", () => {
  test("B2 B8 C3 M10 mail goes below a place of its own, beside what the account holds; twice makes no duplicates", async () => {
    const fleet = new Fleet();
    const [from, to] = [
      fleet.add("from", { rights: PULL }),
      fleet.add("to", { rights: PUSH, policy: { below: ["Old mail"] } }),
    ];
    fill(from, "INBOX", 1, 2, 2);
    from.create("Trash", { role: "trash" });
    fill(from, "Trash", 3);
    to.create("Trash", { role: "trash" });
    fill(to, "INBOX", 1, 40);
    fill(to, "Old mail/INBOX", 2, 41);
    const own = holds(to).INBOX;
    await fleet.settle();
    const counts = Object.fromEntries(Object.entries(holds(to)).map(([name, lines]) => [name, lines.length]));
    expect(counts).toEqual({ INBOX: 2, Trash: 0, "Old mail/INBOX": 4, "Old mail/Trash": 1 });
    expect(holds(to).INBOX).toEqual(own);
    await still(fleet);
  });
});
