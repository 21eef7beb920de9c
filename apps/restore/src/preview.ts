// What would be sent to an account, before anything is: by size and header against what its mailboxes hold and what its server takes. Pure.
// What only bytes decide is told as such (C4, G2). It must never promise more than the push does: that one meets before it sends.
import type { Sendable } from "@packetboat/archive";
import { bytes, count, plural } from "@packetboat/terminal";

/** A message that a server holds. */
export interface HeldThere {
  readonly size: number;
  /** Null: no header, or none that the server hands out. */
  readonly fingerprint: string | null;
}

export interface Preview {
  readonly toAppend: number;
  readonly bytes: number;
  readonly alreadyThere: number;
  /** Alike by their header; the bytes tell whether they are there. */
  readonly toBeMatched: number;
  readonly tooLarge: number;
}

export const NOTHING_TO_SEND: Preview = { toAppend: 0, bytes: 0, alreadyThere: 0, toBeMatched: 0, tooLarge: 0 };

/** Gives what a mailbox of the archive comes to on the server. `limit`: the largest message that it takes, in bytes; null: not stated. */
export function previewOf(messages: readonly Sendable[], held: readonly HeldThere[], limit: number | null): Preview {
  const there = Map.groupBy(held, ({ fingerprint }) => fingerprint ?? "");
  let preview = NOTHING_TO_SEND;
  for (const [key, alike] of Map.groupBy(messages, ({ fingerprint }) => fingerprint ?? "")) {
    const candidates = there.get(key) ?? [];
    const [only] = alike;
    if (key !== "" && alike.length === 1 && candidates.length === 1 && only?.size === candidates[0]?.size) {
      preview = { ...preview, alreadyThere: preview.alreadyThere + 1 };
      continue;
    }
    const toBeMatched = Math.min(alike.length, candidates.length);
    preview = { ...preview, toBeMatched: preview.toBeMatched + toBeMatched };
    for (const { size } of alike.slice(toBeMatched)) {
      if (limit !== null && size > limit) preview = { ...preview, tooLarge: preview.tooLarge + 1 };
      else preview = { ...preview, toAppend: preview.toAppend + 1, bytes: preview.bytes + size };
    }
  }
  return preview;
}

/** Both together. */
export function bothPreviews(a: Preview, b: Preview): Preview {
  return {
    toAppend: a.toAppend + b.toAppend,
    bytes: a.bytes + b.bytes,
    alreadyThere: a.alreadyThere + b.alreadyThere,
    toBeMatched: a.toBeMatched + b.toBeMatched,
    tooLarge: a.tooLarge + b.tooLarge,
  };
}

/** "312 messages to append (34 MB), 4 already there, 2 too large for this server (50 MB at most)". */
export function previewWords(preview: Preview, limit: number | null): string {
  const { toAppend, alreadyThere, toBeMatched, tooLarge } = preview;
  return [
    `${plural(toAppend, "message")} to append${toAppend > 0 ? ` (${bytes(preview.bytes)})` : ""}`,
    `${count(alreadyThere)} already there`,
    ...(toBeMatched > 0 ? [`${count(toBeMatched)} to be matched by their bytes`] : []),
    ...(tooLarge > 0 ? [`${count(tooLarge)} too large for this server (${bytes(limit ?? 0)} at most)`] : []),
  ].join(", ");
}
