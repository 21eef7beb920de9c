// A message that was read back after APPEND: is it as it was sent, did the server rewrite it, or is it another one, so that the server named a
// wrong UID (C5, S2). Pure. It must never call another message a rewritten one because a body or a subject happens to be the same.
import type { Digest, Digests } from "./digest.ts";
import { contentOf, lineEndsApart, messageIdOf } from "./hints.ts";

/** So many messages of an account are read back to find out whether its server rewrites. */
export const READ_BACK_FIRST = 10;
/** Larger ones are not read for that: it is to cost nothing that anybody notices. In bytes. */
export const READ_BACK_MOST_BYTES = 1_048_576;

/** What was sent. */
export interface SentBytes {
  readonly bytes: Buffer;
  readonly sha256: Digest;
  readonly canonical: Digest;
  readonly fingerprint: Digest | null;
}

/** Judges what a UID shows that an APPEND is said to have made. */
export function judgeReadBack(
  sent: SentBytes,
  shown: { readonly bytes: Buffer; readonly digests: Digests },
): "same" | "rewritten" | "another" {
  const { bytes, digests } = shown;
  if (sent.sha256 === digests.sha256) return "same";
  if (sent.canonical === digests.canonical) return "rewritten";
  if (sent.fingerprint !== null && sent.fingerprint === digests.fingerprint) return "rewritten";
  if (lineEndsApart(sent.bytes, sent.canonical) === lineEndsApart(bytes, digests.canonical)) return "rewritten";
  // The header was rewritten (Cyrus puts X for raw 8-bit characters), or it is another message.
  const [before, after] = [plainId(sent.bytes), plainId(bytes)];
  if (before !== null && after !== null) return before === after ? "rewritten" : "another";
  const content = contentOf(sent.bytes);
  return content !== null && content === contentOf(bytes) ? "rewritten" : "another";
}

/** A Message-ID as a server gives it back that puts X for what is not ASCII. */
function plainId(bytes: Buffer): string | null {
  return messageIdOf(bytes)?.replaceAll(/[^ -~]/g, "X") ?? null;
}
