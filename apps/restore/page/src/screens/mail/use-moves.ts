// What keys and clicks do in a list of messages: which row the reader is at, which message is open, which are selected.
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, useState } from "react";
import { withMessage } from "./address.ts";
import type { Move } from "./keys.ts";
import type { RowSource } from "./row-source.ts";
import { useSelecting } from "./selecting.tsx";
import { type Click, isNothing, type Selection } from "./selection.ts";
import { type ChoosingRows, useChoosing } from "./use-choosing.ts";
import { useMailKeys } from "./use-mail-keys.ts";

interface Around {
  readonly source: RowSource;
  /** Where the message stands that the address names, once it is known. */
  readonly start: number | null;
  /** The one that is open. */
  readonly message: number | undefined;
  readonly onSearch: () => void;
  readonly onHelp: () => void;
  /** A message was opened by a key. */
  readonly onOpened: () => void;
  readonly onClosed: () => void;
  /** Back, where no message is open. */
  readonly onBack: () => void;
}

export interface Moves {
  /** The row where the reader is; -1: none. */
  readonly cursor: number;
  readonly selection: Selection;
  readonly choosing: ChoosingRows;
  readonly does: Readonly<Record<Move, () => void>>;
  /** The same function for ever. */
  readonly click: (index: number, click: Click) => void;
}

/** Listens to keys as long as its list is shown. */
export function useMoves({ source, start, message, onSearch, onHelp, onOpened, onClosed, onBack }: Around): Moves {
  const { cursor, setCursor, open, close } = useCursor(source, start);
  const { selection, choose } = useSelecting();
  const choosing = useChoosing(source, cursor);
  const { count } = source;
  const go = (index: number, then: () => void): void => {
    if (count === null || index < 0 || index >= count) return;
    then();
    setCursor(index);
  };
  const next = (index: number): void =>
    go(index, () => {
      choose({ kind: "settle" });
      if (message !== undefined) open(index, true);
    });
  const extend = (index: number): void => go(index, () => choosing.extend(index));
  const toggle = (index: number): void => go(index, () => choosing.toggle(index));
  const does: Moves["does"] = {
    next: () => next(cursor + 1),
    previous: () => next(cursor - 1),
    extendNext: () => extend(cursor + 1),
    extendPrevious: () => extend(cursor - 1),
    toggle: () => toggle(cursor),
    all: () => {
      if (count !== null && count > 0) choosing.all();
    },
    clear: choosing.clear,
    search: onSearch,
    help: onHelp,
    open: () => {
      open(Math.max(0, cursor), false);
      onOpened();
    },
    back: () => {
      if (message === undefined) onBack();
      else {
        close();
        onClosed();
      }
    },
  };
  useMailKeys({ isSelecting: !isNothing(selection), isReading: message !== undefined }, (move) => does[move]());
  const click = useSame((index: number, way: Click): void => {
    if (way === "extend") extend(index);
    else if (way === "toggle") toggle(index);
    else {
      choose({ kind: "settle" });
      open(index, false);
    }
  });
  return { cursor, selection, choosing, does, click };
}

/** The row that keys start from, and what opens and closes its message. */
function useCursor({ row }: RowSource, start: number | null) {
  const navigate = useNavigate({ from: "/mail" });
  const [cursor, setCursor] = useState(-1);
  useEffect(() => {
    if (start !== null) setCursor((before) => (before === -1 ? start : before));
  }, [start]);
  const open = useCallback(
    (index: number, replace: boolean) => {
      const found = row(index);
      if (found === undefined) return;
      setCursor(index);
      void navigate({ search: (before) => withMessage(before, found.message), replace });
    },
    [row, navigate],
  );
  const close = useCallback(() => void navigate({ search: (before) => withMessage(before, undefined) }), [navigate]);
  return { cursor, setCursor, open, close };
}

/** A function that stays the same, and does what the latest of these does. */
function useSame<A extends readonly unknown[]>(does: (...given: A) => void): (...given: A) => void {
  const latest = useRef(does);
  latest.current = does;
  return useCallback((...given: A) => latest.current(...given), []);
}
