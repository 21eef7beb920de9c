// Removals on the server: judged by the guards (G1), proved once more where only a header said what a message is (C4), then exactly the named
// UIDs are expunged (M6). What is held back becomes a row of its own. It must never remove what the archive still has elsewhere unconfirmed.
import {
  type BaseOp,
  type Bound,
  judgeRemovals,
  type PushOp,
  type PushRow,
  type RemoteMailboxId,
  type RemovalCount,
  subtractUids,
  type Uid,
  uidSet,
} from "@packetboat/core";
import { commit, stopIfAsked } from "../context.ts";
import { count } from "../tally.ts";
import { within } from "./local.ts";
import { type MoveOp, moveMessages } from "./transfer.ts";
import { failed, keep } from "./unsent.ts";
import { nameOf, pairedOf, validityOf, type Writing } from "./writing.ts";

/** A removal that the archive asks for: an expunge, or a move into \Trash (M7). */
export type RemovalOp =
  | Extract<PushOp, { kind: "remove" | "noTrash" }>
  | (Extract<PushOp, { kind: "move" }> & { readonly row: PushRow });

const DAY = 86_400_000;
const BATCH = 1_000;

const placeOf = (op: RemovalOp): Bound => (op.kind === "move" ? op.from : op.at);

/** Judges and carries out the removals of a push; in a dry run it only judges (G2). */
export async function applyServerRemovals(writing: Writing, ops: readonly RemovalOp[]): Promise<void> {
  if (ops.length === 0) return;
  const { run } = writing;
  const free = await judged(writing, ops);
  if (run.dryRun) return;
  const withoutTrash = free.filter((op) => op.kind === "noTrash");
  const detail =
    "the server declares no \\Trash, and this link moves removed mail there; declare one, or choose other removals";
  await commit(run, {
    archive: [],
    base: withoutTrash.map((op) =>
      failed(writing, op.row, op.at.remoteMailboxId, "remove", { code: "OP_REFUSED", message: detail }),
    ),
  });
  const moves = free.filter((op) => op.kind === "move");
  const originals = await moveMessages(writing, moves);
  await expunge(writing, [...originals.map(original), ...free.filter((op) => op.kind === "remove")]);
  for (const { row } of free) {
    const approval = writing.approved.get(row.messageId);
    if (approval !== undefined) run.appliedApprovals.add(approval);
  }
}

const original = (op: MoveOp): ExpungeOp => ({ kind: "removeOriginal", row: op.row, at: op.from });

/** G1: gives the removals that may be made; the others are kept as held and told as a halt. */
async function judged(writing: Writing, ops: readonly RemovalOp[]): Promise<readonly RemovalOp[]> {
  const { run, approved } = writing;
  const asked = ops.filter((op) => !approved.has(op.row.messageId));
  const bound = await run.archive.bound();
  const before = await run.archive.expungedSince(run.now() - DAY);
  const byMailbox = Map.groupBy(asked, (op) => placeOf(op).remoteMailboxId);
  const counts: RemovalCount[] = [...bound].map(([remoteMailboxId, base]) => ({
    remoteMailboxId,
    mailbox: writing.paired.has(remoteMailboxId) ? nameOf(writing, remoteMailboxId) : "",
    role: writing.paired.get(remoteMailboxId)?.base.role ?? null,
    removals: byMailbox.get(remoteMailboxId)?.length ?? 0,
    base,
    removedBefore: before.get(remoteMailboxId) ?? 0,
  }));
  const verdict = judgeRemovals(counts, true, run.link.policy, "server");
  run.tally.halts.push(...verdict.halts);
  // A halt stays until it is approved: what one run held the next one holds, whatever the shares are by then.
  const isHeld = (op: RemovalOp): boolean =>
    !approved.has(op.row.messageId) &&
    (verdict.held.has(placeOf(op).remoteMailboxId) || op.row.unsent?.reason === "HALTED");
  const held = ops.filter(isHeld);
  if (held.length > 0 && verdict.halts.length === 0) tellStillHeld(writing, held);
  const why = "removed in the archive; a guard holds its removal from the server until it is approved";
  await commit(run, {
    archive: [],
    base: held.map((op) => keep(writing, op.row, placeOf(op).remoteMailboxId, "remove", "HALTED", why)),
  });
  return ops.filter((op) => !isHeld(op));
}

