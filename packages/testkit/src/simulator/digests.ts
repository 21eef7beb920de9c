// The three digests of a message, worked out a second time and the plain way, from what rules C1 and C4 say of them: a mistake in core's
// fast version shows as a difference in the contract. It must never call core's.
import { createHash } from "node:crypto";
import type { Digest, Digests } from "@packetboat/core";

const HEADER_LIMIT = 1_048_576;

const sha256 = (bytes: Buffer): Digest => createHash("sha256").update(bytes).digest("hex");

/** The header's text: all lines before the first empty one. */
function headerOf(text: string): string {
  if (/^\r?\n/.test(text)) return "";
  const end = /\n\r?\n/.exec(text);
  return (end === null ? text : text.slice(0, end.index + 1)).slice(0, HEADER_LIMIT);
}

/** Gives SHA-256, canonical digest and fingerprint of a message. */
export function judgeDigests(bytes: Buffer): Digests {
  const text = bytes.toString("latin1").replaceAll("\0", "\x80");
  const canonical = text.replace(/\r\r\n|\r\n|\r|\n/g, "\r\n");
  const unfolded = headerOf(text)
    .replace(/(?:[ \t]*[\r\n]+[ \t]+)+/g, " ")
    .replace(/[\r\n]+/g, "\n")
    .replace(/[\n ]+$/, "");
  return {
    sha256: sha256(bytes),
    canonical: sha256(Buffer.from(canonical, "latin1")),
    fingerprint: unfolded === "" ? null : sha256(Buffer.from(unfolded, "latin1")),
  };
}
