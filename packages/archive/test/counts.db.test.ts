// What is kept of every revision over Postgres: counts of mailboxes are the same as counting the messages of the snapshot one by one, whichever of
// them are kept; what arrived and vanished is what comparing snapshots gives; the newest messages are the head of the order. All of it also after an
// undo, and after messages were erased from all of history.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { asId, type MessageId, NO_COUNTS, type Revision } from "@packetboat/core";
import { defaultMigrationsDirectory, inTransaction } from "@packetboat/database";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keepCounts, messagesHeld } from "../src/counts.ts";
import {
  copySnapshot,
  executeForget,
  executeUndo,
  mailboxesAt,
  messageOrder,
  messagesAt,
  newestMessages,
  planForget,
  planUndo,
  talliesOf,
} from "../src/index.ts";
import { keepNewest } from "../src/newest.ts";
import { add, bodyOf, rows, type Stocked, sinceOf, stockedArchive } from "./stocked-archive.ts";

let stocked: Stocked;
let last: number;
beforeAll(async () => {
  stocked = await stockedArchive();
  const { archive, inbox, work, pool, link } = stocked;
  const keep = () => keepCounts(pool, link.archiveId, 1);
  await keep();
  for (let round = 0; round < 6; round++) {
    const added = await add(
      stocked,
      inbox,
      Array.from({ length: 5 }, (_, n) =>
        bodyOf(`${"x".repeat(round)} ${n}`, n === 4 ? null : Date.UTC(2024, 0, 1 + ((round * 7 + n * 3) % 11))),
      ),
      100 + round * 10,
      round % 2 === 0 ? ["\\Seen"] : [],
    );
    const [one, two, three] = added;
    if (one === undefined || two === undefined || three === undefined) throw new Error("not added");
    await archive.commit({
      archive: [
        { kind: "moveMessage", messageId: one.messageId, since: sinceOf(one), mailboxId: work.mailboxId, flags: [] },
        { kind: "setFlags", messageId: two.messageId, since: sinceOf(two), flags: ["\\Seen", "\\Flagged"] },
        { kind: "removeMessage", messageId: three.messageId, since: sinceOf(three) },
      ],
      base: [],
    });
    if (round % 2 === 0) await keep();
  }
  await executeUndo(pool, await planUndo(pool, { archiveId: link.archiveId, revision: revision(9), selection: {} }));
  await keep();
  last = Number((await pool.query("select revision from archive where id = $1", [link.archiveId])).rows[0].revision);
});
afterAll(async () => stocked[Symbol.asyncDispose]());

const revision = (n: number): Revision => asId<Revision>(n);

/** Where every message is at a revision. */
async function placesAt(at: number): Promise<ReadonlyMap<number, number>> {
  const { pool, link } = stocked;
  const places = new Map<number, number>();
  for (const { id } of await mailboxesAt(pool, link.archiveId, revision(at)))
    for (const message of await messagesAt(pool, id, revision(at), 0, 10_000)) places.set(message.id, id);
  return places;
}

/** What arrived and vanished at each revision is what comparing it with the one before gives. */
async function expectTallies(): Promise<void> {
  const { pool, link, inbox } = stocked;
  for (const mailboxId of [null, inbox.mailboxId]) {
    const expected = [];
    let before: ReadonlyMap<number, number> = new Map();
    const isIn = (places: ReadonlyMap<number, number>, id: number): boolean =>
      mailboxId === null ? places.has(id) : places.get(id) === mailboxId;
    for (let at = 1; at <= last; at++) {
      const after = await placesAt(at);
      expected.push({
        revision: at,
        arrived: [...after.keys()].filter((id) => isIn(after, id) && !isIn(before, id)).length,
        vanished: [...before.keys()].filter((id) => isIn(before, id) && !isIn(after, id)).length,
      });
      before = after;
    }
    const of = (after: number, to: number) => talliesOf(pool, { archiveId: link.archiveId, mailboxId, after, to });
    const plain = async (after: number, to: number) =>
      (await of(after, to)).map(({ madeAt: _, runId: __, ...one }) => one);
    expect(await plain(0, last)).toEqual(expected);
    expect((await plain(0, 1_000)).slice(0, last)).toEqual(expected);
    expect(await plain(4, 9)).toEqual(expected.slice(4, 9));
    expect(expected.some(({ vanished }) => vanished > 0)).toBe(true);
  }
}

