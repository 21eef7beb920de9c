// Two filled mailboxes that meet for the first time and have little in common (G3): nothing of them is poured together before somebody has
// approved it; what is new crosses meanwhile. And what must never be held: mailboxes that are alike, small ones, and migrations.
import { type ServerModel, seeded } from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import type { RunResult } from "../src/index.ts";
import { exactly, Fleet, holds, PULL, PUSH } from "./rounds.ts";

const text = (n: number): string => `Subject: ${n}\r\nMessage-ID: <${n}@sim>\r\n\r\nbody of ${n}\r\n`;
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, n) => from + n);

function fill(model: ServerModel, name: string, numbers: readonly number[]): void {
  if (!model.find(name)) model.create(name);
  for (const n of numbers) model.append(name, text(n), { internalDate: 1_700_000_000_000 + n * 1_000 });
}

const size = (model: ServerModel, name: string): number => model.get(name).messages.size;
const has = (model: ServerModel, name: string, n: number): boolean =>
  [...model.get(name).messages.values()].some(({ bytes }) => bytes.toString().includes(`<${n}@sim>`));

function two(inA: readonly number[], inB: readonly number[]) {
  const fleet = new Fleet();
  const [a, b] = [fleet.add("a"), fleet.add("b")];
  fill(a, "INBOX", inA);
  fill(b, "INBOX", inB);
  return { fleet, a, b };
}

const haltsOf = (rounds: readonly (readonly RunResult[])[]) =>
  rounds.at(-1)?.map(({ report }) => report.halts.map(({ guard, messages }) => `${guard} ${messages}`));

async function still(fleet: Fleet): Promise<void> {
  const before = [...fleet.accounts.map(({ model }) => exactly(model)), fleet.memory.revision()];
  const [round] = await fleet.settle();
  expect(round?.map(({ applied, report }) => [applied, report.outcome])).toEqual(
    fleet.accounts.map(() => [false, "ok"]),
  );
  expect([...fleet.accounts.map(({ model }) => exactly(model)), fleet.memory.revision()]).toEqual(before);
}

