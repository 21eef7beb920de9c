// Numbers, sizes, times and foreign text as a person reads them. Pure; the same on every machine (no locale, but the local time zone).
// It must never let text from a server reach the terminal as it is: a mailbox's name may hold control sequences.

/** 12345 → "12,345". */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** (1, "message") → "1 message"; (2, "message") → "2 messages"; a third argument where the plural is irregular. */
export function plural(value: number, one: string, many: string = one.endsWith("x") ? `${one}es` : `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

const UNITS = ["bytes", "kB", "MB", "GB", "TB", "PB"] as const;

/** Decimal units, as disks are sold: 1234567 → "1.2 MB". */
export function bytes(value: number): string {
  let unit = 0;
  let shown = value;
  // 999.95 would be printed as 1000.0.
  while (shown >= 999.95 && unit < UNITS.length - 1) {
    shown /= 1000;
    unit++;
  }
  if (unit === 0) return value === 1 ? "1 byte" : `${Math.round(value)} bytes`;
  return `${shown < 9.95 ? shown.toFixed(1) : String(Math.round(shown))} ${UNITS[unit]}`;
}

/** Milliseconds → "0.4 s", "12 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const pair = (big: number, bigUnit: string, small: number, smallUnit: string) =>
    small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return pair(Math.floor(whole / 60), "min", whole % 60, "s");
  const minutes = Math.round(whole / 60);
  if (minutes < 1440) return pair(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.round(minutes / 60);
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

/** Local time to the second: "2026-11-21 21:04:05". */
export function instant(milliseconds: number): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return "-";
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** A share as whole per cent; only the whole is 100 %. */
export function percent(part: number, whole: number): string {
  if (whole <= 0) return "100 %";
  return `${part >= whole ? 100 : Math.min(99, Math.floor((part / whole) * 100))} %`;
}

// Control characters, separators of lines, marks that turn the writing direction, lone surrogates (by toWellFormed).
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
const HARMFUL = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** Gives text that cannot move the cursor, colour the screen or break the line. */
export function harmless(text: string): string {
  return text.toWellFormed().replace(HARMFUL, "\ufffd");
}

/** Columns that a text takes: wide characters (CJK, emoji) take two, combining ones none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character.codePointAt(0) ?? 0, character);
  return width;
}

function characterWidth(point: number, character: string): number {
  if (point < 0x300) return 1;
  if (point === 0x200b || point === 0x200d || (point >= 0xfe00 && point <= 0xfe0f) || /\p{M}/u.test(character))
    return 0;
  const wide =
    (point >= 0x1100 && point <= 0x115f) ||
    (point >= 0x2e80 && point <= 0xa4cf) ||
    (point >= 0xac00 && point <= 0xd7a3) ||
    (point >= 0xf900 && point <= 0xfaff) ||
    (point >= 0xfe30 && point <= 0xfe6f) ||
    (point >= 0xff00 && point <= 0xff60) ||
    (point >= 0xffe0 && point <= 0xffe6) ||
    (point >= 0x1f300 && point <= 0x1faff) ||
    (point >= 0x20000 && point <= 0x3fffd);
  return wide ? 2 : 1;
}

/** Gives the text in at most `columns` columns; what is cut is shown by an ellipsis. */
export function fit(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = "";
  let width = 1;
  for (const character of text) {
    width += characterWidth(character.codePointAt(0) ?? 0, character);
    if (width > columns) break;
    kept += character;
  }
  return columns <= 0 ? "" : `${kept}…`;
}

/** Gives the text in lines of at most `columns` columns, parted at blanks; a word that is longer has a line of its own. */
export function folded(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
