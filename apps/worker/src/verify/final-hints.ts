// What a copy is recognised by whose header a server rewrote: its Message-ID, and the bytes behind its header. Hints: with the same
// INTERNALDATE they name a pair that is then called altered. Pure. It must never let two messages pass as equal (C4), nor parse MIME.
import { hash } from "node:crypto";
import { canonicalForm, type Digest } from "@packetboat/core";

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

/** Gives the digest of what is behind the header, line ends folded; null where there is nothing. */
export function contentOf(bytes: Buffer): Digest | null {
  const form = canonicalForm(bytes);
  const at = form.indexOf("\r\n\r\n");
  const content = at === -1 ? null : form.subarray(at + 4);
  return content === null || content.length === 0 ? null : hash("sha256", content, "hex");
}