describe("G3 the first contact of two filled mailboxes", () => {
  test("G3 U3 holds what both have, not the rest, not what is new; approved, both become the union", async () => {
    const { fleet, a, b } = two(range(0, 30), range(25, 40));
    fill(a, "Work", [500]);
    fill(b, "Lists", [600]);
    const first = await fleet.settle();
    expect(haltsOf(first)).toEqual([[], ["fewMatches 40", "fewMatches 30"]]);
    expect(first.at(-1)?.[1]?.report.halts.map(({ text: told }) => told)).toEqual([
      "INBOX and the archive's INBOX share fewer than half of their messages: 40 wait for approval.",
      "30 messages of the archive wait for approval before being sent to INBOX.",
    ]);
    expect(first.flat().map(({ report }) => report.totals.fetched)).toContain(1);
    expect([size(a, "INBOX"), size(b, "INBOX")]).toEqual([30, 40]);
    expect([has(b, "Work", 500), has(a, "Lists", 600)]).toEqual([true, true]);
    // New mail crosses, in both directions; a flag of what waits does not send it.
    fill(a, "INBOX", [700]);
    fill(b, "INBOX", [800]);
    a.store("INBOX", [1, 2], { add: ["\\Flagged"] });
    const second = await fleet.settle();
    expect([has(b, "INBOX", 700), has(a, "INBOX", 800)]).toEqual([true, true]);
    expect([size(a, "INBOX"), size(b, "INBOX")]).toEqual([32, 42]);
    expect(haltsOf(second)).toEqual([[], ["fewMatches 40", "fewMatches 30"]]);
    // Only the run that held them last can be approved.
    fleet.memory.approve(first.at(-1)?.[1]?.report.run as never, fleet.now);
    expect(haltsOf(await fleet.settle())).toEqual([[], ["fewMatches 40", "fewMatches 30"]]);
    const last = fleet.memory.runs.findLast(({ link }) => link === "b");
    fleet.memory.approve(last?.id as never, fleet.now);
    await fleet.settle();
    expect(holds(a)).toEqual(holds(b));
    expect(size(a, "INBOX")).toBe(67);
    expect(last?.approvalUsed).toBe(true);
    await still(fleet);
  });

  test("G3 S4 the same when both are looked at at the same time: whoever comes second waits until the first one's mail is there", async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { fleet, a, b } = two(range(0, 30), range(100, 40));
      fleet.together = seeded(seed);
      await fleet.settle();
      expect([size(a, "INBOX"), size(b, "INBOX")], `seed ${seed}`).toEqual([30, 40]);
      // Later both get a mailbox of the same name, in the same moment.
      fill(a, "Work", range(200, 30));
      fill(b, "Work", range(300, 40));
      await fleet.settle();
      expect([size(a, "Work"), size(b, "Work")], `seed ${seed}`).toEqual([30, 40]);
    }
  });

  test("G3 what somebody removed or moved away meanwhile waits no more", async () => {
    const { fleet, a, b } = two(range(0, 30), range(100, 30));
    await fleet.settle();
    b.expunge("INBOX", [...b.get("INBOX").messages.keys()]);
    a.create("Work");
    a.move("INBOX", [1, 2], "Work");
    a.expunge("INBOX", [3]);
    const rounds = await fleet.settle();
    expect(haltsOf(rounds)).toEqual([[], ["fewMatches 27"]]);
    expect([size(b, "INBOX"), size(b, "Work")]).toEqual([0, 2]);
    fleet.memory.approve(rounds.at(-1)?.[1]?.report.run as never, fleet.now);
    await fleet.settle();
    expect(holds(a)).toEqual(holds(b));
    expect(size(b, "INBOX")).toBe(27);
    await still(fleet);
  });

  for (const [title, inA, inB, halted] of [
    ["half of them shared", range(0, 30), range(15, 30), false],
    ["one fewer than half", range(0, 30), range(16, 30), true],
    ["half of the smaller one", range(0, 500), range(490, 20), false],
    ["one side empty", range(0, 500), [], false],
    ["the other one empty", [], range(0, 500), false],
    ["one side of 19", range(0, 19), range(100, 500), false],
    ["the other of 19", range(0, 500), range(500, 19), false],
    ["both of 20", range(0, 20), range(20, 20), true],
    ["the same", range(0, 40), range(0, 40), false],
    // C3: one of them forty times is one in common, not forty.
    ["one of them many times", Array.from({ length: 40 }, () => 1), range(1, 40), true],
  ] as const)
    test(`G3 ${title}: ${halted ? "held" : "goes on"}`, async () => {
      const { fleet, a, b } = two(inA, inB);
      const rounds = await fleet.settle();
      expect(rounds.flat().some(({ report }) => report.halts.length > 0)).toBe(halted);
      if (halted) return;
      expect(holds(a)).toEqual(holds(b));
      await still(fleet);
    });

  test("G3 nothing is held of links that only pull, or only push", async () => {
    const fleet = new Fleet();
    const [a, b] = [fleet.add("a", { rights: PULL }), fleet.add("b", { rights: PUSH })];
    const c = fleet.add("c", { rights: PULL });
    fill(a, "INBOX", range(0, 30));
    fill(b, "INBOX", range(100, 30));
    fill(c, "INBOX", range(200, 30));
    const rounds = await fleet.settle();
    expect(rounds.flat().flatMap(({ report }) => report.halts)).toEqual([]);
    expect(size(b, "INBOX")).toBe(90);
  });

  test("G3 a new UIDVALIDITY while it waits, and one of a two-way mailbox with other mail in it, hold both directions", async () => {
    const { fleet, a, b } = two(range(0, 30), range(100, 30));
    await fleet.settle();
    b.bumpUidValidity("INBOX");
    const rounds = await fleet.settle();
    expect(haltsOf(rounds)).toEqual([[], ["fewMatches 30", "fewMatches 30"]]);
    fleet.memory.approve(rounds.at(-1)?.[1]?.report.run as never, fleet.now);
    await fleet.settle();
    expect(holds(a)).toEqual(holds(b));
    expect(size(a, "INBOX")).toBe(60);
    // Another mailbox under the old name.
    b.expunge("INBOX", [...b.get("INBOX").messages.keys()]);
    b.bumpUidValidity("INBOX");
    fill(b, "INBOX", range(900, 40));
    const halted = await fleet.settle();
    expect(haltsOf(halted)).toEqual([[], ["fewMatches 40", "fewMatches 60"]]);
    expect([size(a, "INBOX"), size(b, "INBOX")]).toEqual([60, 40]);
    fleet.memory.approve(halted.at(-1)?.[1]?.report.run as never, fleet.now);
    await fleet.settle();
    expect(holds(a)).toEqual(holds(b));
    expect(size(a, "INBOX")).toBe(100);
    await still(fleet);
  });

  for (const afterwards of [false, true])
    test(`G3 S1 killed ${afterwards ? "after" : "before"} any step of holding or letting through: nothing is sent unapproved, nothing twice`, async () => {
      for (let at = 1; at < 40; at++) {
        const { fleet, a, b } = two(range(0, 25), range(20, 25));
        const crash = { b: { script: [], crash: { at, afterwards } } };
        await fleet.round(crash);
        expect([size(a, "INBOX"), size(b, "INBOX")], `step ${at}`).toEqual([25, 25]);
        const held = await fleet.settle();
        expect(haltsOf(held), `step ${at}`).toEqual([[], ["fewMatches 25", "fewMatches 25"]]);
        const run = held.at(-1)?.[1]?.report.run as never;
        fleet.memory.approve(run, fleet.now);
        await fleet.round(crash);
        // What the killed run had begun to hold under itself is let through under its own name.
        for (let n = 0; n < 3; n++) {
          const rounds = await fleet.settle();
          const again = rounds.at(-1)?.[1]?.report;
          if (again !== undefined && again.halts.length > 0) fleet.memory.approve(again.run as never, fleet.now);
        }
        expect(holds(a), `step ${at}`).toEqual(holds(b));
        expect(size(a, "INBOX"), `step ${at}`).toBe(45);
      }
    });
});
