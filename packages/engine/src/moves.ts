// Moves of a run: what is proved gone is held against what arrived, and pairs are applied as one op each, before anything is fetched or
// removed (M4, M9, S5). Headers are read only of arrivals whose date and size fit something that is gone.
import {
  type ArchiveOp,
  type ArrivalSighting,
  asMailError,
  type BaseIdentity,
  type BaseOp,
  type Batch,
  type MailboxId,
  type MovePlan,
  NO_UIDS,
  planMoves,
  type RemoteIdentity,
  type RemoteMailboxId,
  type Uid,
  uidCount,
  uidSet,
} from "@packetboat/core";
import { commit, type Pass, stopIfAsked } from "./context.ts";
import { count } from "./tally.ts";
import { arrivedWithout, type Visit } from "./visit.ts";

/** Moves of one transaction. */
const BATCH = 500;

/** What identifies everything that is proved gone. Grows with what is gone, not with the mailboxes. */
export async function identifyGone(run: Pass, visits: readonly Visit[]): Promise<readonly BaseIdentity[]> {
  const gone: BaseIdentity[] = [];
  for (const visit of visits) {
    if (visit.gone.length === 0) continue;
    for await (const page of run.archive.identities(visit.base.id, visit.gone)) gone.push(...page);
  }
  return gone;
}

/** The same rows as they are now: other accounts may have changed their messages since they were read (S4). Called in a turn, or when no other pulls. */
export async function asTheyAre(run: Pass, rows: readonly BaseIdentity[]): Promise<readonly BaseIdentity[]> {
  const now: BaseIdentity[] = [];
  for (const [id, of] of Map.groupBy(rows, (row) => row.remoteMailboxId))
    for await (const page of run.archive.identities(id, uidSet(of.map(({ uid }) => uid)))) now.push(...page);
  return now;
}

/** Applies all moves; gives the absences that remain. `homes`: which mailbox of the archive each remote one is paired with (M5). Takes moved arrivals out of what is still to be fetched. */
export async function applyMoves(
  run: Pass,
  visits: readonly Visit[],
  gone: readonly BaseIdentity[],
  homes: ReadonlyMap<RemoteMailboxId, MailboxId>,
): Promise<readonly BaseIdentity[]> {
  const sightings: ArrivalSighting[] = [];
  const wanted = wantedIdentities(gone);
  for (const visit of visits) sightings.push(...(await sightArrivals(run, visit, wanted)));
  return await run.company.turn(async () => {
    const plan = planMoves(run.link, await asTheyAre(run, gone), sightings, homes);
    await carryOut(run, plan, visits);
    return plan.gone;
  });
}

async function carryOut(run: Pass, plan: MovePlan, visits: readonly Visit[]): Promise<void> {
  const visitOf = new Map(visits.map((visit) => [visit.base.id, visit]));
  for (let at = 0; at < plan.moves.length; at += BATCH) {
    stopIfAsked(run);
    const moves = plan.moves.slice(at, at + BATCH);
    const batch: Batch = {
      archive: [...revivals(moves, visitOf), ...moves.flatMap((move) => move.ops.archive)],
      base: [...moves.flatMap((move) => move.ops.base), ...settledOf(moves)],
    };
    const stale = await committed(run, batch);
    for (const { from, to } of moves) {
      const source = visitOf.get(from.remoteMailboxId);
      const target = visitOf.get(to.remoteMailboxId);
      if (stale === "busy" || stale.has(from.messageId)) {
        if (source) source.unfinished = true;
        if (target) target.unfinished = true;
      } else if (target && source !== target) {
        if (source) count(run.tally, source.mailbox, { movedOut: 1 });
        count(run.tally, target.mailbox, { movedIn: 1 });
      } else if (target) count(run.tally, target.mailbox, { matched: 1 });
      if (target) arrivedWithout(target, [to.identity.uid]);
    }
  }
}

/** Gives what was stale. S4: where another writer has changed the archive's mailboxes nothing was done, and the next pass plans again. */
async function committed(run: Pass, batch: Batch): Promise<ReadonlySet<number> | "busy"> {
  try {
    return await commit(run, batch);
  } catch (thrown) {
    if (asMailError(thrown).code !== "ARCHIVE_BUSY") throw thrown;
    run.tally.again = true;
    return "busy";
  }
}

/** B5: what moved into a mailbox that the archive has removed brings it back. */
function revivals(moves: MovePlan["moves"], visitOf: ReadonlyMap<RemoteMailboxId, Visit>): readonly ArchiveOp[] {
  const targets = new Set(moves.filter(({ ops }) => ops.archive.length > 0).map(({ to }) => to.remoteMailboxId));
  return [...targets].flatMap((id) => visitOf.get(id)?.revival ?? []);
}

/** A held removal that turned out to be a move is no longer pending; nor is a body that could not be fetched and now need not be. */
function settledOf(moves: MovePlan["moves"]): readonly BaseOp[] {
  const uids = new Map<RemoteMailboxId, Uid[]>();
  const settle = (mailbox: RemoteMailboxId, uid: Uid) => uids.set(mailbox, [...(uids.get(mailbox) ?? []), uid]);
  for (const { from, to } of moves) {
    settle(from.remoteMailboxId, from.uid);
    settle(to.remoteMailboxId, to.identity.uid);
  }
  return [...uids].map(([remoteMailboxId, of]) => ({ kind: "settled", remoteMailboxId, uids: uidSet(of) }));
}

interface Wanted {
  readonly emailIds: ReadonlySet<string>;
  readonly dateAndSize: ReadonlySet<string>;
}

const dateAndSize = (side: { internalDate: number | null; size: number }): string =>
  `${side.internalDate}|${side.size}`;

function wantedIdentities(gone: readonly BaseIdentity[]): Wanted {
  return {
    emailIds: new Set(gone.flatMap((row) => row.emailId ?? [])),
    dateAndSize: new Set(gone.map(dateAndSize)),
  };
}

async function sightArrivals(run: Pass, visit: Visit, wanted: Wanted): Promise<ArrivalSighting[]> {
  if (uidCount(visit.arrived) === 0) return [];
  const { listed, marks, arrived } = visit;
  const sighting = (identity: RemoteIdentity): ArrivalSighting => ({
    remoteMailboxId: visit.base.id,
    mailboxId: visit.base.mailboxId,
    identity,
  });
  const found: ArrivalSighting[] = [];
  const byHeader: Uid[] = [];
  for await (const page of run.remote.identify(listed, marks.uidValidity, arrived, { fingerprint: false })) {
    for (const message of page) {
      if (message.emailId !== null && wanted.emailIds.has(message.emailId)) found.push(sighting(message));
      else if (wanted.dateAndSize.has(dateAndSize(message))) byHeader.push(message.uid);
    }
  }
  const candidates = byHeader.length === 0 ? NO_UIDS : uidSet(byHeader);
  if (candidates.length === 0) return found;
  for await (const page of run.remote.identify(listed, marks.uidValidity, candidates, { fingerprint: true })) {
    // Identity was asked for with the header: an immutable id that matched nothing must not hide the fingerprint.
    for (const message of page) found.push(sighting({ ...message, emailId: null }));
  }
  return found;
}
