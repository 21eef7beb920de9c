// Fault scripts out of a seed, for the random interleavings. The same seed and model give the same script on every machine.
import { type Random, seeded } from "../mail/random.ts";
import type { Fault } from "./faults.ts";
import type { ServerModel } from "./model.ts";

export interface SeededFaultsOptions {
  /** Steps within which cuts and other moments fall. Default: 60. */
  readonly steps?: number;
  /** How many faults at most. Default: 4. */
  readonly most?: number;
  /** What another client does when the script says so. Default: {@link randomUser}. */
  readonly user?: (model: ServerModel, random: Random) => void;
}

/** Gives a script of up to `most` faults that a well-made engine survives without losing or doubling anything. */
export function seededFaults(seed: number, model: ServerModel, options: SeededFaultsOptions = {}): readonly Fault[] {
  const { steps = 60, most = 4, user = randomUser } = options;
  const random = seeded(seed);
  const names = [...model.mailboxes.keys()];
  const count = random.below(most + 1);
  return Array.from({ length: count }, (): Fault => {
    const mailbox = names[random.below(names.length)] ?? "INBOX";
    const uids = [...model.get(mailbox).messages.keys()];
    const step = 1 + random.below(steps);
    const userSeed = random.u32();
    switch (random.below(11)) {
      case 0:
      case 1:
        return { kind: "cut", step };
      case 2:
        return { kind: "unreadable", mailbox, uid: uids[random.below(uids.length)] ?? 1, times: 1 + random.below(3) };
      case 3:
        return { kind: "truncatedListing", mailbox };
      case 4:
        return { kind: random.chance(0.5) ? "falseVanished" : "forgottenExpunges", mailbox };
      case 5:
        return { kind: "partialList", omit: names.filter((name) => name !== "INBOX" && random.chance(0.5)) };
      case 6:
        return { kind: random.chance(0.5) ? "statusRefused" : "selectRefused", mailbox };
      case 7:
        return { kind: "throttle", step };
      case 8:
        return { kind: "messagesWithoutModseq", mailbox };
      case 9:
        return { kind: "user", step, act: (at) => at.find(mailbox) && at.bumpUidValidity(mailbox) };
      default:
        return { kind: "user", step, act: (at) => user(at, seeded(userSeed)) };
    }
  });
}

/** One thing that a person does with another client: new mail, flags, expunge, move, copy, mailboxes made, renamed, removed. */
export function randomUser(model: ServerModel, random: Random): void {
  const names = [...model.mailboxes.keys()];
  const name = names[random.below(names.length)] ?? "INBOX";
  const other = names[random.below(names.length)] ?? "INBOX";
  const uids = [...model.get(name).messages.keys()];
  const some = uids.filter(() => random.chance(0.4));
  const free = `${random.chance(0.3) ? `${name}${model.delimiter}` : ""}M${random.below(12)}`;
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2: {
      // Few texts, so that identical messages happen (C3).
      const text = random.below(30);
      const message = `Subject: ${text}\r\nMessage-ID: <${text}@sim>\r\n\r\n${"x".repeat(random.below(200))}\r\n`;
      const flags = random.chance(0.3) ? ["\\Seen"] : [];
      model.append(name, message, { flags, internalDate: 1_700_000_000_000 + 1_000 * random.below(50) });
      return;
    }
    case 3:
      model.store(name, some, { add: [random.pick(["\\Seen", "\\Flagged", "$Work"])] });
      return;
    case 4:
      model.store(name, some, { remove: [random.pick(["\\Seen", "\\Flagged", "$Work"])] });
      return;
    case 5:
      model.expunge(name, some);
      return;
    case 6:
    case 7:
      if (name !== other) model.move(name, some, other);
      return;
    case 8:
      if (name !== other) model.copy(name, some.slice(0, 2), other);
      return;
    case 9:
      if (!model.find(free)) model.create(free, { subscribed: random.chance(0.5) });
      return;
    case 10:
      if (name !== "INBOX" && !free.startsWith(name) && canRename(model, name, free)) model.rename(name, free);
      return;
    default:
      if (name !== "INBOX" && names.length > 4) model.remove(name);
      else model.subscribe(name, random.chance(0.5));
  }
}

function canRename(model: ServerModel, from: string, to: string): boolean {
  const under = `${from}${model.delimiter}`;
  return [...model.mailboxes.keys()].every((name) => {
    const moved = name === from || name.startsWith(under);
    return !moved || !model.find(to + name.slice(from.length));
  });
}
