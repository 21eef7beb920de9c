// What a migration ends with: that everything is there, or how much is missing and where. Pure. It speaks of what the target has confirmed,
// never of what was sent.
import type { SentMailbox } from "@packetboat/archive";
import { showPath } from "@packetboat/core";
import { count, harmless, plural, tableLines } from "@packetboat/terminal";

/** Lists longer than this are cut. */
const MAX_LINES = 20;

export interface Migrated {
  readonly source: string;
  readonly target: string;
  readonly mailboxes: readonly SentMailbox[];
  /** Messages of the source that could not be fetched so far. */
  readonly notFetched: number;
}

/** The sums, as `--json` has them too. */
export function migratedTotals({ mailboxes, notFetched }: Migrated) {
  const total = (of: (mailbox: SentMailbox) => number) => mailboxes.reduce((sum, each) => sum + of(each), 0);
  const messages = total((each) => each.messages);
  const there = total((each) => each.there);
  const settled = total((each) => each.settled);
  return { messages, there, settled, missing: messages - there - settled, notFetched };
}

/** Gives the lines; the first one is the answer. */
export function migratedLines(migrated: Migrated): readonly string[] {
  const { messages, there, settled, missing, notFetched } = migratedTotals(migrated);
  const target = harmless(migrated.target);
  const since =
    settled > 0
      ? [
          `${plural(settled, "message")} of these ${settled === 1 ? "was" : "were"} removed there since, or merged by the server with a copy, and ${settled === 1 ? "is" : "are"} not sent again.`,
        ]
      : [];
  if (missing === 0 && notFetched === 0) {
    const all =
      settled > 0
        ? `${count(there)} of ${plural(messages, "message")} are`
        : messages === 1
          ? "The one message is"
          : `All ${plural(messages, "message")} are`;
    return [`${messages === 0 ? "There is no message to be" : all} on ${target}.`, ...since];
  }
  return [
    `${count(there)} of ${plural(messages, "message")} are on ${target}${missing > 0 ? `; missing are ${count(missing)}:` : "."}`,
    ...missingLines(migrated.mailboxes),
    ...since,
    ...(notFetched > 0
      ? [
          `${plural(notFetched, "message")} of ${harmless(migrated.source)} could not be fetched so far; every run tries again.`,
        ]
      : []),
  ];
}

function missingLines(mailboxes: readonly SentMailbox[]): readonly string[] {
  const rows = mailboxes
    .map((each) => ({ ...each, missing: each.messages - each.there - each.settled }))
    .filter(({ missing }) => missing > 0);
  const column = { title: "", align: "left" } as const;
  const lines = tableLines(
    [column, { title: "", align: "right" }, column],
    rows
      .slice(0, MAX_LINES)
      .map(({ path, missing, isUnpaired }) => [
        showPath(path),
        count(missing),
        isUnpaired ? "there is no such mailbox there, or it is left out" : "could not be sent so far",
      ]),
  );
  const more = rows.length - MAX_LINES;
  return [
    ...lines.map((line) => `  ${line}`),
    ...(more > 0 ? [`  and ${plural(more, "more mailbox", "more mailboxes")}`] : []),
  ];
}
