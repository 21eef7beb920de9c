// mailparser's reading of a message: the one door to it. Attachments are counted and thrown away as they come; text and HTML are what is
// kept. It throws what mailparser throws; the thread then reads the message in our own way.

import type { ShownAddress } from "@packetboat/search";
import { compile } from "html-to-text";
import { type AddressObject, type Headers, MailParser, type MessageText } from "mailparser";
import type { Read, ReadAttachment, ReadHeader } from "./content-of.ts";
import { TEXT_CHARACTERS } from "./limits.ts";
import { plainHtml } from "./plain-html.ts";

/** What mailparser would do beside reading, and nobody needs here. */
const OPTIONS = { skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true, skipImageLinks: true };

const SIGNATURE = /^application\/(pgp-signature|(x-)?pkcs7-signature|pgp-encrypted)$/;

/** Of mailparser, which gives it while the message is still being read. */
export interface AttachmentStream {
  readonly type: "attachment";
  readonly contentType: string;
  readonly contentDisposition?: string;
  readonly filename?: string;
  readonly cid?: string;
  readonly related?: boolean;
  readonly content: NodeJS.ReadableStream;
  readonly release: () => void;
}

export interface Parsed {
  readonly header: ReadHeader;
  /** Null: it has no text of any kind. */
  readonly text: MessageText | null;
}

const OCTETS = "application/octet-stream";
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const CR = 13;
const LF = 10;

/** As mailparser knows messages, the same bytes nearly always: it finds neither header nor text where all lines end in CR, or in CR CR LF, nor the field behind a BOM. */
export function asKnown(bytes: Buffer): Buffer {
  const plain = bytes.subarray(0, BOM.length).equals(BOM) ? bytes.subarray(BOM.length) : bytes;
  const [cr, lf] = [plain.indexOf(CR), plain.indexOf(LF)];
  if (cr === -1) return plain;
  if (lf === -1) return Buffer.from(plain.toString("latin1").replaceAll("\r", "\n"), "latin1");
  // Judged by the first line: elsewhere a CR more is the sender's own.
  const isDoubled = cr === lf - 2 && plain[lf - 1] === CR;
  return isDoubled ? Buffer.from(plain.toString("latin1").replaceAll("\r\r\n", "\r\n"), "latin1") : plain;
}

/** Lets mailparser read a message; `take` has to release each attachment. Rejects with what mailparser throws. */
export async function parsed(
  bytes: Buffer,
  options: object,
  take: (attachment: AttachmentStream) => void,
): Promise<Parsed> {
  const parser = new MailParser(options);
  let headers: Headers = new Map();
  let lines: readonly HeaderLine[] = [];
  let text: MessageText | null = null;
  await new Promise<void>((resolve, reject) => {
    parser.on("headers", (found) => {
      headers = found;
    });
    parser.on("headerLines", (found) => {
      lines = found;
    });
    parser.on("data", (data: AttachmentStream | MessageText) => {
      if (data.type === "text") text = data;
      // Of octets whose name says nothing mailparser makes `false`.
      else take(Object.assign(data, { contentType: data.contentType || OCTETS }));
    });
    parser.once("error", reject);
    parser.once("end", resolve);
    parser.end(asKnown(bytes));
  });
  return { header: headerOf(headers, lines), text };
}

/** As they stand in a message, folded, each byte a character; `key` in lower case. */
export interface HeaderLine {
  readonly key: string;
  readonly line: string;
}

/** What is kept of a message's fields, which mailparser has read, and their lines. */
export function headerOf(fields: Headers, lines: readonly HeaderLine[]): ReadHeader {
  const date = lines.find(({ key }) => key === "date")?.line;
  const of = (name: string): readonly ShownAddress[] => addresses(fields.get(name));
  return {
    subject: String(fields.get("subject") ?? ""),
    date: date === undefined ? null : date.slice(date.indexOf(":") + 1),
    from: of("from"),
    to: of("to"),
    cc: of("cc"),
    bcc: of("bcc"),
    replyTo: of("reply-to"),
  };
}

