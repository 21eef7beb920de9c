// Opens a mailbox read-only and says what the server said of it. Marks are those of this answer, before anything is fetched (S3).
// It must never use SELECT: \Recent and \Seen belong to the people who read there (trap 43).
import type { Marks } from "@packetboat/core";
import { Refused, uidValidityChanged } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { askStatus, isCourier, mailboxArgument, whyRefused } from "./list.ts";
import { announcesModseq, modseqOf, nothingSeen, noting, type Seen, showsModseq } from "./opening.ts";
import { numberOf } from "./tokens.ts";

export interface Opened {
  readonly marks: Marks;
  /** EXISTS; the count that a listing must reach (M1). */
  readonly exists: number;
  /** MODSEQ can be asked for (trap 10: asking elsewhere breaks some servers). */
  readonly modseq: boolean;
}

/** QRESYNC is switched on before the first mailbox is opened (RFC 5161), once for a connection. */
export async function enable(gate: Gate): Promise<void> {
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
  const seen = nothingSeen();
  gate.selected = null;
  try {
    await gate.command("EXAMINE", {
      args: [mailboxArgument(wire), ...(plain ? [[{ type: "ATOM", value: "CONDSTORE" }]] : [])],
      on: {
        ...noting(seen),
        RECENT: (answer) => {
          if (isCourier(gate.capabilities) && numberOf({ value: answer.command }) !== 0) seen.unnumbered = true;
        },
      },
    });
  } catch (error) {
    if (error instanceof Refused) throw await whyRefused(gate, wire, error);
    throw error;
  }
  gate.changes = 0;
  if (seen.unnumbered) seen.uidValidity = null;
  gate.selected = { name, uidValidity: seen.uidValidity, modseq: showsModseq(gate, seen), writing: null };
  return seen;
}

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
  const { uidValidity, exists } = seen;
  return {
    marks: { uidValidity, uidNext: seen.uidNext ?? uidNext, highestModseq: modseqOf(seen), messages: exists },
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
