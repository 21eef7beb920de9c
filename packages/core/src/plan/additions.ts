// What an import adds to an archive: of each message as many as the source has in a mailbox and the archive has not (C3). Alike is what is
// equal but for line ends (C4): a copy from a disk is the message that a server gave. Pure. It must never count a message of the source
// against one of another mailbox, nor ask for more than the source has.
import type { Digests } from "../digest.ts";
import type { MailboxId } from "../ids.ts";

/** A message of a source, on its way. */
export interface Incoming {
  readonly mailboxId: MailboxId;
  readonly digests: Pick<Digests, "sha256" | "canonical">;
  /** How many messages alike the source has had in this mailbox up to here; the first is 1. */
  readonly ordinal: number;
}

/** Live messages of the mailbox. */
export interface HeldAlike {
  /** Equal but for line ends, the equal ones included. */
  readonly alike: number;
  /** Byte for byte. */
  readonly same: number;
}

/** Two that are alike have one key. */
export const alikeKey = ({ mailboxId, digests }: Incoming): string => `${mailboxId} ${digests.canonical}`;

/** Gives those of a batch that are to be added, in its order. `held`: what the archive has, earlier batches included. */
export function additions<T extends Incoming>(batch: readonly T[], held: (message: T) => HeldAlike): readonly T[] {
  const groups = Map.groupBy(batch, alikeKey);
  const added = new Set<T>();
  for (const group of groups.values()) for (const message of missing(group, held)) added.add(message);
  return batch.filter((message) => added.has(message));
}

/** Of a group, bytes that the archive has not at all come first: of two that differ in line ends the other one is the one to be kept too. */
function missing<T extends Incoming>(group: readonly T[], held: (message: T) => HeldAlike): readonly T[] {
  const [first] = group;
  if (first === undefined) return [];
  const seen = Math.max(...group.map(({ ordinal }) => ordinal));
  const count = Math.max(0, Math.min(group.length, seen - held(first).alike));
  const left = new Map<string, number>();
  const unmatched: T[] = [];
  const matched: T[] = [];
  for (const message of group) {
    const { sha256 } = message.digests;
    const same = left.get(sha256) ?? held(message).same;
    left.set(sha256, Math.max(0, same - 1));
    (same > 0 ? matched : unmatched).push(message);
  }
  return [...unmatched, ...matched].slice(0, count);
}
