// Two commands on one archive at the same time, each with an account of its own: one stands still before every call of the archive in turn
// while the other one runs to its end. What both bring is one message, however they meet.
import type { ServerModel } from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import { Fleet, holds, PULL } from "./rounds.ts";

const text = (n: number): string => `Subject: ${n}\r\nMessage-ID: <${n}@sim>\r\n\r\nbody of ${n}\r\n`;

function fill(model: ServerModel, name: string, ...numbers: number[]): void {
  if (!model.find(name)) model.create(name);
  for (const n of numbers) model.append(name, text(n), { internalDate: 1_700_000_000_000 + n * 1_000, flags: [] });
}

/** How often the archive holds each message of a mailbox. */
function archived(fleet: Fleet, mailbox: string): readonly string[] {
  const inside = fleet.memory.live().filter(({ path }) => path.join("/") === mailbox);
  const subject = (sha256: string) => /Subject: (\d+)/.exec(String(fleet.memory.body(sha256)))?.[1] ?? "?";
  return inside.map(({ sha256 }) => subject(sha256)).sort();
}

/** Two accounts in step; then the same new mail reaches both. */
async function inStep() {
  const fleet = new Fleet();
  const a = fleet.add("a", { rights: PULL });
  const b = fleet.add("b", { rights: PULL });
  for (const model of [a, b]) fill(model, "INBOX", 1, 2);
  await fleet.settle();
  return { fleet, a, b };
}

describe("two commands on one archive at once", () => {
  test("S4 C3: what both bring is one message, wherever the first one stands when the second one runs", async () => {
    for (let k = 1; ; k++) {
      const { fleet, a, b } = await inStep();
      fill(a, "INBOX", 3, 4, 4, 5);
      fill(b, "INBOX", 3, 4, 4, 6);
      const reached = await fleet.pullAround("a", k, "b");
      const six = reached ? ["6"] : [];
      expect(archived(fleet, "INBOX"), `standing before call ${k}`).toEqual(["1", "2", "3", "4", "4", "5", ...six]);
      await fleet.settle();
      expect(archived(fleet, "INBOX"), `standing before call ${k}`).toEqual(["1", "2", "3", "4", "4", "5", "6"]);
      if (!reached) return expect(k).toBeGreaterThan(5);
    }
  });

  test("S4 F1: flags of one message that both change are all kept, and no mark passes over the one that came too late", async () => {
    for (let k = 1; ; k++) {
      const { fleet, a, b } = await inStep();
      await fleet.settle();
      a.store("INBOX", [1], { add: ["\\Flagged"] });
      b.store("INBOX", [1], { add: ["\\Answered"] });
      const reached = await fleet.pullAround("a", k, "b");
      await fleet.settle();
      const [first] = fleet.memory
        .live()
        .filter(({ sha256 }) => /Subject: 1\r/.test(String(fleet.memory.body(sha256))));
      expect([...(first?.flags ?? [])].sort(), `standing before call ${k}`).toEqual(["\\Answered", "\\Flagged"]);
      if (!reached) return expect(k).toBeGreaterThan(5);
    }
  });

  test("S4 B1: and one mailbox, though both bring it and neither knew of it", async () => {
    for (let k = 1; ; k++) {
      const { fleet, a, b } = await inStep();
      fill(a, "Work", 3, 4, 5);
      fill(b, "Work", 3, 4, 6);
      const reached = await fleet.pullAround("a", k, "b");
      await fleet.settle();
      expect(archived(fleet, "Work"), `standing before call ${k}`).toEqual(["3", "4", "5", "6"]);
      expect(holds(a).Work).toHaveLength(3);
      expect(fleet.memory.snapshot().filter(({ path }) => path.join("/") === "Work")).toHaveLength(1);
      if (!reached) return expect(k).toBeGreaterThan(5);
    }
  });
});
