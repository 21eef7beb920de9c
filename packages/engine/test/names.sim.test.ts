// Names that two people give at once, and numbers that stand for a name which is taken (B1, B2): in the end all accounts of a mirror call a
// mailbox the same, by RENAME, and a number goes away with its reason.
import type { ServerModel } from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import { fill, pair, still, uidOf } from "./mirrored.ts";
import { holds } from "./rounds.ts";

/** B's "Z" could not be made at A, where somebody calls another mailbox so: "Z (2)" in the archive. Gives a third account, too. */
async function numbered() {
  const { fleet, a, b } = await pair();
  const c = fleet.add("c");
  await fleet.settle();
  fill(b, "Z", 9);
  const refused = { script: [{ kind: "commandRefused", call: "create" }], crash: null } as const;
  await fleet.round({ a: refused, c: refused });
  expect(Object.keys(holds(a)).sort()).toEqual(["INBOX", "Lists", "Work"]);
  a.rename("Work", "Z");
  return { fleet, a, b, c };
}

describe("names", () => {
  test.each([true, false])(
    "B1 B2 a number that a person gives travels, and goes where the person takes it away (MAILBOXID: %s)",
    async (objectId) => {
      const { fleet, a, b } = await pair({ capabilities: { objectId } });
      const uids = uidOf(a, "Work", 5);
      for (const [from, to] of [
        ["Work", "Work (2)"],
        ["Work (2)", "Work"],
      ] as const) {
        b.rename(from, to);
        await fleet.settle();
        expect(Object.keys(holds(b)).sort()).toEqual(["INBOX", "Lists", to]);
        expect(holds(a)).toEqual(holds(b));
        expect(uidOf(a, to, 5)).toEqual(uids);
        await still(fleet);
      }
    },
  );

  test.each([
    ["has another name", (b: ServerModel) => b.rename("Z", "W"), ["INBOX", "Lists", "W", "Z"]],
    ["is removed", (b: ServerModel) => b.remove("Z"), ["INBOX", "Lists", "Z"]],
    ["stays", () => undefined, ["INBOX", "Lists", "Z", "Z (2)"]],
  ] as const)("B2 a number stands for a taken name as long as that is taken: the other %s", async (_, act, names) => {
    const { fleet, a, b, c } = await numbered();
    const uids = uidOf(b, "Work", 5);
    act(b);
    await fleet.settle();
    expect(Object.keys(holds(a)).sort()).toEqual(names);
    expect(holds(b)).toEqual(holds(a));
    expect(holds(c)).toEqual(holds(a));
    // By RENAME, not by COPY.
    expect(uidOf(b, names.at(-1) ?? "", 5)).toEqual(uids);
    await still(fleet);
  });

  test("B2 S1 S2 the same, killed at any step or cut off at any RENAME", async () => {
    const faults = Array.from({ length: 60 }, (_, k) => ({
      script: k % 3 === 0 ? [{ kind: "cutAt" as const, call: "rename" as const, at: "effect" as const }] : [],
      crash: { at: 1 + (k >> 1), afterwards: k % 2 === 0 },
    }));
    for (const [k, fault] of faults.entries()) {
      const { fleet, a, b, c } = await numbered();
      const uids = uidOf(b, "Work", 5);
      b.rename("Z", "W");
      const who = ["a", "b", "c"][k % 3] ?? "a";
      await fleet.round(k < 30 ? { [who]: fault } : {});
      await fleet.round(k < 30 ? {} : { [who]: fault });
      await fleet.settle();
      // Where B's new name was not seen in the first round, the two names were told apart on every side: then the number is the name.
      const there = Object.keys(holds(a)).filter((name) => name.startsWith("Z"));
      expect(
        ["Z", ...(k < 30 ? ["Z (2)"] : [])].map((name) => [name]),
        `step ${k}`,
      ).toContainEqual(there);
      expect(holds(b)).toEqual(holds(a));
      expect(holds(c)).toEqual(holds(a));
      expect(uidOf(b, there[0] ?? "", 5)).toEqual(uids);
      await still(fleet);
    }
  });

  test("B2 B7 what one side cannot tell the state of yet is not made a second time, under a number", async () => {
    const { fleet, a, b } = await pair();
    a.remove("Work");
    fill(a, "Letters", 20);
    fill(b, "Letters", 21);
    const script = [{ kind: "statusRefused", mailbox: "Letters" }] as const;
    await fleet.round({ a: { script, crash: null } });
    expect(Object.keys(holds(a)).sort()).toEqual(["INBOX", "Letters", "Lists"]);
    await fleet.settle();
    expect(Object.keys(holds(a)).sort()).toEqual(["INBOX", "Letters", "Lists"]);
    expect(holds(a).Letters).toHaveLength(2);
    expect(holds(b)).toEqual(holds(a));
    await still(fleet);
  });

  test("B1 S1 somebody renames a mailbox while its name is to be given to another", async () => {
    for (let step = 1; step <= 12; step++) {
      const { fleet, a, b } = await pair();
      b.rename("Lists", "Letters");
      b.rename("Work", "Lists");
      const act = (model: ServerModel): void => {
        if (!model.find("Letters")) model.rename("Lists", "Post");
      };
      const results = await fleet.round({ a: { script: [{ kind: "user", step, act }], crash: null } });
      expect(
        results.map(({ error }) => error),
        `renamed at step ${step}`,
      ).toEqual([null, null]);
      await fleet.settle();
      expect(holds(a)).toEqual(holds(b));
      expect(uidOf(a, "Lists", 5)).toHaveLength(1);
      await still(fleet);
    }
  });
});
