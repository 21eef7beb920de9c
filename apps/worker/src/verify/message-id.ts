// The Message-ID of raw bytes, as a hint: with the same INTERNALDATE it names a copy whose header a server rewrote, and nothing more. Pure.
// It must never decide that two messages are the same (C4), and never parse MIME.

/** Where it is looked for, and the longest that is believed. */
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
