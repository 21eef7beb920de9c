// Undo: makes a new revision that equals an earlier one, for everything or a selection. First a plan to show and confirm, then exactly that,
// in batches that each stand for themselves; a batch that is lost in a crash is done by the next try, which compares with the same revision.
// It must never touch an account, a base or a byte (M10): what it does is carried out by the pushes of the archive's links.
import {
  type ArchiveEdit,
  type ArchiveId,
  type MailboxId,
  type MailboxPath,
  MailError,
  type MessageId,
  planRestore,
  planRestoreMailboxes,
  type RestoreMailbox,
  type RestoreMailboxPlan,
  type RestoreMessageOp,
  type RestoreRow,
  type Revision,
} from "@packetboat/core";
import type { Pool } from "pg";
import { getArchive } from "./catalog/archives.ts";
import { commitEdits } from "./commit.ts";
import { keepAtTheEnd } from "./counts.ts";
import { type Differing, eachDiffering, mailboxesBetween } from "./queries/undo.ts";
import { selectsMailbox, type UndoSelection } from "./selection.ts";
import { homesOf } from "./snapshot-selection.ts";

export interface UndoRequest {
  readonly archiveId: ArchiveId;
  /** The one that is to come back. */
  readonly revision: Revision;
  readonly selection: UndoSelection;
  /** What came after that revision stays. Default: false, it is removed. */
  readonly keepNew?: boolean;
}

/** Messages. */
export interface UndoCounts {
  /** Removed since; they are live again. */
  readonly back: number;
  /** Moved since; they go back to their mailbox. */
  readonly moved: number;
  readonly flagged: number;
  /** Not there then. */
  readonly removed: number;
}

export interface UndoPlan extends UndoRequest {
  /** The archive as it was looked at: what changes after this is left alone. */
  readonly until: Revision;
  readonly totals: UndoCounts;
  /** By the path that each mailbox has afterwards, or had before it goes. */
  readonly mailboxes: readonly (UndoCounts & { readonly path: MailboxPath })[];
  readonly renamed: readonly { readonly from: MailboxPath; readonly to: MailboxPath }[];
  readonly subscriptions: number;
  readonly backMailboxes: readonly MailboxPath[];
  readonly removedMailboxes: readonly MailboxPath[];
}

/** Whether there is anything to do. */
export function isEmptyUndo({ totals, renamed, subscriptions, backMailboxes, removedMailboxes }: UndoPlan): boolean {
  const messages = totals.back + totals.moved + totals.flagged + totals.removed;
  return messages + renamed.length + subscriptions + backMailboxes.length + removedMailboxes.length === 0;
}

export interface Undone extends UndoCounts {
  /** The last revision made; null: nothing was done. */
  readonly revision: Revision | null;
  /** Messages that were changed by somebody else meanwhile, and are left as they are. */
  readonly stale: number;
}

export interface UndoOptions {
  /** Milliseconds since 1970. Default: Date.now. */
  readonly now?: () => number;
  /** Told after each batch how many messages are done. Default: silent. */
  readonly onProgress?: (messages: number) => void;
  /** Ends it with its reason between two batches. Default: none. */
  readonly signal?: AbortSignal;
}

const NOTHING: UndoCounts = { back: 0, moved: 0, flagged: 0, removed: 0 };

const COUNTED: Readonly<Record<RestoreMessageOp["kind"], keyof UndoCounts>> = {
  reviveMessage: "back",
  moveMessage: "moved",
  setFlags: "flagged",
  removeMessage: "removed",
};

/** Both sides of one undo, resolved. */
interface Resolved {
  readonly plan: RestoreMailboxPlan;
  readonly paths: ReadonlyMap<MailboxId, MailboxPath>;
  readonly known: ReadonlyMap<MailboxId, RestoreMailbox>;
  readonly asked: Differing;
}

async function resolve(pool: Pool, request: UndoRequest, until: Revision): Promise<Resolved> {
  const { archiveId, revision, selection } = request;
  const mailboxes = await mailboxesBetween(pool, archiveId, revision, until);
  const patterns = selection.mailboxes ?? [];
  const named = selection.mailboxIds === undefined ? null : new Set(selection.mailboxIds);
  const means = ({ id, was, now }: RestoreMailbox): boolean =>
    (named === null || named.has(id)) &&
    (patterns.length === 0 ||
      patterns.some((pattern) => [was, now].some((shape) => shape !== null && selectsMailbox(pattern, shape.path))));
  const isSome = patterns.length > 0 || named !== null;
  const ids = mailboxes.filter(means).map(({ id }) => id);
  if (isSome && ids.length === 0) {
    throw new MailError("CONFIG_INVALID", `No mailbox matches, neither at revision ${revision} nor now.`);
  }
  const single = [selection.since, selection.before, selection.messages].some((given) => given !== undefined);
  const plan = planRestoreMailboxes(mailboxes, new Set(single ? [] : ids), request.keepNew === true);
  const asked: Differing = {
    archiveId,
    was: revision,
    until,
    mailboxes: isSome ? ids : null,
    whole: plan.emptied,
    since: selection.since ?? null,
    before: selection.before ?? null,
    messages: selection.messages ?? null,
  };
  const paths = new Map(mailboxes.flatMap(({ id, now }) => (now === null ? [] : [[id, now.path] as const])));
  for (const op of [...plan.revivals.values(), ...plan.changes]) paths.set(op.mailboxId, op.path);
  return { plan, paths, known: new Map(mailboxes.map((one) => [one.id, one])), asked };
}

