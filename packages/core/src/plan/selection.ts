// Which mailboxes a link takes part in: its patterns, and what a link that writes leaves out by itself (B4). Pure. Patterns are matched
// against paths joined by "/", without case for INBOX only. It must never treat what it leaves out as gone (B8).
import type { Link, Policy } from "../link.ts";
import type { ListedMailbox, MailboxPath } from "../mailbox.ts";
import { samePath, showPath } from "../mailbox.ts";

/** `*` any text, `?` one character; everything else stands for itself. Linear: no regular expression is built from user input. */
export function matchesPattern(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = p++;
      mark = t;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star !== -1) {
      p = star + 1;
      t = ++mark;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

type Patterns = Pick<Policy, "below" | "include" | "exclude">;

/** Whether a pattern names a path; INBOX is matched without case. */
function names(pattern: string, path: MailboxPath): boolean {
  return samePath(path, ["INBOX"])
    ? matchesPattern(pattern.toUpperCase(), "INBOX")
    : matchesPattern(pattern, showPath(path));
}

/** Whether a path on the server is within what a policy names, whatever kind of mailbox is there. */
export function isWithinPatterns({ below, include, exclude }: Patterns, path: MailboxPath): boolean {
  if (below.length > 0 && !(path.length > below.length && below.every((at, i) => path[i] === at))) return false;
  if (include.length > 0 && !include.some((pattern) => names(pattern, path))) return false;
  return !exclude.some((pattern) => names(pattern, path));
}

/** Whether a mailbox belongs to the link's selection. */
export function isSelected(
  link: Pick<Link, "rights" | "policy">,
  mailbox: Pick<ListedMailbox, "path" | "namespace" | "virtual" | "role">,
): boolean {
  if (!isWithinPatterns(link.policy, mailbox.path)) return false;
  // B4: a link that writes leaves out what is shared or virtual, unless it is included by name.
  if (link.rights.push && (mailbox.namespace !== "personal" || mailbox.virtual))
    return link.policy.include.some((pattern) => names(pattern, mailbox.path));
  return true;
}

/** Whether a watch is to follow this mailbox at once, as far as connections allow: INBOX it follows anyway. */
export function isFollowed(
  { watchMailboxes, include }: Pick<Policy, "watchMailboxes" | "include">,
  path: MailboxPath,
): boolean {
  return (watchMailboxes.length > 0 ? watchMailboxes : include).some((pattern) => names(pattern, path));
}
