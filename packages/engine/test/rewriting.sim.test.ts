// Servers that make something else of what is appended (C5): it is found out with a few messages, once; its own copy is known from then on,
// and nothing of it comes back as new: not by the next look, not by a move, not by a new UIDVALIDITY. And a server that names a wrong UID.
import type { Fault, ServerModel } from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import { exactly, Fleet, holds, PULL, PUSH } from "./rounds.ts";

const HEADER: Fault = { kind: "rewrites", what: "header" };
const LINE_ENDS: Fault = { kind: "rewrites" };

const plain = (n: number): string => `Subject: ${n}\r\nMessage-ID: <${n}@sim>\r\n\r\nbody of ${n}\r\n`;
const odd = (n: number): Buffer => Buffer.from(plain(n).replace("Subject: ", "Subject: gr\xfc\xdfe "), "latin1");
const bare = (n: number): string => plain(n).replaceAll("\r\n", "\n");

function fill(
  model: ServerModel,
  name: string,
  from: number,
  count: number,
  text: (n: number) => Buffer | string,
): void {
  if (!model.find(name)) model.create(name);
  for (let n = from; n < from + count; n++)
    model.append(name, text(n), { internalDate: 1_700_000_000_000 + n * 1_000 });
}

/** Two accounts that are to be in step. */
function two() {
  const fleet = new Fleet();
  const [a, b] = [fleet.add("a"), fleet.add("b")];
  return { fleet, a, b };
}

async function rounds(fleet: Fleet, script: readonly Fault[], count = 3) {
  const results = [];
  for (let n = 0; n < count; n++) results.push(await fleet.round({ b: { script, crash: null } }));
  return results;
}

const size = (model: ServerModel, name: string): number => model.get(name).messages.size;

const copies = (fleet: Fleet): number =>
  [...fleet.memory.base("b").values()].flatMap(({ rows }) => [...rows.values()]).filter(({ copy }) => copy !== null)
    .length;

