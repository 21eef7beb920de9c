// Our own reading of headers, for messages that mailparser does not take: lines, encoded words, addresses, parameters. Pure, and linear in
// the header's length. What is broken is given as it stands. It must never fail, whatever the bytes are.
import type { ShownAddress } from "@packetboat/search";

/** Bytes of a header that are read. */
const HEADER_BYTES = 1_048_576;

export interface Header {
  /** In lower case, the first of each name; unfolded, in Latin-1 or UTF-8, whichever the bytes are. */
  readonly fields: ReadonlyMap<string, string>;
  /** Where the body begins. */
  readonly bodyAt: number;
}

/** Reads the header that begins at `at`. */
export function headerAt(bytes: Buffer, at: number, end: number): Header {
  const fields = new Map<string, string>();
  let name = "";
  let value: string[] = [];
  const close = (): void => {
    if (name !== "" && !fields.has(name)) fields.set(name, value.join(" "));
    name = "";
    value = [];
  };
  let next = at;
  while (next < end && next - at < HEADER_BYTES) {
    const newline = bytes.indexOf(10, next);
    const stop = newline === -1 || newline >= end ? end : newline;
    const line = bytes.subarray(next, stop > next && bytes[stop - 1] === 13 ? stop - 1 : stop);
    next = Math.min(end, stop + 1);
    if (line.length === 0) break;
    if (line[0] === 32 || line[0] === 9) value.push(textOf(line).trim());
    else {
      close();
      const colon = line.indexOf(58);
      if (colon > 0 && colon < 100) {
        name = line.toString("latin1", 0, colon).trim().toLowerCase();
        value = [textOf(line.subarray(colon + 1)).trim()];
      }
    }
  }
  close();
  return { fields, bodyAt: next };
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** UTF-8 where it is, else Latin-1, in which every byte is a character. */
function textOf(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return bytes.toString("latin1");
  }
}

/** Text of a character set by its name; one that nobody knows is read as UTF-8. */
export function decoded(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset.trim() || "utf-8").decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

/** RFC 2047. Blanks between two encoded words are none. */
export function decodedWords(text: string): string {
  return text
    .replace(/(=\?[^?\s]{1,60}\?[bq]\?[^?\s]*\?=)\s+(?==\?[^?\s]{1,60}\?[bq]\?)/gi, "$1")
    .replace(
      /=\?([^?\s*]{1,60})(?:\*[^?\s]*)?\?([bq])\?([^?\s]*)\?=/gi,
      (_, charset: string, kind: string, word: string) =>
        decoded(
          kind.toLowerCase() === "b" ? Buffer.from(word, "base64") : quotedBytes(word.replaceAll("_", " ")),
          charset,
        ),
    );
}

/** Undoes =XX; soft line breaks have to be gone. */
export function quotedBytes(text: string): Buffer {
  return Buffer.from(
    text.replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
}

/** What a header with addresses holds: commas outside of quotes and angle brackets part them. */
export function addressesOf(text: string): readonly ShownAddress[] {
  const all: ShownAddress[] = [];
  let from = 0;
  let quoted = false;
  let angled = false;
  for (let i = 0; i <= text.length; i++) {
    const character = text[i];
    if (character === '"') quoted = !quoted;
    else if (character === "<") angled = true;
    else if (character === ">") angled = false;
    if (i < text.length && (quoted || angled || (character !== "," && character !== ";"))) continue;
    const address = addressOf(text.slice(from, i));
    if (address !== null) all.push(address);
    from = i + 1;
  }
  return all;
}

function addressOf(text: string): ShownAddress | null {
  const open = text.lastIndexOf("<");
  const close = text.indexOf(">", open);
  if (open === -1) {
    const bare = text.trim();
    if (bare === "") return null;
    return bare.includes("@") ? { name: "", address: bare } : { name: unquoted(bare), address: "" };
  }
  return {
    name: unquoted(text.slice(0, open)),
    address: text.slice(open + 1, close === -1 ? undefined : close).trim(),
  };
}

const unquoted = (text: string): string => decodedWords(text.trim().replace(/^"|"$/g, "").replace(/\\(.)/g, "$1"));

export interface Parameterized {
  /** In lower case. */
  readonly value: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Content-Type and Content-Disposition. RFC 2231 pieces are joined, their encoding is undone. */
export function parameterized(text: string): Parameterized {
  const [value = "", ...rest] = text
    .slice(0, 10_000)
    .split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/)
    .slice(0, 200);
  const parameters = new Map<string, string>();
  for (const part of rest) {
    const equals = part.indexOf("=");
    if (equals === -1) continue;
    const key = part.slice(0, equals).trim().toLowerCase();
    const plain = part
      .slice(equals + 1)
      .trim()
      .replace(/^"|"$/g, "")
      .replace(/\\(.)/g, "$1");
    const [, name = key, encoded = ""] = /^([^*]+)(?:\*\d+)?(\*?)$/.exec(key) ?? [];
    const piece = encoded === "*" ? percent(plain) : decodedWords(plain);
    parameters.set(name, (parameters.get(name) ?? "") + piece);
  }
  return { value: value.trim().toLowerCase(), parameters };
}

/** utf-8'en'a%20b */
function percent(text: string): string {
  const [, charset = "utf-8", word = text] = /^([^']*)'[^']*'(.*)$/s.exec(text) ?? [];
  return decoded(quotedBytes(word.replaceAll("=", "=3D").replace(/%(?=[0-9a-f]{2})/gi, "=")), charset);
}
