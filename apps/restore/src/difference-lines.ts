// What differs between two revisions, as lines: counts by mailbox, then one line a message. Pure. Names and keywords come from servers:
// harmless only. Columns have a width of their own, so that lines can be printed as they are read.
import type { DifferingMessage, MailboxDifference } from "@packetboat/archive";
import { type Flags, type MailboxPath, showPath } from "@packetboat/core";
import { bytes, fit, harmless, instant, type Screen, widthOf } from "@packetboat/terminal";

/** How mailboxes are called at the two revisions. Null: not there. */
export interface Names {
  readonly before: (id: number) => MailboxPath;
  readonly after: (id: number) => MailboxPath;
  /** The second revision is the later one. */
  readonly forward: boolean;
}

const ID_COLUMNS = 9;
const DATE_COLUMNS = 19;
const SIZE_COLUMNS = 9;
const KIND_COLUMNS = 7;
const SUBJECT_COLUMNS = 60;
const LEAST_SUBJECT = 8;
const BETWEEN = "  ";

/** The heading above the lines of differenceLine. */
export const DIFFERENCE_HEADING = `${"message".padStart(ID_COLUMNS)}  ${"received".padEnd(DATE_COLUMNS)}  ${"size".padStart(SIZE_COLUMNS)}  change, subject`;

/** The place that a difference is counted at: a mailbox, or two for a move. */
export function placeOf({ before, after }: Pick<DifferingMessage, "before" | "after">, names: Names): string {
  const from = before === null ? null : showPath(names.before(before.mailboxId));
  const to = after === null ? null : showPath(names.after(after.mailboxId));
  if (before === null || after === null || before.mailboxId === after.mailboxId) return to ?? from ?? "";
  return `${from} → ${to}`;
}

/** The mailbox whose heading a message stands under: where it is at the later revision, else where it was. */
export function headingOf({ before, after }: Pick<DifferingMessage, "before" | "after">, names: Names): string {
  const [first, second] = names.forward ? [after, before] : [before, after];
  const told = first ?? second;
  if (told === null) return "";
  return showPath(told === after ? names.after(told.mailboxId) : names.before(told.mailboxId));
}

type Paints = Pick<Screen, "dim" | "good" | "bad" | "notable">;

/** Gives one message's line, of at most `within` columns: of the subject as much as there is room for, and none of it where there is hardly any. */
export function differenceLine(
  message: DifferingMessage,
  names: Names,
  paint: Paints,
  within = Number.POSITIVE_INFINITY,
): string {
  const { messageId, internalDate, size, subject } = message;
  const before = [
    String(messageId).padStart(ID_COLUMNS),
    (internalDate === null ? "-" : instant(internalDate)).padEnd(DATE_COLUMNS),
    (size === null ? "erased" : bytes(size)).padStart(SIZE_COLUMNS),
    KINDS[message.kind].padEnd(KIND_COLUMNS),
  ].join(BETWEEN);
  const painted = before.slice(0, -KIND_COLUMNS) + paint[PAINTS[message.kind]](before.slice(-KIND_COLUMNS).trimEnd());
  const what = detailOf(message, names);
  const space = " ".repeat(KIND_COLUMNS - KINDS[message.kind].length);
  const detail = what === "" ? "" : space + BETWEEN + fit(what, within - widthOf(before) - BETWEEN.length);
  const used = widthOf(before.trimEnd()) + widthOf(detail) + BETWEEN.length;
  const room = Math.min(SUBJECT_COLUMNS, within - used);
  const about = subject === null || room < LEAST_SUBJECT ? "" : BETWEEN + paint.dim(fit(harmless(subject), room));
  return (painted + detail + about).trimEnd();
}

const KINDS = { added: "added", removed: "removed", flagged: "flags", moved: "moved" } as const;
const PAINTS = { added: "good", removed: "bad", flagged: "notable", moved: "notable" } as const;

/** Flags, and for a move the other mailbox. */
function detailOf(message: DifferingMessage, names: Names): string {
  const { kind, before, after } = message;
  const was = before?.flags ?? [];
  const is = after?.flags ?? [];
  switch (kind) {
    case "added":
      return flagWords(is);
    case "removed":
      return flagWords(was);
    case "flagged":
      return changeWords(was, is);
    case "moved": {
      const place = names.forward
        ? `from ${showPath(names.before(before?.mailboxId ?? 0))}`
        : `to ${showPath(names.after(after?.mailboxId ?? 0))}`;
      const flags = message.gained.length + message.lost.length === 0 ? flagWords(is) : changeWords(was, is);
      return `${harmless(place)}${flags === "" ? "" : `  ${flags}`}`;
    }
  }
}

const flagWords = (flags: Flags): string => harmless(flags.join(" "));
const changeWords = (was: Flags, is: Flags): string => `${flagWords(was) || "none"} → ${flagWords(is) || "none"}`;

/** A mailbox's name, and what became of it. */
export function mailboxWords({ kind, before, after }: MailboxDifference): readonly string[] {
  const name = showPath(after ?? before ?? []);
  return kind === "renamed" ? [`${showPath(before ?? [])} → ${name}`, "mailbox renamed"] : [name, `mailbox ${kind}`];
}
