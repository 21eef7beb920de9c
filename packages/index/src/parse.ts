// mailparser's reading of a message: the one door to it. Attachments are counted and thrown away as they come; text and HTML are what is
// kept. It throws what mailparser throws; the thread then reads the message in our own way.

import type { ShownAddress } from "@packetboat/search";
import { convert } from "html-to-text";
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

/** Lets mailparser read a message; `take` has to release each attachment. Rejects with what mailparser throws. */
export async function parsed(
  bytes: Buffer,
  options: object,
  take: (attachment: AttachmentStream) => void,
): Promise<Parsed> {
  const parser = new MailParser(options);
  let headers: Headers = new Map();
  let lines: readonly { readonly key: string; readonly line: string }[] = [];
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
      else take(data);
    });
    parser.once("error", reject);
    parser.once("end", resolve);
    parser.end(bytes);
  });
  const date = lines.find(({ key }) => key === "date")?.line;
  const of = (name: string): readonly ShownAddress[] => addresses(headers.get(name));
  const header = {
    subject: String(headers.get("subject") ?? ""),
    date: date === undefined ? null : date.slice(date.indexOf(":") + 1),
    from: of("from"),
    to: of("to"),
    cc: of("cc"),
    bcc: of("bcc"),
    replyTo: of("reply-to"),
  };
  return { header, text };
}

/** Reads a message for search. `cut`: these bytes are not all of it. Rejects with what mailparser throws. */
export async function readByParser(bytes: Buffer, cut: boolean): Promise<Read> {
  const attachments: ReadAttachment[] = [];
  const { header, text } = await parsed(bytes, OPTIONS, (data) => take(data, attachments));
  return { ...header, text: searchable(text), attachments, cut };
}

/** A picture within the text, or a signature: nothing that a person would call an attachment. */
export function isWithin({ contentType, contentDisposition, filename, cid, related }: AttachmentStream): boolean {
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

function searchable(found: MessageText | null): string {
  const plain = (found?.text ?? "").trim();
  const html = typeof found?.html === "string" ? found.html : "";
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

/** The text of HTML, in lines as it is laid out. */
export function textOfHtml(html: string): string {
  try {
    return convert(html.slice(0, TEXT_CHARACTERS), HTML);
  } catch {
    // Nested beyond what its walk can bear. The words are there all the same.
    return plainHtml(html.slice(0, TEXT_CHARACTERS));
  }
}
