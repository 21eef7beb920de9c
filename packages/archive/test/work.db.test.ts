// I2: what a question costs grows with the question, not with the archive; counted in rows that Postgres touched, as it says itself. On
// tables that nobody has analysed, or analysed when they were empty: a nightly server may be up too shortly for autovacuum to ever come by.
import { asId, type BaseIdentity, type BaseOp, NO_COUNTS, type Revision, type Uid, uidSet } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { describe, expect, it } from "vitest";
import { changesIn, getArchive, log, messagesAt, openArchive, planUndo } from "../src/index.ts";
import { explainedDatabase } from "./explained-database.ts";
import { add, bodyOf, fill, rows, type Stocked, sinceOf, stockedArchive } from "./stocked-archive.ts";

const GROWING = ["message", "message_version", "placement", "blob", "blob_part", "intent", "unsent"];
const MANY = 30_000;
const ASKED = 100;
/** Rows that may be touched for each thing asked for, over all tables and both ways into blob. */
const EACH = 12;

interface Node {
  readonly "Relation Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly "Rows Removed by Join Filter"?: number;
  readonly Plans?: readonly Node[];
}

let touched = 0;

/** Every statement on the connections of the database that is given is counted. */
async function counting({ scratch }: Stocked): Promise<Database> {
  for (const table of GROWING) await scratch.pool.query(`alter table ${table} set (autovacuum_enabled = off)`);
  return explainedDatabase(scratch, ["auto_explain.log_analyze = on", "auto_explain.log_format = json"], (plan) => {
    touched += touchedBy((JSON.parse(plan) as { Plan: Node }).Plan);
  });
}

/** Rows of growing tables that a plan looked at, also those that it then left out. */
function touchedBy(node: Node): number {
  const rest = (node.Plans ?? []).reduce((sum, each) => sum + touchedBy(each), 0);
  const removed = (node["Rows Removed by Filter"] ?? 0) + (node["Rows Removed by Join Filter"] ?? 0);
  const own = GROWING.includes(node["Relation Name"] ?? "") ? node["Actual Rows"] + removed : removed;
  return rest + own * node["Actual Loops"];
}

/** Gives what `work` touched. A plan is told when its statement is closed, which may be after its answer: hence one question more. */
async function costOf(pool: Database["pool"], work: () => Promise<unknown>): Promise<number> {
  await pool.query("select 1");
  touched = 0;
  await work();
  await pool.query("select 1");
  return touched;
}

/** One in so many: rows that lie far from each other. */
function sample(page: readonly BaseIdentity[]): readonly BaseIdentity[] {
  const live = page.filter(({ archive }) => archive !== null);
  const step = Math.floor(live.length / ASKED);
  return live.filter((_row, index) => index % step === 0).slice(0, ASKED);
}

async function drain(pages: AsyncIterable<readonly unknown[]>): Promise<number> {
  let count = 0;
  for await (const page of pages) count += page.length;
  return count;
}

