// What can go wrong with a server, as data: a script that a simulated remote follows step by step. A step is each moment at which
// another client, the network or the server itself may act: the start of a call, between SELECT and listing, each page, each message.
// Seeded scripts are the same on every machine. It must never decide anything about mail.
import type { ServerModel } from "./model.ts";

/** A moment of a call. `step` counts over the life of the remote, from 1. */
export interface Point {
  readonly step: number;
  readonly call: "list" | "status" | "observe" | "identify" | "fetch" | WritingCall;
  /** Of a writing call: `message`: before a message, or what a command names, takes effect. `effect`: done, and the answer not sent. */
  readonly at: "start" | "listing" | "page" | "message" | "effect" | "end";
  /** The server's name; null for `list`. */
  readonly mailbox: string | null;
}

/** Calls that change something on the server. */
export type WritingCall = "append" | "store" | TransferCall | TreeCall;
export type TransferCall = "move" | "copy" | "expunge";
export type TreeCall = "create" | "rename" | "remove" | "subscribe";

/** What can go wrong while something is written. Without `mailbox`: in any of them. */
export type WriteFault =
  /**
   * The connection breaks the `nth` time that a call comes to that moment (default: the first), and no new one can be had during this
   * call. At `message` nothing was done; at `effect` it was done, and the answer is lost.
   */
  | {
      readonly kind: "cutAt";
      readonly call: Point["call"];
      readonly at: Point["at"];
      readonly nth?: number;
    }
  /** APPEND answers NO: to messages of more than `over` bytes, each time; without `over` to any message, once by default. */
  | { readonly kind: "appendRefused"; readonly mailbox?: string; readonly over?: number; readonly times?: number }
  /** APPEND and COPY answer NO [OVERQUOTA] (trap 25). Default: once. */
  | { readonly kind: "overQuota"; readonly times?: number }
  /** STORE answers NO. Default: once. */
  | { readonly kind: "storeRefused"; readonly mailbox?: string; readonly times?: number }
  /** Any of these commands answers NO; of RENAME and COPY the mailbox is the one that is renamed or copied from. Default: once. */
  | {
      readonly kind: "commandRefused";
      readonly call: TransferCall | TreeCall;
      readonly mailbox?: string;
      readonly times?: number;
    }
  /**
   * APPENDUID lies (trap 2): a UID that is older than the mailbox's UIDNEXT, another UIDVALIDITY, or the UID just before: of somebody else's
   * message, where one came in that moment. Default: once.
   */
  | {
      readonly kind: "wrongAppendUid";
      readonly mailbox?: string;
      readonly how: "low" | "validity" | "neighbour";
      readonly times?: number;
    }
  /** C7: a message whose bytes the mailbox holds already is taken with OK and thrown away (trap 14); APPENDUID names the older one, or none. */
  | { readonly kind: "mergedAppend"; readonly mailbox?: string; readonly uid: "existing" | "none" }
  /** Keywords are taken with OK and not kept (traps 16, 17), whatever PERMANENTFLAGS says. */
  | { readonly kind: "droppedKeywords"; readonly mailbox?: string }
  /** C5: APPEND makes CRLF of a bare LF, as Dovecot does; puts X for raw 8-bit characters in headers, as Cyrus does. Default: line ends. */
  | { readonly kind: "rewrites"; readonly what?: "lineEnds" | "header" };

export type Fault =
  | WriteFault
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

/** Whether a fault of some or any mailbox is one of this mailbox. */
export function concerns(fault: { readonly mailbox?: string | undefined }, mailbox: string): boolean {
  return fault.mailbox === undefined || fault.mailbox === mailbox;
}

/** The faults still to come; counts down those that happen a number of times. */
export class FaultScript {
  private readonly faults: readonly Fault[];
  private readonly used = new Map<Fault, number>();
  private readonly passed = new Map<Fault, number>();

  constructor(faults: readonly Fault[]) {
    this.faults = faults;
  }

  /** Those that are due at a step. */
  at(step: number): readonly Extract<Fault, { step: number }>[] {
    return this.faults.filter(
      (fault): fault is Extract<Fault, { step: number }> => "step" in fault && fault.step === step,
    );
  }

  /** Whether the connection breaks at this moment of a call; each asking is one passing of the moment. */
  cuts(call: Point["call"], at: Point["at"]): boolean {
    let cut = false;
    for (const fault of this.faults) {
      if (fault.kind !== "cutAt" || fault.call !== call || fault.at !== at) continue;
      const passed = (this.passed.get(fault) ?? 0) + 1;
      this.passed.set(fault, passed);
      cut ||= passed === (fault.nth ?? 1);
    }
    return cut;
  }

  /** Whether a standing fault holds for a mailbox. */
  holds(kind: FaultKind, mailbox: string): boolean {
    return this.faults.some((fault) => fault.kind === kind && (!("mailbox" in fault) || concerns(fault, mailbox)));
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
