// The people of the random lives: what one does at an account, and what is remembered of it so that a life can be judged. They see the
// server only, as a person with another client does. It must never look at what the program decides, but for what nobody could know.
import type { Random, ServerModel } from "@packetboat/testkit";
import type { Fleet } from "./rounds.ts";

/** What people did, as far as the judge has to know it: every message has a text of its own. */
export class Memory {
  appended = 0;
  names = 0;
  /** Messages that somebody removed, or whose mailbox somebody removed. */
  readonly removed = new Set<number>();
  /** Those of them that were sent there, and whose answer was lost: nobody can know that they had been there (S2). */
  readonly unseen = new Set<number>();
  /** Who moved a message first. */
  readonly movers = new Map<number, string>();
  /** Messages whose mailbox somebody renamed: where that is not believed (B1), they have moved. */
  readonly carried = new Set<number>();
  /** Moves of this round: by account and message, how many. */
  readonly moves = new Map<string, number>();
}

export const moveKey = (account: string, message: number): string => `${account} ${message}`;

/** What somebody heeds where there are faults. */
export interface Care {
  /** Whether a message was sent there and its answer was lost. */
  isSent(message: number): boolean;
  mayMove(message: number): boolean;
  /** Leaves the mailboxes as they are. */
  readonly onlyMessages?: boolean;
}

const CARELESS: Care = { isSent: () => false, mayMove: () => true };

/** The number of a message, which its Message-ID tells; -1: of nobody here. */
export const numberOf = (bytes: Buffer): number => Number(/<(\d+)@sim>/.exec(bytes.toString("latin1"))?.[1] ?? -1);

/** A message that nobody has yet. */
export function newMail(model: ServerModel, mailbox: string, random: Random, memory: Memory): void {
  const n = memory.appended++;
  const message = `Subject: ${n % 5}\r\nMessage-ID: <${n}@sim>\r\n\r\n${"x".repeat(n % 7)}\r\n`;
  model.append(mailbox, message, {
    flags: random.chance(0.3) ? ["\\Seen"] : [],
    internalDate: 1_700_000_000_000 + 1_000 * n,
  });
}

/** One thing that somebody does at an account. */
export function person(
  account: string,
  model: ServerModel,
  random: Random,
  memory: Memory,
  care: Care = CARELESS,
): void {
  const names = [...model.mailboxes.keys()];
  const name = random.pick(names as [string, ...string[]]);
  const other = random.pick(names as [string, ...string[]]);
  const messages = [...model.get(name).messages.values()];
  const some = messages.filter(() => random.chance(0.3)).map(({ uid }) => uid);
  const gone = (uids: readonly number[]) => {
    for (const { uid, bytes } of model.get(name).messages.values()) {
      if (!uids.includes(uid)) continue;
      memory.removed.add(numberOf(bytes));
      if (care.isSent(numberOf(bytes))) memory.unseen.add(numberOf(bytes));
    }
  };
  switch (random.below(care.onlyMessages ? 8 : 12)) {
    case 0:
    case 1:
    case 2:
      newMail(model, name, random, memory);
      return;
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
          care.mayMove(numberOf(model.get(name).messages.get(uid)?.bytes ?? Buffer.alloc(0))),
        );
        for (const uid of movable) {
          const message = numberOf(model.get(name).messages.get(uid)?.bytes ?? Buffer.alloc(0));
          const key = moveKey(account, message);
          memory.movers.set(message, memory.movers.get(message) ?? account);
          memory.moves.set(key, (memory.moves.get(key) ?? 0) + 1);
        }
        model.move(name, movable, other);
      }
      return;
    case 8:
      model.create(`${random.chance(0.3) && name !== "INBOX" ? `${name}/` : ""}N${memory.names++}`, {
        subscribed: random.chance(0.5),
      });
      return;
    case 9:
      if (name === "INBOX") return;
      for (const mailbox of model.mailboxes.values())
        if (mailbox.name === name || mailbox.name.startsWith(`${name}/`))
          for (const { bytes } of mailbox.messages.values()) memory.carried.add(numberOf(bytes));
      model.rename(name, `N${memory.names++}`);
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

/**
 * With faults nobody moves a message that was sent and whose answer was lost, and no two people move the same one: of a move that is seen
 * by halves, because its source was not shown, nobody can say that it is one (inherent-problems.md: such a message is there twice).
 */
export function careful(fleet: Fleet, account: string, memory: Memory): Care {
  const isSent = (message: number): boolean =>
    [...(fleet.memory.push(account)?.intents.values() ?? [])].some(({ messageId }) => {
      const sha256 = fleet.memory.history.messages.get(messageId)?.sha256 ?? "";
      return numberOf(fleet.memory.body(sha256) ?? Buffer.alloc(0)) === message;
    });
  const mayMove = (message: number): boolean => !isSent(message) && (memory.movers.get(message) ?? account) === account;
  return { isSent, mayMove };
}

/**
 * In the middle of a run nobody changes a mailbox, or moves a message for a second time in a round: what was moved on before it could be seen
 * where it was moved to, and out of a place that was looked at already, is gone until the next look.
 */
export function steady(care: Care, account: string, memory: Memory): Care {
  const isFirst = (message: number): boolean => !memory.moves.has(moveKey(account, message));
  return {
    isSent: care.isSent,
    mayMove: (message) => care.mayMove(message) && isFirst(message),
    onlyMessages: true,
  };
}
