// Guards against deletion storms (G1). They look at numbers only, after moves have been taken out, and refuse; they never change a plan
// in any other way. A halt is not an error: the run applies the rest and says what it held back.
import type { Digest } from "../digest.ts";
import type { RemoteMailboxId } from "../ids.ts";
import type { Policy, Rights } from "../link.ts";
import type { Role } from "../mailbox.ts";
import type { Halt } from "../report.ts";

/** Removals that a run would make in one mailbox. */
export interface RemovalCount {
  readonly remoteMailboxId: RemoteMailboxId;
  readonly mailbox: string;
  readonly role: Role | null;
  /** Removals of this run that nobody approved. */
  readonly removals: number;
  /** Messages that the base held before this run. */
  readonly base: number;
  /** Messages removed there by earlier runs within 24 hours. */
  readonly removedBefore: number;
}

export interface GuardVerdict {
  readonly halts: readonly Halt[];
  /** Mailboxes whose unapproved removals are held back. */
  readonly held: ReadonlySet<RemoteMailboxId>;
  readonly warnings: readonly string[];
}

/** "Every message of an account that had more than 10." */
const EVERYTHING_ABOVE = 10;

const isExempt = (role: Role | null): boolean => role === "trash" || role === "junk";

function exceeds(removals: number, base: number, policy: Policy): boolean {
  return removals > policy.guardMessages && removals > base * policy.guardShare;
}

/** Where the removals that are judged would take effect. */
export type RemovalSide = "archive" | "server";

function tellRemoved(side: RemovalSide, removals: number, base: number, where: string): string {
  const what = `${removals} of ${base} messages ${where}`;
  return side === "archive" ? `${what} are gone from the server` : `${what} would be removed on the server`;
}

const tellKept = (text: string): string => `${text}. They stay readable at every earlier revision.`;

/**
 * Judges the removals of one run over one account. In an archive that is only pulled the share is a warning, and losing everything
 * halts; where a link pushes, both halt. `accountPushes`: some link of this archive has `push`.
 */
export function judgeRemovals(
  counts: readonly RemovalCount[],
  accountPushes: Rights["push"],
  policy: Policy,
  side: RemovalSide = "archive",
): GuardVerdict {
  const halts: Halt[] = [];
  const warnings: string[] = [];
  const held = new Set<RemoteMailboxId>();
  let removals = 0;
  let base = 0;
  let guarded = 0;
  for (const count of counts) {
    const all = count.removals + count.removedBefore;
    const before = count.base + count.removedBefore;
    removals += all;
    base += before;
    if (isExempt(count.role)) continue;
    guarded += all;
    if (count.removals === 0 || !exceeds(all, before, policy)) continue;
    const text = tellRemoved(side, all, before, `in ${count.mailbox}`);
    if (!accountPushes) warnings.push(tellKept(text));
    else {
      halts.push({ guard: "removals", mailbox: count.mailbox, messages: count.removals, of: before, text });
      held.add(count.remoteMailboxId);
    }
  }
  const asked = counts.filter((count) => count.removals > 0);
  const total = asked.reduce((sum, count) => sum + count.removals, 0);
  if (total === 0) return { halts, held, warnings };
  if (removals >= base && base > EVERYTHING_ABOVE) {
    const text = tellRemoved(side, removals, base, "of the account");
    halts.push({ guard: "everything", mailbox: null, messages: total, of: base, text });
    for (const count of asked) held.add(count.remoteMailboxId);
  } else if (exceeds(guarded, base, policy)) {
    const text = tellRemoved(side, guarded, base, "of the account");
    if (!accountPushes) {
      // The account's share can be exceeded where no mailbox's is; said once.
      if (warnings.length === 0) warnings.push(tellKept(text));
      return { halts, held, warnings };
    }
    halts.push({ guard: "removals", mailbox: null, messages: total, of: base, text });
    for (const count of asked) if (!isExempt(count.role)) held.add(count.remoteMailboxId);
  }
  return { halts, held, warnings };
}

/** G3: sides smaller than this have no share to speak of. */
export const FEW_AT_LEAST = 20;

/** G3: both sides hold 20 or more and fewer than half of the smaller one match. */
export function fewMatches(base: number, remote: number, matched: number): boolean {
  return base >= FEW_AT_LEAST && remote >= FEW_AT_LEAST && matched * 2 < Math.min(base, remote);
}

/** What a message is counted by where no body is read: its header, and what else there is where it has none. */
export interface Heading {
  readonly fingerprint: Digest | null;
  readonly size: number;
  readonly internalDate: number | null;
}

/** G3: how many messages two mailboxes have in common by their headers, as multisets (C3). It counts, and decides of no message (C4). */
export function countShared(left: readonly Heading[], right: readonly Heading[]): number {
  const keyOf = ({ fingerprint, size, internalDate }: Heading): string => fingerprint ?? `${size} ${internalDate}`;
  const waiting = new Map<string, number>();
  for (const one of left) waiting.set(keyOf(one), (waiting.get(keyOf(one)) ?? 0) + 1);
  let shared = 0;
  for (const one of right) {
    const left = waiting.get(keyOf(one)) ?? 0;
    if (left === 0) continue;
    waiting.set(keyOf(one), left - 1);
    shared++;
  }
  return shared;
}
