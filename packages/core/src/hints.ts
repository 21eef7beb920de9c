// What a body is known by beside its digests: its form apart from line ends, what is behind its header, its Message-ID. The latter two are
// hints: they name candidates, and tell a message that a server altered from another one. Pure. It must never parse MIME, nor let a hint make
// two messages equal (C4).
import { canonicalForm, type Digest, sha256 } from "./digest.ts";

const LINE_END = Buffer.from("\r\n");

/** Where a Message-ID is looked for, and the longest that is believed. */
const MAX_HEADER = 65_536;
const MAX_LENGTH = 998;

/** Gives it without its line's folding; null where there is none. */
export function messageIdOf(bytes: Buffer): string | null {
  const text = bytes.subarray(0, MAX_HEADER).toString("latin1");
  const end = /\r?\n\r?\n/.exec(text)?.index ?? text.length;
  const line = /^message-id:[ \t]*(?:\r?\n[ \t]+)?([^\r\n]+)/im.exec(text.slice(0, end))?.[1]?.trim();
  if (line === undefined || line === "" || line.length > MAX_LENGTH) return null;
  // A copy: a slice would keep the whole header in memory for as long as the id is kept.
  return Buffer.from(line, "latin1").toString("latin1");
}

const isClosed = (form: Buffer): boolean => form.subarray(-LINE_END.length).equals(LINE_END);

/** SHA-256 with a last line end, whether there is one or not. */
function closedDigest(form: Buffer): Digest {
  return sha256(isClosed(form) ? form : Buffer.concat([form, LINE_END]));
}

/**
 * Gives the digest that is equal for messages which are equal but for line ends (C5): the canonical one, where the message ends with a line
 * end, else that of the message with one. Some servers (Courier) add it when it is missing (trap 31).
 */
export function lineEndsApart(bytes: Buffer, canonical: Digest): Digest {
  const last = bytes.at(-1);
  return last === 10 || last === 13 ? canonical : closedDigest(canonicalForm(bytes));
}

/** Gives the digest of what is behind the header, apart from line ends; null where there is nothing. */
export function contentOf(bytes: Buffer): Digest | null {
  const form = canonicalForm(bytes);
  const at = form.indexOf("\r\n\r\n");
  const content = at === -1 ? null : form.subarray(at + 4);
  return content === null || content.length === 0 ? null : closedDigest(content);
}
