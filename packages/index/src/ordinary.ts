// The quick way through ordinary mail: headers, texts and attachments as they are in nearly all mail, in one pass without streams. What is
// found is what mailparser finds (ordinary.pure.test.ts compares them over the corpus and over made messages); whatever mail may be beside that
// gives null and is read by mailparser. Pure. It must never guess: what is not known here for certain is not ordinary.
import type { Read, ReadAttachment } from "./content-of.ts";
import { asKnown, fieldsOf, flowedText, type HeaderLine, headerOf, isWithin, searchable, typeByName } from "./parse.ts";
import { inCharset, unwrapped, unwrappedSize } from "./transfer.ts";

const HEADER_BYTES = 262_144;
const PARTS = 100;
const DEPTH = 10;

/** Fields that are looked at. */
const WANTED = new Set([
  ...["from", "to", "cc", "bcc", "reply-to", "subject", "date"],
  ...["content-type", "content-disposition", "content-transfer-encoding", "content-id"],
]);
const LINE_FEED = 10;
const RETURN = 13;
const DASH = 45;

/** Thrown within this file alone, and one for all: a stack would be looked for each time, and nobody looks at it. */
const NOT_ORDINARY = new Error("not ordinary");

/** Reads a message for search as `readByParser` does. `cut`: these bytes are not all of it. Null: it is not ordinary. */
export function readOrdinary(bytes: Buffer, cut: boolean): Read | null {
  try {
    // A lone CR before a boundary would be the end of a line to mailparser.
    if (asKnown(bytes) !== bytes || bytes.includes("\n\r--")) return null;
    const found: Found = { texts: [], attachments: [], hasText: false, hasHtml: false, parts: 0 };
    const head = headAt(bytes, 0);
    if (head.lines.length === 0) return null;
    readPart(bytes, head, ROOT, found);
    const { attachments } = found;
    return { ...headerOf(fieldsOf(head.lines), head.lines), text: textOf(found), attachments, cut };
  } catch (error) {
    if (error === NOT_ORDINARY) return null;
    throw error;
  }
}

interface Found {
  readonly texts: { readonly kind: "plain" | "html"; readonly text: string; readonly where: Where }[];
  readonly attachments: ReadAttachment[];
  /** There is such a part, and be it empty. */
  hasText: boolean;
  hasHtml: boolean;
  parts: number;
}

/** Of a part: what it is within. */
interface Where {
  /** With its two dashes. Null: the message itself. */
  readonly delimiter: string | null;
  readonly alternative: boolean;
  readonly related: boolean;
  readonly depth: number;
}

const ROOT: Where = { delimiter: null, alternative: false, related: false, depth: 0 };

/** As mailparser joins them: HTML alone gives no plain text, and text beside it is not made HTML of. */
function textOf({ texts, hasText, hasHtml }: Found): string {
  const plain: string[] = [];
  const html: string[] = [];
  for (const { kind, text, where } of texts) {
    if (text === "") continue;
    if (kind === "plain") {
      plain.push(text);
      if (!where.alternative && hasHtml) html.push("");
    } else {
      if ((!where.alternative && hasText) || (where.delimiter === null && !hasText)) plain.push("");
      html.push(text);
    }
  }
  return searchable(plain.join("\n"), html.join("<br/>\n"));
}

interface Head {
  readonly lines: readonly HeaderLine[];
  readonly bodyAt: number;
}

/** The header that begins at `at`, those lines of it that are looked at. */
function headAt(bytes: Buffer, at: number): Head {
  const lines: { key: string; line: string }[] = [];
  let last: { key: string; line: string } | null = null;
  let isFirst = true;
  for (let next = at; ; ) {
    const end = bytes.indexOf(LINE_FEED, next);
    if (end === -1 || end - at > HEADER_BYTES) throw NOT_ORDINARY;
    const stop = end > next && bytes[end - 1] === RETURN ? end - 1 : end;
    if (stop === next) return { lines: lines.filter(({ key }) => WANTED.has(key)), bodyAt: end + 1 };
    const line = bytes.toString("latin1", next, stop);
    next = end + 1;
    if (line.startsWith(" ") || line.startsWith("\t")) {
      if (last === null) throw NOT_ORDINARY;
      if (WANTED.has(last.key)) last.line += `\r\n${line}`;
    } else {
      const colon = line.indexOf(":");
      if (colon < 1 || line.startsWith("--") || (isFirst && /^(From|POST) /i.test(line))) throw NOT_ORDINARY;
      last = { key: line.slice(0, colon).trim().toLowerCase(), line };
      lines.push(last);
    }
    isFirst = false;
  }
}

