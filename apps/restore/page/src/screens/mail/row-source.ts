// What a list of messages is drawn from, wherever its rows come from: a mailbox, of which any place can be asked for, or a search, which is found
// page by page from the newest on.
import type { Answer } from "../../api/shapes.ts";
import type { Shown } from "../../parts/scroll-window.ts";

type Line = Answer<"get", "/archives/{archive}/mailboxes/{mailbox}/list">["messages"][number];

export interface Row extends Omit<Line, "size"> {
  /** Names from the top; null: that of the list. */
  readonly mailbox: readonly string[] | null;
  /** False: it was removed by then. */
  readonly present: boolean;
}

export interface RowSource {
  /** Null: not known yet. */
  readonly count: number | null;
  /** False: there may be more rows than `count`. */
  readonly isWhole: boolean;
  /** Undefined: it is not here yet. */
  readonly row: (index: number) => Row | undefined;
  /** The rows from one to before another: at once where all of them are here. Rejects with Problem. */
  readonly read: (from: number, to: number) => readonly Row[] | Promise<readonly Row[]>;
  /** Told which rows are in the window. */
  readonly show: (shown: Shown) => void;
  readonly error: unknown;
  readonly again: () => void;
}
