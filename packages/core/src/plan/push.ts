// What a server has to be told so that it holds what the archive holds: one decision for each message, from both sides and the base. Plain
// data in, ops out; who carries them out, and in which order, is the engine's affair (S5: copies before removals).
// It must never remove a message without a base row (M1), nor append one that the server once had and lost (membership `gone`).
import type { Placement, PushRow } from "../base.ts";
import { assertNever } from "../errors.ts";
import { type Flags, withoutFlags } from "../flags.ts";
import type { MailboxId, MessageId, RemoteMailboxId, Uid } from "../ids.ts";
import type { Link } from "../link.ts";
import { membership } from "./membership.ts";

/** A presence with its UID. */
export interface Bound extends Placement {
  readonly uid: Uid;
}

/** One thing to be done on the server, or why it is not done. */
export type PushOp =
  | { readonly kind: "append"; readonly row: PushRow; readonly to: RemoteMailboxId; readonly flags: Flags }
  | { readonly kind: "move"; readonly row: PushRow; readonly from: Bound; readonly to: RemoteMailboxId }
  | {
      readonly kind: "store";
      readonly row: PushRow;
      readonly at: Bound;
      readonly add: Flags;
      readonly remove: Flags;
    }
  /** The archive removed it: guards count it (G1). */
  | { readonly kind: "remove"; readonly row: PushRow; readonly at: Bound }
  /** It is in its place by a copy already: the original goes, which is no removal. */
  | { readonly kind: "removeOriginal"; readonly row: PushRow; readonly at: Bound }
  /** M7: the server declares no \Trash; the removal is held back. */
  | { readonly kind: "noTrash"; readonly row: PushRow; readonly at: Bound }
  /** Something would be to do in a mailbox that LIST does not show now: it waits. */
  | { readonly kind: "blocked"; readonly row: PushRow; readonly by: RemoteMailboxId }
  /** Its bytes were erased from the archive for good; nothing can be appended. */
  | { readonly kind: "noBytes"; readonly row: PushRow };

/** Where things are on this link's server. */
export interface PushPlaces {
  /** Remote mailbox of each mailbox of the archive that this link writes to, whether the server shows it now or not. */
  readonly homes: ReadonlyMap<MailboxId, RemoteMailboxId>;
  /** The declared \Trash; null: none (B3). */
  readonly trash: RemoteMailboxId | null;
  /** Those of them that the server shows. What is in no home's mailbox is out of sight (B8): nothing is done there. */
  readonly shown: ReadonlySet<RemoteMailboxId>;
}

const isBound = (placement: Placement): placement is Bound => placement.uid !== null;

/** Plans one message. Deterministic; gives at most one op for each presence. */
export function planPush(link: Link, row: PushRow, places: PushPlaces): readonly PushOp[] {
  const mine = new Set(places.homes.values());
  const bound = row.placements.filter(isBound).filter((at) => mine.has(at.remoteMailboxId));
  const ops = row.live === null ? planTombstone(link, row, bound, places) : planLive(link, row, bound, places);
  return ops.map((op) => {
    const by = placesOf(op).find((id) => !places.shown.has(id));
    return by === undefined ? op : { kind: "blocked", row, by };
  });
}

/** The mailboxes that an op touches. */
function placesOf(op: PushOp): readonly RemoteMailboxId[] {
  switch (op.kind) {
    case "append":
      return [op.to];
    case "move":
      return [op.from.remoteMailboxId, op.to];
    case "noBytes":
      return [];
    case "blocked":
      return [op.by];
    default:
      return [op.at.remoteMailboxId];
  }
}

function planTombstone(link: Link, row: PushRow, bound: readonly Bound[], places: PushPlaces): readonly PushOp[] {
  return bound.flatMap((at): readonly PushOp[] => {
    const decision = membership("bound", "none", "present", link.rights, link.policy.removals);
    if (decision === "remove") return [{ kind: "remove", row, at }];
    if (decision === "trash") return planTrash(row, at, places);
    return [];
  });
}

