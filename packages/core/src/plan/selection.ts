// Which mailboxes a link takes part in: its patterns, and what a link that writes leaves out by itself (B4). Pure. Patterns are matched
// against paths joined by "/", without case for INBOX only. It must never treat what it leaves out as gone (B8).
import type { Link } from "../link.ts";
import type { ListedMailbox } from "../mailbox.ts";
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

/** Whether a mailbox belongs to the link's selection. */
export function isSelected(
  link: Link,
  mailbox: Pick<ListedMailbox, "path" | "namespace" | "virtual" | "role">,
): boolean {
  const { below } = link.policy;
  if (below.length > 0 && !(mailbox.path.length > below.length && below.every((at, i) => mailbox.path[i] === at)))
    return false;
  const text = showPath(mailbox.path);
  const isInbox = samePath(mailbox.path, ["INBOX"]);
  const matches = (pattern: string): boolean =>
    isInbox ? matchesPattern(pattern.toUpperCase(), "INBOX") : matchesPattern(pattern, text);
  const named = link.policy.include.some(matches);
  if (link.policy.include.length > 0 && !named) return false;
  if (link.policy.exclude.some(matches)) return false;
  // B4: a link that writes leaves out what is shared or virtual, unless it is included by name.
  if (link.rights.push && (mailbox.namespace !== "personal" || mailbox.virtual)) return named;
  return true;
}
