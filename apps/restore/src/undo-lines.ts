// The plan of an undo in words, and what became of it. Pure. Names come from servers: harmless only.
import type { UndoCounts, Undone, UndoPlan } from "@packetboat/archive";
import { type MailboxPath, showPath } from "@packetboat/core";
import { count, harmless, plural, tableLines } from "@packetboat/terminal";

/** Lists longer than this are cut. */
const MOST = 40;

const name = (path: MailboxPath): string => harmless(showPath(path));

/** What would change, mailbox by mailbox. */
export function undoLines(plan: UndoPlan): readonly string[] {
  const { mailboxes, totals } = plan;
  const cell = (n: number): string => (n === 0 ? "" : count(n));
  const row = (title: string, { back, moved, flagged, removed }: UndoCounts): readonly string[] => [
    title,
    cell(back),
    cell(moved),
    cell(flagged),
    cell(removed),
  ];
  const shown = mailboxes.slice(0, MOST).map((one) => row(name(one.path), one));
  const titles = ["come back", "move back", "flags", "removed"];
  const columns = titles.map((title) => ({ title, align: "right" as const }));
  const table =
    mailboxes.length === 0
      ? []
      : tableLines([{ title: "mailbox", align: "left" }, ...columns], [...shown, row("all", totals)]);
  return [
    ...table,
    ...(mailboxes.length > MOST ? [`and ${plural(mailboxes.length - MOST, "more mailbox")} (--json names all)`] : []),
    ...cut(plan.backMailboxes.map((path) => `The mailbox ${name(path)} comes back.`)),
    ...cut(plan.renamed.map(({ from, to }) => `The mailbox ${name(from)} is called ${name(to)} again.`)),
    ...cut(plan.removedMailboxes.map((path) => `The mailbox ${name(path)} was not there; it is removed.`)),
    ...(plan.subscriptions > 0 ? [`${plural(plan.subscriptions, "subscription")} as before.`] : []),
  ];
}

function cut(lines: readonly string[]): readonly string[] {
  if (lines.length <= MOST) return lines;
  return [...lines.slice(0, MOST), `and ${count(lines.length - MOST)} more such`];
}

/** "12 messages came back, 3 moved back, 4 flag changes, 1 removed". */
export function doneLine({ back, moved, flagged, removed }: Omit<Undone, "revision" | "stale">): string {
  const parts = [
    ...(back > 0 ? [`${plural(back, "message")} came back`] : []),
    ...(moved > 0 ? [`${count(moved)} moved back`] : []),
    ...(flagged > 0 ? [plural(flagged, "flag change")] : []),
    ...(removed > 0 ? [`${count(removed)} removed`] : []),
  ];
  return parts.length === 0 ? "No message had to change" : parts.join(", ");
}
