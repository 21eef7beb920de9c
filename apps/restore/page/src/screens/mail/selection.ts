// Which messages of a list are selected, and what each way of choosing does to that. Pure. Chosen are messages, not rows, so that a choice lasts while
// rows come and go. It must never hold what was removed by then, which no restore of this moment would find, nor more than one order may name.
import type { Row } from "./row-source.ts";

/** That one order may name one by one: the API takes no more. */
export const MOST_SELECTED = 10_000;

/** What there is to say beside the count. full: no more can be chosen one by one. removed: it was removed by then. whole: all of it is chosen as one. */
export type Note = "full" | "removed" | "whole";

interface Some {
  readonly kind: "some";
  /** Chosen for good. */
  readonly kept: ReadonlySet<number>;
  /** And those that Shift has come over by now, none of them kept. */
  readonly range: ReadonlySet<number>;
  /** The row from which Shift goes; null: it goes from wherever the reader is. */
  readonly anchor: number | null;
  readonly note: Note | null;
}

/** Whatever the list shows: as the mailbox or the search that it is, never message by message. */
interface All {
  readonly kind: "all";
  readonly note: Note | null;
}

export type Selection = Some | All;

type Choosable = Pick<Row, "message" | "present">;

export type Choosing =
  | { readonly kind: "toggle"; readonly row: Choosable }
  /** Over these rows, the one at the anchor first. `isCut`: there are more of them than one may choose. */
  | { readonly kind: "extend"; readonly anchor: number; readonly rows: readonly Choosable[]; readonly isCut: boolean }
  | { readonly kind: "all" }
  /** All but one: `rows` are all. */
  | { readonly kind: "except"; readonly row: Choosable; readonly rows: readonly Choosable[] }
  /** The reader goes on without Shift: what it came over stays chosen. */
  | { readonly kind: "settle" }
  | { readonly kind: "clear" };

const NONE: ReadonlySet<number> = new Set();

export const NOTHING: Selection = { kind: "some", kept: NONE, range: NONE, anchor: null, note: null };

/** Null: all, however many that is. */
export const countOf = (selection: Selection): number | null =>
  selection.kind === "all" ? null : selection.kept.size + selection.range.size;

export const isNothing = (selection: Selection): boolean => countOf(selection) === 0;

export function holds(selection: Selection, { message, present }: Choosable): boolean {
  if (selection.kind === "all") return present;
  return selection.kept.has(message) || selection.range.has(message);
}

/** As a restore is asked for it: by numbers, or all that is shown; undefined: nothing is selected. */
export function orderOf(selection: Selection): readonly number[] | "all" | undefined {
  if (selection.kind === "all") return "all";
  return isNothing(selection) ? undefined : [...selection.kept, ...selection.range];
}

/** What is selected after somebody chose. `most`: how many one by one. Default: MOST_SELECTED */
export function after(selection: Selection, choosing: Choosing, most = MOST_SELECTED): Selection {
  switch (choosing.kind) {
    case "clear":
      return NOTHING;
    case "all":
      return { kind: "all", note: null };
    case "settle":
      return settled(selection);
    case "toggle":
      return toggled(selection, choosing.row, most);
    case "extend":
      return selection.kind === "all" ? selection : extended(selection, choosing, most);
    case "except": {
      const kept = new Set(choosing.rows.filter(({ present }) => present).map(({ message }) => message));
      kept.delete(choosing.row.message);
      return some(kept, null);
    }
  }
}

const some = (kept: ReadonlySet<number>, note: Note | null): Some => ({
  kind: "some",
  kept,
  range: NONE,
  anchor: null,
  note,
});

/** The same one where nothing is left to settle. */
function settled(selection: Selection): Selection {
  if (selection.kind === "all") return selection.note === null ? selection : { kind: "all", note: null };
  const { kept, range, anchor, note } = selection;
  if (range.size === 0 && anchor === null && note === null) return selection;
  return some(range.size === 0 ? kept : new Set([...kept, ...range]), null);
}

function toggled(selection: Selection, { message, present }: Choosable, most: number): Selection {
  if (selection.kind === "all") return { kind: "all", note: "whole" };
  const kept = new Set([...selection.kept, ...selection.range]);
  if (kept.delete(message)) return some(kept, null);
  if (!present) return some(kept, "removed");
  if (kept.size >= most) return some(kept, "full");
  return some(kept.add(message), null);
}

interface Extending {
  readonly anchor: number;
  readonly rows: readonly Choosable[];
  readonly isCut: boolean;
}

/** What an earlier step from the same anchor came over is let go of, so that going back takes it back. */
function extended(before: Some, { anchor, rows, isCut }: Extending, most: number): Some {
  const kept = before.anchor === anchor ? before.kept : new Set([...before.kept, ...before.range]);
  const present = rows.filter((row) => row.present);
  const fresh = present.map(({ message }) => message).filter((message) => !kept.has(message));
  const range = new Set(fresh.slice(0, most - kept.size));
  const isFull = isCut || range.size < new Set(fresh).size;
  return { kind: "some", kept, range, anchor, note: isFull ? "full" : present.length === 0 ? "removed" : null };
}

/** The row that Shift goes from on its way to another. `cursor`: where the reader is; -1: nowhere. */
export function anchorOf(selection: Selection, cursor: number, to: number): number {
  if (selection.kind === "some" && selection.anchor !== null) return selection.anchor;
  return cursor >= 0 ? cursor : to;
}

export interface Span {
  readonly from: number;
  /** After the last. */
  readonly to: number;
  /** The anchor stands last. */
  readonly isUp: boolean;
  readonly isCut: boolean;
}

/** The rows from an anchor to another row, both of them with it; the nearest to the anchor where there are more than one may choose. */
export function spanOf(anchor: number, to: number, most = MOST_SELECTED): Span {
  const isUp = to < anchor;
  const count = Math.min(Math.abs(to - anchor) + 1, most);
  const isCut = Math.abs(to - anchor) + 1 > most;
  return isUp
    ? { from: anchor - count + 1, to: anchor + 1, isUp, isCut }
    : { from: anchor, to: anchor + count, isUp, isCut };
}

/** What a click on a row is for. */
export type Click = "open" | "toggle" | "extend";

/** `onBox`: on its check box. `command`: with Ctrl, or the command key. */
export function clickOf(pressed: {
  readonly onBox: boolean;
  readonly shift: boolean;
  readonly command: boolean;
}): Click {
  if (pressed.shift) return "extend";
  return pressed.onBox || pressed.command ? "toggle" : "open";
}
