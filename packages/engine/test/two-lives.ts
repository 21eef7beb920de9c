// One random life of two accounts on one archive: people at work on both sides, faults of servers and lines, crashes between any two steps
// of the archive; then quiet rounds, and the judgement: both sides equal, nothing lost, nothing twice, one more round does nothing. The same
// seed is the same life on every machine. It must run without a test runner too (commands/lives.ts).
import assert from "node:assert/strict";
import {
  type Fault,
  type Random,
  type ServerModel,
  type SimCapabilities,
  seeded,
  seededFaults,
  seededWriteFaults,
} from "@packetboat/testkit";
import { exactly, type Faults, Fleet, holds } from "./rounds.ts";

const ROUNDS = 5;

/** What people did, as far as the judge has to know it: every message has a text of its own. */
class Memory {
  appended = 0;
  names = 0;
  /** Messages that somebody removed, or whose mailbox somebody removed. */
  readonly removed = new Set<number>();
  /** Who moved a message. */
  readonly movers = new Map<number, string>();
}

/** Whether a person may move a message. */
type MayMove = (message: number) => boolean;

const numberOf = (bytes: Buffer): number => Number(/<(\d+)@sim>/.exec(bytes.toString("latin1"))?.[1] ?? -1);

function person(model: ServerModel, random: Random, memory: Memory, mayMove: MayMove = () => true): void {
  const names = [...model.mailboxes.keys()];
  const name = random.pick(names as [string, ...string[]]);
  const other = random.pick(names as [string, ...string[]]);
  const messages = [...model.get(name).messages.values()];
  const some = messages.filter(() => random.chance(0.3)).map(({ uid }) => uid);
  const gone = (uids: readonly number[]) => {
    for (const { uid, bytes } of model.get(name).messages.values())
      if (uids.includes(uid)) memory.removed.add(numberOf(bytes));
  };
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2: {
      const n = memory.appended++;
      const message = `Subject: ${n % 5}\r\nMessage-ID: <${n}@sim>\r\n\r\n${"x".repeat(n % 7)}\r\n`;
      model.append(name, message, {
        flags: random.chance(0.3) ? ["\\Seen"] : [],
        internalDate: 1_700_000_000_000 + 1_000 * n,
      });
      return;
    }
    case 3:
      model.store(name, some, { add: [random.pick(["\\Seen", "\\Flagged", "$Work"])] });
      return;
    case 4:
      model.store(name, some, { remove: [random.pick(["\\Seen", "\\Flagged", "$Work"])] });
      return;
    case 5:
      gone(some);
      model.expunge(name, some);
      return;
    case 6:
    case 7:
      if (name !== other) {
        const movable = some.filter((uid) =>
          mayMove(numberOf(model.get(name).messages.get(uid)?.bytes ?? Buffer.alloc(0))),
        );
        model.move(name, movable, other);
      }
      return;
    case 8:
      model.create(`${random.chance(0.3) && name !== "INBOX" ? `${name}/` : ""}N${memory.names++}`, {
        subscribed: random.chance(0.5),
      });
      return;
    case 9:
      if (name !== "INBOX") model.rename(name, `N${memory.names++}`);
      return;
    case 10:
      if (name === "INBOX" || names.length < 4) return;
      gone([...model.get(name).messages.keys()]);
      model.remove(name);
      return;
    default:
      model.subscribe(name, random.chance(0.5));
  }
}

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

/**
 * With faults nobody moves a message that was sent and whose answer was lost, and no two people move the same one: of a move that is seen
 * by halves, because its source was not shown, nobody can say that it is one (inherent-problems.md: such a message is there twice).
 */
function careful(fleet: Fleet, account: string, memory: Memory): MayMove {
  return (message) => {
    const intents = [...(fleet.memory.push(account)?.intents.values() ?? [])];
    const sent = intents.some(({ messageId }) => {
      const sha256 = fleet.memory.history.messages.get(messageId)?.sha256 ?? "";
      return numberOf(fleet.memory.body(sha256) ?? Buffer.alloc(0)) === message;
    });
    const mover = memory.movers.get(message) ?? account;
    if (sent || mover !== account) return false;
    memory.movers.set(message, account);
    return true;
  };
}