interface Type {
  readonly value: string;
  readonly params: Readonly<Record<string, string>>;
}

const TYPE = /^[^:]*:\s*([\w!#$&^.+-]+\/[\w!#$&^.+-]+)\s*(;|$)/;
const ASCII = /^[\0-\x7f]*$/;

interface Described {
  readonly type: string;
  readonly params: Type["params"];
  /** Null: none. */
  readonly disposition: string | null;
  /** Empty: none. */
  readonly name: string;
  readonly encoding: string;
  readonly hasId: boolean;
}

/** What the header of a part says of it. */
function described(lines: readonly HeaderLine[]): Described {
  const own = lines.filter(({ key }) => key.startsWith("content-"));
  if (own.length === 0)
    return { type: "text/plain", params: {}, disposition: null, name: "", encoding: "", hasId: false };
  if (own.some(({ line }) => !ASCII.test(line))) throw NOT_ORDINARY;
  const fields = fieldsOf(own);
  const [, type = "text/plain"] = typeLine(own);
  const of = (name: string): Type | undefined => fields.get(name) as Type | undefined;
  const params = of("content-type")?.params ?? {};
  const stated = of("content-disposition");
  // Without a type the name would give it.
  if (stated !== undefined && of("content-type") === undefined) throw NOT_ORDINARY;
  const name = stated?.params.filename || params.name || "";
  const encoding = String(fields.get("content-transfer-encoding") ?? "").toLowerCase();
  if (name.includes("=?") || encoding.includes("(")) throw NOT_ORDINARY;
  const disposition = String(stated?.value || "")
    .toLowerCase()
    .trim();
  return {
    type: type.toLowerCase(),
    params,
    disposition: disposition === "" ? null : disposition,
    name,
    encoding,
    hasId: fields.has("content-id"),
  };
}

function typeLine(lines: readonly HeaderLine[]): readonly string[] {
  const line = lines.find(({ key }) => key === "content-type")?.line;
  if (line === undefined) return [];
  const found = TYPE.exec(line.replace(/(?:\r?\n|\r)[ \t]*/g, " ").trim());
  if (found === null) throw NOT_ORDINARY;
  return found;
}

/** Reads a part whose header is read, and gives where its body ends: behind the delimiter that ends it, and whether that closes. */
function readPart(bytes: Buffer, head: Head, where: Where, found: Found): Delimiter {
  if (++found.parts > PARTS || where.depth > DEPTH) throw NOT_ORDINARY;
  const part = described(head.lines);
  if (part.type.startsWith("message/")) throw NOT_ORDINARY;
  if (part.type.startsWith("multipart/")) return readParts(bytes, head.bodyAt, part, where, found);
  if (part.params.boundary !== undefined) throw NOT_ORDINARY;
  const end = where.delimiter === null ? atEnd(bytes) : delimiterFrom(bytes, head.bodyAt, [where.delimiter]);
  const bodyEnd = where.delimiter === null ? end.at : withoutLineEnd(bytes, head.bodyAt, end.at);
  const body = bytes.subarray(head.bodyAt, bodyEnd);
  const kind = part.type === "text/plain" ? "plain" : part.type === "text/html" ? "html" : null;
  if (kind === null || (part.disposition !== null && part.disposition !== "inline")) {
    found.attachments.push(attachmentOf(part, body, where));
    return end;
  }
  found.texts.push({ kind, text: textOfPart(part, body), where });
  if (kind === "plain") found.hasText = true;
  else found.hasHtml = true;
  return end;
}

/** The parts of a multipart, up to what ends it in turn. */
function readParts(bytes: Buffer, bodyAt: number, { type, params }: Described, where: Where, found: Found): Delimiter {
  const boundary = params.boundary ?? "";
  const delimiter = `--${boundary}`;
  if (boundary === "" || delimiter === where.delimiter) throw NOT_ORDINARY;
  const within: Where = {
    delimiter,
    alternative: where.alternative || type === "multipart/alternative",
    related: where.related || type === "multipart/related",
    depth: where.depth + 1,
  };
  // What stands before the first part is for readers without MIME.
  let next = delimiterFrom(bytes, bodyAt, where.delimiter === null ? [delimiter] : [delimiter, where.delimiter]);
  if (next.closes || next.delimiter !== delimiter) throw NOT_ORDINARY;
  while (!next.closes) next = readPart(bytes, headAt(bytes, next.end), within, found);
  return where.delimiter === null ? atEnd(bytes) : delimiterFrom(bytes, next.end, [where.delimiter]);
}

interface Delimiter {
  readonly at: number;
  /** Behind its line. */
  readonly end: number;
  readonly closes: boolean;
  readonly delimiter: string | null;
}

const atEnd = (bytes: Buffer): Delimiter => ({ at: bytes.length, end: bytes.length, closes: true, delimiter: null });

/** The next line from the beginning of a line on that is one of these delimiters. */
function delimiterFrom(bytes: Buffer, from: number, delimiters: readonly string[]): Delimiter {
  for (let at = from; ; at++) {
    if (at !== from || bytes[at] !== DASH || bytes[at + 1] !== DASH) {
      const before = bytes.indexOf("\n--", at);
      if (before === -1) throw NOT_ORDINARY;
      at = before + 1;
    }
    const found = delimiterAt(bytes, at, delimiters);
    if (found !== null) return found;
  }
}

function delimiterAt(bytes: Buffer, at: number, delimiters: readonly string[]): Delimiter | null {
  const feed = bytes.indexOf(LINE_FEED, at);
  const end = feed === -1 ? bytes.length : feed + 1;
  for (const delimiter of delimiters) {
    if (end - at < delimiter.length || end - at > delimiter.length + 4) continue;
    const line = bytes.toString("utf8", at, end);
    if (!line.startsWith(delimiter)) continue;
    const rest = line.slice(delimiter.length);
    if (rest === "\r\n" || rest === "\n") return { at, end, closes: false, delimiter };
    if (rest === "--\r\n" || rest === "--\n" || rest === "--") return { at, end, closes: true, delimiter };
    // Nearly one: mailparser has rules of its own for it.
    throw NOT_ORDINARY;
  }
  return null;
}

/** The end of the line before a delimiter belongs to the delimiter. */
function withoutLineEnd(bytes: Buffer, from: number, to: number): number {
  if (to <= from || bytes[to - 1] !== LINE_FEED) return to;
  return to - 1 > from && bytes[to - 2] === RETURN ? to - 2 : to - 1;
}

function attachmentOf(part: Described, body: Buffer, where: Where): ReadAttachment {
  const size = unwrappedSize(body, part.encoding);
  if (size === null) throw NOT_ORDINARY;
  const named = part.type === "application/octet-stream" && part.name !== "";
  const type = named ? typeByName(part.name) : part.type;
  const within = isWithin({
    contentType: type,
    ...(part.disposition === null ? {} : { contentDisposition: part.disposition }),
    ...(part.name === "" ? {} : { filename: part.name }),
    ...(part.hasId ? { cid: "" } : {}),
    related: part.hasId && where.related,
  });
  return { name: part.name, type, size, within };
}

function textOfPart({ params, encoding }: Described, body: Buffer): string {
  const plain = unwrapped(body, encoding);
  if (plain === null) throw NOT_ORDINARY;
  const flowed = params.format?.toLowerCase().trim() === "flowed";
  const bytes = flowed ? flowedText(plain, params.delsp?.toLowerCase().trim() === "yes") : plain;
  const text = inCharset(bytes, params.charset || "utf-8");
  if (text === null) throw NOT_ORDINARY;
  return text.replace(/\r\n/g, "\n");
}
