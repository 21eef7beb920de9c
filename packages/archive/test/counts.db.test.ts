// Counts of mailboxes at every revision over Postgres: the same as counting the messages of the snapshot one by one, whichever of the counts
// are kept, after an undo, and after messages were erased from all of history.
import { asId, NO_COUNTS, type Revision } from "@packetboat/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keepCounts } from "../src/counts.ts";
import {
  copySnapshot,
  executeForget,
  executeUndo,
  mailboxesAt,
  messagesAt,
  planForget,
  planUndo,
} from "../src/index.ts";
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
      Array.from({ length: 5 }, (_, n) => bodyOf(`${"x".repeat(round)} ${n}`)),
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

async function expectRight(at: number): Promise<void> {
  const { pool, link } = stocked;
  for (const { id, path, messages, unread, bytes } of await mailboxesAt(pool, link.archiveId, revision(at))) {
    const all = await messagesAt(pool, id, revision(at), 0, 10_000);
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

describe("the counts of mailboxes", () => {
  it("are right at every revision, with counts kept at some", async () => {
    expect((await keptAt()).length).toBeGreaterThan(4);
    for (let at = 0; at <= last; at++) await expectRight(at);
  });

  it("M8 are right at every revision after messages were erased from all of them", async () => {
    const { pool, link, inbox } = stocked;
    const kept = await keptAt();
    const [first, , third] = await rows(stocked, inbox, 110, 114);
    const messageIds = [first, third].flatMap((one) => one?.messageId ?? []);
    await executeForget(pool, await planForget(pool, link.archiveId, { messageIds }));
    expect(await keptAt()).toEqual(kept);
    for (let at = 0; at <= last; at++) await expectRight(at);
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

  it("I2 a run keeps them as it goes, and at its end", async () => {
    const { archive, pool, inbox } = stocked;
    const kept = await keptAt();
    const { runId } = await archive.beginRun();
    await add(
      stocked,
      inbox,
      Array.from({ length: 2_100 }, (_, n) => bodyOf(`many ${n}`)),
      10_000,
    );
    await archive.finishRun(runId, "ok", { version: 1, totals: NO_COUNTS } as never);
    expect((await keptAt()).length).toBe(kept.length + 1);
    const newest = (await keptAt()).at(-1) ?? 0;
    await expectRight(newest);
    const { rows: counted } = await pool.query("select max(messages) as most from mailbox_count where revision = $1", [
      newest,
    ]);
    expect(Number(counted[0].most)).toBeGreaterThan(2_100);
  });
});