async function expectCheapQuestions({ link, lease, inbox, work }: Stocked, pool: Database["pool"]): Promise<void> {
  const archive = await openArchive({ pool, link, lease });
  const cost = (work: () => Promise<unknown>) => costOf(pool, work);
  const page = await rows({ archive }, inbox, 100);
  const some = sample(page);
  expect(some).toHaveLength(ASKED);
  const uids = uidSet(some.map(({ uid }) => uid));
  const digests = some.map(({ canonical }) => canonical);
  const last = page.at(-1)?.uid ?? 0;
  const bodies = some.map((_row, index) => bodyOf(`new ${last} ${index}`));
  const costs = {
    base: await cost(() => drain(archive.base(inbox.remote, uids))),
    identities: await cost(() => drain(archive.identities(inbox.remote, uids))),
    unbound: await cost(() => archive.unbound(inbox.mailboxId, digests)),
    elsewhere: await cost(() => archive.unbound(work.mailboxId, digests)),
    byEmailId: await cost(() => archive.byEmailId(some.map(({ emailId }) => emailId ?? ""))),
    known: await cost(() => archive.known(inbox.remote, (last - ASKED) as Uid)),
    storeBodies: await cost(() => archive.storeBodies(bodies)),
    flags: await cost(() =>
      archive.commit({
        archive: some.map((row) => ({
          kind: "setFlags",
          messageId: row.messageId,
          since: sinceOf(row),
          flags: ["\\Seen"],
        })),
        base: some.map(({ uid }) => ({
          kind: "rebase",
          remoteMailboxId: inbox.remote,
          uid,
          flags: ["\\Seen"],
          modseq: 5n,
        })),
      }),
    ),
    arrivals: await cost(() =>
      archive.commit({
        archive: bodies.map(({ digests: { sha256 } }, n) => ({
          kind: "addMessage",
          mailboxId: inbox.mailboxId,
          sha256,
          internalDate: 0,
          flags: [],
          binding: {
            remoteMailboxId: inbox.remote,
            uid: (last + 1 + n) as Uid,
            flags: [],
            modseq: null,
            emailId: null,
          },
        })),
        base: [],
      }),
    ),
  };
  const now = await rows({ archive }, inbox, 100);
  const gone = sample(now.slice(7));
  const removals = await cost(() =>
    archive.commit({
      archive: gone.map((row) => ({ kind: "removeMessage", messageId: row.messageId, since: sinceOf(row) })),
      base: [{ kind: "unbind", remoteMailboxId: inbox.remote, uids: uidSet(gone.map(({ uid }) => uid)) }],
    }),
  );
  const revivals = await cost(() =>
    archive.commit({
      archive: gone.map(({ messageId }) => ({
        kind: "reviveMessage",
        messageId,
        mailboxId: inbox.mailboxId,
        flags: [],
      })),
      base: [],
    }),
  );
  const over = Object.entries({ ...costs, removals, revivals }).filter(([, rowsTouched]) => rowsTouched > ASKED * EACH);
  expect(over).toEqual([]);
  // The counter itself: what was found was looked at.
  expect(Math.min(costs.base, costs.identities, costs.unbound, costs.flags, removals)).toBeGreaterThanOrEqual(ASKED);
}

/** What a push asks: nothing has changed since, then so many messages in one of two mailboxes, and so many could not be sent. */
async function expectCheapPushes({ link, lease, inbox, work }: Stocked, pool: Database["pool"]): Promise<void> {
  const archive = await openArchive({ pool, link, lease });
  const cost = (batch: () => Promise<unknown>) => costOf(pool, batch);
  const commit = (...base: readonly BaseOp[]) => archive.commit({ archive: [], base });
  const some = sample((await rows({ archive }, inbox, 100)).slice(11));
  const messages = some.map(({ messageId }) => messageId);
  const remoteMailboxId = inbox.remote;
  const unchanged = await cost(async () => {
    const mailboxes = [inbox.remote, work.remote];
    await commit({ kind: "pushed", mailboxes, revision: await archive.revision() });
    expect(await archive.changed()).toEqual([]);
  });
  expect(unchanged).toBe(0);
  const { runId } = await archive.beginRun();
  const shape = { kind: "append", flags: [], uidValidity: 7n, uidNext: 1 } as const;
  const intents = messages.map((messageId) => ({ ...shape, remoteMailboxId: work.remote, messageId }));
  const because = { reason: "OP_REFUSED", detail: "", attempts: 1, runId, remoteMailboxId } as const;
  const uids = uidSet(some.map(({ uid }) => uid));
  const costs = {
    intend: await cost(() => commit({ kind: "intend", intents })),
    intents: await cost(async () => expect(await archive.intents()).toHaveLength(ASKED)),
    settled: await cost(() => commit({ kind: "intentsSettled", remoteMailboxId: work.remote, messages })),
    unsent: await cost(() =>
      commit(
        ...messages.map(
          (messageId) => ({ kind: "unsent", unsent: { ...because, kind: "append", messageId } }) as const,
        ),
      ),
    ),
    changedUnsent: await cost(async () => expect(await archive.changed()).toEqual(messages)),
    pushRows: await cost(() => drain(archive.pushRows(messages))),
    versionsSince: await cost(async () => expect((await archive.versionsSince(messages, 0, 4)).size).toBe(0)),
    allVersions: await cost(async () => expect((await archive.versionsSince(messages, 0, 1)).size).toBe(ASKED)),
    bytes: await cost(() => drainEach(archive.bytes(messages))),
    sent: await cost(() => commit({ kind: "sent", messages })),
    unboundIn: await cost(() => drain(archive.unboundIn(inbox.mailboxId))).then((all) => (all / MANY) * ASKED),
    markGone: await cost(() => commit({ kind: "markGone", remoteMailboxId, uids })),
    unbound: await cost(async () =>
      expect(
        (
          await archive.unbound(
            inbox.mailboxId,
            some.map(({ canonical }) => canonical),
          )
        ).length,
      ).toBe(ASKED),
    ),
    bind: await cost(() =>
      commit(
        ...some.map(({ messageId, uid }) => {
          const binding = { remoteMailboxId, uid, flags: [], modseq: null, emailId: null };
          return { kind: "bind", messageId, binding } as const;
        }),
      ),
    ),
    flags: await cost(() =>
      archive.commit({
        archive: some.map((row) => ({
          kind: "setFlags",
          messageId: row.messageId,
          since: sinceOf(row),
          flags: ["\\Flagged"],
        })),
        base: [],
      }),
    ),
    changed: await cost(async () => expect(await archive.changed()).toEqual(messages)),
  };
  expect(Object.entries(costs).filter(([, rowsTouched]) => rowsTouched > ASKED * EACH)).toEqual([]);
  expect(
    Math.min(costs.changed, costs.changedUnsent, costs.pushRows, costs.intents, costs.bytes),
  ).toBeGreaterThanOrEqual(ASKED);
}

