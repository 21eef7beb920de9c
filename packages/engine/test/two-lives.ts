// One random life of two accounts on one archive: people at work on both sides, faults of servers and lines, crashes between any two steps
// of the archive; then quiet rounds, and the judgement: both sides equal, nothing lost, nothing twice, one more round does nothing. The same
// seed is the same life on every machine. It must run without a test runner too (commands/lives.ts).
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import {
  type Fault,
  type Random,
  type SeededWriteFaultsOptions,
  type ServerModel,
  type SimCapabilities,
  seeded,
  seededFaults,
  seededWriteFaults,
} from "@packetboat/testkit";
import type { RunResult } from "../src/index.ts";
import { careful, Memory, newMail, numberOf, person, steady } from "./people.ts";
import { exactly, type Faults, Fleet, holds } from "./rounds.ts";
import { agree, expecting, watchServer } from "./witness.ts";

const ROUNDS = 5;
/** G4: what people changed to and fro is left alone for a day. */
const TO_AND_FRO_MS = 2 * 86_400_000;

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

export interface Kind {
  readonly faults: boolean;
  readonly crashes: boolean;
  /** UIDVALIDITYs that change in the middle of things (U1). */
  readonly bumps?: boolean;
  /** Servers that merge, rewrite, or keep no keywords (C5, C7, F2): the two sides are equal only as far as they allow. */
  readonly lasting?: boolean;
  /** Both sides agree before people go on, so that what each of them wanted can be told from what the other did. */
  readonly agreed?: boolean;
  /** People who do not stop while runs look and write; nothing else goes wrong. */
  readonly crowd?: boolean;
  /** More mail, more people, more that goes wrong at once. */
  readonly busy?: boolean;
  /** Default: 2. */
  readonly accounts?: number;
  /** Rounds in which the accounts are at work at the same time, as the command line makes them; else one after the other. */
  readonly together?: boolean;
}

/** The kinds of lives, by the name that a failing one is told with. */
export const KINDS = {
  agreed: { faults: false, crashes: false, agreed: true, busy: true },
  quiet: { faults: false, crashes: false },
  crowd: { faults: false, crashes: false, crowd: true, busy: true },
  faults: { faults: true, crashes: false },
  crashes: { faults: true, crashes: true },
  bumps: { faults: true, crashes: true, bumps: true },
  lasting: { faults: true, crashes: true, lasting: true },
  busy: { faults: true, crashes: true, busy: true },
  three: { faults: true, crashes: true, accounts: 3 },
  together: { faults: false, crashes: false, agreed: true, busy: true, together: true },
  togetherCrashes: { faults: true, crashes: true, busy: true, together: true },
  togetherThree: { faults: true, crashes: true, accounts: 3, together: true },
} as const satisfies Readonly<Record<string, Kind>>;
export type KindName = keyof typeof KINDS;

/** Moves may be seen by halves. */
const isRough = (kind: Kind): boolean => kind.faults || kind.crowd === true;

interface Life {
  readonly fleet: Fleet;
  readonly memory: Memory;
  /** What the witness saw. */
  readonly complaints: readonly string[];
  /**
   * C7: a message that was taken without a UID, and that somebody removed before it was looked for, cannot be told from one that the server
   * merged: the sides differ by it, for good.
   */
  readonly merged: boolean;
}

const hasMerged = (fleet: Fleet): boolean =>
  fleet.accounts.some(({ name }) => [...fleet.memory.base(name).values()].some(({ gone }) => gone.length > 0));

async function live(seed: number, kind: Kind): Promise<Life> {
  const random = seeded(seed);
  const memory = new Memory();
  const fleet = new Fleet();
  if (kind.together === true) fleet.together = seeded(seed + 1);
  const watched: (readonly string[])[] = [];
  for (const name of ["a", "b", "c"].slice(0, kind.accounts ?? 2)) {
    const model = fleet.add(name, { capabilities: capabilitiesOf(random), policy: { guardMessages: 1_000_000 } });
    for (const mailbox of ["Work", "Lists"]) model.create(mailbox);
    for (let n = 0; kind.busy && n < 4; n++) newMail(model, random.pick(["INBOX", "Work", "Lists"]), random, memory);
    watched.push(watchServer(name, model, memory, isRough(kind)));
  }
  const models = fleet.accounts.map(({ model }) => model) as [ServerModel, ServerModel];
  let merged = false;
  if (kind.agreed) await fleet.settle();
  for (let round = 0; round < ROUNDS; round++) {
    memory.moves.clear();
    const agreed = kind.agreed ? agree(models) : null;
    for (const { name, model } of fleet.accounts)
      for (let n = random.below(kind.busy ? 10 : 6); n > 0; n--)
        person(name, model, random, memory, isRough(kind) ? careful(fleet, name, memory) : undefined);
    const faults: Record<string, Faults> = {};
    for (const { name, model } of fleet.accounts) {
      const care = kind.crowd ? steady(careful(fleet, name, memory), name, memory) : careful(fleet, name, memory);
      const user = (at: ServerModel, of: Random) => person(name, at, of, memory, care);
      const options = { user, most: kind.busy ? 4 : 2, lasting: kind.lasting ?? false };
      const script = kind.crowd ? crowd(random, user) : kind.faults ? wrong(random, model, options) : [];
      const crash =
        kind.crashes && random.chance(0.4) ? { at: 1 + random.below(40), afterwards: random.chance(0.5) } : null;
      faults[name] = { script: bearable(script, kind), crash };
    }
    const complaints = agreed && expecting(["a", "b"], models, agreed, memory, kind.together);
    const results = await fleet.round(faults);
    merged ||= hasMerged(fleet);
    if (complaints === null) continue;
    approve(fleet, results);
    // One round, or two; more where a guard holds something, first in the archive and then on the other server; and after a day what was
    // changed to and fro (G4).
    for (let n = 0; n < 6 && !isDeepStrictEqual(holds(models[0]), holds(models[1])); n++) {
      if (n === 4) fleet.now += TO_AND_FRO_MS;
      approve(fleet, await fleet.round());
    }
    assert.equal(complaints().join("; "), "");
  }
  fleet.now += TO_AND_FRO_MS;
  for (let n = 0; n < 6; n++) {
    const results = await fleet.round();
    for (const { error } of results) if (error) throw error;
    approve(fleet, results);
  }
  return { fleet, memory, complaints: watched.flat(), merged: merged || hasMerged(fleet) };
}