export interface Kind {
  readonly faults: boolean;
  readonly crashes: boolean;
  /** UIDVALIDITYs that change in the middle of things (U1). */
  readonly bumps?: boolean;
  /** Servers that merge, rewrite, or keep no keywords (C5, C7, F2): the two sides are equal only as far as they allow. */
  readonly lasting?: boolean;
}

/** The kinds of lives, by the name that a failing one is told with. */
export const KINDS = {
  quiet: { faults: false, crashes: false },
  faults: { faults: true, crashes: false },
  crashes: { faults: true, crashes: true },
  bumps: { faults: true, crashes: true, bumps: true },
  lasting: { faults: true, crashes: true, lasting: true },
} as const satisfies Readonly<Record<string, Kind>>;
export type KindName = keyof typeof KINDS;

async function live(seed: number, kind: Kind): Promise<{ readonly fleet: Fleet; readonly memory: Memory }> {
  const random = seeded(seed);
  const memory = new Memory();
  const fleet = new Fleet();
  for (const name of ["a", "b"]) {
    const model = fleet.add(name, { capabilities: capabilitiesOf(random), policy: { guardMessages: 1_000_000 } });
    for (const mailbox of ["Work", "Lists"]) model.create(mailbox);
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, model } of fleet.accounts)
      for (let n = random.below(6); n > 0; n--)
        person(model, random, memory, kind.faults ? careful(fleet, name, memory) : undefined);
    const faults: Record<string, Faults> = {};
    for (const { name, model } of fleet.accounts) {
      const user = (at: ServerModel, of: Random) => person(at, of, memory, careful(fleet, name, memory));
      const options = { user, most: 2, lasting: kind.lasting ?? false };
      const script = kind.faults
        ? [...seededFaults(random.u32(), model, options), ...seededWriteFaults(random.u32(), model, options)]
        : [];
      const crash =
        kind.crashes && random.chance(0.4) ? { at: 1 + random.below(40), afterwards: random.chance(0.5) } : null;
      faults[name] = { script: bearable(script, kind), crash };
    }
    await fleet.round(faults);
  }
  for (let n = 0; n < 6; n++) {
    const results = await fleet.round();
    for (const { error, report } of results) {
      if (error) throw error;
      if (report.halts.length > 0 && report.run !== null) fleet.memory.approve(report.run as never, fleet.now);
    }
  }
  return { fleet, memory };
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
  const { fleet, memory } = await live(seed, kind);
  const [a, b] = fleet.accounts.map(({ model }) => model) as [ServerModel, ServerModel];
  // C7: a message that was taken without a UID, and that somebody removed before it was looked for, cannot be told from one that the server
  // merged: the two sides differ by it.
  const merged = fleet.accounts.some(({ name }) =>
    [...fleet.memory.base(name).values()].some(({ gone }) => gone.length > 0),
  );
  const exact = !merged && kind.bumps !== true && kind.lasting !== true;
  if (exact) assert.deepEqual(holds(a), holds(b), "the two sides differ");
  for (const model of [a, b]) {
    const counts = countsOf(model);
    for (let n = 0; n < memory.appended; n++) {
      const there = counts.get(n) ?? 0;
      const removed = memory.removed.has(n);
      if (exact && !removed) assert.equal(there, 1, `message ${n} is there ${there} times`);
      else if (exact) assert.ok(there <= 1, `message ${n}, which somebody removed, is there ${there} times`);
      else if (!merged && !removed) assert.ok(there >= 1, `message ${n} is lost`);
    }
  }
  const before = [exactly(a), exactly(b), fleet.memory.revision()];
  await fleet.round();
  assert.deepEqual([exactly(a), exactly(b), fleet.memory.revision()], before, "a further round did something");
}
