// Fetches what arrived and stores it in batches: bodies first, then one short commit (C1, S1). While a batch is being written the next one
// is read, so memory holds three batches and one large message at most (I4). It must never commit a message whose body is not stored.
import {
  type Arrival,
  type ArrivalPlan,
  type BaseOp,
  type Batch,
  type Body,
  type Fetched,
  isMailError,
  planArrivals,
  type RemoteIdentity,
  type Revision,
  type Uid,
  type UidSet,
  uidCount,
  uidSet,
} from "@packetboat/core";
import type { WritingRoom } from "./company.ts";
import { commit, commitPlanned, type Pass, stopIfAsked } from "./context.ts";
import type { RunEvent } from "./events.ts";
import { asTheyAre } from "./moves.ts";
import { count, countFailure } from "./tally.ts";
import { arrivedWithout, type Visit } from "./visit.ts";

const BATCH_MESSAGES = 3_000;
const BATCH_BYTES = 12 * 1024 * 1024;
/** On a slow line a batch is what came in so many milliseconds: what a killed run has to fetch again. */
const BATCH_MS = 2_000;
/** Batches being written while another one is read. */
const IN_FLIGHT = 2;
const IN_FLIGHT_BYTES = 32 * 1024 * 1024;

/** What of a pull is still being written when everything is read. */
export interface Ending {
  /** Waits until all of it is durable; gives what became durable since it was told last. Throws the first failure. */
  finish(): Promise<readonly RunEvent[]>;
}

const NOTHING_LEFT: Ending = { finish: async () => [] };

/**
 * Fetches everything that arrived in one mailbox and hands it to be stored. Yields when a batch is durable. Returns what is still being
 * written, so that the next mailbox can be read meanwhile.
 */
export async function* pullMailbox(run: Pass, visit: Visit): AsyncGenerator<RunEvent, Ending> {
  // What a server has beyond the archive stays there where the link does not pull; a push meets it (push/meet.ts).
  if (!run.link.rights.pull) return NOTHING_LEFT;
  if (run.remote.capabilities.emailId) await adoptKnownBodies(run, visit);
  if (uidCount(visit.arrived) === 0) return NOTHING_LEFT;
  const writer = openWriter(run, visit, run.company.room);
  let read = false;
  try {
    yield* readInto(run, visit, writer);
    read = true;
  } finally {
    // Also when the consumer stops or the server is lost: what was handed over is brought to an end, so nothing writes behind our back.
    if (!read) await writer.finish();
  }
  return writer;
}

async function* readInto(run: Pass, visit: Visit, writer: Writer): AsyncGenerator<RunEvent> {
  let batch: Body[] = [];
  let bytes = 0;
  let begun = run.now();
  const take = (): readonly Body[] => {
    const taken = batch;
    batch = [];
    bytes = 0;
    return taken;
  };
  try {
    for await (const fetched of run.remote.fetch(visit.listed, visit.marks.uidValidity, visit.arrived)) {
      stopIfAsked(run);
      if (fetched.kind !== "message") {
        await writer.skip(fetched);
        if (fetched.kind === "failed")
          yield { kind: "failed", mailbox: visit.mailbox, uid: fetched.uid, error: fetched.error };
        continue;
      }
      if (batch.length === 0) begun = run.now();
      batch.push(fetched);
      bytes += fetched.bytes.length;
      if (batch.length < BATCH_MESSAGES && bytes < BATCH_BYTES && run.now() - begun < BATCH_MS) continue;
      await writer.write(take());
      yield* writer.durable();
    }
  } catch (error) {
    // What came before the account's end is kept: a day's budget that is smaller than a batch would bring nothing for ever. Of a mailbox that
    // turned out to be another one nothing is kept.
    if (batch.length > 0 && isMailError(error) && error.scope === "account") await writer.write(take());
    throw error;
  }
  if (batch.length > 0) await writer.write(take());
}

/** C4: an immutable id that this account has shown before needs no second download (Gmail's labels, a COPY on Cyrus). */
async function adoptKnownBodies(run: Pass, visit: Visit): Promise<void> {
  const { listed, marks, arrived } = visit;
  for await (const page of run.remote.identify(listed, marks.uidValidity, arrived, { fingerprint: false })) {
    const ids = page.flatMap((message) => message.emailId ?? []);
    const known = ids.length === 0 ? new Map() : await run.archive.byEmailId(ids);
    const arrivals = page.flatMap((message: RemoteIdentity): Arrival[] => {
      const digests = message.emailId === null ? undefined : known.get(message.emailId);
      return digests === undefined ? [] : [{ ...message, modseq: null, ...digests }];
    });
    if (arrivals.length === 0) continue;
    await storeArrivals(run, visit, arrivals);
    arrivedWithout(
      visit,
      arrivals.map((arrival) => arrival.uid),
    );
  }
}

async function storeArrivals(run: Pass, visit: Visit, arrivals: readonly Arrival[]): Promise<void> {
  // S4: two links of one archive may be pulled at once, and what both bring is one message.
  for (;;) {
    stopIfAsked(run);
    const { plan, plannedAt, done } = await run.company.turn(async () => {
      const planned = await planOn(run, visit, arrivals);
      const batch = { ...batchOf(visit, arrivals, planned.plan), plannedAt: planned.plannedAt };
      return { ...planned, done: await commitPlanned(run, batch) };
    });
    if (done.overtaken) {
      Object.assign(visit, { fresh: false, plannedAt: null });
      continue;
    }
    visit.plannedAt = done.revision ?? plannedAt;
    if (done.stale.size > 0) visit.unfinished = true;
    const renewed = new Set(plan.renewed);
    visit.unexplained = visit.unexplained.filter((row) => !renewed.has(row));
    count(run.tally, visit.mailbox, { stored: plan.stored, matched: plan.matched });
    return noteMissingDates(run, visit, arrivals);
  }
}

