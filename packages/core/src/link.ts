// A link: an account's tie to an archive. Backup, migration and two-way sync are rights and policies of it; no code names a mode.
import type { AccountId, ArchiveId, LinkId } from "./ids.ts";
import type { MailboxPath } from "./mailbox.ts";

export interface Rights {
  readonly pull: boolean;
  readonly push: boolean;
}

/** What may happen on the server to a message that the archive removed (M7). */
export type Removals = "mirror" | "trash" | "never";

export interface Policy {
  readonly removals: Removals;
  /** Mailboxes of the archive lie under these segments: accounts that are not meant to be equal never share a mailbox. */
  readonly prefix: MailboxPath;
  /** The same on the server: its mailboxes of this link lie below these segments, and the rest of it is out of sight (B8). Default: all. */
  readonly below: MailboxPath;
  /** Patterns over the server's paths joined by "/": `*` any text, `?` one character. Empty: everything. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Patterns of mailboxes that a watch follows at once, besides INBOX; the first two. Empty: those of `include`, if it has any. */
  readonly watchMailboxes: readonly string[];
  /** G1: removals of a run halt above both. Default: 100 messages and 0.5 of the base. */
  readonly guardMessages: number;
  readonly guardShare: number;
  /** I5. Default: 7 days, in milliseconds. */
  readonly completeEvery: number;
  /** I3: smallest time between two flag scans of a mailbox on a server without CONDSTORE, in milliseconds. Default: 0. */
  readonly flagScanEvery: number;
}

export const DEFAULT_POLICY: Policy = {
  removals: "never",
  prefix: [],
  below: [],
  include: [],
  exclude: [],
  watchMailboxes: [],
  guardMessages: 100,
  guardShare: 0.5,
  completeEvery: 7 * 86_400_000,
  flagScanEvery: 0,
};

export interface Link {
  readonly id: LinkId;
  readonly accountId: AccountId;
  readonly archiveId: ArchiveId;
  readonly rights: Rights;
  readonly policy: Policy;
}

/** M7, where nobody chose: `mirror` for two-way; an account that mail only goes to keeps what it has. */
export function defaultRemovals({ pull, push }: Rights): Removals {
  return pull && push ? "mirror" : "never";
}

/** M7: what becomes of `removals` when a link gets other rights. What nobody chose follows them. */
export function removalsAfter(before: Pick<Link, "rights" | "policy">, rights: Rights): Removals {
  const follows = before.policy.removals === defaultRemovals(before.rights);
  return follows ? defaultRemovals(rights) : before.policy.removals;
}

/**
 * Whether two accounts would be mixed up in one place: links of one archive whose prefixes lie in each other, neither of which pushes
 * (accounts that are not meant to be equal never share a mailbox).
 */
export function sharesMailboxes(
  a: { readonly rights: Rights; readonly policy: Pick<Policy, "prefix"> },
  b: { readonly rights: Rights; readonly policy: Pick<Policy, "prefix"> },
): boolean {
  return !a.rights.push && !b.rights.push && isWithin(a.policy.prefix, b.policy.prefix);
}

/** Whether one of two prefixes lies in the other. The empty one holds all. */
function isWithin(a: MailboxPath, b: MailboxPath): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  return short.every((segment, i) => segment === long[i]);
}
