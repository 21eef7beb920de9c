// What a search found as lines, one for each message, as wide as the screen. Pure. Names and subjects are of foreign origin: harmless only.
import type { SearchHit } from "@packetboat/archive";
import { showPath } from "@packetboat/core";
import { bytes, fit, harmless, instant, widthOf } from "@packetboat/terminal";

/** Narrower, and there is no room for more than who wrote what and on which day. */
const ROOMY_COLUMNS = 80;
const LEAST_COLUMNS = 40;
const ID_COLUMNS = 8;
const DATE_COLUMNS = 16;
const DAY_COLUMNS = 10;
const SIZE_COLUMNS = 9;
const BETWEEN = "  ";

interface Widths {
  readonly date: number;
  readonly from: number;
  readonly subject: number;
  /** 0: neither it nor the size is shown. */
  readonly mailbox: number;
}

/** What is left of a line belongs to names, subjects and mailboxes. */
function widthsOf(columns: number): Widths {
  if (columns < ROOMY_COLUMNS) {
    const left = Math.max(LEAST_COLUMNS, columns) - ID_COLUMNS - DAY_COLUMNS - 3 * BETWEEN.length;
    const from = Math.floor(left * 0.35);
    return { date: DAY_COLUMNS, from, subject: left - from, mailbox: 0 };
  }
  const left = columns - ID_COLUMNS - DATE_COLUMNS - SIZE_COLUMNS - 5 * BETWEEN.length;
  const from = Math.floor(left * 0.27);
  const mailbox = Math.floor(left * 0.23);
  return { date: DATE_COLUMNS, from, mailbox, subject: left - from - mailbox };
}

const padded = (text: string, columns: number): string => {
  const cut = fit(harmless(text), columns);
  return cut + " ".repeat(Math.max(0, columns - widthOf(cut)));
};

/** The heading above the lines of hitLine. */
export function hitHeading(columns: number): string {
  const { date, from, subject, mailbox } = widthsOf(columns);
  return [
    "message".padStart(ID_COLUMNS),
    "date".padEnd(date),
    "from".padEnd(from),
    "subject".padEnd(subject),
    ...(mailbox === 0 ? [] : ["mailbox".padEnd(mailbox), "size".padStart(SIZE_COLUMNS)]),
  ].join(BETWEEN);
}

/** Gives one found message's line. */
export function hitLine(hit: SearchHit, columns: number): string {
  const widths = widthsOf(columns);
  const [sender] = hit.shown.from;
  const from = sender === undefined ? "-" : sender.name || sender.address || "-";
  const place = showPath(hit.mailbox) + (hit.present ? "" : " (removed)");
  const more = [padded(place, widths.mailbox), bytes(hit.size).padStart(SIZE_COLUMNS)];
  return [
    String(hit.messageId).padStart(ID_COLUMNS),
    (hit.date === null ? "-" : instant(hit.date).slice(0, widths.date)).padEnd(widths.date),
    padded(from, widths.from),
    padded(hit.shown.subject || "(no subject)", widths.subject),
    ...(widths.mailbox === 0 ? [] : more),
  ].join(BETWEEN);
}
