// The second half of a pass: what the archive has changed since the last push is planned against the base and carried out, copies before
// removals (S5). Reads nothing of the archive but what changed (I2). It must never push before the pull of the same pass is committed.
import {
  type BaseOp,
  type ListedMailbox,
  type MailboxBase,
  type MailboxId,
  MailError,
  type Marks,
  type MessageId,
  type PushOp,
  type PushRow,
  planPush,
  type RemoteMailboxId,
  type RemoteWriter,
  type Revision,
  showPath,
} from "@packetboat/core";
import { commit, type Pass, stopIfAsked } from "../context.ts";
import type { RunEvent } from "../events.ts";
import { count, countFailure } from "../tally.ts";
import { Appender, type AppendOp, isTooLarge } from "./append.ts";
import { tellHeldAppends, withoutHeld } from "./held.ts";
import { withoutUnnumbered } from "./local.ts";
import { type PushedMailboxes, pushMailboxes, removeMailboxes } from "./mailboxes.ts";
import { type Meeting, meetStrangers } from "./meet.ts";
import { applyServerRemovals, type ExpungeOp, expunge, type RemovalOp } from "./remove.ts";
import { tellRestless, withoutRestless } from "./restless.ts";
import { storeFlags } from "./store.ts";
import { type MoveOp, moveMessages } from "./transfer.ts";
import { failed } from "./unsent.ts";
import { nameOf, type Paired, type Writing } from "./writing.ts";

/** What waits until every copy is made. */
interface Later {
  readonly removals: RemovalOp[];
  readonly originals: ExpungeOp[];
}

/** Carries the archive's changes to the server. `listing`: what LIST showed in this pass; gives it as it is afterwards. */
export async function* pushLink(
  run: Pass,
  writer: RemoteWriter,
  listing: readonly ListedMailbox[],
): AsyncGenerator<RunEvent, readonly ListedMailbox[]> {
  const mailboxes = await pushMailboxes(run, writer, listing);
  // Before the question what changed: whatever is committed after it is for the next push.
  const revision = await run.archive.revision();
  const { tree, removals } = mailboxes;
  const current = tree.bases.every((base) => base.resting || (base.pushed >= revision && base.unsent === 0));
  if (current && removals.length === 0) return mailboxes.listing;
  const messages = await run.archive.changed();
  yield { kind: "pushing", messages: messages.length };
  const writing = await openWriting(run, writer, mailboxes);
  const later: Later = { removals: [], originals: [] };
  yield* pushCopies(writing, messages, later);
  tellRestless(writing);
  tellHeldAppends(writing);
  await expunge(writing, later.originals);
  await applyServerRemovals(writing, later.removals);
  const dropped = await removeMailboxes(run, writer, mailboxes);
  // S5: room may have been made.
  if (writing.full && later.removals.length > 0) run.tally.again = true;
  // S2: what is not answered may turn out to be somewhere; until then its mailbox's push is not done.
  for (const intent of await run.archive.intents()) writing.unfinished.add(intent.remoteMailboxId);
  await commit(run, { archive: [], base: donePushes(writing, tree.bases, dropped, revision) });
  const removed = new Set(removals.filter((base) => dropped.has(base.id)).map((base) => base.name));
  return mailboxes.listing.filter((one) => !removed.has(one.name));
}

async function openWriting(run: Pass, writer: RemoteWriter, mailboxes: PushedMailboxes): Promise<Writing> {
  const { tree, listing } = mailboxes;
  const byName = new Map(listing.filter((one) => one.selectable).map((one) => [one.name, one]));
  const paired = new Map<RemoteMailboxId, Paired>();
  for (const base of tree.bases) {
    const listed = byName.get(base.name);
    // B5, U1: one whose state the server does not tell, or that was not looked at under this UIDVALIDITY, is not written to.
    if (!listed?.status || base.resting) continue;
    if (isUnseen(run, base, listed.status)) continue;
    if (listed.status.uidValidity === base.uidValidity) paired.set(base.id, { listed, base });
    else run.tally.again = true;
  }
  const awake = tree.bases.filter((base) => !base.resting);
  const homes = new Map<MailboxId, RemoteMailboxId>(awake.map((base) => [base.mailboxId, base.id]));
  const trash = [...paired.values()].find(({ listed }) => listed.role === "trash")?.base.id ?? null;
  const approved = await run.archive.approvedPushes(run.now());
  const open = await run.archive.intents();
  const unanswered = new Map(open.map((intent) => [intent.messageId, intent.remoteMailboxId]));
  const places = { homes, trash, shown: new Set(paired.keys()) };
  return {
    run,
    writer,
    paired,
    places,
    approved,
    unanswered,
    unfinished: new Set(mailboxes.unfinished),
    refused: new Set(),
    restless: new Map(),
    held: new Map(),
    habits: null,
    full: false,
  };
}