async function expectRight(at: number): Promise<void> {
  const { pool, link } = stocked;
  for (const { id, path, messages, unread, bytes } of await mailboxesAt(pool, link.archiveId, revision(at))) {
    const all = await messagesAt(pool, id, revision(at), 0, 10_000);
    expect(await messagesHeld(pool, link.archiveId, id, revision(at))).toBe(messages);
    expect({ messages, unread, bytes }, `${path.join("/")} at ${at}`).toEqual({
      messages: all.length,
      unread: all.filter(({ flags }) => !flags.includes("\\Seen")).length,
      bytes: all.reduce((sum, { size }) => sum + (size ?? 0), 0),
    });
  }
}

const keptAt = async (): Promise<readonly number[]> => {
  const { rows: kept } = await stocked.pool.query("select distinct revision from mailbox_count order by 1");
  return kept.map(({ revision: at }) => Number(at));
};

/** Keeps the first messages of a mailbox at a revision, as if a writer had ended there. */
async function keepHead(at: number, length: number): Promise<void> {
  const { pool, inbox } = stocked;
  const ids = [...(await messageOrder(pool, inbox.mailboxId, revision(at)))].slice(0, length);
  await pool.query("delete from mailbox_newest");
  await pool.query("insert into mailbox_newest values ($1, $2, $3)", [inbox.mailboxId, at, ids]);
}

/** Whether it could tell. */
async function expectHead(at: number, count: number): Promise<boolean> {
  const { pool, inbox } = stocked;
  const head = await newestMessages(pool, inbox.mailboxId, revision(at), count);
  if (head === null) return false;
  expect(head).toEqual([...(await messageOrder(pool, inbox.mailboxId, revision(at)))].slice(0, count));
  return true;
}

describe("the newest messages", () => {
  it("are the head of the order, or nothing is said, from any list at any later revision", async () => {
    let told = 0;
    const numbers = fc.record({
      kept: fc.integer({ min: 3, max: last }),
      length: fc.integer({ min: 0, max: 30 }),
      later: fc.integer({ min: 0, max: 12 }),
      count: fc.integer({ min: 1, max: 20 }),
    });
    await fc.assert(
      fc.asyncProperty(numbers, async ({ kept, length, later, count }) => {
        await keepHead(kept, length);
        if (await expectHead(Math.min(last, kept + later), count)) told++;
      }),
      { numRuns: 100 },
    );
    expect(told).toBeGreaterThan(20);
    await keepHead(last, 5);
    expect(await newestMessages(stocked.pool, stocked.inbox.mailboxId, revision(last - 1), 1)).toBeNull();
  });

  it("M8 are kept without what is erased, and no list is behind the last writer's end", async () => {
    const { pool, link, inbox } = stocked;
    await keepHead(last, 6);
    const [, second] = await messageOrder(pool, inbox.mailboxId, revision(last));
    const messageIds = [asId<MessageId>(second ?? 0)];
    await executeForget(pool, await planForget(pool, link.archiveId, { messageIds }));
    expect([await expectHead(last, 5), await expectHead(last, 6)]).toEqual([true, false]);
    const keep = (large: number) =>
      inTransaction(pool, (client) => keepNewest(client, link.archiveId, revision(last), 1, large));
    await pool.query("delete from mailbox_newest");
    await keep(1_000);
    expect(await expectHead(last, 1)).toBe(false);
    await keep(5);
    await keep(5);
    expect(await expectHead(last, 6)).toBe(true);
  });
});

