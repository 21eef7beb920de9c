// Which mailboxes of a watched account are followed at once, and which concern its links at all, by the patterns of the links and the mailboxes
// that earlier runs met. Pure. It must never call a mailbox of no concern that a link may take part in: one pass too many costs a round trip.
import type { MetMailbox, WatchedAccount } from "@packetboat/archive";
import { isFollowed, isWithinPatterns, type MailboxPath, samePath } from "@packetboat/core";

export interface WatchChoice {
  /** Besides INBOX; as many of the first as connections allow. */
  readonly mailboxes: readonly string[];
  /** Undefined: each does. */
  readonly concerns: ((name: string) => boolean) | undefined;
}

/** Without patterns nobody need know the mailboxes. */
export function hasPatterns({ policies }: Pick<WatchedAccount, "policies">): boolean {
  return policies.some(
    ({ include, exclude, watchMailboxes }) => include.length + exclude.length + watchMailboxes.length > 0,
  );
}

/** `met`: the mailboxes of the account's links. */
export function choiceOf({ links, policies }: WatchedAccount, met: readonly MetMailbox[]): WatchChoice {
  const followed = met.filter(({ linkId, path }) => {
    const policy = policies[links.indexOf(linkId)];
    return (
      policy !== undefined && !samePath(path, ["INBOX"]) && isWithinPatterns(policy, path) && isFollowed(policy, path)
    );
  });
  const paths = new Map(met.map(({ name, path }) => [name, path]));
  const isOf = (path: MailboxPath) => policies.some((policy) => isWithinPatterns(policy, path));
  const concerns = (name: string): boolean => {
    const path = paths.get(name);
    return path === undefined ? readings(name).some(isOf) : isOf(path);
  };
  const isPicky = policies.every(({ include, exclude, below }) => include.length + exclude.length + below.length > 0);
  return { mailboxes: [...new Set(followed.map(({ name }) => name))], concerns: isPicky ? concerns : undefined };
}

/** What the path of a mailbox may be that no run met: which character divides names is not known here, nor whether all lie below INBOX. */
function readings(name: string): readonly MailboxPath[] {
  return [[name], name.split("/"), name.split(".")].flatMap((path) => {
    const [first = "", ...rest] = path;
    return first.toUpperCase() === "INBOX" && rest.length > 0 ? [path, rest] : [path];
  });
}