describe("C5 what a server makes of an APPEND (trap 37)", () => {
  test("C5 a server that keeps bytes is asked for ten messages, once for ever", async () => {
    const { fleet, a, b } = two();
    fill(a, "INBOX", 0, 4, plain);
    await fleet.settle();
    expect(fleet.memory.push("b")?.habits).toEqual({ readBack: 4, rewrites: false });
    fill(a, "INBOX", 4, 30, plain);
    await fleet.settle();
    expect(fleet.memory.push("b")?.habits).toEqual({ readBack: 10, rewrites: false });
    // Now it would be seen to rewrite, if anybody looked.
    fill(a, "INBOX", 34, 5, odd);
    await rounds(fleet, [HEADER]);
    expect(fleet.memory.push("b")?.habits).toEqual({ readBack: 10, rewrites: false });
    expect([size(b, "INBOX"), copies(fleet)]).toEqual([39, 0]);
  });

  for (const [what, script, text] of [
    ["headers", HEADER, odd],
    ["line ends", LINE_ENDS, bare],
  ] as const)
    test(`C5 M4 U1 of one that rewrites ${what} its own copies are known, and nothing comes back as new`, async () => {
      const { fleet, a, b } = two();
      fill(a, "INBOX", 0, 5, plain);
      fill(a, "INBOX", 5, 40, text);
      b.create("Work");
      await rounds(fleet, [script]);
      expect(fleet.memory.push("b")?.habits).toEqual({ readBack: 45, rewrites: true });
      expect(copies(fleet)).toBe(40);
      expect([size(a, "INBOX"), size(b, "INBOX")]).toEqual([45, 45]);
      const live = (): number => fleet.memory.live().length;
      expect(live()).toBe(45);
      // A later one is read back with its batch.
      fill(a, "INBOX", 100, 3, text);
      await rounds(fleet, [script]);
      expect(copies(fleet)).toBe(43);
      // Moved by a client there: one move, no second message. The copy goes along.
      b.move("INBOX", [...b.get("INBOX").messages.keys()].slice(10, 14), "Work");
      const moved = await rounds(fleet, [script]);
      expect(moved.flat().reduce((sum, { report }) => sum + report.totals.fetched + report.totals.appended, 0)).toBe(0);
      expect([size(a, "Work"), size(b, "Work"), live(), copies(fleet)]).toEqual([4, 4, 48, 43]);
      // Moved by a client here, and so by us there.
      a.move("INBOX", [...a.get("INBOX").messages.keys()].slice(20, 22), "Work");
      await rounds(fleet, [script]);
      expect([size(b, "Work"), live(), copies(fleet)]).toEqual([6, 48, 43]);
      b.bumpUidValidity("INBOX");
      const renumbered = await rounds(fleet, [script]);
      expect(renumbered.flat().reduce((sum, { report }) => sum + report.totals.fetched, 0)).toBe(0);
      expect([size(a, "INBOX"), size(b, "INBOX"), live(), copies(fleet)]).toEqual([42, 42, 48, 43]);
      const before = [exactly(a), exactly(b), fleet.memory.revision()];
      await rounds(fleet, [script], 1);
      expect([exactly(a), exactly(b), fleet.memory.revision()]).toEqual(before);
    });

  test("C5 a large message is not read back to find out", async () => {
    const { fleet, a } = two();
    a.append("INBOX", `${plain(1)}${"x".repeat(1_100_000)}\r\n`, {});
    fill(a, "INBOX", 2, 1, plain);
    await fleet.settle();
    expect(fleet.memory.push("b")?.habits).toEqual({ readBack: 1, rewrites: false });
  });

  test("C5 S2 the UID of somebody else's message is not believed: ours is looked for", async () => {
    const fleet = new Fleet();
    const a = fleet.add("a", { rights: PULL });
    const b = fleet.add("b", { rights: PUSH });
    fill(a, "INBOX", 0, 1, plain);
    const foreign = "Subject: foreign\r\nMessage-ID: <foreign@elsewhere>\r\n\r\nhello\r\n";
    let came = false;
    // Somebody's message comes in before ours, and the server names that one.
    const script: Fault[] = Array.from({ length: 60 }, (_, step) => ({
      kind: "user",
      step,
      act: (model) => {
        if (came || fleet.memory.push("b")?.intents.size === 0) return;
        came = true;
        model.append("INBOX", foreign, {});
      },
    }));
    await rounds(fleet, [...script, { kind: "wrongAppendUid", how: "neighbour" }], 1);
    expect(came).toBe(true);
    const bound = [...fleet.memory.base("b").values()].flatMap(({ rows }) => [...rows.keys()]);
    const shown = bound.map((uid) => b.get("INBOX").messages.get(uid)?.bytes.toString());
    expect(shown).toEqual([plain(0)]);
    await rounds(fleet, []);
    expect(size(b, "INBOX")).toBe(2);
    expect(fleet.memory.push("b")?.intents.size).toBe(0);
  });

  test("C5 S1 a line that breaks while it is read back loses nothing and doubles nothing", async () => {
    for (const [script, text] of [
      [HEADER, odd],
      [LINE_ENDS, bare],
    ] as const)
      for (const at of ["start", "message", "page", "end"] as const)
        for (let nth = 1; nth < 8; nth++) {
          const { fleet, a, b } = two();
          fill(a, "INBOX", 0, 6, text);
          await rounds(fleet, [script, { kind: "cutAt", call: "fetch", at, nth }], 1);
          await rounds(fleet, [script], 3);
          expect([size(a, "INBOX"), size(b, "INBOX")], `${at} ${nth}`).toEqual([6, 6]);
          expect(Object.keys(holds(a)), `${at} ${nth}`).toEqual(Object.keys(holds(b)));
          expect(fleet.memory.push("b")?.intents.size, `${at} ${nth}`).toBe(0);
        }
  });
});
