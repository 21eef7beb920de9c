// ±FLAGS of messages in the mailbox that is open read-write, never an absolute FLAGS (F1); all commands of a page are in flight at once. Flags
// are given as the server showed them afterwards. It must never report a flag that was only sent.
import {
  type FlagChange,
  type Flags,
  formatUids,
  hasUid,
  NO_UIDS,
  type Stored,
  subtractUids,
  type UidSet,
  uidCount,
  uidSet,
  unionUids,
} from "@packetboat/core";
import { type Refused, refusedError } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { PAGE } from "./pages.ts";
import { uidPieces } from "./pieces.ts";
import type { Writable } from "./select.ts";
import { isKeyword, sendableFlags } from "./sendable.ts";
import type { Completion, Sent, Series } from "./series.ts";
import { flagsOf, noteShown, type Shown } from "./shown-flags.ts";
import { opRefused, wantsPause } from "./write-errors.ts";

/** One STORE. */
interface Step {
  readonly uids: UidSet;
  readonly sign: "+" | "-";
  readonly flags: Flags;
}

/** Most commands in flight. */
const STEPS = 200;

function stepsOf(uids: UidSet, change: FlagChange, opened: Writable): readonly Step[] {
  const signs = [
    ["+", change.add],
    ["-", change.remove],
  ] as const;
  return signs
    .map(([sign, wanted]) => ({ uids, sign, flags: sendableFlags(wanted, opened.permanentFlags, opened.courier) }))
    .filter(({ flags }) => flags.length > 0);
}

function send(series: Series, { uids, sign, flags }: Step, flush: boolean): Promise<Sent> {
  return series.send([`UID STORE ${formatUids(uids)} ${sign}FLAGS (${flags.join(" ")})`], flush);
}

/** Waits for the end of a STORE; refused with keywords, once more with system flags alone: a keyword must not keep \Seen back (F2). */
async function refusalOf(series: Series, step: Step, done: Promise<Completion>): Promise<Refused | null> {
  const completion = await done;
  if (completion.kind === "lost") throw series.error;
  if (completion.kind === "ok") return null;
  const system = step.flags.filter((flag) => !isKeyword(flag));
  if (system.length === 0 || system.length === step.flags.length || wantsPause(completion.refused))
    return completion.refused;
  const bare = { ...step, flags: system };
  return await refusalOf(series, bare, (await send(series, bare, true)).done);
}

/** Sends these commands together. Gives those that were refused. */
async function run(gate: Gate, steps: readonly Step[], uids: UidSet, shown: Shown) {
  const refusals: { readonly uids: UidSet; readonly refused: Refused }[] = [];
  if (steps.length === 0) return refusals;
  const rows = steps.reduce((sum, step) => sum + 4 * uidCount(step.uids), 10_000);
  for (let turn = 0; turn < steps.length; turn++) await gate.turn(false);
  const series = gate.begin(noteShown(shown, uids), rows);
  const sent: { readonly step: Step; readonly done: Promise<Completion> }[] = [];
  for (const [index, step] of steps.entries())
    sent.push({ step, done: (await send(series, step, index === steps.length - 1)).done });
  for (const { step, done } of sent) {
    const refused = await refusalOf(series, step, done);
    if (refused !== null) refusals.push({ uids: step.uids, refused });
  }
  await series.end();
  const pause = refusals.find(({ refused }) => wantsPause(refused));
  if (pause !== undefined) throw refusedError(pause.refused, gate.endpoint);
  return refusals;
}

/** One page: each of these messages is shown or refused once; those that are gone are not in it. */
async function storePage(gate: Gate, opened: Writable, uids: UidSet, steps: readonly Step[]): Promise<Stored[]> {
  const shown: Shown = new Map();
  const stored: Stored[] = [];
  let refusedUids = NO_UIDS;
  for (const { uids: of, refused } of await run(gate, steps, uids, shown)) {
    const news = subtractUids(of, refusedUids);
    refusedUids = unionUids(refusedUids, of);
    if (news.length > 0) stored.push({ kind: "refused", uids: news, error: opRefused(refused, "message") });
  }
  const good = subtractUids(uids, refusedUids);
  const silent = subtractUids(good, uidSet(shown.keys()));
  for (const [uid, message] of await flagsOf(gate, silent, opened.modseq)) shown.set(uid, message);
  const messages = [...shown.values()].filter(({ uid }) => hasUid(good, uid)).sort((a, b) => a.uid - b.uid);
  return [...stored, ...messages.map((message) => ({ kind: "shown" as const, ...message }))];
}

/** Stores changes in pages of at most 1,000 messages. Messages that are gone are in no answer. */
export async function* store(
  gate: Gate,
  opened: Writable,
  changes: readonly FlagChange[],
): AsyncGenerator<readonly Stored[]> {
  let uids: UidSet = NO_UIDS;
  let steps: Step[] = [];
  for (const change of changes) {
    for (const piece of uidPieces(change.uids, PAGE)) {
      const together = unionUids(uids, piece);
      if (steps.length >= STEPS || uidCount(together) > PAGE) {
        yield await storePage(gate, opened, uids, steps);
        uids = piece;
        steps = [];
      } else uids = together;
      steps.push(...stepsOf(piece, change, opened));
    }
  }
  if (uids.length > 0) yield await storePage(gate, opened, uids, steps);
}