/** Somebody lets through what a guard has held (G1): most of these lives lose everything at some time. */
function approve(fleet: Fleet, results: readonly RunResult[]): void {
  for (const { report } of results)
    if (report.halts.length > 0 && report.run !== null) fleet.memory.approve(report.run as never, fleet.now);
}

type User = (model: ServerModel, random: Random) => void;

function wrong(random: Random, model: ServerModel, options: SeededWriteFaultsOptions): readonly Fault[] {
  return [...seededFaults(random.u32(), model, options), ...seededWriteFaults(random.u32(), model, options)];
}

/** People at work in the middle of a run. */
function crowd(random: Random, user: User): readonly Fault[] {
  return Array.from({ length: random.below(8) }, (): Fault => {
    const seed = random.u32();
    return { kind: "user", step: 1 + random.below(40), act: (model) => user(model, seeded(seed)) };
  });
}

/**
 * Without new UIDVALIDITYs, which have a property of their own; and a server that gives another message's UID for an APPEND is only seen
 * through while nobody else adds one in that moment (S2).
 */
function bearable(script: readonly Fault[], kind: Kind): readonly Fault[] {
  const kept = script.filter((fault) => kind.bumps || !isBump(fault));
  const somebody = kept.some((fault) => fault.kind === "user");
  return kept.filter((fault) => !(somebody && fault.kind === "wrongAppendUid" && fault.how === "low"));
}

function isBump(fault: { readonly kind: string; readonly act?: (model: ServerModel) => void }): boolean {
  return fault.kind === "user" && (fault.act?.toString().includes("bumpUidValidity") ?? false);
}

function countsOf(model: ServerModel): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const mailbox of model.mailboxes.values())
    for (const { bytes } of mailbox.messages.values())
      counts.set(numberOf(bytes), (counts.get(numberOf(bytes)) ?? 0) + 1);
  return counts;
}

/** Lives one life and judges it; throws what is wrong. */
export async function judge(seed: number, kind: Kind): Promise<void> {
  const { fleet, memory, complaints, merged } = await live(seed, kind);
  const models = fleet.accounts.map(({ model }) => model);
  const exact = !merged && kind.bumps !== true && kind.lasting !== true;
  const [first, ...others] = models.map((model) => holds(model));
  if (exact) for (const other of others) assert.deepEqual(other, first, "the sides differ");
  const rough = isRough(kind);
  for (const model of models) {
    const counts = countsOf(model);
    for (let n = 0; n < memory.appended; n++) {
      const there = counts.get(n) ?? 0;
      const removed = memory.removed.has(n);
      // A move may have won over its removal (M3); or nobody could know that it had been there (S2).
      const may = memory.movers.has(n) || (rough && (memory.carried.has(n) || memory.unseen.has(n)));
      // Moved, seen by halves, and its mailbox renamed, which may look like a move too: nobody can say that it is one message.
      if (rough && memory.movers.has(n) && memory.carried.has(n) && there > 1) continue;
      if (exact && !removed) assert.equal(there, 1, `message ${n} is there ${there} times`);
      else if (exact && may) assert.ok(there <= 1, `message ${n} is there ${there} times`);
      else if (exact) assert.equal(there, 0, `message ${n}, which somebody removed, is back`);
      else if (!merged && !removed) assert.ok(there >= 1, `message ${n} is lost`);
    }
  }
  // A mailbox that is numbered anew is empty for a moment.
  if (!kind.bumps) assert.equal(complaints.join("; "), "");
  const now = () => [...models.map(exactly), fleet.memory.revision()];
  const before = now();
  await fleet.round();
  assert.deepEqual(now(), before, "a further round did something");
}