/** Of mailparser, which its types do not show: what it makes of lines and names. Its version is pinned; a change would fail ordinary.pure.test.ts. */
interface Inside {
  readonly processHeaders: (lines: readonly HeaderLine[]) => Headers;
  readonly libmime: {
    readonly decodeFlowed: (text: string, deletesSpaces: boolean) => string;
    readonly detectMimeType: (name: string) => string | false;
  };
}

/** Never fed: what is asked of it keeps no state. */
let inside: Inside | null = null;
const library = (): Inside => {
  inside ??= new MailParser(OPTIONS) as unknown as Inside;
  return inside;
};

/** mailparser's reading of header lines. */
export const fieldsOf = (lines: readonly HeaderLine[]): Headers => library().processHeaders(lines);

/** mailparser's reading of format=flowed. */
export const flowedText = (bytes: Buffer, deletesSpaces: boolean): Buffer =>
  Buffer.from(library().libmime.decodeFlowed(bytes.toString("latin1"), deletesSpaces), "latin1");

/** The type that mailparser gives octets by their name. */
export const typeByName = (name: string): string => library().libmime.detectMimeType(name) || OCTETS;

/** Reads a message for search. `cut`: these bytes are not all of it. Rejects with what mailparser throws. */
export async function readByParser(bytes: Buffer, cut: boolean): Promise<Read> {
  const attachments: ReadAttachment[] = [];
  const { header, text } = await parsed(bytes, OPTIONS, (data) => take(data, attachments));
  const html = typeof text?.html === "string" ? text.html : "";
  return { ...header, text: searchable(text?.text ?? "", html), attachments, cut };
}

/** A picture within the text, or a signature: nothing that a person would call an attachment. */
export function isWithin(attachment: Omit<AttachmentStream, "type" | "content" | "release">): boolean {
  const { contentType, contentDisposition, filename, cid, related } = attachment;
  const picture = contentType.startsWith("image/") && cid !== undefined && contentDisposition !== "attachment";
  const nameless = filename === undefined && contentType === "text/calendar";
  return picture || nameless || related === true || SIGNATURE.test(contentType);
}

function take(data: AttachmentStream, attachments: ReadAttachment[]): void {
  const found = { name: data.filename ?? "", type: data.contentType, size: 0, within: isWithin(data) };
  attachments.push(found);
  data.content.on("data", (chunk: Buffer) => {
    found.size += chunk.length;
  });
  data.content.on("end", () => data.release());
}

/** A header that is there several times comes as a list; groups have their members within. */
function addresses(value: unknown): readonly ShownAddress[] {
  const all: ShownAddress[] = [];
  for (const object of [value].flat() as (AddressObject | undefined)[]) {
    for (const { name, address, group } of object?.value ?? []) {
      all.push({ name: name ?? "", address: address ?? "" });
      for (const member of group ?? []) all.push({ name: member.name ?? "", address: member.address ?? "" });
    }
  }
  return all;
}

/** Less plain text than this beside HTML is a note that there is HTML. */
const NOTE_CHARACTERS = 200;
const NOTE_SHARE = 1 / 50;

/** Of a message's plain text and its HTML, each empty where there is none: what is searched. */
export function searchable(text: string, html: string): string {
  const plain = text.trim();
  if (html === "" || plain.length > Math.max(NOTE_CHARACTERS, html.length * NOTE_SHARE)) return plain;
  return `${plain}\n${textOfHtml(html)}`;
}

const HTML = {
  wordwrap: false as const,
  limits: { maxInputLength: TEXT_CHARACTERS, maxDepth: 200, ellipsis: " " },
  selectors: [
    { selector: "a", options: { ignoreHref: true } },
    ...["img", "title", "style", "script"].map((selector) => ({ selector, format: "skip" })),
    ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({ selector, options: { uppercase: false } })),
  ],
};

/** Made once: the reading of the selectors takes as long as that of a short text. */
let toText: ((html: string) => string) | null = null;

/** The text of HTML, in lines as it is laid out. */
export function textOfHtml(html: string): string {
  toText ??= compile(HTML);
  try {
    return toText(html.slice(0, TEXT_CHARACTERS));
  } catch {
    // Nested beyond what its walk can bear. The words are there all the same.
    return plainHtml(html.slice(0, TEXT_CHARACTERS));
  }
}
