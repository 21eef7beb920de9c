// Two and three accounts kept in step through one archive, rule by rule: what a person does on one side shows on the other, once, and then
// nothing more is done.
import type { ServerModel } from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import type { RunResult } from "../src/index.ts";
import { fill, pair, still, uidOf } from "./mirrored.ts";
import { exactly, Fleet, holds, PULL, PUSH } from "./rounds.ts";

describe("mirror", () => {
  test("C2 C3 M1 overlapping mail becomes the union on both, nothing doubled, dates and flags kept", async () => {
    const { fleet, a, b } = await pair();
    expect(holds(a)).toEqual(holds(b));
    expect(Object.fromEntries(Object.entries(holds(a)).map(([name, lines]) => [name, lines.length]))).toEqual({
      INBOX: 5,
      Work: 2,
      Lists: 1,
    });
    await still(fleet);
  });

  test("F1 flags and keywords travel both ways, element by element", async () => {
    const { fleet, a, b } = await pair();
    a.store("INBOX", uidOf(a, "INBOX", 1), { add: ["\\Flagged"], remove: ["\\Seen"] });
    b.store("INBOX", uidOf(b, "INBOX", 1), { add: ["$Label"] });
    await fleet.settle();
    expect(holds(a)).toEqual(holds(b));
    const flags = [...b.get("INBOX").messages.values()].find(({ uid }) => uidOf(b, "INBOX", 1).includes(uid))?.flags;
    expect(flags).toEqual(["$Label", "\\Flagged"]);
    await still(fleet);
  });

  test("F1 S1 a flag reaches a message that somebody moves at whatever moment of the push", async () => {
    for (let step = 1; step <= 30; step++) {
      const { fleet, a, b } = await pair();
      a.store("INBOX", uidOf(a, "INBOX", 2), { add: ["\\Flagged"] });
      const act = (model: ServerModel): void => {
        model.move("INBOX", uidOf(model, "INBOX", 2), "Work");
        model.move("Work", uidOf(model, "Work", 2), "INBOX");
      };
      await fleet.round({ b: { script: [{ kind: "user", step, act }], crash: null } });
      await fleet.settle();
      const [message] = [...b.get("INBOX").messages.values()].filter(({ uid }) => uidOf(b, "INBOX", 2).includes(uid));
      expect(message?.flags, `moved at step ${step}`).toContain("\\Flagged");
      expect(holds(a)).toEqual(holds(b));
    }
  });

  test("M3 M7 removals travel; a removal wins over a flag", async () => {
    const { fleet, a, b } = await pair();
    a.expunge("INBOX", uidOf(a, "INBOX", 2));
    b.store("INBOX", uidOf(b, "INBOX", 2), { add: ["\\Flagged"] });
    await fleet.settle();
    expect(uidOf(b, "INBOX", 2)).toEqual([]);
    expect(holds(a)).toEqual(holds(b));
    await still(fleet);
  });

  for (const move of [true, false])
    test(`M3 M4 a move is one op on the other side, with its flags, ${move ? "by MOVE" : "by COPY"}`, async () => {
      const { fleet, a, b } = await pair({ capabilities: { move, objectId: false } });
      a.store("INBOX", uidOf(a, "INBOX", 1), { add: ["\\Answered"] });
      a.move("INBOX", uidOf(a, "INBOX", 1), "Work");
      const rounds = await fleet.settle();
      expect(uidOf(b, "Work", 1)).toHaveLength(1);
      expect(uidOf(b, "INBOX", 1)).toEqual([]);
      expect(holds(a)).toEqual(holds(b));
      expect(rounds[0]?.[1]?.report.totals).toMatchObject({ appended: 0, movedThere: 1, removedThere: 0 });
      await still(fleet);
    });

  test("M5 moved to different places on both sides: the archive's place wins, nothing is lost", async () => {
    const { fleet, a, b } = await pair();
    fill(a, "X");
    fill(a, "Y");
    await fleet.settle();
    a.move("INBOX", uidOf(a, "INBOX", 1), "X");
    b.move("INBOX", uidOf(b, "INBOX", 1), "Y");
    await fleet.settle();
    expect(uidOf(a, "X", 1).length + uidOf(a, "Y", 1).length).toBe(1);
    expect(holds(a)).toEqual(holds(b));
    await still(fleet);
  });

  test("B1 mailboxes are made, renamed, removed and subscribed on the other side without a second upload", async () => {
    const { fleet, a, b } = await pair({ capabilities: { objectId: false } });
    a.create("New/Deep", { subscribed: true });
    a.rename("Work", "Office");
    b.remove("Lists");
    const rounds = await fleet.settle();
    expect(holds(a)).toEqual(holds(b));
    expect(Object.keys(holds(a)).sort()).toEqual(["INBOX", "New/Deep *", "Office"]);
    expect(rounds.flat().reduce((sum, { report }) => sum + report.totals.appended, 0)).toBe(0);
    await still(fleet);
  });

  test("B1 a swap of two names goes through a third", async () => {
    const { fleet, a, b } = await pair({ capabilities: { objectId: true } });
    fill(a, "Lists");
    a.rename("Work", "tmp");
    a.rename("Lists", "Work");
    a.rename("tmp", "Lists");
    await fleet.settle();
    expect(uidOf(b, "Lists", 5)).toHaveLength(1);
    expect(uidOf(b, "Work", 8)).toHaveLength(1);
    expect(holds(a)).toEqual(holds(b));
    await still(fleet);
  });

  test.each([true, false])(
    "B1 S2 what a RENAME takes along stays where it was, also where the answer is lost (MAILBOXID: %s)",
    async (objectId) => {
      const { fleet, a, b } = await pair({ capabilities: { objectId } });
      fill(a, "Work/Mine", 41);
      b.rename("Work", "Office");
      const script = [{ kind: "cutAt", call: "rename", at: "effect" }] as const;
      await fleet.round({ a: { script, crash: null } });
      expect(uidOf(a, "Office/Mine", 41)).toHaveLength(1);
      await fleet.settle();
      expect(Object.keys(holds(a)).sort()).toEqual(["INBOX", "Lists", "Office", "Work/Mine"]);
      expect(holds(a)).toEqual(holds(b));
      await still(fleet);
    },
  );

  test("B5 an arrival in a mailbox that the other side removed brings it back with that arrival", async () => {
    const { fleet, a, b } = await pair();
    a.remove("Work");
    fill(b, "Work", 40);
    await fleet.settle();
    expect(holds(a)).toEqual(holds(b));
    expect(uidOf(a, "Work", 40)).toHaveLength(1);
    expect(uidOf(a, "Work", 5)).toEqual([]);
    await still(fleet);
  });

  test("three accounts on one archive", async () => {
    const { fleet, a, b } = await pair();
    const c = fleet.add("c", {
      capabilities: { condstore: false, qresync: false, move: false, uidplus: false, objectId: false },
    });
    fill(c, "INBOX", 20, 1);
    await fleet.settle();
    expect(holds(c)).toEqual(holds(a));
    expect(holds(c)).toEqual(holds(b));
    c.expunge("INBOX", uidOf(c, "INBOX", 3));
    c.move("INBOX", uidOf(c, "INBOX", 4), "Work");
    await fleet.settle();
    expect(holds(c)).toEqual(holds(a));
    expect(holds(c)).toEqual(holds(b));
    await still(fleet);
  });

  test("G4 a message that two clients move to and fro is left alone for a day, told by every run, and then tried again", async () => {
    const { fleet, a, b } = await pair();
    fill(a, "X");
    await fleet.settle();
    const both = (): number[] => [uidOf(a, "X", 1).length, uidOf(b, "X", 1).length];
    // A rule on one side puts it away, a person on the other takes it out again.
    const away = async (): Promise<readonly (readonly RunResult[])[]> => {
      a.move("INBOX", uidOf(a, "INBOX", 1), "X");
      return fleet.settle();
    };
    const out = async (): Promise<readonly (readonly RunResult[])[]> => {
      b.move("X", uidOf(b, "X", 1), "INBOX");
      return fleet.settle();
    };
    await away();
    await out();
    await away();
    expect(both()).toEqual([1, 1]);
    const fourth = await out();
    expect(both()).toEqual([1, 0]);
    expect(fourth.length).toBeLessThan(5);
    const told = fourth.at(-1)?.[0]?.report;
    expect(told?.outcome).toBe("partial");
    expect(told?.notes).toMatchObject([{ kind: "leftAlone", mailbox: "INBOX" }]);
    expect(told?.notes[0]?.text).toMatch(
      /^INBOX: 1 message is changed to and fro by two clients; left alone here until /,
    );
    expect([...(fleet.memory.push("a")?.unsent.values() ?? [])]).toMatchObject([{ kind: "move", reason: "RESTLESS" }]);
    // The others cross meanwhile; flags of this one do not.
    a.store("INBOX", uidOf(a, "INBOX", 2), { add: ["\\Flagged"] });
    b.store("INBOX", uidOf(b, "INBOX", 1), { add: ["\\Answered"] });
    const later = await fleet.settle();
    expect(later.at(-1)?.[0]?.report.notes).toMatchObject([{ kind: "leftAlone" }]);
    expect(both()).toEqual([1, 0]);
    fleet.now += 86_400_000;
    await fleet.settle();
    expect(holds(a)).toEqual(holds(b));
    expect(both()).toEqual([0, 0]);
    expect(fleet.memory.push("a")?.unsent.size).toBe(0);
    await still(fleet);
  });

  test("G4 what a person does and takes back on both sides is carried on", async () => {
    const { fleet, a, b } = await pair();
    const flag = async (model: ServerModel, how: "add" | "remove"): Promise<void> => {
      model.store("INBOX", uidOf(model, "INBOX", 1), { [how]: ["\\Flagged"] });
      await fleet.settle();
      expect(holds(a)).toEqual(holds(b));
    };
    await flag(a, "add");
    await flag(b, "remove");
    await flag(b, "add");
    await flag(a, "remove");
    await flag(a, "add");
    await still(fleet);
    // It is the quarrel that is left alone, not the number of changes; a removal wins over it.
    for (const model of [b, a]) await flag(model, model === b ? "remove" : "add");
    b.store("INBOX", uidOf(b, "INBOX", 1), { remove: ["\\Flagged"] });
    await fleet.settle();
    expect(holds(a)).not.toEqual(holds(b));
    b.expunge("INBOX", uidOf(b, "INBOX", 1));
    await fleet.settle();
    expect(holds(a)).toEqual(holds(b));
    await still(fleet);
  });

  test("G1 a storm of removals is held on the other server until it is approved", async () => {
    const { fleet, a, b } = await pair();
    fill(a, "INBOX", ...Array.from({ length: 300 }, (_, i) => 100 + i));
    await fleet.settle();
    a.expunge("INBOX", [...a.get("INBOX").messages.keys()].slice(5, 250));
    const [halted] = await fleet.settle(1);
    // In an archive that a link with push serves both the archive and the servers are guarded; here the pull holds first.
    expect(halted?.[0]?.report.halts).toMatchObject([{ guard: "removals" }, { guard: "removals" }]);
    expect(b.get("INBOX").messages.size).toBe(305);
    fleet.memory.approve(halted?.[0]?.report.run as never, fleet.now);
    const [second] = await fleet.settle(1);
    const held = second?.[1]?.report.halts ?? [];
    if (held.length > 0) {
      expect(b.get("INBOX").messages.size).toBe(305);
      fleet.memory.approve(second?.[1]?.report.run as never, fleet.now);
    }
    await fleet.settle();
    expect(holds(a)).toEqual(holds(b));
    await still(fleet);
  });
});

