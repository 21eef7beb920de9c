// What must not depend on how a server is looked at, nor on how many accounts hold a message: a delta and a complete look come to the same
// (P5), and N identical messages stay N on every side (P10, C3).
import { MemoryArchive, ServerModel, type SimCapabilities, seeded, simulatedRemote } from "@packetboat/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NOON, pass } from "./pass.ts";
import { Memory, person } from "./people.ts";
import { Fleet, holds } from "./rounds.ts";

const ROUNDS = 5;
const PLAIN: SimCapabilities = {
  condstore: false,
  qresync: false,
  move: true,
  uidplus: true,
  objectId: false,
  specialUse: true,
};

/** What an archive holds now, mailbox by mailbox. */
function kept(archive: MemoryArchive): Record<string, string[]> {
  const all = archive.snapshot().map(({ path, messages }): [string, string[]] => {
    const lines = messages.map(({ sha256, flags, internalDate }) => `${sha256} ${internalDate} ${flags.join(" ")}`);
    return [path.join("/"), lines.sort()];
  });
  return Object.fromEntries(all.sort());
}

describe("looks", () => {
  test("P5 deltas with QRESYNC, deltas with CONDSTORE and complete looks at one server come to the same archive, round by round", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const random = seeded(seed);
        const memory = new Memory();
        const model = new ServerModel();
        for (const name of ["Work", "Lists"]) model.create(name);
        let now = NOON;
        const watchers = [{ ...PLAIN, condstore: true, qresync: true }, { ...PLAIN, condstore: true }, PLAIN].map(
          (capabilities) => ({ capabilities, archive: new MemoryArchive({ now: () => now }) }),
        );
        for (let round = 0; round < ROUNDS; round++) {
          for (let n = random.below(7); n > 0; n--) person("a", model, random, memory);
          now += 3_600_000;
          for (const { capabilities, archive } of watchers) {
            const result = await pass(simulatedRemote(model, { capabilities }), archive.open(), { now });
            if (result.error) throw result.error;
            const { run, halts } = result.report;
            if (halts.length > 0 && run !== null) archive.approve(run as never, now);
          }
          const [first, ...others] = watchers.map(({ archive }) => kept(archive));
          for (const other of others) expect(other).toEqual(first);
        }
      }),
    );
  });
});

/** How many copies of each text an account has in INBOX. */
const copies = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 3, maxLength: 3 });
const text = (n: number): string => `Subject: ${n}\r\n\r\nthe same ${n}\r\n`;

describe("identical messages", () => {
  test("P10 C3 three accounts converge; what one side has most of is what all have, and copies removed on one side go on all", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(copies, { minLength: 2, maxLength: 3 }), copies, async (accounts, removed) => {
        const fleet = new Fleet();
        for (const [i, counts] of accounts.entries()) {
          const model = fleet.add(`account${i}`, { policy: { guardMessages: 1_000_000 } });
          for (const [n, count] of counts.entries()) {
            for (let k = 0; k < count; k++) model.append("INBOX", text(n), { internalDate: 1_700_000_000_000 });
          }
        }
        await fleet.settle();
        const most = [0, 1, 2].map((n) => Math.max(...accounts.map((counts) => counts[n] ?? 0)));
        const [first] = fleet.accounts.map(({ model }) => model) as [ServerModel];
        expect(countsOf(first)).toEqual(most);
        for (const { model } of fleet.accounts) expect(holds(model)).toEqual(holds(first));

        const left = most.map((count, n) => Math.max(0, count - (removed[n] ?? 0)));
        if (left.every((count) => count === 0)) return; // a guard's affair (G1)
        for (const [n, count] of left.entries()) first.expunge("INBOX", uidsOf(first, n).slice(count));
        await fleet.settle();
        expect(countsOf(first)).toEqual(left);
        for (const { model } of fleet.accounts) expect(holds(model)).toEqual(holds(first));
      }),
    );
  });
});

function uidsOf(model: ServerModel, n: number): number[] {
  return [...model.get("INBOX").messages.values()]
    .filter(({ bytes }) => bytes.toString() === text(n))
    .map(({ uid }) => uid);
}

const countsOf = (model: ServerModel): number[] => [0, 1, 2].map((n) => uidsOf(model, n).length);
