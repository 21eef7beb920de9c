// Opens a mailbox read-only and says what the server said of it. Marks are those of this answer, before anything is fetched (S3).
// It must never use SELECT: \Recent and \Seen belong to the people who read there (trap 43).
import type { Marks } from "@packetboat/core";
import { Refused, uidValidityChanged } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { askStatus, mailboxArgument, recentIsUnnumbered, whyRefused } from "./list.ts";
import { positive } from "./mailbox-lines.ts";
import { type Answer, bigintOf, numberOf, responseCode } from "./tokens.ts";

export interface Opened {
  readonly marks: Marks;
  /** EXISTS; the count that a listing must reach (M1). */
  readonly exists: number;
  /** MODSEQ can be asked for (trap 10: asking elsewhere breaks some servers). */
  readonly modseq: boolean;
}

interface Seen {
  uidValidity: bigint | null;
  uidNext: number | null;
  highestModseq: bigint | null;
  exists: number | null;
  noModseq: boolean;
  /** UIDs of this session mean nothing in the next one (U4). */
  unnumbered: boolean;
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
    default:
  }
}

/** QRESYNC is switched on before the first mailbox is opened (RFC 5161), once for a connection. */
async function enable(gate: Gate): Promise<void> {
  if (gate.qresync !== null) return;
  gate.qresync = false;
  if (!gate.capabilities.has("QRESYNC") || !gate.capabilities.has("ENABLE")) return;
  try {
    await gate.command("ENABLE QRESYNC", {
      on: {
        ENABLED: () => {
          gate.qresync = true;
        },
      },
    });
  } catch (error) {
    // Announced and refused: the mailbox is read without it.
    if (!(error instanceof Refused)) throw error;
  }
}

/** One EXAMINE. Throws MAILBOX_GONE, MAILBOX_UNREADABLE. */
async function open(gate: Gate, name: string, wire: string): Promise<Seen> {
  const plain = gate.qresync !== true && announcesModseq(gate);
  const seen: Seen = {
    uidValidity: null,
    uidNext: null,
    highestModseq: null,
    exists: null,
    noModseq: false,
    unnumbered: false,
  };
  gate.selected = null;
  try {
    await gate.command("EXAMINE", {
      args: [mailboxArgument(wire), ...(plain ? [[{ type: "ATOM", value: "CONDSTORE" }]] : [])],
      on: {
        OK: (answer) => note(seen, answer),
        EXISTS: (answer) => {
          seen.exists = numberOf({ value: answer.command }) ?? seen.exists;
        },
        RECENT: (answer) => {
          if (recentIsUnnumbered(gate.capabilities) && numberOf({ value: answer.command }) !== 0)
            seen.unnumbered = true;
        },
      },
    });
  } catch (error) {
    if (error instanceof Refused) throw await whyRefused(gate, wire, error);
    throw error;
  }
  gate.changes = 0;
  if (seen.noModseq) seen.highestModseq = null;
  if (seen.unnumbered) seen.uidValidity = null;
  gate.selected = { name, uidValidity: seen.uidValidity, modseq: announcesModseq(gate) && seen.highestModseq !== null };
  return seen;
}

const announcesModseq = (gate: Gate): boolean => gate.capabilities.has("CONDSTORE") || gate.capabilities.has("QRESYNC");

/** Opens a mailbox anew. Throws MAILBOX_GONE, MAILBOX_UNREADABLE. */
export async function examine(gate: Gate, name: string, wire: string): Promise<Opened> {
  await enable(gate);
  let seen = gate.statusFirst ? null : await open(gate, name, wire);
  let uidNext = seen?.uidNext ?? null;
  if (seen === null || uidNext === null) {
    // Courier names no UIDNEXT in SELECT. STATUS has it, and is asked before the mailbox is opened: too small costs nothing, too large
    // would hide an arrival for ever (S3).
    gate.statusFirst = true;
    uidNext = (await askStatus(gate, wire).catch(ignoreRefusal))?.marks.uidNext ?? null;
    seen = await open(gate, name, wire);
  }
  const { uidValidity, highestModseq, exists } = seen;
  return {
    marks: { uidValidity, uidNext: seen.uidNext ?? uidNext, highestModseq, messages: exists },
    exists: exists ?? 0,
    modseq: gate.selected?.modseq ?? false,
  };
}

function ignoreRefusal(error: unknown): null {
  if (error instanceof Refused) return null;
  throw error;
}

/** Opens a mailbox unless it is open, and checks that its numbers still mean the same. Throws UIDVALIDITY_CHANGED. */
export async function ensureOpen(gate: Gate, name: string, wire: string, uidValidity: bigint | null): Promise<void> {
  if (gate.selected?.name !== name) await examine(gate, name, wire);
  if (uidValidity !== null && gate.selected?.uidValidity !== uidValidity) throw uidValidityChanged();
}
