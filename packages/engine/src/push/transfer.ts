// Moves on the server (M4): UID MOVE, or COPY and then the removal of the original once its copy is confirmed. Intents first: a copy whose
// answer was lost must not come back as a new message (S2). It must never remove an original whose copy nobody has confirmed.
import {
  type BaseOp,
  type Bound,
  type OpenIntent,
  type PushRow,
  type RemoteMailboxId,
  type Transferred,
  type Uid,
  uidSet,
} from "@packetboat/core";
import { commit, stopIfAsked } from "../context.ts";
import { count } from "../tally.ts";
import { findSent } from "./find.ts";
import { bindFound, intend, intentOf, settled } from "./intents.ts";
import { within } from "./local.ts";
import { failed } from "./unsent.ts";
import { nameOf, pairedOf, validityOf, type Writing } from "./writing.ts";

/** A message to be moved: into its place, or into \Trash. */
export interface MoveOp {
  readonly row: PushRow;
  readonly from: Bound;
  readonly to: RemoteMailboxId;
}

/** Most messages of one MOVE or COPY. */
const BATCH = 500;

/** Moves messages; gives those that are confirmed to be where they should be, with the originals that a COPY has left behind. */
export async function moveMessages(writing: Writing, ops: readonly MoveOp[]): Promise<readonly MoveOp[]> {
  const originals: MoveOp[] = [];
  for (const group of Map.groupBy(ops, (op) => `${op.from.remoteMailboxId} ${op.to}`).values()) {
    for (let at = 0; at < group.length; at += BATCH) {
      stopIfAsked(writing.run);
      const batch = group.slice(at, at + BATCH);
      const places = batch.slice(0, 1).flatMap(({ from, to }) => [from.remoteMailboxId, to]);
      originals.push(...((await within(writing, places, () => moveGroup(writing, batch))) ?? []));
    }
  }
  return originals;
}

async function moveGroup(writing: Writing, ops: readonly MoveOp[]): Promise<readonly MoveOp[]> {
  const [first] = ops;
  if (first === undefined) return [];
  const { run, writer } = writing;
  const source = pairedOf(writing, first.from.remoteMailboxId);
  const target = pairedOf(writing, first.to);
  const intents = ops.map((op) => intentOf("copy", target, op.row, op.from.flags));
  await commit(run, { archive: [], base: [intend(intents)] });
  const uids = uidSet(ops.map((op) => op.from.uid));
  const to = { mailbox: target.listed, uidValidity: validityOf(target) };
  const moves = writer.capabilities.move;
  const answer: Transferred = moves
    ? await writer.move(source.listed, validityOf(source), uids, to)
    : await writer.copy(source.listed, validityOf(source), uids, to);
  if (answer.kind === "refused") {
    const kept = ops.map((op) => failed(writing, op.row, first.to, "move", answer.error));
    await commit(run, { archive: [], base: [...kept, ...settled(intents)] });
    return [];
  }
  const arrived =
    answer.kind === "done" ? boundBy(ops, intents, answer.pairs) : await searched(writing, target, ops, intents);
  const there = new Set(arrived.map(({ op }) => op));
  const missing = ops.filter((op) => !there.has(op));
  // Where the server keeps to itself what it copied, what was not found may be there: its intent stays open.
  const closed = answer.kind === "done" ? intents : intents.filter((_, i) => there.has(ops[i] as MoveOp));
  // They were gone already, or the server keeps to itself where they are: the next look tells, and until then nothing counts as pushed.
  if (missing.length > 0) writing.unfinished.add(first.to).add(first.from.remoteMailboxId);
  const unbind: BaseOp[] = moves
    ? [{ kind: "unbind", remoteMailboxId: source.base.id, uids: uidSet(arrived.map(({ op }) => op.from.uid)) }]
    : [];
  // A copy is not done before its original is gone: until then its row, if it has one, keeps it in sight (remove.ts).
  const done = moves ? arrived.map(({ op }) => op.row.messageId) : [];
  await commit(run, {
    archive: [],
    base: [...unbind, ...arrived.flatMap(({ binds }) => binds), { kind: "sent", messages: done }, ...settled(closed)],
  });
  count(run.tally, nameOf(writing, first.to), { movedThere: arrived.length });
  return moves ? [] : arrived.map(({ op }) => op);
}

interface Arrived {
  readonly op: MoveOp;
  readonly binds: readonly BaseOp[];
}

function boundBy(
  ops: readonly MoveOp[],
  intents: readonly OpenIntent[],
  pairs: readonly (readonly [Uid, Uid])[],
): readonly Arrived[] {
  const news = new Map(pairs);
  return ops.flatMap((op, i) => {
    const uid = news.get(op.from.uid);
    const intent = intents[i];
    if (uid === undefined || intent === undefined) return [];
    const { flags, unproved, copy } = op.from;
    const binding = {
      remoteMailboxId: op.to,
      uid,
      flags,
      modseq: null,
      emailId: null,
      copy,
      ...(unproved ? { unproved } : {}),
    };
    return [{ op, binds: [{ kind: "bind", messageId: op.row.messageId, binding }] }];
  });
}

async function searched(
  writing: Writing,
  target: ReturnType<typeof pairedOf>,
  ops: readonly MoveOp[],
  intents: readonly OpenIntent[],
): Promise<readonly Arrived[]> {
  const { found } = await findSent(writing.run, target, intents, true);
  return found.flatMap((one) => {
    const op = ops[intents.indexOf(one.intent)];
    return op === undefined ? [] : [{ op, binds: bindFound([one]) }];
  });
}
