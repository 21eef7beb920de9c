// The messages of a mailbox as lines, page by page, so that a mailbox of any size is listed in the same memory: columns have a width of
// their own instead of that of the longest cell. Pure. Keywords come from servers: harmless only.
import type { MessageAt } from "@packetboat/archive";
import { bytes, fit, harmless, instant } from "@packetboat/terminal";

const ID_COLUMNS = 9;
const DATE_COLUMNS = 19;
const SIZE_COLUMNS = 9;

/** The heading above the lines of messageLine. */
export const MESSAGE_HEADING = `${"message".padStart(ID_COLUMNS)}  ${"date".padEnd(DATE_COLUMNS)}  ${"size".padStart(SIZE_COLUMNS)}  flags`;

const BEFORE_FLAGS = ID_COLUMNS + DATE_COLUMNS + SIZE_COLUMNS + 6;

/** Gives one message's line, of at most `within` columns. An erased one has no size. */
export function messageLine({ id, internalDate, size, flags }: MessageAt, within = Number.POSITIVE_INFINITY): string {
  const date = internalDate === null ? "-" : instant(internalDate);
  const cells = [
    String(id).padStart(ID_COLUMNS),
    date.padEnd(DATE_COLUMNS),
    (size === null ? "erased" : bytes(size)).padStart(SIZE_COLUMNS),
    fit(harmless(flags.join(" ")), within - BEFORE_FLAGS),
  ];
  return cells.join("  ").trimEnd();
}
