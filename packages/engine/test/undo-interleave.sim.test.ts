// P12: whatever people do on two accounts, any earlier revision can be brought back: the archive equals it, both servers equal the archive,
// nothing is doubled, also when a run is killed on the way, and a further round does nothing. Seeded; a failing seed is printed.

import { type Random, type ServerModel, seeded } from "@packetboat/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exactly, Fleet, holds } from "./rounds.ts";
import { undo } from "./undoing.ts";

/** Untouched, so that no guard takes what people do for a catastrophe (G1). */
const KEEP = "Keep";
const SAFE = ["INBOX", KEEP];

const text = (n: number): string => `Subject: ${n}\r\nMessage-ID: <${n}@sim>\r\n\r\nbody of ${n}\r\n`;

/** One thing that a person does; nothing where it is not possible. */
function act(model: ServerModel, random: Random, next: () => number): void {
  const others = model.list().flatMap((one) => (one.mailbox === null || SAFE.includes(one.name) ? [] : [one.name]));
  const held = ["INBOX", ...others] as const;
  const name = random.pick(held);
  const [first, ...rest] = model.get(name).messages.keys();
  const uid = first === undefined ? null : random.pick([first, ...rest]);
  switch (random.below(8)) {
    case 0:
    case 1: {
      const n = next();
      model.append(name, text(n), {
        internalDate: 1_700_000_000_000 + n * 1_000,
        flags: n % 2 ? ["\\Seen"] : ["$Even"],
      });
      return;
    }
    case 2:
      if (uid !== null) model.expunge(name, [uid]);
      return;
    case 3: {
      const to = random.pick(held);
      if (uid !== null && to !== name) model.move(name, [uid], to);
      return;
    }
    case 4:
      if (uid !== null)
        model.store(name, [uid], random.below(2) ? { add: ["\\Flagged"] } : { remove: ["\\Seen", "\\Flagged"] });
      return;
    // Names are new ones: whose name a reused one is, is the affair of the pushes of mailboxes (B2) and of undo's own tables.
    case 5:
      model.create(`box ${next()}`);
      return;
    case 6:
      if (name !== "INBOX") model.rename(name, `box ${next()}`);
      return;
    default:
      if (name !== "INBOX" && random.below(2) === 0) model.remove(name);
  }
}

/** What the archive holds at a revision, without roles, which servers declare. */
function archived(fleet: Fleet, revision?: number): Record<string, readonly string[]> {
  const lines = fleet.memory.snapshot(revision).map(({ path, messages, subscribed }) => {
    const each = messages.map(
      ({ sha256, flags, internalDate }) => `${sha256.slice(0, 8)} ${flags.join()} ${internalDate}`,
    );
    return [`${path.join("/")}${subscribed ? " *" : ""}`, each.sort()] as const;
  });
  return Object.fromEntries(lines);
}

/** A life of two accounts with undos in it. Throws where one of them did not come true. */
async function live(seed: number): Promise<void> {
  const random = seeded(seed);
  const fleet = new Fleet();
  const capabilities = { objectId: random.chance(0.5), move: random.chance(0.5) };
  const models = [fleet.add("a", { capabilities }), fleet.add("b", { capabilities })] as const;
  let n = 0;
  const next = () => ++n;
  models[0].create(KEEP);
  for (let k = 0; k < 12; k++) models[0].append(KEEP, text(1_000 + k));
  await fleet.settle();
  for (let turn = 0; turn < 6; turn++) {
    for (let k = random.below(8); k > 0; k--) act(random.pick(models), random, next);
    await fleet.settle();
  }
  for (let turn = 0; turn < 4; turn++) {
    // The mailbox that nobody touches is there from the third revision on.
    const revision = 3 + random.below(fleet.memory.revision() - 2);
    const wanted = archived(fleet, revision);
    expect(holds(models[1]), "before: both servers").toEqual(holds(models[0]));
    await undo(fleet.memory, revision);
    expect(archived(fleet), `revision ${revision}`).toEqual(wanted);
    // S1: killed at some step on the way, on one of them.
    if (random.chance(0.5)) {
      const crash = { at: 1 + random.below(25), afterwards: random.chance(0.5) };
      await fleet.round({ [random.pick(["a", "b"])]: { script: [], crash } });
    }
    const rounds = await fleet.settle();
    expect(rounds.flat().flatMap(({ report }) => report.halts)).toEqual([]);
    expect(archived(fleet), `revision ${revision}, after the rounds`).toEqual(wanted);
    expect(holds(models[1]), `revision ${revision}: both servers`).toEqual(holds(models[0]));
    const counts = Object.values(holds(models[0])).map((lines) => lines.length);
    expect(counts.sort()).toEqual(
      Object.values(wanted)
        .map((lines) => lines.length)
        .sort(),
    );
    const before = models.map(exactly);
    expect((await fleet.round()).some(({ applied }) => applied)).toBe(false);
    expect(models.map(exactly)).toEqual(before);
    if (random.chance(0.5)) {
      for (let k = random.below(5); k > 0; k--) act(random.pick(models), random, next);
      await fleet.settle();
    }
  }
}

describe("undo after anything", () => {
  test("P12 S1 any earlier revision comes back, on all sides", async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 31 - 1 }), live));
  }, 60_000);
});
