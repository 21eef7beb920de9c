// What can go wrong with a server, as data: a script that a simulated remote follows step by step. A step is each moment at which
// another client, the network or the server itself may act: the start of a call, between SELECT and listing, each page, each message.
// Seeded scripts are the same on every machine. It must never decide anything about mail.
import type { ServerModel } from "./model.ts";

/** A moment of a call. `step` counts over the life of the remote, from 1. */
export interface Point {
  readonly step: number;
  readonly call: "list" | "status" | "observe" | "identify" | "fetch";
  readonly at: "start" | "listing" | "page" | "message" | "end";
  /** The server's name; null for `list`. */
  readonly mailbox: string | null;
}

export type Fault =
  /** The connection breaks at that step, and no new one can be had during this call. The next call works. */
  | { readonly kind: "cut"; readonly step: number }
  /** The server asks for a pause (traps 26, 27). */
  | { readonly kind: "throttle"; readonly step: number }
  /** Another client acts at that step. */
  | { readonly kind: "user"; readonly step: number; readonly act: (model: ServerModel) => void }
  /** FETCH of this UID breaks the connection every time, or `times` times (trap 28). */
  | { readonly kind: "unreadable"; readonly mailbox: string; readonly uid: number; readonly times?: number }
  /** SEARCH or FETCH ends with OK and leaves messages out (trap 44). Default: once. */
  | { readonly kind: "truncatedListing"; readonly mailbox: string; readonly times?: number }
  /** VANISHED names every UID of the mailbox (trap 10: James): candidates, all still there. */
  | { readonly kind: "falseVanished"; readonly mailbox: string }
  /** The server keeps no expunge log: VANISHED names all that is not there below UIDNEXT (RFC 7162 section 3.2.6 allows it). */
  | { readonly kind: "forgottenExpunges"; readonly mailbox: string }
  /** LIST ends with OK and leaves these mailboxes out (trap 22). Default: once. */
  | { readonly kind: "partialList"; readonly omit: readonly string[]; readonly times?: number }
  /** STATUS answers NO. Default: once. */
  | { readonly kind: "statusRefused"; readonly mailbox: string; readonly times?: number }
  /** SELECT answers NO. Default: once. */
  | { readonly kind: "selectRefused"; readonly mailbox: string; readonly times?: number }
  /** A mark that the server does not give (traps 4, 10). `zeroModseq`: HIGHESTMODSEQ 0. */
  | {
      readonly kind: "noUidNext" | "noUidValidity" | "noModseq" | "zeroModseq" | "messagesWithoutModseq" | "wrongSize";
      readonly mailbox: string;
    };

export type FaultKind = Fault["kind"];

/** The faults still to come; counts down those that happen a number of times. */
export class FaultScript {
  private readonly faults: readonly Fault[];
  private readonly used = new Map<Fault, number>();

  constructor(faults: readonly Fault[]) {
    this.faults = faults;
  }

  /** Those that are due at a step. */
  at(step: number): readonly Extract<Fault, { step: number }>[] {
    return this.faults.filter(
      (fault): fault is Extract<Fault, { step: number }> => "step" in fault && fault.step === step,
    );
  }

  /** Whether a standing fault holds for a mailbox. */
  holds(kind: FaultKind, mailbox: string): boolean {
    return this.faults.some((fault) => fault.kind === kind && "mailbox" in fault && fault.mailbox === mailbox);
  }

  /** Takes one use of a fault of this kind that `fits`. Null: none is left. */
  take<Kind extends FaultKind>(
    kind: Kind,
    fits: (fault: Extract<Fault, { kind: Kind }>) => boolean,
    timesByDefault: number,
  ): Extract<Fault, { kind: Kind }> | null {
    for (const fault of this.faults) {
      if (fault.kind !== kind) continue;
      const found = fault as Extract<Fault, { kind: Kind }>;
      const times = "times" in found && found.times !== undefined ? found.times : timesByDefault;
      const used = this.used.get(fault) ?? 0;
      if (used >= times || !fits(found)) continue;
      this.used.set(fault, used + 1);
      return found;
    }
    return null;
  }
}
