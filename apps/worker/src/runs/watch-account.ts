// The watch of one account that is kept equal to others: which of its mailboxes are followed at once, which concern the link at all. Whatever it
// notices, and whatever goes wrong with it, rings: the round that follows looks, and says what is wrong. It must never decide what changed.
import { type AccountWatch, isFollowed, isSelected, type ListedMailbox, samePath } from "@packetboat/core";
import type { Lookout } from "@packetboat/imap";
import type { Host } from "../host.ts";
import type { Bell } from "./bell.ts";
import type { OpenAccount } from "./open-accounts.ts";

export interface WatchOptions {
  /** Besides INBOX. */
  readonly patterns: readonly string[];
  readonly pollMs: number;
}

/** INBOX and two more: servers count connections. What does not fit is asked for like the rest. */
const AT_ONCE = 3;

export interface Watched {
  readonly account: OpenAccount;
  /** How many mailboxes are followed at once. */
  readonly atOnce: number;
  /** Lists anew, where a mailbox was noticed that the last listing did not show. */
  readonly renew: () => Promise<void>;
}

type Log = Awaited<ReturnType<Host["log"]>>;

/** Begins to watch an account. It ends with the lookout. */
export async function watchAccount(
  lookout: Lookout,
  account: OpenAccount,
  options: WatchOptions,
  bell: Bell,
  log: Log,
): Promise<Watched> {
  let listing = await listed(account);
  let isStale = listing.length === 0;
  const linkId = account.target.link.id;
  const selection = () => new Map(listing.map((one) => [one.name, isSelected(account.target.link, one)]));
  let selected = selection();
  const watch: AccountWatch = lookout.watch({
    connect: account.again,
    mailboxes: chosen(account, listing, options),
    pollMs: options.pollMs,
    // What is not known yet concerns: the listing that follows tells.
    concerns: (name) => selected.get(name) ?? true,
    onChange: ({ mailboxes }) => {
      isStale ||= mailboxes.some((name) => !selected.has(name));
      bell.ring();
    },
    onTrouble: (error, retryMs) => {
      log.debug({ err: error, linkId, retryMs }, "a watch was lost");
      bell.ring();
    },
    onEnd: (error) => {
      log.debug({ err: error, linkId }, "a watch ended");
      bell.ring();
    },
  });
  const renew = async (): Promise<void> => {
    if (!isStale) return;
    listing = await listed(account);
    isStale = listing.length === 0;
    selected = selection();
    watch.follow(chosen(account, listing, options));
  };
  return { account, atOnce: chosen(account, listing, options).length + 1, renew };
}

async function listed({ remote }: OpenAccount): Promise<readonly ListedMailbox[]> {
  // The round says why, and when it is tried again.
  return await remote.list().catch(() => []);
}

/** Names of mailboxes besides INBOX that are to be followed at once: of these patterns, else of those that the link keeps. */
function chosen({ target }: OpenAccount, listing: readonly ListedMailbox[], { patterns }: WatchOptions): string[] {
  const { policy } = target.link;
  const wanted = patterns.length > 0 ? { ...policy, watchMailboxes: patterns } : policy;
  const isWanted = ({ path }: ListedMailbox) => isFollowed(wanted, path);
  return listing
    .filter((one) => one.selectable && !samePath(one.path, ["INBOX"]) && isSelected(target.link, one) && isWanted(one))
    .map(({ name }) => name)
    .slice(0, AT_ONCE - 1);
}
