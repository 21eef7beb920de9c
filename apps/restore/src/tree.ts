// The tree of an archive's mailboxes as lines: indented below their parents, with counts. Pure. Names come from servers: harmless only.
import type { MailboxPath } from "@packetboat/core";
import { bytes, count, harmless, plural, tableLines } from "@packetboat/terminal";

export interface CountedMailbox {
  readonly path: MailboxPath;
  readonly messages: number;
  readonly unread: number;
  readonly bytes: number;
}

const lessThan = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** INBOX first, then by name, children below their parents. */
export function inTreeOrder(a: MailboxPath, b: MailboxPath): number {
  for (let at = 0; ; at++) {
    const [x, y] = [a[at], b[at]];
    if (x === undefined || y === undefined) return a.length - b.length;
    if (x === y) continue;
    if (at === 0 && (x === "INBOX" || y === "INBOX")) return x === "INBOX" ? -1 : 1;
    return lessThan(x.toLowerCase(), y.toLowerCase()) || lessThan(x, y);
  }
}

/** A line of the tree: a mailbox, or null for what is only the parent of others. */
export interface TreeRow<M> {
  readonly path: MailboxPath;
  readonly mailbox: M | null;
}

/** Gives mailboxes in the order of a tree, with the parents that are no mailboxes themselves. */
export function treeRows<M extends { readonly path: MailboxPath }>(mailboxes: readonly M[]): readonly TreeRow<M>[] {
  const rows: TreeRow<M>[] = [];
  let open: MailboxPath = [];
  for (const mailbox of [...mailboxes].sort((a, b) => inTreeOrder(a.path, b.path))) {
    const { path } = mailbox;
    let shared = 0;
    while (shared < path.length - 1 && path[shared] === open[shared]) shared++;
    for (let depth = shared; depth < path.length - 1; depth++)
      rows.push({ path: path.slice(0, depth + 1), mailbox: null });
    rows.push({ path, mailbox });
    open = path;
  }
  return rows;
}

/** Gives a heading, one line per mailbox, and lines for parents that are no mailboxes themselves; of at most `within` columns. */
export function treeLines(mailboxes: readonly CountedMailbox[], within?: number): readonly string[] {
  return tableLines(
    [
      { title: "mailbox", align: "left" },
      { title: "messages", align: "right" },
      { title: "unread", align: "right" },
      { title: "size", align: "right" },
    ],
    treeRows(mailboxes).map(({ path, mailbox }) => [
      nameAt(path, path.length - 1),
      ...(mailbox === null ? ["", "", ""] : [count(mailbox.messages), count(mailbox.unread), bytes(mailbox.bytes)]),
    ]),
    within,
  );
}

const nameAt = (path: MailboxPath, depth: number): string => "  ".repeat(depth) + harmless(path[depth] ?? "");

/** "12,345 messages, 250 MB in 42 mailboxes". */
export function totalsOf(mailboxes: readonly Omit<CountedMailbox, "unread">[]): string {
  const messages = mailboxes.reduce((sum, mailbox) => sum + mailbox.messages, 0);
  const size = mailboxes.reduce((sum, mailbox) => sum + mailbox.bytes, 0);
  return `${plural(messages, "message")}, ${bytes(size)} in ${plural(mailboxes.length, "mailbox")}`;
}
