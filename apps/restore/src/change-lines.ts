// What changed in an archive, as lines. The revisions of one run are one entry; what a few messages did is told mailbox by mailbox, a
// large entry in one line. Pure. Names come from servers: harmless only.
import type { Changes, LogEntry, MessageChange } from "@packetboat/archive";
import { type Flags, type MailboxPath, showPath, withoutFlags } from "@packetboat/core";
import { count, harmless, instant, plural, type Screen, tableLines, widthOf } from "@packetboat/terminal";

/** What the revisions of one run changed together, or one revision that no run made. */
export interface LogGroup {
  /** The latest first. */
  readonly entries: readonly LogEntry[];
  readonly total: Tally;
}

/** What became of messages and mailboxes, counted. */
export type Tally = Pick<LogEntry, "added" | "removed" | "moved" | "flagged" | "mailboxes" | "forgotten">;

export const NO_CHANGES: Tally = { added: 0, removed: 0, moved: 0, flagged: 0, mailboxes: 0, forgotten: 0 };
const KEYS = Object.keys(NO_CHANGES) as (keyof Tally)[];

/** Joins neighbours of the same run. Entries come and go with the latest first. */
export function groupsOf(entries: readonly LogEntry[]): readonly LogGroup[] {
  const groups: { entries: LogEntry[]; total: Tally }[] = [];
  for (const entry of entries) {
    const last = groups.at(-1);
    if (last === undefined || entry.runId === null || last.entries[0]?.runId !== entry.runId) {
      groups.push({ entries: [entry], total: added(NO_CHANGES, entry) });
      continue;
    }
    last.entries.push(entry);
    last.total = added(last.total, entry);
  }
  return groups;
}

function added(a: Tally, b: Tally): Tally {
  return Object.fromEntries(KEYS.map((key) => [key, a[key] + b[key]])) as unknown as Tally;
}

/** How many rows changesIn gives for a group. */
export function weightOf({ total }: LogGroup): number {
  return total.added + total.removed + total.moved + total.flagged;
}

/** "12 added, 3 moved, 1 mailbox". */
export function tallyWords(tally: Tally): string {
  const { added: more, removed, moved, flagged, mailboxes, forgotten } = tally;
  const parts = [
    ...(more > 0 ? [`${count(more)} added`] : []),
    ...(flagged > 0 ? [plural(flagged, "flag change")] : []),
    ...(moved > 0 ? [`${count(moved)} moved`] : []),
    ...(removed > 0 ? [`${count(removed)} removed`] : []),
    ...(forgotten > 0 ? [`${count(forgotten)} erased for good`] : []),
    ...(mailboxes > 0 ? [plural(mailboxes, "mailbox")] : []),
  ];
  return parts.length === 0 ? "nothing that is still known" : parts.join(", ");
}

const INDENT = " ".repeat(9);

/** The head of an entry, and its details below it, of at most `within` columns. Null details: too large, the head says it all. */
export function groupLines(
  group: LogGroup,
  details: readonly Changes[] | null,
  paint: Pick<Screen, "bold" | "dim">,
  within = Number.POSITIVE_INFINITY,
): readonly string[] {
  const newest = group.entries[0];
  const oldest = group.entries.at(-1);
  if (newest === undefined || oldest === undefined) return [];
  const numbers = newest === oldest ? `${newest.revision}` : `${oldest.revision}-${newest.revision}`;
  const run = newest.runId === null ? "" : `  run ${newest.runId}`;
  const number = numbers.padEnd(7);
  const head = `${paint.bold(number)}  ${instant(newest.madeAt)}${paint.dim(run)}`;
  const words = tallyWords(group.total);
  const fits = widthOf(`${number}  ${instant(newest.madeAt)}${run}  ${words}`) <= within;
  return [
    ...(fits ? [`${head}  ${words}`] : [head, ...brokenAt(words, within - INDENT.length).map((line) => INDENT + line)]),
    ...(details === null ? [] : mailboxRows(details, within - INDENT.length).map((line) => INDENT + line)),
  ];
}

/** "12 added, 3 moved" in lines of at most `within` columns, broken behind commas. */
function brokenAt(words: string, within: number): readonly string[] {
  const lines: string[] = [];
  for (const part of words.split(/(?<=,) /)) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(`${last} ${part}`) <= within) lines[lines.length - 1] = `${last} ${part}`;
    else lines.push(part);
  }
  return lines;
}

const MAX_ROWS = 20;

/** One line a mailbox (or a pair, for moves), then what became of mailboxes themselves. */
function mailboxRows(details: readonly Changes[], within: number): readonly string[] {
  const tallies = new Map<string, Tally>();
  for (const change of details.flatMap(({ messages }) => messages)) tell(tallies, placeOf(change), change.kind);
  return placeLines(
    tallies,
    details.flatMap(({ mailboxes }) => mailboxes).map((change) => mailboxWords(change)),
    within,
  );
}

/** Counts one more change of a message at a place. */
export function tell(tallies: Map<string, Tally>, place: string, kind: MessageChange["kind"]): void {
  const tally = tallies.get(place) ?? NO_CHANGES;
  tallies.set(place, { ...tally, [kind]: tally[kind] + 1 });
}

/** One line a place, then one a mailbox that changed itself: its name, and what became of it. Cut after 20 lines, and to `within` columns. */
export function placeLines(
  tallies: ReadonlyMap<string, Tally>,
  mailboxes: readonly (readonly string[])[],
  within: number,
): readonly string[] {
  const rows = [
    ...[...tallies].sort(([a], [b]) => (a < b ? -1 : 1)).map(([place, tally]) => [place, tallyWords(tally)]),
    ...mailboxes,
  ];
  const column = { title: "", align: "left" } as const;
  const lines = tableLines([column, column], rows.slice(0, MAX_ROWS), within);
  return rows.length > MAX_ROWS ? [...lines, `and ${count(rows.length - MAX_ROWS)} more lines`] : lines;
}

const shown = (path: MailboxPath | null | undefined): string => (path == null ? "" : showPath(path));

function placeOf({ kind, before, after }: MessageChange): string {
  return kind === "moved" ? `${shown(before?.path)} → ${shown(after?.path)}` : shown((after ?? before)?.path);
}

function mailboxWords({ kind, before, after }: Changes["mailboxes"][number]): readonly string[] {
  const renamed = before !== null && after !== null && shown(before) !== shown(after);
  const what = renamed ? "renamed" : kind === "changed" ? "settings changed" : kind;
  return [renamed ? `${shown(before)} → ${shown(after)}` : shown(after ?? before), `mailbox ${what}`];
}

/** Every change of one revision, one line each, of at most `within` columns. */
export function changeLines({ mailboxes, messages }: Changes, within?: number): readonly string[] {
  const column = { title: "", align: "left" } as const;
  const boxes = mailboxes.map((change) => {
    const [name = "", what = ""] = mailboxWords(change);
    return [what, name, ""];
  });
  const rows = messages.map((change) => [
    `message ${change.messageId} ${change.kind === "flagged" ? "flags" : change.kind}`,
    placeOf(change),
    change.kind === "removed" ? "" : flagWords(change.before?.flags ?? [], change.after?.flags ?? []),
  ]);
  return tableLines([column, column, column], [...boxes, ...rows], within);
}

function flagWords(before: Flags, after: Flags): string {
  const changes = [
    ...withoutFlags(after, before).map((flag) => `+${flag}`),
    ...withoutFlags(before, after).map((flag) => `-${flag}`),
  ];
  return harmless(changes.join(" "));
}