/**
 * Whether the server has mail in it that this pass has not looked at: paired just now, or its look failed. Nothing is sent there before it
 * is known what it holds (0 1 1), lest that be there twice.
 */
function isUnseen({ link, tally }: Pass, base: MailboxBase, { messages }: Marks): boolean {
  if (!link.rights.pull || base.marks !== null || messages === 0) return false;
  const mailbox = showPath(base.path);
  if (!tally.notes.some((note) => note.kind === "mailboxFailed" && note.mailbox === mailbox)) tally.again = true;
  return true;
}

async function* pushCopies(writing: Writing, messages: readonly MessageId[], later: Later): AsyncGenerator<RunEvent> {
  const { archive, dryRun } = writing.run;
  const appender = new Appender(writing);
  const meeting: Meeting = { strangers: new Map() };
  try {
    for await (const page of archive.pushRows(messages)) {
      stopIfAsked(writing.run);
      const rows = page.filter((row) => !hasFailedNow(writing.run, row) && !isResting(writing, row));
      const due = planned(writing, rows);
      await forgetMoot(writing, rows, due);
      const ops = await withoutHeld(writing, await withoutRestless(writing, due));
      if (dryRun) countPlanned(writing, ops);
      else for (const op of await pushPage(writing, meeting, ops, later)) yield* await appender.add(op);
      later.removals.push(...ops.filter(isRemoval));
    }
    yield* appender.finish();
  } finally {
    // Also when a step fails or the consumer stops: nothing writes behind our back.
    await appender.settle();
  }
}

/** C6: tried once in every run, also in one that is walked again for what came meanwhile. What a guard holds is judged with the rest. */
const hasFailedNow = ({ runId }: Pass, { unsent }: PushRow): boolean =>
  unsent !== null && unsent.runId === runId && unsent.reason !== "HALTED";

/** C6: it waits for a run that tries again; this one lists it with the reason that it had. */
function isResting(writing: Writing, { messageId, unsent }: PushRow): boolean {
  const { retries, tally } = writing.run;
  if (retries !== false || unsent === null || unsent.reason === "HALTED" || unsent.reason === "RESTLESS") return false;
  const { reason: code, detail, remoteMailboxId } = unsent;
  if (!tally.resting.has(messageId))
    countFailure(tally, { mailbox: nameOf(writing, remoteMailboxId), uid: null, code, detail });
  tally.resting.add(messageId);
  return true;
}

function planned(writing: Writing, rows: readonly PushRow[]): readonly PushOp[] {
  const { run, places, unanswered } = writing;
  return rows.flatMap((row): readonly PushOp[] => {
    const by = unanswered.get(row.messageId);
    if (by !== undefined) return [{ kind: "blocked", row, by }];
    return planPush(run.link, row, places).map((op) => withoutUnnumbered(writing, op));
  });
}

const isRemoval = (op: PushOp): op is RemovalOp =>
  op.kind === "remove" || op.kind === "noTrash" || (op.kind === "move" && op.row.live === null);

/** Everything of a page but removals; gives what is to be appended. */
async function pushPage(
  writing: Writing,
  meeting: Meeting,
  ops: readonly PushOp[],
  later: Later,
): Promise<readonly AppendOp[]> {
  for (const op of ops) if (op.kind === "blocked") block(writing, op.row, op.by);
  const moves: MoveOp[] = ops.filter((op) => op.kind === "move" && !isRemoval(op)) as MoveOp[];
  await moveMessages(writing, moves);
  await storeFlags(
    writing,
    ops.filter((op) => op.kind === "store"),
  );
  later.originals.push(...ops.filter((op) => op.kind === "removeOriginal"));
  const appends = await possibleAppends(writing, ops);
  // A link that pulls has met all that the server holds; elsewhere it is met now.
  const lacking = writing.run.link.rights.pull ? appends : await meetStrangers(writing, meeting, appends);
  const lacks = new Set(lacking);
  const moved = [...moves, ...appends.filter((op) => !lacks.has(op))].map((op) => op.row.messageId);
  await settleMoved(writing, moved, later);
  return lacking;
}

