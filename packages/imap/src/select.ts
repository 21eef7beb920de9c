// Opens a mailbox read-write and keeps it open between calls: what every change of a message goes through. Leaving it must never expunge:
// UNSELECT, never CLOSE of what was opened so (M6).
import { Refused, uidValidityChanged } from "./errors.ts";
import { enable } from "./examine.ts";
import type { Gate } from "./gate.ts";
import { isCourier, mailboxArgument, whyRefused, wireOf } from "./list.ts";
import { announcesModseq, nothingSeen, noting, showsModseq } from "./opening.ts";
import { responseCode } from "./tokens.ts";
import { readOnly } from "./write-errors.ts";

/** A mailbox that may be written to, on this gate. */
export interface Writable {
  readonly uidValidity: bigint | null;
  /** As the server stated them; null: not stated. */
  readonly permanentFlags: readonly string[] | null;
  readonly modseq: boolean;
  /** The server is Courier (sendable.ts). */
  readonly courier: boolean;
}

async function select(gate: Gate, name: string, wire: string): Promise<void> {
  await enable(gate);
  const plain = gate.qresync !== true && announcesModseq(gate);
  const seen = nothingSeen();
  gate.selected = null;
  let ended: ReturnType<typeof responseCode>;
  try {
    const args = [mailboxArgument(wire), ...(plain ? [[{ type: "ATOM", value: "CONDSTORE" }]] : [])];
    ended = responseCode(await gate.command("SELECT", { args, on: noting(seen) }));
  } catch (error) {
    if (error instanceof Refused) throw await whyRefused(gate, wire, error);
    throw error;
  }
  gate.changes = 0;
  const { uidValidity, permanentFlags } = seen;
  const writing = ended?.name === "READ-ONLY" ? null : { permanentFlags };
  gate.selected = { name, uidValidity, modseq: showsModseq(gate, seen), writing };
}

/**
 * Opens a mailbox read-write unless it is. Throws MAILBOX_GONE, MAILBOX_UNREADABLE, OP_REFUSED (scope mailbox) where it is read-only, and
 * UIDVALIDITY_CHANGED: nothing was changed then.
 */
export async function ensureWritable(
  gate: Gate,
  name: string,
  wire: string,
  uidValidity: bigint | null,
): Promise<Writable> {
  if (gate.selected?.name !== name || gate.selected.writing === null) await select(gate, name, wire);
  const { selected } = gate;
  if (uidValidity !== null && selected?.uidValidity !== uidValidity) throw uidValidityChanged();
  if (!selected?.writing) throw readOnly();
  return {
    uidValidity: selected.uidValidity,
    permanentFlags: selected.writing.permanentFlags,
    modseq: selected.modseq,
    courier: isCourier(gate.capabilities),
  };
}

/** Closes what is open on this gate, and nothing else happens to it. */
export async function leave(gate: Gate, wires: ReadonlyMap<string, string>): Promise<void> {
  const { selected } = gate;
  if (selected === null) return;
  gate.selected = null;
  if (gate.capabilities.has("UNSELECT")) {
    await gate.command("UNSELECT");
    return;
  }
  // Without UNSELECT: opened anew read-only, CLOSE expunges nothing (RFC 3501, 6.4.2).
  try {
    await gate.command("EXAMINE", { args: [mailboxArgument(wireOf(selected.name, wires))] });
    await gate.command("CLOSE");
  } catch (error) {
    // A refused EXAMINE leaves nothing open (RFC 3501, 6.3.1).
    if (!(error instanceof Refused)) throw error;
  }
}
