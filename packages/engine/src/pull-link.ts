// The first half of a pass: list, plan mailboxes, look at what changed, apply moves, fetch what arrived, commit marks; removals last, when
// the round asks for them. The order is the safety argument (S5: copies before removals); every step has a file of its own.
import {
  asMailError,
  type BaseIdentity,
  type BaseOp,
  decideLook,
  type ListedMailbox,
  type MailboxBase,
  type MailboxId,
  type Note,
  showPath,
  uidCount,
  unionUids,
} from "@packetboat/core";
import { commit, type Pass, stopIfAsked } from "./context.ts";
import type { RunEvent } from "./events.ts";
import { type SettledMailboxes, settleMailboxes } from "./mailboxes.ts";
import { applyMoves, asTheyAre, identifyGone } from "./moves.ts";
import { type Ending, pullMailbox } from "./pull.ts";
import { settleIntents } from "./push/intents.ts";
import { rekeyMailbox } from "./rekey.ts";
import { applyRemovals, type BoundBefore, withoutMovedByPush } from "./removals.ts";
import { beginFetching, count, totals } from "./tally.ts";
import { marksOf, observeMailbox, type Visit, type Work } from "./visit.ts";

const UNSETTLED = "A message that may be one of ours could not be read; the next run looks again.";

/** What a pull brought. */
export interface Pulled {
  /** What LIST showed. */
  readonly listing: readonly ListedMailbox[];
  /** Takes from the archive what is gone; null when nothing is. Throws what is wider than one mailbox. */
  readonly removals: (() => Promise<void>) | null;
}

/** Brings the archive up to what the server holds, but for what is gone there. Throws what is wider than one mailbox. */
export async function* pullLink(run: Pass): AsyncGenerator<RunEvent, Pulled> {
  const listing = await run.remote.list();
  const settled = await run.company.turn(() => {
    run.place.enter();
    return settleMailboxes(run, listing);
  });
  // After their names are known, before anything in them is taken for new (S2): also where the right to push was lent, or taken back, since.
  const unsettled = await settleIntents(run, settled.work);
  for (const note of settled.plan.notes) yield { kind: "note", note };
  const looks = settled.work.map((one) => ({ ...one, decision: decide(run, one.listed, one.base) }));
  const unchanged = looks.filter((one) => one.decision.kind === "unchanged").length;
  const messages = listing.reduce((sum, one) => sum + (one.status?.messages ?? 0), 0);
  yield { kind: "listed", mailboxes: looks.length, unchanged, messages };
  // G2: a dry run makes no mailbox, so what is in the new ones is known by their STATUS only.
  for (const first of run.dryRun ? settled.plan.first : []) {
    count(run.tally, showPath(first.path), { fetched: first.status?.messages ?? 0 }, "list");
  }

  const visits: Visit[] = [];
  for (const one of looks) {
    if (unsettled.has(one.base.id) && one.decision.kind !== "unreadable")
      yield tell(run, showPath(one.listed.path), UNSETTLED);
    else yield* look(run, visits, one);
  }
  // S2: of what is not settled nothing is looked at, the second time neither.
  const work = settled.work.filter(({ base }) => !unsettled.has(base.id));
  return { listing, removals: yield* applyChanges(run, { ...settled, work }, visits) };
}

function decide(run: Pass, listed: ListedMailbox, base: MailboxBase) {
  const { capabilities } = run.remote;
  return decideLook(base, listed.status, capabilities, run.link.policy, run.now());
}

/** Looks at one mailbox as decided. What goes wrong with this mailbox alone is told, and the others go on (B7). */
async function* look(run: Pass, visits: Visit[], work: Work): AsyncGenerator<RunEvent> {
  stopIfAsked(run);
  const { listed, base } = work;
  const mailbox = showPath(listed.path);
  const decision = decide(run, listed, base);
  if (decision.kind === "unchanged") {
    count(run.tally, mailbox, {}, "unchanged");
    return;
  }
  if (decision.kind === "unreadable") {
    yield tell(
      run,
      mailbox,
      "The server refused to tell its state; nothing was concluded and the next run tries again.",
    );
    return;
  }
  yield { kind: "looking", mailbox };
  try {
    const visit = decision.kind === "rekey" ? "rekey" : await observeMailbox(run, work, decision.look);
    visits.push(visit === "rekey" ? await rekeyMailbox(run, work) : visit);
  } catch (thrown) {
    yield failMailbox(run, mailbox, thrown);
  }
}

function tell(run: Pass, mailbox: string, sentence: string): RunEvent {
  const note: Note = { kind: "mailboxFailed", mailbox, text: `${mailbox}: ${sentence}` };
  run.tally.notes.push(note);
  count(run.tally, mailbox, {}, "not read");
  return { kind: "note", note };
}

/** An error of one mailbox becomes a note; anything wider goes up. S4: what another writer made impossible here is planned again. */
function failMailbox(run: Pass, mailbox: string, thrown: unknown): RunEvent {
  const error = asMailError(thrown);
  if (error.scope !== "mailbox" && error.scope !== "message" && error.code !== "ARCHIVE_BUSY") throw error;
  if (error.retry === "now") run.tally.again = true;
  return tell(run, mailbox, error.message);
}

