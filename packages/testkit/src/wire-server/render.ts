// How the wire server writes things down. Bytes of messages are never touched; everything else is written in one plain way.
import type { Role } from "@packetboat/core";
import type { SimMessage } from "../simulator/model.ts";
import { rangesOf } from "../simulator/uids.ts";
import { quoted, toWireName } from "../wire/names.ts";

/** An answer in pieces: text as Latin-1, bodies as they are. */
export type Piece = string | Buffer;

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** An instant as IMAP writes it, in a zone that is not UTC: a client must read zones. NIL where there is none. */
function dateTime(at: number | null): string {
  if (at === null) return "NIL";
  const date = new Date(at + 2 * 3_600_000);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = String(date.getUTCDate()).padStart(2, " ");
  const year = String(date.getUTCFullYear()).padStart(4, "0");
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  return `"${day}-${MONTHS[date.getUTCMonth()]}-${year} ${clock} +0200"`;
}

/** The instant of a date-time that a client sent; null when it is none. */
export function parseDateTime(text: string): number | null {
  const at = Date.parse(text.trim());
  return Number.isNaN(at) ? null : at;
}

export const wireName = (name: string): string => quoted(toWireName(name));

export function wireSet(uids: Iterable<number>): string {
  return rangesOf(uids)
    .map(([from, to]) => (from === to ? `${from}` : `${from}:${to}`))
    .join(",");
}

export const SPECIAL_USE: Readonly<Partial<Record<Role, string>>> = {
  drafts: "\\Drafts",
  sent: "\\Sent",
  trash: "\\Trash",
  junk: "\\Junk",
  archive: "\\Archive",
  all: "\\All",
  flagged: "\\Flagged",
};

/** The header with its empty line, as BODY[HEADER] gives it; the whole message where no empty line ends it. */
function headerOf(bytes: Buffer): Buffer {
  if (bytes[0] === 10) return bytes.subarray(0, 1);
  if (bytes[0] === 13 && bytes[1] === 10) return bytes.subarray(0, 2);
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) {
    if (bytes[at + 1] === 10) return bytes.subarray(0, at + 2);
    if (bytes[at + 1] === 13 && bytes[at + 2] === 10) return bytes.subarray(0, at + 3);
  }
  return bytes;
}

export interface FetchWish {
  readonly items: readonly string[];
  readonly modseq: boolean;
  readonly sizeOff: number;
  readonly nil: boolean;
}

/** One FETCH answer, CRLF included. Null: an item that this server does not know. */
export function fetchAnswer(seq: number, message: SimMessage, wish: FetchWish): Piece[] | null {
  const pieces: Piece[] = [];
  for (const item of wish.items) {
    const piece = fetchItem(item, message, wish);
    if (piece === null) return null;
    if (piece.length > 0) pieces.push(pieces.length === 0 ? "" : " ", ...piece);
  }
  return [`* ${seq} FETCH (`, ...pieces, ")\r\n"];
}

function fetchItem(item: string, message: SimMessage, wish: FetchWish): Piece[] | null {
  switch (item) {
    case "UID":
      return [`UID ${message.uid}`];
    case "FLAGS":
      return [`FLAGS (${message.flags.join(" ")})`];
    case "INTERNALDATE":
      return [`INTERNALDATE ${dateTime(message.internalDate)}`];
    case "RFC822.SIZE":
      return [`RFC822.SIZE ${message.bytes.length + wish.sizeOff}`];
    case "MODSEQ":
      return wish.modseq ? [`MODSEQ (${message.modseq})`] : [];
    case "EMAILID":
      return [`EMAILID (${message.emailId})`];
    case "BODY[]":
    case "BODY.PEEK[]":
      return wish.nil ? ["BODY[] NIL"] : literal("BODY[]", message.bytes);
    case "BODY[HEADER]":
    case "BODY.PEEK[HEADER]":
      return wish.nil ? ["BODY[HEADER] NIL"] : literal("BODY[HEADER]", headerOf(message.bytes));
    default:
      return null;
  }
}

function literal(name: string, bytes: Buffer): Piece[] {
  return [`${name} {${bytes.length}}\r\n`, bytes];
}
