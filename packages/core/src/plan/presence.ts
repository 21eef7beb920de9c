// Who arrived and who is gone, once a look has ended: sets of UIDs compared, nothing more. What a delta leaves open is named, so that it can
// be asked for by UID. It must never call absent what was neither missing from a proved listing nor asked for (M1).
import type { Pending } from "../base.ts";
import type { ObservationPart } from "../observation.ts";
import { intersectUids, NO_UIDS, subtractUids, type UidSet, uidSet, unionUids } from "../uidset.ts";

export interface Presence {
  /** On the server, not in the base, and not waiting for a retry or an approval. */
  readonly arrived: UidSet;
  /** Missing from a listing that was proved complete. */
  readonly gone: UidSet;
  /** Called VANISHED and asked for once: those among them that the base holds are gone (trap 10: the others never were ours). */
  readonly vanished: UidSet;
  /** Held removals (G1), and rows above the delta's marks that it did not show: absent only if the server says so when asked by UID. */
  readonly doubtful: UidSet;
  /** Held removals that the listing shows: they are back, and nothing is held any more. */
  readonly returned: UidSet;
}

/**
 * Compares the end of a look with what the base knows. After a delta `bound` holds at least every UID from the delta's UIDNEXT upwards:
 * a killed run may have bound messages above those marks that are gone again, and no delta ever names them.
 */
export function judgePresence(
  bound: UidSet,
  pending: readonly Pending[],
  end: Extract<ObservationPart, { kind: "end" }>,
): Presence {
  const uidsOf = (removal: boolean): UidSet =>
    uidSet(pending.filter((row) => (row.kind === "removal") === removal).map((row) => row.uid));
  const held = uidsOf(true);
  const present = end.listed ?? end.arrived;
  const arrived = subtractUids(subtractUids(present, bound), uidsOf(false));
  if (end.listed !== null) {
    const gone = subtractUids(bound, end.listed);
    return { arrived, gone, vanished: NO_UIDS, doubtful: NO_UIDS, returned: intersectUids(held, end.listed) };
  }
  const unseen = subtractUids(subtractUids(bound, end.arrived), end.vanished);
  return { arrived, gone: NO_UIDS, vanished: end.vanished, doubtful: unionUids(held, unseen), returned: NO_UIDS };
}

/** What becomes of pending messages in this run: `retry` is tried once more (C6, or approved), `held` waits for its approval (G3). */
export function retriesOf(
  pending: readonly Pending[],
  approved: UidSet,
): { readonly retry: UidSet; readonly held: UidSet } {
  const uidsOf = (kind: Pending["kind"]): UidSet =>
    uidSet(pending.filter((row) => row.kind === kind).map((row) => row.uid));
  const additions = uidsOf("addition");
  return {
    retry: unionUids(uidsOf("fetch"), intersectUids(additions, approved)),
    held: subtractUids(additions, approved),
  };
}
