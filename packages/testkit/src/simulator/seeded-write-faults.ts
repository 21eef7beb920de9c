// Fault scripts of writing out of a seed, for the random interleavings; apart from those of reading, so that neither changes what a seed of
// the other gives. The same seed and model give the same script on every machine.
import { type Random, seeded } from "../mail/random.ts";
import type { Fault, Point, TransferCall, TreeCall } from "./faults.ts";
import type { ServerModel } from "./model.ts";
import { randomUser, type SeededFaultsOptions } from "./seeded-faults.ts";

export interface SeededWriteFaultsOptions extends SeededFaultsOptions {
  /**
   * Also what a server does all the time, and after which the two sides are equal only as far as it allows: APPENDs merged with a twin
   * (C7), keywords dropped (F2), line ends rewritten (C5). Default: false.
   */
  readonly lasting?: boolean;
}

const COMMANDS = ["move", "copy", "expunge", "create", "rename", "remove", "subscribe"] as const;
const MOMENTS: readonly (readonly [Point["call"], Point["at"]])[] = [
  ...(["append", "store", "move", "copy", "expunge"] as const).flatMap((call) =>
    (["message", "effect"] as const).map((at) => [call, at] as const),
  ),
  ...(["create", "rename", "remove"] as const).map((call) => [call, "effect"] as const),
];

/** Gives a script of up to `most` faults of writing that a well-made engine survives without losing or doubling anything. */
export function seededWriteFaults(
  seed: number,
  model: ServerModel,
  options: SeededWriteFaultsOptions = {},
): readonly Fault[] {
  const { steps = 60, most = 4, user = randomUser, lasting = false } = options;
  const random = seeded(seed);
  const names = [...model.mailboxes.keys()];
  const count = random.below(most + 1);
  return Array.from({ length: count }, (): Fault => {
    const step = 1 + random.below(steps);
    const mailbox = names[random.below(names.length)] ?? "INBOX";
    const userSeed = random.u32();
    switch (random.below(lasting ? 12 : 9)) {
      case 0:
        return { kind: "cut", step };
      case 1:
      case 2:
        return cutSomewhere(random);
      case 3:
        return random.chance(0.5) ? { kind: "storeRefused" } : { kind: "appendRefused", times: 1 + random.below(2) };
      case 4:
        return { kind: "overQuota", times: 1 + random.below(3) };
      case 5:
        return { kind: "wrongAppendUid", how: random.chance(0.5) ? "low" : "validity", times: 1 + random.below(3) };
      case 6:
        return { kind: "commandRefused", call: oneOf<TransferCall | TreeCall>(random, COMMANDS) };
      case 7:
        return { kind: "user", step, act: (at) => user(at, seeded(userSeed)) };
      case 8:
        return { kind: "user", step, act: (at) => at.find(mailbox) && at.bumpUidValidity(mailbox) };
      case 9:
        return { kind: "mergedAppend", uid: random.chance(0.5) ? "existing" : "none" };
      case 10:
        return { kind: "droppedKeywords", mailbox };
      default:
        return { kind: "rewrites" };
    }
  });
}

function cutSomewhere(random: Random): Fault {
  const [call, at] = MOMENTS[random.below(MOMENTS.length)] ?? ["append", "effect"];
  return { kind: "cutAt", call, at, nth: 1 + random.below(4) };
}

function oneOf<T>(random: Random, items: readonly T[]): T {
  return items[random.below(items.length)] as T;
}
