// Choosing rows of a list: which rows a choice is about, fetched where they are not here yet. What comes too late, after another choice or another list,
// counts for nothing.
import { useMutation } from "@tanstack/react-query";
import { CHANGES_NOTHING } from "../../api/queries.ts";
import type { Row, RowSource } from "./row-source.ts";
import { useSelecting } from "./selecting.tsx";
import { anchorOf, MOST_SELECTED, spanOf } from "./selection.ts";

export interface ChoosingRows {
  readonly toggle: (index: number) => void;
  /** Up to this row. */
  readonly extend: (index: number) => void;
  readonly all: () => void;
  readonly clear: () => void;
  readonly isReading: boolean;
  readonly error: unknown;
}

/** `cursor`: the row where the reader is; -1: none. */
export function useChoosing(source: RowSource, cursor: number): ChoosingRows {
  const { selection, choose } = useSelecting();
  // Of several, the latest alone tells what it came to.
  const reading = useMutation({ mutationFn: (rows: Promise<readonly Row[]>) => rows, meta: CHANGES_NOTHING });
  const withRows = (from: number, to: number, then: (rows: readonly Row[]) => void): void => {
    const rows = source.read(from, to);
    if (rows instanceof Promise) reading.mutate(rows, { onSuccess: then });
    else {
      reading.reset();
      then(rows);
    }
  };
  const toggle = (index: number): void => {
    const row = source.row(index);
    if (row === undefined) return;
    const { count, isWhole } = source;
    if (selection.kind === "all" && isWhole && count !== null && count <= MOST_SELECTED)
      withRows(0, count, (rows) => choose({ kind: "except", row, rows }));
    else {
      reading.reset();
      choose({ kind: "toggle", row });
    }
  };
  const extend = (index: number): void => {
    if (selection.kind === "all") return;
    const anchor = anchorOf(selection, cursor, index);
    const { from, to, isUp, isCut } = spanOf(anchor, index);
    withRows(from, to, (rows) => choose({ kind: "extend", anchor, rows: isUp ? rows.toReversed() : rows, isCut }));
  };
  const whole = (kind: "all" | "clear") => (): void => {
    reading.reset();
    choose({ kind });
  };
  return {
    toggle,
    extend,
    all: whole("all"),
    clear: whole("clear"),
    isReading: reading.isPending,
    error: reading.error,
  };
}