/** M3: what moved, or was met, carries the archive's flags; what COPY left behind goes later. */
async function settleMoved(writing: Writing, messages: readonly MessageId[], later: Later): Promise<void> {
  if (messages.length === 0) return;
  for await (const rows of writing.run.archive.pushRows(messages.toSorted((a, b) => a - b))) {
    const ops = planned(writing, rows);
    await storeFlags(
      writing,
      ops.filter((op) => op.kind === "store"),
    );
    later.originals.push(...ops.filter((op) => op.kind === "removeOriginal"));
  }
}

/** B5: it waits for its mailbox to show again; until then no mailbox that it concerns counts as pushed. */
function block({ places, unfinished }: Writing, row: PushRow, by: RemoteMailboxId): void {
  unfinished.add(by);
  const home = row.live === null ? undefined : places.homes.get(row.live.mailboxId);
  if (home !== undefined) unfinished.add(home);
  // Wherever it is bound something may have to be done with it then: its removal, say, once the move before it is settled.
  for (const { remoteMailboxId } of row.placements) unfinished.add(remoteMailboxId);
}

/** A row of something that is no longer to be done. */
async function forgetMoot(writing: Writing, rows: readonly PushRow[], ops: readonly PushOp[]): Promise<void> {
  const due = new Set(ops.map((op) => op.row.messageId));
  const moot = rows.filter((row) => row.unsent !== null && !due.has(row.messageId)).map((row) => row.messageId);
  if (moot.length > 0) await commit(writing.run, { archive: [], base: [{ kind: "sent", messages: moot }] });
}

/** C6: what cannot be appended at all is listed and does not block the others. */
async function possibleAppends(writing: Writing, ops: readonly PushOp[]): Promise<readonly AppendOp[]> {
  const impossible: BaseOp[] = [];
  const possible: AppendOp[] = [];
  for (const op of ops) {
    if (op.kind === "noBytes") {
      const home = op.row.live === null ? undefined : writing.places.homes.get(op.row.live.mailboxId);
      const text = "its bytes were erased from the archive for good; it cannot be sent";
      const error = new MailError("MESSAGE_UNREADABLE", text);
      if (home !== undefined) impossible.push(failed(writing, op.row, home, "append", error));
    }
    if (op.kind !== "append") continue;
    const error = isTooLarge(writing, op.row);
    if (error === null) possible.push(op);
    else impossible.push(failed(writing, op.row, op.to, "append", error));
  }
  await commit(writing.run, { archive: [], base: impossible });
  return possible;
}

/** G2: what would be done, counted. */
function countPlanned(writing: Writing, ops: readonly PushOp[]): void {
  const { tally } = writing.run;
  for (const op of ops) {
    if (op.kind === "append") count(tally, nameOf(writing, op.to), { appended: 1, appendedBytes: op.row.size });
    else if (op.kind === "store") count(tally, nameOf(writing, op.at.remoteMailboxId), { flagsSent: 1 });
    else if (op.kind === "move" && op.row.live !== null) count(tally, nameOf(writing, op.to), { movedThere: 1 });
    else if (op.kind === "move") count(tally, nameOf(writing, op.from.remoteMailboxId), { removedThere: 1 });
    else if (op.kind === "remove") count(tally, nameOf(writing, op.at.remoteMailboxId), { removedThere: 1 });
  }
}

/** S3: mailboxes whose push is done up to this revision. One that LIST does not show, or of which something was not tried, is not. */
function donePushes(
  { paired, unfinished }: Writing,
  bases: readonly MailboxBase[],
  dropped: ReadonlySet<RemoteMailboxId>,
  revision: Revision,
): readonly BaseOp[] {
  const done = bases
    .filter(
      (base) => paired.has(base.id) && !unfinished.has(base.id) && !dropped.has(base.id) && base.pushed < revision,
    )
    .map((base) => base.id);
  return done.length === 0 ? [] : [{ kind: "pushed", mailboxes: done, revision }];
}
