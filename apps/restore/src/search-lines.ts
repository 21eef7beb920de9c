// What a search found as lines, one for each message, as wide as the screen. Pure. Names and subjects are of foreign origin: harmless only.
import type { SearchHit } from "@packetboat/archive";
import { showPath } from "@packetboat/core";
import { bytes, fit, harmless, instant, widthOf } from "@packetboat/terminal";

/** Narrower and there is no room for a subject. */
const LEAST_COLUMNS = 80;
const ID_COLUMNS = 8;
const DATE_COLUMNS = 16;
const SIZE_COLUMNS = 7;
const BETWEEN = "  ";

interface Widths {
  readonly from: number;
  readonly subject: number;
  readonly mailbox: number;
}

/** What is left of a line belongs to these three. */
function widthsOf(columns: number): Widths {
  const left = Math.max(LEAST_COLUMNS, columns) - ID_COLUMNS - DATE_COLUMNS - SIZE_COLUMNS - 5 * BETWEEN.length;
  const from = Math.floor(left * 0.27);
  const mailbox = Math.floor(left * 0.23);
  return { from, mailbox, subject: left - from - mailbox };
}

const padded = (text: string, columns: number): string => {
  const cut = fit(harmless(text), columns);
  return cut + " ".repeat(Math.max(0, columns - widthOf(cut)));
};

/** The heading above the lines of hitLine. */
export function hitHeading(columns: number): string {
  const { from, subject, mailbox } = widthsOf(columns);
  return [
    "message".padStart(ID_COLUMNS),
    "date".padEnd(DATE_COLUMNS),
    "from".padEnd(from),
    "subject".padEnd(subject),
    "mailbox".padEnd(mailbox),
    "size".padStart(SIZE_COLUMNS),
  ].join(BETWEEN);
}

/** Gives one found message's line. */
export function hitLine(hit: SearchHit, columns: number): string {
  const widths = widthsOf(columns);
  const [sender] = hit.shown.from;
  const from = sender === undefined ? "-" : sender.name || sender.address || "-";
  const place = showPath(hit.mailbox) + (hit.present ? "" : " (removed)");
  return [
    String(hit.messageId).padStart(ID_COLUMNS),
    (hit.date === null ? "-" : instant(hit.date).slice(0, DATE_COLUMNS)).padEnd(DATE_COLUMNS),
    padded(from, widths.from),
    padded(hit.shown.subject || "(no subject)", widths.subject),
    padded(place, widths.mailbox),
    bytes(hit.size).padStart(SIZE_COLUMNS),
  ].join(BETWEEN);
}