/** Says what would be done. Throws CONFIG_INVALID for a revision that is not there, or patterns that mean no mailbox; ARCHIVE_UNKNOWN. */
export async function planUndo(pool: Pool, request: UndoRequest): Promise<UndoPlan> {
  const until = (await getArchive(pool, request.archiveId))?.revision;
  if (until === undefined) throw new MailError("ARCHIVE_UNKNOWN", "The archive was removed meanwhile.");
  if (request.revision > until)
    throw new MailError("CONFIG_INVALID", `The archive has revisions 0 to ${until}; there is no other one.`);
  await requireThere(pool, request);
  const resolved = await resolve(pool, request, until);
  const { plan, paths, known } = resolved;
  const counts = new Map<MailboxId, Record<keyof UndoCounts, number>>();
  await eachDiffering(pool, resolved.asked, async (rows) => {
    for (const row of rows) {
      const op = opOf(resolved, request, row);
      if (op === null) continue;
      const at = op.kind === "removeMessage" || op.kind === "setFlags" ? row.now?.mailboxId : op.mailboxId;
      if (at === undefined) continue;
      const own = counts.get(at) ?? { ...NOTHING };
      own[COUNTED[op.kind]]++;
      counts.set(at, own);
    }
  });
  const pathOf = (id: MailboxId): MailboxPath => paths.get(id) ?? [];
  const renamed = plan.changes.flatMap(({ mailboxId, path }) => {
    const from = known.get(mailboxId)?.now?.path ?? path;
    return from.join("\0") === path.join("\0") ? [] : [{ from, to: path }];
  });
  const back = [...plan.revivals.values()].filter((op) => plan.back.includes(op) || counts.has(op.mailboxId));
  return {
    ...request,
    until,
    totals: [...counts.values()].reduce(summed, NOTHING),
    mailboxes: [...counts].map(([id, own]) => ({ path: pathOf(id), ...own })).toSorted(byPath),
    renamed,
    subscriptions: plan.changes.length - renamed.length,
    backMailboxes: back.map(({ path }) => path),
    removedMailboxes: plan.removals.map(({ mailboxId }) => pathOf(mailboxId)),
  };
}

/** A message that is named was there at that revision: what came later is not brought back but removed, which nobody means by naming it. */
async function requireThere(pool: Pool, { archiveId, revision, selection }: UndoRequest): Promise<void> {
  if (selection.messages !== undefined) await homesOf(pool, archiveId, revision, selection.messages);
}

const byPath = (a: { readonly path: MailboxPath }, b: { readonly path: MailboxPath }): number =>
  a.path.join("\0") < b.path.join("\0") ? -1 : 1;

const summed = (a: UndoCounts, b: UndoCounts): UndoCounts => ({
  back: a.back + b.back,
  moved: a.moved + b.moved,
  flagged: a.flagged + b.flagged,
  removed: a.removed + b.removed,
});

const opOf = ({ plan: { homeOf } }: Resolved, { keepNew = false }: UndoRequest, row: RestoreRow) =>
  planRestore(row, { homeOf, keepNew });

/** Walks through the messages that a plan brings back from their removal, by id, in pages. */
export async function eachComingBack(
  pool: Pool,
  plan: UndoPlan,
  see: (messages: readonly MessageId[]) => Promise<void>,
): Promise<void> {
  const resolved = await resolve(pool, plan, plan.until);
  await eachDiffering(pool, resolved.asked, async (rows) => {
    const back = rows.filter((row) => opOf(resolved, plan, row)?.kind === "reviveMessage");
    if (back.length > 0) await see(back.map(({ messageId }) => messageId));
  });
}

/**
 * Does what the plan says, in batches of one revision each. What was changed since the plan is left alone, and counted. Killed in between,
 * a new plan for the same revision goes on. Throws ARCHIVE_BUSY when another command changed the mailboxes meanwhile, ARCHIVE_UNKNOWN.
 */
export async function executeUndo(pool: Pool, plan: UndoPlan, options: UndoOptions = {}): Promise<Undone> {
  const resolved = await resolve(pool, plan, plan.until);
  const undoing = { archiveId: plan.archiveId, now: options.now ?? Date.now };
  let done: Undone = { ...NOTHING, revision: null, stale: 0 };
  const commit = async (edits: readonly ArchiveEdit[], ops: readonly RestoreMessageOp[] = []): Promise<void> => {
    options.signal?.throwIfAborted();
    if (edits.length + ops.length === 0) return;
    const { revision, stale } = await commitEdits(pool, undoing, [...edits, ...ops]);
    const late = new Set(stale);
    const counted = { ...NOTHING } as Record<keyof UndoCounts, number>;
    for (const op of ops) if (!late.has(op.messageId)) counted[COUNTED[op.kind]]++;
    done = { ...summed(done, counted), revision: revision ?? done.revision, stale: done.stale + stale.length };
    options.onProgress?.(done.back + done.moved + done.flagged + done.removed);
  };
  await commit(resolved.plan.changes);
  const waiting = new Map(resolved.plan.revivals);
  await eachDiffering(pool, resolved.asked, async (rows) => {
    const ops = rows.flatMap((row) => opOf(resolved, plan, row) ?? []);
    const homes = ops.flatMap((op) => ("mailboxId" in op ? (waiting.get(op.mailboxId) ?? []) : []));
    const needed = [...new Set(homes)];
    await commit(needed, ops);
    for (const op of needed) waiting.delete(op.mailboxId);
  });
  await commit(resolved.plan.back.filter((op) => waiting.has(op.mailboxId)));
  await commit(resolved.plan.removals);
  if (done.revision !== null) await keepAtTheEnd(pool, plan.archiveId);
  return done;
}