function tellStillHeld(writing: Writing, held: readonly RemovalOp[]): void {
  for (const [id, of] of Map.groupBy(held, (op) => placeOf(op).remoteMailboxId)) {
    const mailbox = nameOf(writing, id);
    const text = `${of.length} messages in ${mailbox} would be removed on the server and still wait for approval`;
    writing.run.tally.halts.push({ guard: "removals", mailbox, messages: of.length, of: of.length, text });
  }
}

export type ExpungeOp = Extract<PushOp, { kind: "remove" | "removeOriginal" }>;

/** Expunges exactly these messages; the base loses what is proved gone. */
export async function expunge(writing: Writing, ops: readonly ExpungeOp[]): Promise<void> {
  for (const [id, group] of Map.groupBy(ops, (op) => op.at.remoteMailboxId)) {
    for (let at = 0; at < group.length; at += BATCH) {
      stopIfAsked(writing.run);
      const batch = group.slice(at, at + BATCH);
      await within(writing, [id], async () => expungeBatch(writing, id, await proved(writing, id, batch)));
    }
  }
}

async function expungeBatch(writing: Writing, id: RemoteMailboxId, ops: readonly ExpungeOp[]): Promise<void> {
  if (ops.length === 0) return;
  const { run, writer } = writing;
  const mailbox = pairedOf(writing, id);
  const uids = uidSet(ops.map((op) => op.at.uid));
  const { gone, error } = await writer.expunge(mailbox.listed, validityOf(mailbox), uids);
  const left = new Set(uidsIn(subtractUids(uids, gone)));
  const removed = ops.filter((op) => !left.has(op.at.uid));
  const removals = removed.filter((op) => op.kind === "remove").length;
  const base: BaseOp[] = [
    { kind: "unbind", remoteMailboxId: id, uids: gone },
    { kind: "sent", messages: removed.map((op) => op.row.messageId).filter((one) => !writing.refused.has(one)) },
  ];
  if (removals > 0) base.push({ kind: "expunged", remoteMailboxId: id, runId: run.runId, messages: removals });
  if (error !== null)
    for (const op of ops.filter(({ at }) => left.has(at.uid))) {
      base.push(failed(writing, op.row, id, "remove", error));
      // Its removal from another mailbox, where it has two, must not settle this row.
      writing.refused.add(op.row.messageId);
    }
  await commit(run, { archive: [], base });
  count(run.tally, nameOf(writing, id), { removedThere: removals });
}

function* uidsIn(set: readonly (readonly [number, number])[]): Generator<Uid> {
  for (const [low, high] of set) for (let uid = low; uid <= high; uid++) yield uid as Uid;
}

/** C4: what was bound by its header alone is read before it goes. Another message under that header is let go from the base and looked at anew. */
async function proved(writing: Writing, id: RemoteMailboxId, ops: readonly ExpungeOp[]): Promise<readonly ExpungeOp[]> {
  const unproved = ops.filter((op) => op.at.unproved);
  if (unproved.length === 0) return ops;
  const { run } = writing;
  const mailbox = pairedOf(writing, id);
  const wrong = new Set(unproved.map((op) => op.at.uid));
  const byUid = new Map(unproved.map((op) => [op.at.uid, op]));
  for await (const got of run.remote.fetch(mailbox.listed, validityOf(mailbox), uidSet(wrong))) {
    const op = byUid.get(got.uid);
    if (got.kind === "message" && op !== undefined && got.digests.canonical === op.row.canonical) wrong.delete(got.uid);
  }
  if (wrong.size > 0) {
    const name = nameOf(writing, id);
    const text = `${wrong.size} messages in ${name} were to be removed on the server, but are others than the archive's under the same header: they stay.`;
    run.tally.notes.push({ kind: "conflict", mailbox: name, text });
    const marks = { uidValidity: null, uidNext: null, highestModseq: null, messages: null };
    await commit(run, {
      archive: [],
      base: [
        { kind: "unbind", remoteMailboxId: id, uids: uidSet(wrong) },
        { kind: "marks", remoteMailboxId: id, marks, complete: false },
      ],
    });
    run.tally.again = true;
  }
  return ops.filter((op) => !wrong.has(op.at.uid));
}