/** Plans on the archive as it is now; the revision is read before the messages, so that nothing falls between them. */
async function planOn(
  run: Pass,
  visit: Visit,
  arrivals: readonly Arrival[],
): Promise<{ readonly plan: ArrivalPlan; readonly plannedAt: Revision }> {
  const { mailboxId, id } = visit.base;
  const plannedAt = visit.plannedAt ?? (await run.archive.revision());
  const digests = arrivals.map((arrival) => arrival.canonical);
  if (visit.plannedAt === null) visit.unexplained = await asTheyAre(run, visit.unexplained);
  const unbound = visit.fresh ? [] : await run.archive.unbound(mailboxId, digests);
  const plan = planArrivals(run.link, mailboxId, id, arrivals, unbound, visit.unexplained);
  return { plan, plannedAt };
}

function batchOf(visit: Visit, arrivals: readonly Arrival[], plan: ArrivalPlan): Batch {
  const { id } = visit.base;
  const retried = arrivals.filter((arrival) => visit.pending.has(arrival.uid)).map((arrival) => arrival.uid);
  const done = uidSet([...retried, ...plan.renewed.map((row) => row.uid)]);
  const settled: BaseOp[] = done.length > 0 ? [{ kind: "settled", remoteMailboxId: id, uids: done }] : [];
  // B5: something lives in it again.
  const revival = visit.revival !== null && plan.archive.some((op) => "mailboxId" in op) ? [visit.revival] : [];
  return { archive: [...revival, ...plan.archive], base: [...plan.base, ...settled] };
}

/** C2: an INTERNALDATE that is absent or unreadable is stored as absent, and the report says so. */
function noteMissingDates(run: Pass, visit: Visit, arrivals: readonly Arrival[]): void {
  const without = arrivals.filter((arrival) => arrival.internalDate === null).length;
  if (without === 0) return;
  const text = `${without} messages in ${visit.mailbox} have no readable INTERNALDATE; they are kept without one.`;
  run.tally.notes.push({ kind: "noInternalDate", mailbox: visit.mailbox, text });
}

/** A huge message is a batch of its own size: two of them are never written at once. */
function isFull({ taken }: WritingRoom): boolean {
  const bytes = taken.reduce((sum, batch) => sum + batch.bytes, 0);
  return taken.length > IN_FLIGHT || (taken.length > 1 && bytes > IN_FLIGHT_BYTES);
}

interface Writer extends Ending {
  /** Takes a batch; resolves when there is room for the next one. Throws what went wrong in an earlier one. */
  write(batch: readonly Body[]): Promise<void>;
  skip(fetched: Exclude<Fetched, { kind: "message" }>): Promise<void>;
  /** What became durable since it was asked last. */
  durable(): readonly RunEvent[];
}

function openWriter(run: Pass, visit: Visit, room: WritingRoom): Writer {
  const events: RunEvent[] = [];
  const tasks: Promise<void>[] = [];
  let commits: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | null = null;

  const store = async (batch: readonly Body[]): Promise<void> => {
    const before = commits;
    const stored = run.dryRun ? Promise.resolve() : run.archive.storeBodies(batch);
    // Commits keep the order of the batches, bodies may overtake each other. Both are awaited whatever the other does.
    const committed = Promise.all([before, stored]).then(() => storeArrivals(run, visit, batch.map(arrivalOf)));
    commits = committed;
    await committed;
    const bytes = bytesOf(batch);
    count(run.tally, visit.mailbox, { fetched: batch.length, fetchedBytes: bytes });
    events.push({ kind: "stored", mailbox: visit.mailbox, messages: batch.length, bytes });
  };
  const note = (error: unknown): void => {
    failure ??= { error };
  };
  const durable = (): readonly RunEvent[] => events.splice(0);
  const throwFailure = (): void => {
    if (failure !== null) throw failure.error;
  };

  return {
    async write(batch) {
      const task = store(batch);
      tasks.push(task);
      // Reported here or by finish(); a batch of another mailbox that fails is that mailbox's affair.
      room.taken.push({ task: task.catch(note), bytes: bytesOf(batch) });
      while (isFull(room)) await room.taken.shift()?.task;
      throwFailure();
    },
    async skip(fetched) {
      await commit(run, { archive: [], base: [skipOp(run, visit, fetched)] });
    },
    durable,
    async finish() {
      await Promise.allSettled(tasks.splice(0));
      throwFailure();
      return durable();
    },
  };
}

const bytesOf = (batch: readonly Body[]): number => batch.reduce((sum, { bytes }) => sum + bytes.length, 0);

function arrivalOf({ uid, flags, modseq, internalDate, emailId, digests }: Body): Arrival {
  return { uid, flags, modseq, internalDate, emailId, sha256: digests.sha256, canonical: digests.canonical };
}

/** C6: listed with its reason, tried again in the next run; a message expunged since the listing is nothing to try again. */
function skipOp(run: Pass, visit: Visit, fetched: Exclude<Fetched, { kind: "message" }>): BaseOp {
  const remoteMailboxId = visit.base.id;
  const uid: Uid = fetched.uid;
  if (fetched.kind === "gone") return { kind: "settled", remoteMailboxId, uids: uidSet([uid]) as UidSet };
  const { code, message: detail } = fetched.error;
  countFailure(run.tally, { mailbox: visit.mailbox, uid, code, detail });
  const attempts = (visit.pending.get(uid)?.attempts ?? 0) + 1;
  const pending = { remoteMailboxId, uid, reason: code, detail, bytes: fetched.bytes, attempts, runId: run.runId };
  return { kind: "pending", pending: { ...pending, kind: "fetch" } };
}
