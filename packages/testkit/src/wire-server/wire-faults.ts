// What can go wrong at the wire, as data. `command` patterns see the line of the command without its tag ("UID FETCH 1:9 (…)"); the
// first fault that fits and is not used up happens. It must never decide anything that the fault does not say.
import type { ServerModel } from "../simulator/model.ts";

/** Default of `times`: for ever. */
interface Times {
  readonly times?: number;
}

export type WireFault = Times &
  (
    | {
        /** The connection ends in the middle of this message's body. */ readonly kind: "cutLiteral";
        readonly uid: number;
      }
    /** FETCH of a set with this UID: those before it are answered, then NO. `text` follows it. Default: "cannot read this message". */
    | { readonly kind: "refuseFetch"; readonly uid: number; readonly text?: string }
    /** FETCH answers OK and says nothing of this message; or NIL for its body. */
    | { readonly kind: "skipFetch" | "nilBody"; readonly uid: number }
    /** Every FETCH answer is sent twice. */
    | { readonly kind: "repeatFetch" }
    /** RFC822.SIZE is off by this. */
    | { readonly kind: "wrongSize"; readonly by: number }
    /** VANISHED (EARLIER) names every UID below UIDNEXT (trap 10). */
    | { readonly kind: "falseVanished" }
    /** NOMODSEQ; HIGHESTMODSEQ 0; FETCH without MODSEQ (trap 10). */
    | { readonly kind: "noModseq" | "zeroModseq" | "fetchWithoutModseq" }
    /** SEARCH leaves out the last half; FETCH 1:* too (trap 44). */
    | { readonly kind: "truncatedSearch" | "truncatedFetch" }
    /** Not in SELECT (Courier); not in STATUS either. */
    | { readonly kind: "selectWithoutUidNext" | "noUidNext" }
    /** Trap 4: 0; not given; another in every session. */
    | { readonly kind: "zeroUidValidity" | "noUidValidity" | "unstableUidValidity" }
    /** LIST ends with OK and leaves these names out (trap 22). */
    | { readonly kind: "partialList"; readonly omit: readonly string[] }
    /** Raw lines among the answers of a command. They end with CRLF, or not. */
    | { readonly kind: "inject"; readonly command: RegExp; readonly text: string }
    /** Untagged lines without end, or one line without end, instead of an answer. */
    | { readonly kind: "flood"; readonly command: RegExp; readonly text: string }
    /** The tagged answer is this, and nothing is done: "NO [UNAVAILABLE] try later", "BAD Request is throttled. …". */
    | { readonly kind: "answer"; readonly command: RegExp; readonly text: string }
    /** BYE with this text, and the end. */
    | { readonly kind: "bye"; readonly command: RegExp; readonly text: string }
    /** The connection ends before the command is done, or after and before its tagged answer. */
    | { readonly kind: "cut"; readonly command: RegExp; readonly when: "before" | "after" }
    /** No answer, and the connection stays. */
    | { readonly kind: "hang"; readonly command: RegExp }
    /** Another client acts just before the command is done, or just after. */
    | {
        readonly kind: "user";
        readonly command: RegExp;
        readonly when?: "after";
        readonly act: (model: ServerModel) => void;
      }
  );

export type WireFaultKind = WireFault["kind"];

/** The faults of one server; connections share them, as they share the server. */
export class WireFaults {
  private readonly faults: readonly WireFault[];
  private readonly used = new Map<WireFault, number>();

  constructor(faults: readonly WireFault[]) {
    this.faults = faults;
  }

  /** Takes one use of a fault of this kind that `fits`. Null: none is left. */
  take<Kind extends WireFaultKind>(
    kind: Kind,
    fits: (fault: Extract<WireFault, { kind: Kind }>) => boolean = () => true,
  ): Extract<WireFault, { kind: Kind }> | null {
    for (const fault of this.faults) {
      if (fault.kind !== kind) continue;
      const found = fault as Extract<WireFault, { kind: Kind }>;
      const used = this.used.get(fault) ?? 0;
      if (used >= (fault.times ?? Number.POSITIVE_INFINITY) || !fits(found)) continue;
      this.used.set(fault, used + 1);
      return found;
    }
    return null;
  }

  /** The same for faults of a command. */
  on<Kind extends "inject" | "flood" | "answer" | "bye" | "cut" | "hang" | "user">(
    kind: Kind,
    line: string,
    also: (fault: Extract<WireFault, { kind: Kind }>) => boolean = () => true,
  ): Extract<WireFault, { kind: Kind }> | null {
    return this.take(kind, (fault) => (fault as { readonly command: RegExp }).command.test(line) && also(fault));
  }
}