/** M7: what the policy put into \Trash stays there, bound to its tombstone; what was removed from \Trash itself is expunged. */
function planTrash(row: PushRow, at: Bound, { trash, homes }: PushPlaces): readonly PushOp[] {
  if (trash === null) return [{ kind: "noTrash", row, at }];
  if (at.remoteMailboxId !== trash) return [{ kind: "move", row, from: at, to: trash }];
  const removedFromTrash = row.lastMailboxId !== null && homes.get(row.lastMailboxId) === trash;
  return removedFromTrash ? [{ kind: "remove", row, at }] : [];
}

/** M4: where a message is moved from. One that LIST shows goes first, the others wait as originals; never by the order of the base. */
function originOf(elsewhere: readonly Bound[], shown: ReadonlySet<RemoteMailboxId>): Bound | undefined {
  const hidden = ({ remoteMailboxId }: Bound): number => (shown.has(remoteMailboxId) ? 0 : 1);
  return elsewhere.toSorted((a, b) => hidden(a) - hidden(b) || a.remoteMailboxId - b.remoteMailboxId)[0];
}

function planLive(link: Link, row: PushRow, bound: readonly Bound[], { homes, shown }: PushPlaces): readonly PushOp[] {
  if (row.live === null || !link.rights.push) return [];
  const home = homes.get(row.live.mailboxId);
  // B8: its mailbox is out of this link's sight; so is the message.
  if (home === undefined) return [];
  const there = bound.find((at) => at.remoteMailboxId === home);
  const elsewhere = bound.filter((at) => at.remoteMailboxId !== home);
  if (there !== undefined) {
    const add = withoutFlags(row.live.flags, there.flags);
    const remove = withoutFlags(there.flags, row.live.flags);
    const store: PushOp = { kind: "store", row, at: there, add, remove };
    const originals = elsewhere.map((at): PushOp => ({ kind: "removeOriginal", row, at }));
    return add.length + remove.length > 0 ? [store, ...originals] : originals;
  }
  const from = originOf(elsewhere, shown);
  if (from !== undefined) return [{ kind: "move", row, from, to: home }];
  const state = row.placements.length > 0 ? "gone" : "none";
  const decision = membership(state, "live", "absent", link.rights, link.policy.removals);
  switch (decision) {
    case "push":
      return row.sha256 === null
        ? [{ kind: "noBytes", row }]
        : [{ kind: "append", row, to: home, flags: row.live.flags }];
    case "leave":
      return [];
    case "pull":
    case "meet":
    case "merge":
    case "tombstone":
    case "markGone":
    case "rebind":
    case "remove":
    case "trash":
    case "dropBase":
      return [];
    default:
      return assertNever(decision);
  }
}

/** Flag changes of many messages, grouped so that each group is one STORE of a UID set (F1). By remote mailbox, in the order of first sight. */
export interface StoreGroup {
  readonly remoteMailboxId: RemoteMailboxId;
  readonly add: Flags;
  readonly remove: Flags;
  /** `base`: its flags as the base has them. */
  readonly at: readonly { readonly uid: Uid; readonly messageId: MessageId; readonly base: Flags }[];
}

export function groupStores(ops: readonly Extract<PushOp, { kind: "store" }>[]): readonly StoreGroup[] {
  const keyOf = ({ at, add, remove }: Extract<PushOp, { kind: "store" }>): string =>
    JSON.stringify([
      at.remoteMailboxId,
      add.map((flag) => flag.toLowerCase()),
      remove.map((flag) => flag.toLowerCase()),
    ]);
  return [...Map.groupBy(ops, keyOf).values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const at = group.map((op) => ({ uid: op.at.uid, messageId: op.row.messageId, base: op.at.flags }));
    return [{ remoteMailboxId: first.at.remoteMailboxId, add: first.add, remove: first.remove, at }];
  });
}
