// From what was read of a message to what is kept of it: limits, words, folding. Pure. Both ways of reading (mailparser's and our own) end
// here, so that a message is found by the same words whichever it took.
import {
  type Content,
  type ContentReason,
  foldLine,
  type ShownAddress,
  type ShownAttachment,
  spaced,
  wordsOf,
} from "@packetboat/search";
import {
  ADDRESS_CHARACTERS,
  ATTACHMENTS,
  LINE_CHARACTERS,
  SHOWN_ADDRESSES,
  SHOWN_ATTACHMENTS,
  TEXT_CHARACTERS,
  WORD_BYTES,
} from "./limits.ts";

export interface ReadAttachment extends ShownAttachment {
  /** A picture within the text, or a signature: nothing that a person would call an attachment. */
  readonly within: boolean;
}

/** The header that was read, in any size. */
export interface ReadHeader {
  readonly subject: string;
  /** The Date header as it stands; null: none. */
  readonly date: string | null;
  readonly from: readonly ShownAddress[];
  readonly to: readonly ShownAddress[];
  readonly cc: readonly ShownAddress[];
  readonly bcc: readonly ShownAddress[];
  readonly replyTo: readonly ShownAddress[];
}

/** What was read, in any size. */
export interface Read extends ReadHeader {
  readonly text: string;
  readonly attachments: readonly ReadAttachment[];
  /** Some of the message was not looked at. */
  readonly cut: boolean;
}

/** Gives what is kept. `reason`: why it was not read as mail should be; null: it was. */
export function contentOf(read: Read, reason: ContentReason | null): Content {
  const attachments = read.attachments.slice(0, ATTACHMENTS);
  const kept = keptWords(read.text);
  const lines = { from: lineOf(read.from), to: lineOf(read.to), cc: lineOf(read.cc), bcc: lineOf(read.bcc) };
  const replyTo = lineOf(read.replyTo);
  const files = clipped(attachments.map(({ name }) => oneLine(name)).join(" \n "), ADDRESS_CHARACTERS);
  const names = new Set(wordsOf([...Object.values(lines), replyTo, files].join("\n")));
  const cut = read.cut || kept.cut || read.attachments.length > ATTACHMENTS;
  return {
    state: reason !== null && reason !== "size" ? "partly" : cut ? "cut" : "whole",
    reason: reason ?? (read.cut ? "size" : null),
    sentAt: read.date === null ? null : dateOf(read.date),
    shown: {
      subject: oneLine(read.subject),
      from: shown(read.from),
      to: shown(read.to),
      cc: shown(read.cc),
      bcc: shown(read.bcc),
      replyTo: shown(read.replyTo),
      attachments: attachments
        .slice(0, SHOWN_ATTACHMENTS)
        .map(({ name, type, size }) => ({ name: oneLine(name), type: oneLine(type), size })),
    },
    searched: {
      subject: spaced(wordsOf(oneLine(read.subject))),
      names: spaced([...names]),
      words: kept.words,
      from: foldLine(lines.from),
      to: foldLine(lines.to),
      cc: foldLine(lines.cc),
      bcc: foldLine(lines.bcc),
      files: foldLine(files),
      attached: attachments.some(({ within }) => !within),
    },
  };
}

/** Of a message of which nothing could be had. */
export const NO_HEADER: ReadHeader = { subject: "", date: null, from: [], to: [], cc: [], bcc: [], replyTo: [] };

/** Nothing could be had of it. */
export function emptyContent(reason: ContentReason): Content {
  return contentOf({ ...NO_HEADER, text: "", attachments: [], cut: false }, reason);
}

/** Words up to the limit; the text is taken in pieces that end between two words, so that a long one is never split whole. */
function keptWords(text: string): { readonly words: string; readonly cut: boolean } {
  const words = spaced(wordsOf(clipped(text, TEXT_CHARACTERS)));
  if (Buffer.byteLength(words) <= WORD_BYTES) return { words, cut: text.length > TEXT_CHARACTERS };
  const bytes = Buffer.from(words).subarray(0, WORD_BYTES);
  // Up to the last blank: no half word, and no half character.
  return { words: bytes.subarray(0, bytes.lastIndexOf(" ") + 1).toString(), cut: true };
}

/** The beginning of a text, without half a character at its end. */
export const clipped = (text: string, characters: number): string =>
  (text.length > characters ? text.slice(0, characters) : text).toWellFormed();

/** Postgres text has no NUL, and a line none of the others. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
const CONTROLS = /[\u0000-\u001f\u007f]+/g;

/** A text as one line of bounded length. */
export function oneLine(text: string): string {
  return clipped(text, LINE_CHARACTERS).replace(CONTROLS, " ").trim();
}

/** The first addresses of a header, for people. */
export function shown(addresses: readonly ShownAddress[]): readonly ShownAddress[] {
  return addresses
    .slice(0, SHOWN_ADDRESSES)
    .map(({ name, address }) => ({ name: oneLine(name), address: oneLine(address) }));
}

/** "Ann Smith <ann@example.com>", all of a header. */
function lineOf(addresses: readonly ShownAddress[]): string {
  let line = "";
  for (const { name, address } of addresses) {
    if (line.length > ADDRESS_CHARACTERS) break;
    line += `${line === "" ? "" : " \n "}${oneLine(name)} <${oneLine(address)}>`;
  }
  return clipped(line, ADDRESS_CHARACTERS);
}

const FIRST_YEAR = Date.UTC(1970, 0, 1);
const LAST_YEAR = Date.UTC(2200, 0, 1);

/** Of a Date header. What no mail can have been sent at is no date: spam likes such, to stay on top. */
export function dateOf(text: string): number | null {
  const plain = clipped(text, 200).replace(/\([^()]*\)/g, " ");
  const time = Date.parse(plain.trim());
  return Number.isNaN(time) || time < FIRST_YEAR || time >= LAST_YEAR ? null : time;
}
