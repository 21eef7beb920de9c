// Random worlds of two mailboxes: what must hold of every plan, whatever base, archive and server hold. A failing seed is printed by
// fast-check and reproduces the case; a soak runs them with thousands of cases.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalFlags } from "../src/index.ts";
import { applyPlan, BOTH, linkWith, type Message, PULL, planWorld, type World, writeOps } from "./world.ts";

const flags = fc.subarray(["\\Seen", "\\Flagged", "$work"]).map(normalFlags);
const bytes = fc.constantFrom("A", "B", "N", "H");
const mailbox = fc.constantFrom(1, 2);
const kept = fc.record({ mailbox, flags });
/** What became of a message: on the server in its place, moved, renumbered, gone; or there without a base row. */
const fate = fc.constantFrom("stays", "moves", "renewed", "gone", "arrives", "archive only");

const draft = fc.record({ bytes, fate, home: kept, live: fc.option(kept, { freq: 4 }), now: flags });
type Draft = typeof draft extends fc.Arbitrary<infer Value> ? Value : never;

/** UIDs are given by position, above 100 for what arrived: a server never reuses them. */
function build(drafts: readonly Draft[]): World {
  return drafts.map(({ bytes: letter, fate: become, home, live, now }, index): Message => {
    const name = `${letter}${String.fromCharCode(97 + index)}`;
    const uid = index + 1;
    const arrived = { mailbox: home.mailbox, uid: 100 + uid, flags: now };
    const base = { mailbox: home.mailbox, uid, flags: home.flags };
    const lives = become === "arrives" ? null : live;
    const hasBase = become !== "arrives" && become !== "archive only";
    const places = {
      stays: { ...base, flags: now },
      moves: { ...arrived, mailbox: 3 - home.mailbox },
      renewed: arrived,
      gone: null,
      arrives: arrived,
      "archive only": null,
    } as const;
    return { name, base: hasBase ? base : null, archive: lives, remote: places[become] };
  });
}

const worlds = fc.array(draft, { maxLength: 9 }).map(build);
const link = linkWith(PULL);
const pass = (world: World): World => applyPlan(world, planWorld(link, world));

/** The messages of the server, and the archive's that are bound, as multisets of bytes, mailbox and UID. */
const onServer = (world: World): string[] =>
  world.flatMap(({ name, remote }) => (remote ? [`${name[0]} ${remote.mailbox}:${remote.uid}`] : [])).sort();
const inBase = (world: World): string[] =>
  world.flatMap(({ name, base }) => (base ? [`${name[0]} ${base.mailbox}:${base.uid}`] : [])).sort();

describe("every plan", () => {
  it("P2 is the same for the same world", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        expect(planWorld(link, structuredClone(world))).toEqual(planWorld(link, world));
      }),
    );
  });

  it("P3 applied, leaves nothing to plan", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const after = pass(world);
        expect(writeOps(after, planWorld(link, after))).toEqual([]);
      }),
    );
  });

  it("C3 applied, makes the base the server's multiset: nothing lost, nothing twice", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        expect(inBase(pass(world))).toEqual(onServer(world));
      }),
    );
  });

  it("P1 F1 loses no flag intent of a message that stayed", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const after = pass(world);
        for (const [index, { base, archive, remote }] of world.entries()) {
          if (!base || !archive || !remote || base.uid !== remote.uid) continue;
          const now = after[index]?.archive?.flags ?? [];
          for (const flag of ["\\Seen", "\\Flagged", "$work"]) {
            const was = base.flags.includes(flag);
            const changed = archive.flags.includes(flag) !== was || remote.flags.includes(flag) !== was;
            expect(now.includes(flag), `${flag} of ${world[index]?.name}`).toBe(changed ? !was : was);
          }
        }
      }),
    );
  });

  it("P8 M1 removes only what had a base row and is not on the server under it", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const after = pass(world);
        for (const [index, before] of world.entries()) {
          if (before.archive === null || after[index]?.archive !== null) continue;
          expect(before.base).not.toBeNull();
          expect(before.remote?.uid).not.toBe(before.base?.uid);
        }
      }),
    );
  });

  it("M4 M9 never removes a message whose bytes the server still holds in as many copies as before", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const after = pass(world);
        const live = (of: World): string[] =>
          of.flatMap(({ name, archive, base }) => (archive && base ? [name[0] ?? ""] : []));
        // Everything on the server that the archive did not tombstone itself is live afterwards.
        const tombstoned = new Set(world.flatMap(({ name, base, archive }) => (base && !archive ? [name[0]] : [])));
        const shown = world.flatMap(({ name, remote }) => (remote && !tombstoned.has(name[0]) ? [name[0] ?? ""] : []));
        expect(
          live(after)
            .filter((letter) => !tombstoned.has(letter))
            .sort(),
        ).toEqual(shown.sort());
      }),
    );
  });

  it("P7 with pull alone is the same as with push and removals never, as far as the archive goes", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        expect(planWorld(linkWith(BOTH), world)).toEqual(planWorld(link, world));
      }),
    );
  });
});
