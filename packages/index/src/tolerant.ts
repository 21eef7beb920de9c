// Our own reading of a message, for those that mailparser refuses or chokes on: its header, and the first parts that are text. Pure, linear,
// without recursion. It takes what can be had and never fails; it must never be what ordinary mail goes through, whose oddities it does not know.
import type { Read, ReadAttachment, ReadHeader } from "./content-of.ts";
import {
  addressesOf,
  decoded,
  decodedWords,
  type Header,
  headerAt,
  type Parameterized,
  parameterized,
  quotedBytes,
} from "./headers.ts";
import { OPENED_CHARACTERS, TEXT_CHARACTERS } from "./limits.ts";
import type { OpenedRead, ReadPart } from "./opened.ts";
import { plainHtml } from "./plain-html.ts";

/** Parts that are looked at. */
const PARTS = 10_000;
/** Boundaries that are known at once; deeper ones are no boundaries. */
const DEPTH = 100;

interface Part {
  readonly header: Header;
  readonly type: Parameterized;
  readonly at: number;
  readonly end: number;
}

/** Reads what can be had. `cut`: these bytes are not all of the message. */
export function readTolerantly(bytes: Buffer, cut: boolean): Read {
  const top = headerAt(bytes, 0, bytes.length);
  const texts: string[] = [];
  const attachments: ReadAttachment[] = [];
  let characters = 0;
  let seen = 0;
  for (const part of partsOf(bytes, top)) {
    if (++seen > PARTS) break;
    const attachment = attachmentOf(part);
    if (attachment !== null) attachments.push(attachment);
    else if (characters < TEXT_CHARACTERS) {
      const text = textOf(bytes, part, TEXT_CHARACTERS);
      characters += text.length;
      texts.push(part.type.value === "text/html" ? plainHtml(text) : text);
    }
  }
  return { ...headerOf(top), text: texts.join("\n"), attachments, cut: cut || seen > PARTS };
}

/** What can be had of a message that somebody opens: texts and HTML apart, and its attachments with where they lie. */
export function openTolerantly(bytes: Buffer, cut: boolean): OpenedRead {
  const top = headerAt(bytes, 0, bytes.length);
  const texts: string[] = [];
  const html: string[] = [];
  const parts: ReadPart[] = [];
  let characters = 0;
  let seen = 0;
  for (const part of partsOf(bytes, top)) {
    if (++seen > PARTS) break;
    const attachment = attachmentOf(part);
    if (attachment !== null) {
      const cid = (part.header.fields.get("content-id") ?? "").replace(/^\s*<|>\s*$/g, "");
      parts.push({ ...attachment, cid: cid === "" ? null : cid });
    } else if (characters < OPENED_CHARACTERS) {
      const text = textOf(bytes, part, OPENED_CHARACTERS);
      characters += text.length;
      (part.type.value === "text/html" ? html : texts).push(text);
    }
  }
  return {
    ...headerOf(top),
    text: texts.join("\n"),
    html: html.length === 0 ? null : html.join("<br>\n"),
    parts,
    cut: cut || seen > PARTS,
  };
}

/** The bytes of the attachment of this number, from 0, as `openTolerantly` lists them; null: there is none. */
export function partTolerantly(bytes: Buffer, number: number): Buffer | null {
  let at = 0;
  let seen = 0;
  for (const part of partsOf(bytes, headerAt(bytes, 0, bytes.length))) {
    if (++seen > PARTS) return null;
    if (attachmentOf(part) !== null && at++ === number) return decodedBody(bytes.subarray(part.at, part.end), part);
  }
  return null;
}

function headerOf({ fields }: Header): ReadHeader {
  const field = (name: string): string => fields.get(name) ?? "";
  return {
    subject: decodedWords(field("subject")),
    date: fields.get("date") ?? null,
    from: addressesOf(field("from")),
    to: addressesOf(field("to")),
    cc: addressesOf(field("cc")),
    bcc: addressesOf(field("bcc")),
    replyTo: addressesOf(field("reply-to")),
  };
}