/** All but removals, which are given to be made later. */
async function* applyChanges(
  run: Pass,
  settled: SettledMailboxes,
  visits: Visit[],
): AsyncGenerator<RunEvent, Pulled["removals"]> {
  const vanished = settled.plan.vanished;
  const someGone = vanished.length > 0 || visits.some((visit) => visit.gone.length > 0);
  let gone: readonly BaseIdentity[] = [];
  let bound: BoundBefore = new Map();
  if (someGone) {
    yield* lookAgain(run, settled, visits);
    // What follows takes their base rows apart: should they show up again after a crash, they are looked at completely (S1).
    await commit(run, { archive: [], base: vanished.map(forgetMarks) });
    bound = await run.archive.bound();
    gone = await identifyGone(run, [...visits, ...vanished.map(visitOfVanished)]);
    gone = await withoutMovedByPush(run, await applyMoves(run, visits, gone, settled.homes));
    for (const visit of visits) visit.unexplained = gone.filter((row) => row.remoteMailboxId === visit.base.id);
  }
  const messages = visits.reduce((sum, visit) => sum + uidCount(visit.arrived), 0);
  beginFetching(run.tally, messages);
  yield { kind: "fetching", messages };
  yield* pullAll(run, visits);
  if (!someGone) return null;
  // M9: what arrived again in its own mailbox is not gone.
  const ofVanished = gone.filter((row) => vanished.some((base) => base.id === row.remoteMailboxId));
  const removed = [...visits.flatMap((visit) => visit.unexplained), ...ofVanished];
  return async () => {
    // S4: other accounts have changed the same messages, or had the same mailbox removed, since.
    const live = vanished.length === 0 ? new Set<MailboxId>() : await liveNow(run);
    const dropped = await applyRemovals(run, await asTheyAre(run, removed), visits, vanished, live, bound);
    // The names that they had are free now.
    if (dropped > 0 && settled.plan.waiting.length > 0) run.tally.again = true;
    const waiting = visits.filter((visit) => visit.gone.length > 0);
    await commit(run, { archive: [], base: waiting.flatMap(marksOf) });
  };
}

async function liveNow(run: Pass): Promise<ReadonlySet<MailboxId>> {
  return new Set((await run.archive.tree()).mailboxes.map(({ id }) => id));
}

/** Pulls one mailbox after the other; while the last batches of one are being written the next one is read. */
async function* pullAll(run: Pass, visits: readonly Visit[]): AsyncGenerator<RunEvent> {
  let ending: Promise<readonly RunEvent[]> = Promise.resolve([]);
  try {
    for (const visit of visits) {
      stopIfAsked(run);
      if (run.dryRun && run.link.rights.pull) count(run.tally, visit.mailbox, { fetched: uidCount(visit.arrived) });
      if (run.dryRun) continue;
      // C4: a body that the mailbox before brought is met by its immutable id only when it is stored.
      if (run.remote.capabilities.emailId) {
        yield* await ending;
        ending = Promise.resolve([]);
      }
      let rest: Ending | null = null;
      try {
        rest = yield* pullMailbox(run, visit);
      } catch (thrown) {
        visit.unfinished = true;
        yield failMailbox(run, visit.mailbox, thrown);
      }
      yield* await ending;
      ending = endVisit(run, visit, rest);
      ending.catch(() => undefined); // thrown where it is awaited
    }
    yield { kind: "allRead", bytes: totals(run.tally.mailboxes.values()).fetchedBytes };
    yield* await ending;
  } finally {
    // Also when the consumer stops or something wider fails: nothing writes behind our back.
    await ending.catch(() => undefined);
  }
}

async function endVisit(run: Pass, visit: Visit, rest: Ending | null): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  try {
    if (rest !== null) {
      events.push(...(await rest.finish()));
      if (visit.approval !== null) run.appliedApprovals.add(visit.approval);
      // Marks of a mailbox whose removals are not applied yet wait for them.
      if (visit.gone.length === 0) await commit(run, { archive: [], base: marksOf(visit) });
    }
  } catch (thrown) {
    visit.unfinished = true;
    events.push(failMailbox(run, visit.mailbox, thrown));
  }
  return [...events, { kind: "mailboxDone", mailbox: visit.mailbox }];
}

/** M4: before anything counts as removed, mailboxes that gained since they were looked at are looked at again. */
async function* lookAgain(run: Pass, settled: SettledMailboxes, visits: Visit[]): AsyncGenerator<RunEvent> {
  const listing = new Map((await run.remote.list()).map((listed) => [listed.name, listed]));
  for (const work of settled.work) {
    const { listed, base } = work;
    const now = listing.get(listed.name);
    const visit = visits.find((one) => one.base.id === base.id);
    const before = visit?.marks ?? base.marks;
    if (now?.status?.uidNext == null || now.status.uidNext === before?.uidNext) continue;
    const second: Visit[] = [];
    yield* look(run, second, { ...work, listed: now });
    const again = second[0];
    if (again === undefined) continue;
    if (visit === undefined) visits.push(again);
    else {
      visit.arrived = unionUids(visit.arrived, again.arrived);
      visit.gone = unionUids(visit.gone, again.gone);
      visit.unfinished ||= again.unfinished;
    }
  }
}

function forgetMarks(base: MailboxBase): BaseOp {
  const marks = { uidValidity: null, uidNext: null, highestModseq: null, messages: null };
  return { kind: "marks", remoteMailboxId: base.id, marks, complete: false };
}

/** A mailbox that no longer exists: every message of its base is proved absent with it. */
function visitOfVanished(base: MailboxBase): Visit {
  const path = showPath(base.path);
  const listed: ListedMailbox = {
    name: base.name,
    path: base.path,
    selectable: false,
    subscribed: false,
    role: base.role,
    namespace: "personal",
    virtual: false,
    mailboxId: base.objectId,
    status: null,
  };
  const marks = { uidValidity: null, uidNext: null, highestModseq: null, messages: null };
  const rest = {
    arrived: [],
    pending: new Map(),
    approval: null,
    unexplained: [],
    fresh: false,
    plannedAt: null,
    revival: null,
  };
  return { listed, base, mailbox: path, marks, gone: [[1, 4294967295]], unfinished: true, complete: true, ...rest };
}
