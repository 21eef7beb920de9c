// What somebody is shown of a message that is opened: its header in plain words, its text, its HTML as the sender wrote it, and what hangs on
// it. Pure. All of it is of foreign origin and bounded; HTML is hostile and is given out as data only: whoever shows it makes it harmless.
import type { ContentReason, ContentState, ShownAddress } from "@packetboat/search";
import { clipped, dateOf, NO_HEADER, oneLine, type ReadAttachment, type ReadHeader, shown } from "./content-of.ts";
import { OPENED_CHARACTERS, OPENED_PARTS } from "./limits.ts";

/** Which of the two ways a message was read in: mailparser's or our own. They may count its parts differently. */
export type Way = "m" | "o";

export interface ReadPart extends ReadAttachment {
  /** Its Content-ID without angle brackets; null: none. */
  readonly cid: string | null;
}

/** What was read, in any size. */
export interface OpenedRead extends ReadHeader {
  readonly text: string;
  /** Null: there is none. */
  readonly html: string | null;
  readonly parts: readonly ReadPart[];
  /** Some of the message was not looked at. */
  readonly cut: boolean;
}

export interface OpenedPart {
  /** What its bytes are asked for by, such as m1: the way it was found in, and its number. */
  readonly part: string;
  /** As the sender wrote it, in one line. Empty: it has no name. */
  readonly name: string;
  readonly type: string;
  /** Bytes, decoded. Null: not known. */
  readonly size: number | null;
  readonly cid: string | null;
  /** A picture within the text, or a signature: nothing that a person would call an attachment. */
  readonly within: boolean;
}

export interface OpenedMessage {
  /** `whole`: all of it. `cut`: its beginning. `partly`: it could not be read as mail should be; what could be had is here. */
  readonly state: ContentState;
  /** Null: it is whole, or only longer than what is shown. */
  readonly reason: ContentReason | null;
  /** Of the Date header, milliseconds since 1970. Null: there is none that can be read. */
  readonly sentAt: number | null;
  readonly subject: string;
  readonly from: readonly ShownAddress[];
  readonly to: readonly ShownAddress[];
  readonly cc: readonly ShownAddress[];
  readonly bcc: readonly ShownAddress[];
  readonly replyTo: readonly ShownAddress[];
  /** Lines end with \n. Empty: there is none. */
  readonly text: string;
  /** The text is made of the HTML: the sender wrote no plain one. */
  readonly textOfHtml: boolean;
  /** Null: there is none. */
  readonly html: string | null;
  readonly parts: readonly OpenedPart[];
}

/**
 * Gives what is shown. `reason`: why it was not read as mail should be; null: it was. `textOf`: the text of HTML, for messages that have no
 * plain one.
 */
export function openedOf(
  read: OpenedRead,
  way: Way,
  reason: ContentReason | null,
  textOf: (html: string) => string,
): OpenedMessage {
  const html = read.html === null || read.html.trim() === "" ? null : clipped(read.html, OPENED_CHARACTERS);
  const isMade = html !== null && read.text.trim() === "";
  const text = isMade ? textOf(html) : read.text;
  const long = Math.max(text.length, read.html?.length ?? 0) > OPENED_CHARACTERS || read.parts.length > OPENED_PARTS;
  const { from, to, cc, bcc, replyTo } = read;
  return {
    state: reason !== null && reason !== "size" ? "partly" : read.cut || long ? "cut" : "whole",
    reason: reason ?? (read.cut ? "size" : null),
    sentAt: read.date === null ? null : dateOf(read.date),
    subject: oneLine(read.subject),
    from: shown(from),
    to: shown(to),
    cc: shown(cc),
    bcc: shown(bcc),
    replyTo: shown(replyTo),
    text: lines(clipped(text, OPENED_CHARACTERS)),
    textOfHtml: isMade,
    html: html === null ? null : lines(html),
    parts: read.parts.slice(0, OPENED_PARTS).map(({ name, type, size, cid, within }, at) => ({
      part: `${way}${at + 1}`,
      name: oneLine(name),
      type: oneLine(type),
      size,
      cid: cid === null ? null : oneLine(cid),
      within,
    })),
  };
}

/** Nothing could be had of it. */
export const nothingOpened = (reason: ContentReason): OpenedMessage =>
  openedOf({ ...NO_HEADER, text: "", html: null, parts: [], cut: false }, "o", reason, () => "");

/** Lines that end in one way, without what no text is made of. */
function lines(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/\r\n?/g, "\n").replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, "");
}

/** The way and the number, from 0, that a part is asked for by; null: no part is called so. */
export function partNumber(part: string): { readonly way: Way; readonly number: number } | null {
  const [, way, number] = /^([mo])([1-9]\d{0,3})$/.exec(part) ?? [];
  return way === undefined ? null : { way: way as Way, number: Number(number) - 1 };
}
