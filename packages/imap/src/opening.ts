// What a server says of a mailbox while it is opened, read-only or read-write: the answers of EXAMINE and SELECT as values.
// It must never send anything: examine.ts and select.ts do.
import type { Gate } from "./gate.ts";
import { positive } from "./mailbox-lines.ts";
import { type Answer, bigintOf, isList, numberOf, responseCode, textsOf } from "./tokens.ts";

/** A field is null where the server did not give it, or gave nonsense. */
export interface Seen {
  uidValidity: bigint | null;
  uidNext: number | null;
  highestModseq: bigint | null;
  exists: number | null;
  noModseq: boolean;
  /** UIDs of this session mean nothing in the next one (U4). */
  unnumbered: boolean;
  /** As they came, `\*` included. Null: not stated, so anything may be tried (RFC 3501, 7.1). */
  permanentFlags: readonly string[] | null;
}

export function nothingSeen(): Seen {
  return {
    uidValidity: null,
    uidNext: null,
    highestModseq: null,
    exists: null,
    noModseq: false,
    unnumbered: false,
    permanentFlags: null,
  };
}

function note(seen: Seen, answer: Answer): void {
  const code = responseCode(answer);
  const value = code?.rest[0];
  switch (code?.name) {
    case "UIDVALIDITY":
      seen.uidValidity = positive(bigintOf(value));
      return;
    case "UIDNEXT":
      seen.uidNext = numberOf(value, 4_294_967_296) || null;
      return;
    case "HIGHESTMODSEQ":
      seen.highestModseq = positive(bigintOf(value));
      return;
    case "NOMODSEQ":
      seen.noModseq = true;
      return;
    case "UIDNOTSTICKY":
      seen.unnumbered = true;
      return;
    case "PERMANENTFLAGS":
      if (isList(value)) seen.permanentFlags = textsOf(value);
      return;
    default:
  }
}

/** Handlers of the untagged answers that belong to an opening. */
export function noting(seen: Seen) {
  return {
    OK: (answer: Answer) => note(seen, answer),
    EXISTS: (answer: Answer) => {
      seen.exists = numberOf({ value: answer.command }) ?? seen.exists;
    },
  };
}

export const announcesModseq = (gate: Gate): boolean =>
  gate.capabilities.has("CONDSTORE") || gate.capabilities.has("QRESYNC");

/** HIGHESTMODSEQ, unless the server says that the mailbox has none. */
export const modseqOf = (seen: Seen): bigint | null => (seen.noModseq ? null : seen.highestModseq);

/** MODSEQ can be asked for (trap 10: asking elsewhere breaks some servers). */
export const showsModseq = (gate: Gate, seen: Seen): boolean => announcesModseq(gate) && modseqOf(seen) !== null;