const typeOf = (header: Header): Parameterized => parameterized(header.fields.get("content-type") ?? "text/plain");

/** The parts that hold something, in their order. A line that ends a boundary of further out ends all within. */
function* partsOf(bytes: Buffer, top: Header): Generator<Part> {
  const boundaries: string[] = [];
  let header = top;
  let at = top.bodyAt;
  let begun = true;
  let found = false;
  const part = (end: number): Part => {
    found = true;
    return { header, type: typeOf(header), at, end };
  };
  const enter = (): boolean => {
    const { value, parameters } = typeOf(header);
    const boundary = parameters.get("boundary") ?? "";
    if (!value.startsWith("multipart/") || boundary === "" || boundaries.length >= DEPTH) return false;
    boundaries.push(boundary);
    return true;
  };
  if (enter()) begun = false;
  for (let line = at; line < bytes.length; ) {
    const newline = bytes.indexOf(10, line);
    const next = newline === -1 ? bytes.length : newline + 1;
    const level = bytes[line] === 45 && bytes[line + 1] === 45 ? levelOf(bytes, line, next, boundaries) : null;
    if (level === null) {
      line = next;
      continue;
    }
    if (begun) yield part(line);
    boundaries.length = level.depth + (level.closes ? 0 : 1);
    begun = !level.closes;
    line = next;
    if (!begun) continue;
    header = headerAt(bytes, next, bytes.length);
    // message/rfc822: its own header is the one that counts from here on.
    if (typeOf(header).value === "message/rfc822") header = headerAt(bytes, header.bodyAt, bytes.length);
    at = header.bodyAt;
    line = at;
    if (enter()) begun = false;
  }
  // Boundaries that never came: what stands there is what somebody wrote.
  if (begun || !found) yield part(bytes.length);
}

/** Which boundary a line is. */
function levelOf(
  bytes: Buffer,
  line: number,
  next: number,
  boundaries: readonly string[],
): { readonly depth: number; readonly closes: boolean } | null {
  if (next - line > 300) return null;
  const text = bytes.toString("latin1", line + 2, next).trimEnd();
  for (let depth = boundaries.length - 1; depth >= 0; depth--) {
    if (text === boundaries[depth]) return { depth, closes: false };
    if (text === `${boundaries[depth]}--`) return { depth, closes: true };
  }
  return null;
}

function attachmentOf({ header, type }: Part): ReadAttachment | null {
  const disposition = parameterized(header.fields.get("content-disposition") ?? "");
  const name = disposition.parameters.get("filename") ?? type.parameters.get("name") ?? "";
  // A multipart that has no parts is read as it stands.
  const isText = /^(|text\/plain|text\/html|multipart\/.*)$/.test(type.value);
  if (isText && disposition.value !== "attachment") return null;
  const within = type.value.startsWith("image/") && disposition.value !== "attachment";
  return { name, type: type.value, size: null, within };
}

/** At most so many characters of a text. */
function textOf(bytes: Buffer, part: Part, most: number): string {
  // Four times as many bytes as characters: base64, and characters of three bytes.
  const raw = bytes.subarray(part.at, Math.min(part.end, part.at + 4 * most));
  return decoded(decodedBody(raw, part), part.type.parameters.get("charset") ?? "utf-8").slice(0, most);
}

/** Undoes the transfer encoding. */
function decodedBody(raw: Buffer, { header }: Part): Buffer {
  const encoding = (header.fields.get("content-transfer-encoding") ?? "").trim().toLowerCase();
  if (encoding === "base64") return Buffer.from(raw.toString("latin1"), "base64");
  return encoding === "quoted-printable" ? quotedBytes(raw.toString("latin1").replace(/=[ \t]*\r?\n/g, "")) : raw;
}
