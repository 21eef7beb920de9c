// A list of messages, however long: only the rows in the window are drawn (parts/scroll-window.ts). It has the focus as a whole, and says which row is
// the current one.
import { useElementSize, useMergedRef } from "@mantine/hooks";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import {
  heightPx,
  type Place,
  placeWith,
  rowsShown,
  rowTop,
  type Shape,
  START,
  scrolled,
} from "../../parts/scroll-window.ts";
import styles from "./mail.module.css";
import { MessageRow, rowId } from "./message-row.tsx";
import type { RowSource } from "./row-source.ts";
import { type Click, holds, isNothing, type Selection } from "./selection.ts";

const ROW_PX = 64;

interface Props {
  readonly source: RowSource;
  readonly count: number;
  readonly label: string;
  /** The row that keys start from; -1: none. It is brought into the window when it changes. */
  readonly cursor: number;
  /** The message that is open. */
  readonly open: number | undefined;
  readonly selection: Selection;
  readonly isOwn: boolean;
  readonly onClick: (index: number, click: Click) => void;
  readonly listRef: React.Ref<HTMLDivElement>;
}

export function MessageList({ source, count, label, cursor, open, selection, isOwn, onClick, listRef }: Props) {
  const { ref: sized, height } = useElementSize<HTMLDivElement>();
  const element = useRef<HTMLDivElement>(null);
  const ref = useMergedRef(sized, element, listRef);
  const shape: Shape = { rows: count, rowPx: ROW_PX, viewPx: Math.max(height, ROW_PX) };
  const [place, setPlace] = useState<Place>(START);
  const [now] = useState(() => Date.now());
  const shown = rowsShown(place, shape);
  const { show } = source;
  useEffect(() => show({ from: shown.from, to: shown.to }), [show, shown.from, shown.to]);

  const latest = useRef(shape);
  latest.current = shape;
  const last = useRef({ cursor: -1, height: 0 });
  useLayoutEffect(() => {
    if (cursor < 0 || height === 0) return;
    const { cursor: from, height: was } = last.current;
    last.current = { cursor, height };
    // A list that is only made lower or higher keeps its cursor in sight, unless somebody had scrolled away from it.
    setPlace((before) => {
      const seen = rowsShown(before, { ...latest.current, viewPx: Math.max(was, ROW_PX) });
      const isInSight = cursor >= seen.from && cursor < seen.to;
      return cursor !== from || isInSight ? placeWith(cursor, before, latest.current) : before;
    });
  }, [cursor, height]);
  // Where the element is scrolled to, as it last said: to ask it for that after the rows changed makes the browser lay them out at once.
  const scrollTop = useRef(0);
  useLayoutEffect(() => {
    if (element.current === null || Math.abs(scrollTop.current - place.top) <= 1) return;
    element.current.scrollTop = place.top;
    scrollTop.current = place.top;
  }, [place]);

  const rows = Array.from({ length: Math.max(0, shown.to - shown.from) }, (_, at) => shown.from + at);
  return (
    <div
      ref={ref}
      role="listbox"
      aria-multiselectable="true"
      tabIndex={0}
      aria-label={label}
      aria-activedescendant={cursor >= shown.from && cursor < shown.to ? rowId(cursor) : undefined}
      className={styles.list}
      data-selecting={!isNothing(selection) || undefined}
      onScroll={({ currentTarget }) => {
        const top = currentTarget.scrollTop;
        scrollTop.current = top;
        setPlace((before) => scrolled(before, top, latest.current));
      }}
    >
      <div className={styles.rows} style={{ height: heightPx(shape) }} role="presentation">
        {rows.map((index) => {
          const row = source.row(index);
          return (
            <MessageRow
              key={index}
              row={row}
              index={index}
              count={count}
              top={rowTop(index, place, shape)}
              isCursor={index === cursor}
              isOpen={open !== undefined && row?.message === open}
              isSelected={row !== undefined && holds(selection, row)}
              isOwn={isOwn}
              now={now}
              onClick={onClick}
            />
          );
        })}
      </div>
    </div>
  );
}
