// Undo, as far as mailboxes go: which of them come back, under which names, which go, and where the mail of each belongs. Names are matched
// rather than ids where somebody made a mailbox of the old name anew, so that servers need not juggle with two of one name (B2).
// It must never remove INBOX, nor give two live mailboxes one path.
import type { MailboxId } from "../ids.ts";
import { type ArchiveMailbox, type MailboxPath, pathKey, samePath } from "../mailbox.ts";
import type { ArchiveEdit } from "../ops.ts";

type Shape = Omit<ArchiveMailbox, "id">;

/** A mailbox at the revision that is to come back, and now. Null: it was, or is, not there. */
export interface RestoreMailbox {
  readonly id: MailboxId;
  readonly was: Shape | null;
  readonly now: Shape | null;
}

type Change = Extract<ArchiveEdit, { kind: "changeMailbox" }>;
type Revival = Extract<ArchiveEdit, { kind: "reviveMailbox" }>;
type Removal = Extract<ArchiveEdit, { kind: "removeMailbox" }>;

export interface RestoreMailboxPlan {
  /** First, in one commit: old names may be taken by mailboxes that get theirs back as well. */
  readonly changes: readonly Change[];
  /** How each mailbox that is gone comes back, should it be needed. */
  readonly revivals: ReadonlyMap<MailboxId, Revival>;
  /** Those that come back whether any message needs them or not. */
  readonly back: readonly Revival[];
  /** Last, children first; one that holds mail by then stays (B5). */
  readonly removals: readonly Removal[];
  /** Mailboxes whose name another one has by now: their mail goes there, all of it. */
  readonly emptied: readonly MailboxId[];
  readonly homeOf: (id: MailboxId) => MailboxId;
}

const isInbox = (path: MailboxPath): boolean => samePath(path, ["INBOX"]);

/** Plans the mailboxes. `selected`: those that are to be as they were; the others only take in mail that goes back to them. */
export function planRestoreMailboxes(
  mailboxes: readonly RestoreMailbox[],
  selected: ReadonlySet<MailboxId>,
  keepNew: boolean,
): RestoreMailboxPlan {
  const sorted = mailboxes.toSorted((a, b) => a.id - b.id);
  const live = new Map(sorted.flatMap((one) => (one.now === null ? [] : [[pathKey(one.now.path), one] as const])));
  const home = new Map<MailboxId, MailboxId>();
  const standsIn = new Set<MailboxId>();
  const stand = (from: RestoreMailbox, by: RestoreMailbox): void => {
    home.set(from.id, by.id);
    standsIn.add(by.id);
  };
  // Free to stand in is what was not there, or what another one stands in for: who has the old name now takes the mail.
  const isFree = (one: RestoreMailbox): boolean => one.was === null || home.has(one.id);
  for (let before = -1; before !== home.size; ) {
    before = home.size;
    for (const one of sorted) {
      if (one.was === null || one.now === null || !selected.has(one.id) || home.has(one.id)) continue;
      const holder = samePath(one.was.path, one.now.path) ? undefined : live.get(pathKey(one.was.path));
      if (holder !== undefined && isFree(holder) && selected.has(holder.id)) stand(one, holder);
    }
  }
  const emptied = [...home.keys()];
  const renamed = renames(
    sorted.filter((one) => selected.has(one.id) && !home.has(one.id)),
    live,
  );
  const taken = takenAfter(sorted, renamed);
  const revivals = planRevivals(sorted, live, taken, isFree, stand);
  const goes = (one: RestoreMailbox): boolean => isFree(one) && !standsIn.has(one.id);
  const removals = keepNew
    ? []
    : sorted
        .filter((one) => selected.has(one.id) && one.now !== null && !isInbox(one.now.path) && goes(one))
        .toSorted((a, b) => (b.now?.path.length ?? 0) - (a.now?.path.length ?? 0))
        .map((one): Removal => ({ kind: "removeMailbox", mailboxId: one.id }));
  return {
    changes: planChanges(sorted, selected, renamed, home),
    revivals,
    back: [...revivals.values()].filter((one) => selected.has(one.mailboxId)),
    removals,
    emptied,
    homeOf: (id) => home.get(id) ?? id,
  };
}

/** Mailboxes that get their old names back: those whose name is free, or becomes so by another of them. */
function renames(
  candidates: readonly RestoreMailbox[],
  live: ReadonlyMap<string, RestoreMailbox>,
): ReadonlySet<MailboxId> {
  const wanted = candidates.flatMap(({ id, was, now }) =>
    was === null || now === null || samePath(was.path, now.path) || isInbox(was.path) || isInbox(now.path)
      ? []
      : [{ id, key: pathKey(was.path) }],
  );
  const going = new Set(wanted.map(({ id }) => id));
  for (let before = -1; before !== going.size; ) {
    before = going.size;
    for (const { id, key } of wanted) {
      const holder = live.get(key);
      if (holder !== undefined && !going.has(holder.id)) going.delete(id);
    }
  }
  return going;
}

/** The paths of live mailboxes after the renames, with who has them. */
function takenAfter(sorted: readonly RestoreMailbox[], renamed: ReadonlySet<MailboxId>): Map<string, RestoreMailbox> {
  return new Map(
    sorted.flatMap((one) => {
      const shape = renamed.has(one.id) ? one.was : one.now;
      return one.now === null || shape === null ? [] : [[pathKey(shape.path), one] as const];
    }),
  );
}

function planRevivals(
  sorted: readonly RestoreMailbox[],
  live: ReadonlyMap<string, RestoreMailbox>,
  taken: Map<string, RestoreMailbox>,
  isFree: (one: RestoreMailbox) => boolean,
  stand: (from: RestoreMailbox, by: RestoreMailbox) => void,
): ReadonlyMap<MailboxId, Revival> {
  const revivals = new Map<MailboxId, Revival>();
  for (const one of sorted) {
    if (one.was === null || one.now !== null) continue;
    const { path, role, subscribed } = one.was;
    const holder = taken.get(pathKey(path));
    if (holder !== undefined && (isFree(holder) || isInbox(path)) && live.get(pathKey(path)) === holder) {
      stand(one, holder);
      continue;
    }
    let free = path;
    for (let n = 2; taken.has(pathKey(free)); n++) free = [...path.slice(0, -1), `${path.at(-1) ?? ""} (${n})`];
    taken.set(pathKey(free), one);
    revivals.set(one.id, { kind: "reviveMailbox", mailboxId: one.id, path: free, role, subscribed });
  }
  return revivals;
}

/** Names and subscriptions as they were. Roles stay as the servers declare them now (B3). */
function planChanges(
  sorted: readonly RestoreMailbox[],
  selected: ReadonlySet<MailboxId>,
  renamed: ReadonlySet<MailboxId>,
  home: ReadonlyMap<MailboxId, MailboxId>,
): readonly Change[] {
  const wasSubscribed = new Map(
    sorted.flatMap((one) => (one.was === null ? [] : [[home.get(one.id) ?? one.id, one.was.subscribed] as const])),
  );
  return sorted.flatMap((one): readonly Change[] => {
    const { id, was, now } = one;
    if (now === null || !selected.has(id)) return [];
    const path = renamed.has(id) && was !== null ? was.path : now.path;
    const subscribed = wasSubscribed.get(id) ?? now.subscribed;
    if (samePath(path, now.path) && subscribed === now.subscribed) return [];
    return [{ kind: "changeMailbox", mailboxId: id, path, role: now.role, subscribed }];
  });
}
