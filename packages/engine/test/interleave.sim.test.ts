// Random interleavings of a person, a server, faults, crashes and runs over the simulated account. After quiet runs the archive holds what
// the server holds, nothing was lost or doubled on the way, every earlier revision reads as it did, and one more run plans nothing.
import type { Archive, Remote, Revision } from "@packetboat/core";
import {
  MemoryArchive,
  type Random,
  randomUser,
  ServerModel,
  type SimCapabilities,
  seeded,
  seededFaults,
  simulatedRemote,
} from "@packetboat/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NOON, pass } from "./pass.ts";
import { Crash, dyingAt } from "./rounds.ts";

const ROUNDS = 6;

function capabilitiesOf(random: Random): SimCapabilities {
  const condstore = random.chance(0.7);
  return {
    condstore,
    qresync: condstore && random.chance(0.6),
    move: random.chance(0.5),
    uidplus: random.chance(0.7),
    objectId: random.chance(0.3),
    specialUse: true,
  };
}

type Held = Record<string, string[]>;
const line = (sha256: string, flags: readonly string[], date: number | null): string =>
  `${sha256} ${date} ${flags
    .map((flag) => flag.toLowerCase())
    .sort()
    .join(" ")}`;

const withoutDate = (one: string): string => one.replace(/ \S+ /, " ");

function serverHolds(model: ServerModel): Held {
  const held: Held = {};
  for (const listed of model.list()) {
    if (listed.mailbox === null) continue;
    const rows = [...listed.mailbox.messages.values()];
    const lines = rows.map((row) =>
      line(
        row.digests.sha256,
        row.flags.filter((f) => f !== "\\Recent"),
        row.internalDate,
      ),
    );
    held[listed.path.join("\0")] = lines.sort();
  }
  return held;
}

function archiveHolds(memory: MemoryArchive, revision?: number): Held {
  const held: Held = {};
  for (const mailbox of memory.snapshot(revision as Revision | undefined)) {
    const lines = mailbox.messages.map((row) => line(row.sha256, row.flags, row.internalDate));
    held[mailbox.path.join("\0")] = lines.sort();
  }
  return held;
}

/** What a person does whose mailboxes never take a name that another one had: then the archive has to be equal, not only complete. */
function tidyUser(names: { next: number }): (model: ServerModel, random: Random) => void {
  return (model, random) => {
    const all = [...model.mailboxes.keys()];
    const name = random.pick(all as [string, ...string[]]);
    const other = random.pick(all as [string, ...string[]]);
    const uids = [...model.get(name).messages.keys()];
    const some = uids.filter(() => random.chance(0.4));
    const fresh = `${random.chance(0.3) && name !== "INBOX" ? `${name}/` : ""}N${names.next++}`;
    switch (random.below(11)) {
      case 0:
      case 1:
      case 2: {
        const n = random.below(25);
        // The date goes with the text: INTERNALDATE is set at first sight and never merged (C2), so equal bytes that take each other's
        // place in one mailbox (M9) would keep the first one's.
        const date = 1_700_000_000_000 + 1_000 * n;
        model.append(name, `Subject: ${n}\r\n\r\n${"y".repeat(n)}\r\n`, { internalDate: date });
        return;
      }
      case 3:
        return model.store(name, some, { add: ["\\Seen", random.pick(["\\Flagged", "$Work"])] });
      case 4:
        return model.store(name, some, { remove: ["\\Seen"] });
      case 5:
        return model.expunge(name, some);
      case 6:
      case 7:
        if (name !== other) model.move(name, some, other);
        return;
      case 8:
        if (name !== other) model.copy(name, some.slice(0, 2), other);
        return;
      case 9:
        model.create(fresh, { subscribed: random.chance(0.5) });
        return;
      default:
        if (name === "INBOX") return;
        if (random.chance(0.6)) model.rename(name, `N${names.next++}`);
        else model.remove(name);
    }
  };
}

interface World {
  readonly model: ServerModel;
  readonly memory: MemoryArchive;
  readonly capabilities: SimCapabilities;
  now: number;
}