describe("the counts of mailboxes", () => {
  it("are right at every revision, with counts kept at some", async () => {
    expect((await keptAt()).length).toBeGreaterThan(4);
    for (let at = 0; at <= last; at++) await expectRight(at);
  });

  it(
    "and what arrived and vanished at each, of the archive and of a mailbox, are what the snapshots say",
    expectTallies,
  );

  it("M8 are right at every revision after messages were erased from all of them", async () => {
    const { pool, link, inbox } = stocked;
    const kept = await keptAt();
    const [first, , third] = await rows(stocked, inbox, 110, 114);
    const messageIds = [first, third].flatMap((one) => one?.messageId ?? []);
    await executeForget(pool, await planForget(pool, link.archiveId, { messageIds }));
    expect(await keptAt()).toEqual(kept);
    for (let at = 0; at <= last; at++) await expectRight(at);
    await expectTallies();
  });

  it("and what a migration counts of a history is the same", async () => {
    const { pool } = stocked;
    const sql = readFileSync(join(defaultMigrationsDirectory(), "0013_first_looks.sql"), "utf8");
    await pool.query("delete from mailbox_tally; update revision set arrived = 0, vanished = 0");
    await pool.query(sql.slice(sql.indexOf("-- What was there before")));
    await expectTallies();
  });

  it("are right whichever of them are lost", async () => {
    const { pool } = stocked;
    const kept = await keptAt();
    await fc.assert(
      fc.asyncProperty(fc.subarray([...kept]), fc.integer({ min: 0, max: last }), async (lost, at) => {
        const client =
          "with gone as (delete from mailbox_count where revision = any($1::bigint[]) returning *) select * from gone";
        const { rows: gone } = await pool.query(client, [lost]);
        await expectRight(at);
        for (const row of gone)
          await pool.query("insert into mailbox_count values ($1, $2, $3, $4, $5, $6)", Object.values(row));
      }),
      { numRuns: 15 },
    );
  });

  it("are kept when enough changed, once, by whoever finishes", async () => {
    const { pool, link } = stocked;
    const kept = await keptAt();
    await keepCounts(pool, link.archiveId, 1_000);
    expect(await keptAt()).toEqual(kept);
    await Promise.all([keepCounts(pool, link.archiveId, 1), keepCounts(pool, link.archiveId, 1)]);
    expect((await keptAt()).length).toBeLessThanOrEqual(kept.length + 1);
    const copy = await copySnapshot(pool, {
      from: link.archiveId,
      revision: revision(last),
      selection: {},
      name: "copy",
      now: () => 1,
    });
    const counted = async (id: typeof copy.id, at: number) =>
      (await mailboxesAt(pool, id, revision(at))).map(({ id: _, ...mailbox }) => mailbox);
    expect(await counted(copy.id, 1)).toEqual(await counted(link.archiveId, last));
  });

  it("are a writer's own where the tallies of all revisions since agree, and counted anew where they do not", async () => {
    const { pool, link, inbox } = stocked;
    const since = await keepCounts(pool, link.archiveId, 0);
    const [one] = await add(stocked, inbox, [bodyOf("one more"), bodyOf("and another")], 9_000);
    const through = revision(since + 1);
    const counted = async () => {
      const { rows: found } = await pool.query(
        "with gone as (delete from mailbox_count where revision = $1 returning *) select * from gone where mailbox_id = $2",
        [through, inbox.mailboxId],
      );
      return found[0];
    };
    const keep = (messages: number) =>
      keepCounts(pool, link.archiveId, 1, {
        since,
        through,
        mailboxes: new Map([[inbox.mailboxId, { messages, unread: 1, bytes: 1_000_000 }]]),
      });
    await keep(1);
    const right = await counted();
    // What nobody would count: so it is known who said it.
    await keep(2);
    const own = await counted();
    expect([Number(own.messages), Number(own.bytes) - Number(right.bytes)]).toEqual([
      Number(right.messages),
      1_000_000 - 2 * bodyOf("one more").bytes.length - ("and another".length - "one more".length) * 2,
    ]);
    const messageIds = [asId<MessageId>(one?.messageId ?? 0)];
    await executeForget(pool, await planForget(pool, link.archiveId, { messageIds }));
    await keep(2);
    await expectRight((await keptAt()).at(-1) ?? 0);
  });

  it("I2 a run keeps them as it goes, and at its end", async () => {
    const { archive, pool, inbox } = stocked;
    const kept = await keptAt();
    const { runId } = await archive.beginRun();
    await add(
      stocked,
      inbox,
      Array.from({ length: 5_100 }, (_, n) => bodyOf(`many ${n}`)),
      10_000,
    );
    await archive.finishRun(runId, "ok", { version: 1, totals: NO_COUNTS } as never);
    expect((await keptAt()).length).toBe(kept.length + 1);
    const newest = (await keptAt()).at(-1) ?? 0;
    await expectRight(newest);
    const { rows: counted } = await pool.query("select max(messages) as most from mailbox_count where revision = $1", [
      newest,
    ]);
    expect(Number(counted[0].most)).toBeGreaterThan(5_100);
    expect(await expectHead(newest, 200)).toBe(true);
  });
});
