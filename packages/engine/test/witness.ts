// The witness of a random life: what it sees on a server at every moment, and what people wanted against what became of it. It knows nothing
// of the archive or of the plan. It must never call wrong what some person did.
import type { ServerModel, SimMailbox } from "@packetboat/testkit";
import { type Memory, moveKey, numberOf } from "./people.ts";

/** A message as one server holds it. */
interface Sight {
  readonly mailbox: SimMailbox;
  readonly uid: number;
  readonly flags: readonly string[];
}
type Seen = ReadonlyMap<number, Sight>;

/**
 * Watches a server; gives the list that complaints are put on: a message that was there and that nobody removed is there at every moment
 * (S5), removals without proof and second uploads among them (M1, M4). `lenient`: only of messages that
 * nobody moved, nor their mailbox: of a move that is seen by halves nobody can say that it is one.
 */
export function watchServer(account: string, model: ServerModel, memory: Memory, lenient: boolean): readonly string[] {
  const complaints: string[] = [];
  const there = new Map<SimMailbox, ReadonlySet<number>>();
  model.listeners.add((mailbox) => {
    const before = there.get(mailbox) ?? new Set();
    const exists = model.mailboxes.get(mailbox.name) === mailbox;
    const now = new Set(exists ? [...mailbox.messages.values()].map(({ bytes }) => numberOf(bytes)) : []);
    there.set(mailbox, now);
    for (const message of before) {
      if (now.has(message) || memory.removed.has(message)) continue;
      if (lenient && (memory.movers.has(message) || memory.carried.has(message))) continue;
      if ([...there.values()].some((held) => held.has(message))) continue;
      complaints.push(`message ${message} left ${account}, though nobody removed it`);
    }
  });
  return complaints;
}

function see(model: ServerModel): Seen {
  const seen = new Map<number, Sight>();
  for (const mailbox of model.mailboxes.values())
    for (const { uid, bytes, flags } of mailbox.messages.values()) seen.set(numberOf(bytes), { mailbox, uid, flags });
  return seen;
}

const samePlace = (a: Sight, b: Sight | undefined): boolean =>
  b !== undefined && a.mailbox === b.mailbox && a.uid === b.uid;

/** What two servers that agree hold, before people go to work. */
export interface Agreed {
  readonly seen: readonly [Seen, Seen];
}

export function agree(models: readonly [ServerModel, ServerModel]): Agreed {
  return { seen: [see(models[0]), see(models[1])] };
}

/** What people have done since both agreed; asked before the next round, its answer judges that round: gives complaints. `together`: nobody knows which side is looked at first. */
export function expecting(
  names: readonly [string, string],
  models: readonly [ServerModel, ServerModel],
  agreed: Agreed,
  memory: Memory,
  together = false,
): () => readonly string[] {
  const wanted = [see(models[0]), see(models[1])] as const;
  const numbers = new Set([...wanted[0].keys(), ...wanted[1].keys(), ...agreed.seen[0].keys()]);
  const moves = new Map(memory.moves);
  const movesOf = (side: 0 | 1, message: number): number => moves.get(moveKey(names[side], message)) ?? 0;
  return () => {
    const now = [see(models[0]), see(models[1])] as const;
    return [...numbers].flatMap((message) => {
      const sides = ([0, 1] as const).map((side) => ({
        was: agreed.seen[side].get(message),
        want: wanted[side].get(message),
        is: now[side].get(message),
        moves: movesOf(side, message),
      })) as [Side, Side];
      const why = judgeMessage(sides, together);
      return why === null ? [] : [`message ${message}: ${why}`];
    });
  };
}

interface Side {
  readonly was: Sight | undefined;
  readonly want: Sight | undefined;
  readonly is: Sight | undefined;
  readonly moves: number;
}

/** Null, or what is wrong with one message. */
function judgeMessage(sides: readonly [Side, Side], together: boolean): string | null {
  const [a, b] = sides;
  const base = a.was ?? b.was;
  const left = sides.filter(({ want }) => want !== undefined);
  const [one] = left;
  if (one?.want === undefined) return a.is || b.is ? "everybody removed it, and it is back" : null;
  if (base !== undefined && left.length === 1) {
    if (one.moves > 1) return null; // moved to and fro: nobody can say that it was moved
    if (one.moves === 0) return a.is || b.is ? "removed, and it is back (M3)" : null;
    return samePlace(one.want, one.is)
      ? null
      : "removed on one side and moved on the other, and it did not stay moved (M3)";
  }
  return judgePlace(sides, one.want, one, together) ?? judgeFlags(sides, base);
}

function judgePlace(sides: readonly [Side, Side], want: Sight, one: Side, together: boolean): string | null {
  const [a, b] = sides;
  if (one.was === undefined) return samePlace(want, one.is) ? null : "new, and it did not stay where it was put";
  for (const side of sides)
    if (
      side.was &&
      side.want &&
      side.moves === 0 &&
      sides.every(({ moves }) => moves === 0) &&
      !samePlace(side.was, side.is)
    )
      return "nobody moved it, and it is not where it was (M4)";
  const movers = sides.filter(({ moves }) => moves > 0);
  const [mover] = movers;
  if (movers.length === 1 && mover?.want && !samePlace(mover.want, mover.is))
    return "moved by one, and it did not stay there";
  const twice = movers.length === 2 && a.moves === 1 && b.moves === 1;
  const [won, wonThere] = sides.map(({ want: wanted, is }) => wanted !== undefined && samePlace(wanted, is));
  if (twice && a.want && !won && !(together && wonThere))
    return "moved by both, and the archive's place did not win (M5)";
  return null;
}

/** F1: what one side changed since both agreed is so on both. */
function judgeFlags(sides: readonly [Side, Side], base: Sight | undefined): string | null {
  const wants = sides.flatMap(({ want }) => (want ? [want.flags] : []));
  const was = base?.flags ?? [];
  const all = new Set([...was, ...wants.flat()]);
  const wrong = [...all].filter((flag) => {
    const changed = wants.some((flags) => flags.includes(flag) !== was.includes(flag));
    const should = was.includes(flag) !== changed;
    return sides.some(({ is }) => is !== undefined && is.flags.includes(flag) !== should);
  });
  return wrong.length === 0 ? null : `what somebody did with ${wrong.join(" ")} is lost (F1)`;
}