/** One run of the program: its own lease, its own connection; whatever breaks it is its own affair. */
async function run(world: World, remote: Remote, archive: Archive) {
  world.now += 3_600_000;
  try {
    return await pass(remote, archive, { now: world.now });
  } catch (error) {
    if (error instanceof Crash || (error as Error).name === "MailError") return null;
    throw error;
  }
}

async function quiet(world: World): Promise<{ bodies: number }> {
  const remote = simulatedRemote(world.model, { capabilities: world.capabilities });
  const result = await run(world, remote, world.memory.open());
  if (result?.error) throw result.error;
  const id = result?.report.run;
  if (result && result.report.halts.length > 0 && id != null) world.memory.approve(id as never, world.now);
  return { bodies: remote.counts().bodies };
}

async function live(seed: number, user: (model: ServerModel, random: Random) => void, bumps: boolean): Promise<World> {
  const random = seeded(seed);
  const model = new ServerModel();
  for (const name of ["Work", "Work/Old", "Lists"]) model.create(name);
  const world: World = {
    model,
    memory: new MemoryArchive({ now: () => world.now }),
    capabilities: capabilitiesOf(random),
    now: NOON,
  };
  const seen = new Map<number, string>();
  for (let round = 0; round < ROUNDS; round++) {
    for (let n = random.below(7); n > 0; n--) user(model, random);
    const faults = seededFaults(random.u32(), model, { user }).filter((fault) => bumps || !isBump(fault));
    const remote = simulatedRemote(model, { capabilities: world.capabilities, faults, seed: random.u32() });
    const opened = world.memory.open();
    const crash = random.chance(0.4);
    const archive = crash ? dyingAt(opened, 1 + random.below(25), random.chance(0.5)) : opened;
    await run(world, remote, archive);
    for (let revision = seen.size; revision <= world.memory.revision(); revision++) {
      seen.set(revision, JSON.stringify(archiveHolds(world.memory, revision)));
    }
  }
  for (let n = 0; n < 4; n++) await quiet(world); // halts are approved after the first, applied in the next
  for (const [revision, held] of seen) expect(JSON.stringify(archiveHolds(world.memory, revision))).toBe(held); // P11
  return world;
}

/** A fault that renumbers a mailbox: it draws its act itself, so it is known by what it does to a model of its own. */
function isBump(fault: { readonly kind: string; readonly act?: (model: ServerModel) => void }): boolean {
  return fault.kind === "user" && (fault.act?.toString().includes("bumpUidValidity") ?? false);
}

describe("random interleavings (pull)", () => {
  test("P3 P4 P6 P11 the archive converges to the server, whatever broke on the way, and every earlier revision reads as it did; then nothing is planned (S1, M1, M4, C3)", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const world = await live(seed, tidyUser({ next: 0 }), false);
        expect(archiveHolds(world.memory)).toEqual(serverHolds(world.model));
        const revision = world.memory.revision();
        expect(await quiet(world)).toEqual({ bodies: 0 }); // P3
        expect(world.memory.revision()).toBe(revision);
      }),
    );
  });

  test("P9 with renumbered and re-made mailboxes nothing is lost, and the server's mail is complete in the archive (U1, U3)", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const world = await live(seed, randomUser, true);
        // Without dates: equal bytes may take each other's place, and INTERNALDATE is set at first sight (C2, M9).
        const archive = archiveHolds(world.memory);
        for (const [mailbox, dated] of Object.entries(serverHolds(world.model))) {
          const lines = dated.map(withoutDate);
          const held = (archive[mailbox] ?? []).map(withoutDate);
          for (const one of lines) {
            const at = held.indexOf(one);
            expect(at, `${one} in ${mailbox}`).not.toBe(-1);
            held.splice(at, 1);
          }
        }
        const revision = world.memory.revision();
        expect(await quiet(world)).toEqual({ bodies: 0 });
        expect(world.memory.revision()).toBe(revision);
      }),
    );
  });
});