describe("migrate", () => {
  test("C4 M7 a target that has part of the mail receives only what it lacks, and its own removals stay", async () => {
    const fleet = new Fleet();
    const a = fleet.add("a", { rights: PULL });
    const b = fleet.add("b", { rights: PUSH });
    fill(a, "INBOX", 1, 2, 3, 4);
    fill(a, "Work", 5);
    fill(b, "INBOX", 3, 4, 9);
    const [first] = await fleet.settle();
    expect(first?.[1]?.report.totals).toMatchObject({ appended: 3, matched: 2 });
    expect(b.get("INBOX").messages.size).toBe(5);
    await still(fleet);
    b.expunge("INBOX", uidOf(b, "INBOX", 1));
    a.store("INBOX", uidOf(a, "INBOX", 1), { add: ["\\Flagged"] });
    a.move("INBOX", uidOf(a, "INBOX", 2), "Work");
    a.expunge("INBOX", uidOf(a, "INBOX", 3));
    await fleet.settle();
    expect(uidOf(b, "INBOX", 1)).toEqual([]);
    expect(uidOf(b, "Work", 2)).toHaveLength(1);
    expect(uidOf(b, "INBOX", 3)).toHaveLength(1);
    await still(fleet);
  });

  test("C3 N identical messages stay N, also where the target has some of them", async () => {
    const fleet = new Fleet();
    const a = fleet.add("a", { rights: PULL });
    const b = fleet.add("b", { rights: PUSH });
    fill(a, "INBOX", 1, 1, 1, 2, 2);
    fill(b, "INBOX", 1, 2, 2, 2);
    await fleet.settle();
    expect(uidOf(b, "INBOX", 1)).toHaveLength(3);
    expect(uidOf(b, "INBOX", 2)).toHaveLength(3);
    await still(fleet);
  });
});

test("G2 a dry run tells what it would send and sends nothing", async () => {
  const { fleet, a, b } = await pair();
  fill(a, "INBOX", 30);
  a.expunge("INBOX", uidOf(a, "INBOX", 1));
  await fleet.round();
  fill(b, "INBOX", 31);
  const before = [exactly(a), exactly(b), fleet.memory.revision()];
  await fleet.round({}, true);
  expect([exactly(a), exactly(b), fleet.memory.revision()]).toEqual(before);
});