async function drainEach(messages: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of messages) count++;
  return count;
}

/** What the commands of reading ask, once Postgres was made to look at the tables. */
async function expectCheapReading({ archive, link, inbox }: Stocked, pool: Database["pool"]): Promise<void> {
  const cost = (work: () => Promise<unknown>) => costOf(pool, work);
  const page = await rows({ archive }, inbox, 100);
  const middle = page[MANY / 2]?.messageId ?? 0;
  const revision = (await getArchive(pool, link.archiveId))?.revision ?? asId<Revision>(0);
  // The last one changed the flags of so many messages.
  const before = asId<Revision>(revision - 1);
  const costs = {
    page: await cost(() => messagesAt(pool, inbox.mailboxId, revision, middle, ASKED)),
    changes: await cost(() => changesIn(pool, link.archiveId, revision)),
    log: await cost(() => log(pool, link.archiveId, { from: revision - 1 })),
    removedSince: await cost(() => archive.removedSince(0)),
    undo: await cost(async () => {
      const { totals } = await planUndo(pool, { archiveId: link.archiveId, revision: before, selection: {} });
      expect(totals.flagged).toBe(ASKED);
    }),
    undoOne: await cost(async () => {
      const selection = { mailboxes: ["INBOX"], since: 0 };
      await planUndo(pool, { archiveId: link.archiveId, revision: before, selection });
    }),
  };
  expect(Object.entries(costs).filter(([, rowsTouched]) => rowsTouched > ASKED * EACH)).toEqual([]);
  expect(Math.min(costs.page, costs.undo, costs.undoOne)).toBeGreaterThanOrEqual(ASKED);
}

describe("I2: the work of a question grows with the question", () => {
  it.each(["knows nothing of the tables", "knew the tables when they were almost empty"])(
    "where Postgres %s",
    async (what) => {
      await using stocked = await stockedArchive();
      await using database = await counting(stocked);
      if (what.startsWith("knew")) await stocked.pool.query(`vacuum analyze ${GROWING.join(", ")}`);
      await fill(stocked, MANY);
      await expectCheapQuestions(stocked, database.pool);
      await expectCheapPushes(stocked, database.pool);
      await stocked.pool.query("analyze message_version, message");
      await expectCheapReading(stocked, database.pool);
    },
    60_000,
  );

  it("and a run that changed much makes Postgres look at the tables", async () => {
    await using stocked = await stockedArchive();
    const { archive, pool, work } = stocked;
    const known = async () =>
      Number(
        (await pool.query("select reltuples from pg_class where oid = 'message_version'::regclass")).rows[0].reltuples,
      );
    const run = async (messages: number, first: number): Promise<number> => {
      const { runId: id } = await archive.beginRun();
      const bodies = Array.from({ length: messages }, (_, n) => bodyOf(`${first} ${n}`));
      await add({ archive }, work, bodies, first);
      await archive.finishRun(id, "ok", { version: 1, totals: NO_COUNTS } as never);
      return known();
    };
    expect(await known()).toBe(-1);
    expect(await run(10, 1_000)).toBe(-1);
    expect(await run(1_000, 2_000)).toBeGreaterThan(1_000);
  });
});
