// How a mailbox is looked at in this run: not at all, by a delta, or completely. The whole incremental cost (I1 to I5) is decided here.
// It must never let a delta start from marks that the server has left behind (U2).
import type { MailboxBase } from "../base.ts";
import type { Policy } from "../link.ts";
import type { Marks } from "../mailbox.ts";
import type { CompleteMarks, Look } from "../observation.ts";
import type { RemoteCapabilities } from "../ports.ts";

export type LookDecision =
  /** I1: nothing changed, nothing pending: no SELECT. */
  | { readonly kind: "unchanged" }
  | { readonly kind: "look"; readonly look: Look }
  /** U1: all base rows are matched again. U4: no UIDVALIDITY to trust, so this happens in every run. */
  | { readonly kind: "rekey" }
  /** The server refused STATUS: an error of this mailbox, never an absence (B5). */
  | { readonly kind: "unreadable" };

/** Null unless a delta may start from these marks. HIGHESTMODSEQ 0 means that the mailbox keeps none (trap 10). */
export function completeMarks(marks: Marks | null): CompleteMarks | null {
  if (marks === null) return null;
  const { uidValidity, uidNext, highestModseq, messages } = marks;
  if (uidValidity === null || uidNext === null || messages === null) return null;
  if (highestModseq === null || highestModseq === 0n) return null;
  return { uidValidity, uidNext, highestModseq, messages };
}

function ranBackwards(before: Marks, now: Marks): boolean {
  if (before.uidNext !== null && now.uidNext !== null && now.uidNext < before.uidNext) return true;
  return before.highestModseq !== null && now.highestModseq !== null && now.highestModseq < before.highestModseq;
}

function sameMarks(before: CompleteMarks, now: CompleteMarks): boolean {
  return (
    before.uidValidity === now.uidValidity &&
    before.uidNext === now.uidNext &&
    before.highestModseq === now.highestModseq &&
    before.messages === now.messages
  );
}

/** Decides the look. `base` is null at first contact. `now` in milliseconds since 1970. */
export function decideLook(
  base: MailboxBase | null,
  status: Marks | null,
  capabilities: RemoteCapabilities,
  policy: Policy,
  now: number,
): LookDecision {
  if (status === null) return { kind: "unreadable" };
  const known = base !== null && base.marks !== null;
  if (status.uidValidity === null || status.uidValidity === 0n) return { kind: "rekey" };
  if (base !== null && base.uidValidity !== status.uidValidity) return { kind: "rekey" };
  if (base?.resting) return { kind: "rekey" }; // B8: it comes back into sight
  if (!known) return { kind: "look", look: { kind: "list" } };
  const flags: LookDecision = { kind: "look", look: { kind: "flags" } };
  const before = base.marks as Marks;
  if (ranBackwards(before, status)) return flags; // U2
  // I5. A time that lies as far in the future was taken from a wrong clock: it must not put the complete look off for ever.
  if (base.completeAt === null || Math.abs(now - base.completeAt) >= policy.completeEvery) return flags;
  const from = completeMarks(before);
  const to = completeMarks(status);
  if (capabilities.condstore && from !== null && to !== null) {
    if (base.pending === 0 && sameMarks(from, to)) return { kind: "unchanged" };
    return { kind: "look", look: { kind: "delta", since: from } };
  }
  const quiet = before.uidNext !== null && before.uidNext === status.uidNext && before.messages === status.messages;
  if (quiet && base.pending === 0 && now - base.completeAt < policy.flagScanEvery) return { kind: "unchanged" };
  return flags; // I3: without CONDSTORE one FETCH of UID and FLAGS tells
}
