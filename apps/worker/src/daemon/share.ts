// Which accounts a worker watches of all that are to be watched: an even share. Pure. It must never leave an account that nobody else has room for.

import type { WatchedAccount } from "@packetboat/archive";
import type { AccountId } from "@packetboat/core";

export interface Share {
  /** Watched by this worker and not to be any more: not wanted, with other links or patterns by now, or beyond its share. */
  readonly leave: readonly AccountId[];
  /** Not watched by this worker; perhaps by another. In the order of their ids. */
  readonly candidates: readonly WatchedAccount[];
  /** How many of them it may take. */
  readonly room: number;
}

/** `workers`: how many share them, this one included. */
export function shareOf(
  wanted: readonly WatchedAccount[],
  watching: ReadonlyMap<AccountId, WatchedAccount>,
  workers: number,
): Share {
  const byId = new Map(wanted.map((account) => [account.accountId, account]));
  const most = Math.ceil(wanted.length / workers);
  const termsOf = (account: WatchedAccount | undefined) => JSON.stringify([account?.links, account?.policies]);
  const isStale = (account: WatchedAccount) => termsOf(byId.get(account.accountId)) !== termsOf(account);
  const stale = [...watching.values()].filter(isStale).map(({ accountId }) => accountId);
  const kept = new Set([...watching.keys()].filter((id) => !stale.includes(id)));
  const beyond = [...kept].slice(most);
  return {
    leave: [...stale, ...beyond],
    candidates: wanted.filter(({ accountId }) => !kept.has(accountId)),
    room: Math.max(0, most - kept.size),
  };
}
