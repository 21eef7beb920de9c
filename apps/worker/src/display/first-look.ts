// A dry run over two accounts that were never tied together: what both hold by mailbox, as far as their servers say so without being asked
// for mail (G2). Pure. It must never guess what they have in common: the bytes decide that, and none were fetched.
import { type ListedMailbox, showPath } from "@packetboat/core";
import { count, harmless, plural, tableLines } from "@packetboat/terminal";

/** Lists longer than this are cut. */
const MAX_LINES = 40;

export interface LookedAt {
  /** As messages name them. */
  readonly names: readonly [string, string];
  readonly listings: readonly [readonly ListedMailbox[], readonly ListedMailbox[]];
}

interface Row {
  readonly mailbox: string;
  readonly messages: readonly [number | null, number | null];
}

/** One row for each name; null: no such mailbox. */
export function firstLookRows({ listings }: Pick<LookedAt, "listings">): readonly Row[] {
  const [a, b] = listings.map(
    (listing) =>
      new Map(
        listing.filter((one) => one.selectable).map((one) => [showPath(one.path), one.status?.messages ?? 0] as const),
      ),
  );
  const names = new Set([...(a?.keys() ?? []), ...(b?.keys() ?? [])]);
  return [...names].map((mailbox) => ({ mailbox, messages: [a?.get(mailbox) ?? null, b?.get(mailbox) ?? null] }));
}

/** Gives the lines. */
export function firstLookLines(look: LookedAt): readonly string[] {
  const rows = firstLookRows(look);
  const amount = (messages: number | null) => (messages === null ? "none" : count(messages));
  const [a, b] = look.names.map((name) => harmless(name));
  const total = (side: 0 | 1) => rows.reduce((sum, { messages }) => sum + (messages[side] ?? 0), 0);
  const lines = tableLines(
    [
      { title: "mailbox", align: "left" },
      { title: a ?? "", align: "right" },
      { title: b ?? "", align: "right" },
    ],
    rows.slice(0, MAX_LINES).map(({ mailbox, messages }) => [mailbox, amount(messages[0]), amount(messages[1])]),
  );
  return [
    ...lines,
    ...(rows.length > MAX_LINES ? [`and ${plural(rows.length - MAX_LINES, "more mailbox", "more mailboxes")}`] : []),
    `A dry run: ${plural(total(0), "message")} and ${count(total(1))}, to be matched: what both hold is found by its bytes. Nothing was changed.`,
  ];
}
