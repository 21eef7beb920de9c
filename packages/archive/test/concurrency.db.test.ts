// S4: two accounts over one archive, and two processes over one account. Revisions come in order and without gaps, whoever writes.
import { asId, type Batch, type Revision } from "@packetboat/core";
import { acquireLease } from "@packetboat/database";
import { scratchDatabase } from "@packetboat/database/testing";
import { describe, expect, it } from "vitest";
import { commitEdits } from "../src/commit.ts";
import { openArchive } from "../src/index.ts";
import { makeLink, openOn } from "./open-archive.ts";
import { add, bodyOf, type Paired, pair, rows, sinceOf, stockedArchive } from "./stocked-archive.ts";

describe("two writers of one archive", () => {
  it("S4: make revisions in order and without gaps, and see each other's mailboxes", async () => {
    await using scratch = await scratchDatabase();
    await using one = await openOn(scratch, "alice");
    const second = await makeLink(scratch.pool, "bob", one.link.archiveId);
    await using lease = await acquireLease(scratch.database, { accountId: second.accountId, holder: "test" });
    const two = { archive: await openArchive({ pool: scratch.pool, link: second, lease }) };
    const mine = await pair(one, ["Alice"]);
    const theirs = await pair(two, ["Bob"]);
    const work = async (opened: Parameters<typeof add>[0], mailbox: Paired, who: string) => {
      const revisions: (number | null)[] = [];
      for (let i = 0; i < 25; i++) {
        // Half of the bodies are the same on both sides: the same blob, written at the same time.
        const bodies = [bodyOf(`${who} ${i}`), bodyOf(`both ${i}`)];
        await opened.archive.storeBodies(bodies);
        const done = await opened.archive.commit({
          archive: bodies.map(({ digests, internalDate }) => ({
            kind: "addMessage",
            mailboxId: mailbox.mailboxId,
            sha256: digests.sha256,
            internalDate,
            flags: [],
            binding: null,
          })),
          base: [],
        });
        revisions.push(done.revision);
      }
      return revisions;
    };
    const [a, b] = await Promise.all([work(one, mine, "alice"), work(two, theirs, "bob")]);
    const all = [...a, ...b].map(Number).sort((x, y) => x - y);
    expect(all).toEqual(Array.from({ length: 50 }, (_, i) => i + 3));
    expect(a).toEqual([...a].sort((x, y) => Number(x) - Number(y)));
    const { rows: made } = await scratch.pool.query("select number, made_at from revision order by number");
    expect(made.map(({ number }) => Number(number))).toEqual(Array.from({ length: 52 }, (_, i) => i + 1));
    const times = made.map(({ made_at }) => made_at.getTime());
    expect(times).toEqual([...times].sort((x, y) => x - y));
    const { rows: blobs } = await scratch.pool.query("select count(*)::int as count from blob");
    expect(blobs[0].count).toBe(75);
  });

  it("C4: a body that was not looked for, because none of a thousand had been there, is still stored once", async () => {
    await using scratch = await scratchDatabase();
    await using one = await openOn(scratch, "alice");
    const second = await makeLink(scratch.pool, "bob", one.link.archiveId);
    await using lease = await acquireLease(scratch.database, { accountId: second.accountId, holder: "test" });
    const two = { archive: await openArchive({ pool: scratch.pool, link: second, lease }) };
    const inbox = await pair(one, ["INBOX"]);
    const looks = async () => {
      const sql = "select idx_scan::int as scans from pg_stat_user_indexes where indexrelname = 'blob_sha256'";
      await scratch.pool.query("select pg_stat_force_next_flush()");
      return (await scratch.pool.query<{ scans: number }>(sql)).rows[0]?.scans;
    };
    await add(
      one,
      inbox,
      Array.from({ length: 1_000 }, (_, n) => bodyOf(`first ${n}`)),
      1,
    );
    const before = await looks();
    await add(
      one,
      inbox,
      Array.from({ length: 50 }, (_, n) => bodyOf(`second ${n}`)),
      2_000,
    );
    expect(await looks()).toBe(before);
    await two.archive.storeBodies([bodyOf("of both")]);
    // Also one of this session's own, twice.
    const mixed = [bodyOf("of both"), bodyOf("third"), bodyOf("second 7")];
    expect(await add(one, inbox, mixed, 3_000)).toHaveLength(3);
    expect(await add(one, inbox, mixed, 4_000)).toHaveLength(3);
    const { rows: found } = await scratch.pool.query<{ count: number }>("select count(*)::int as count from blob");
    expect(found[0]?.count).toBe(1_052);
  });

  it("S4: additions planned before somebody else's commit are overtaken, and nothing of their batch is done", async () => {
    await using scratch = await scratchDatabase();
    await using one = await openOn(scratch, "alice");
    const second = await makeLink(scratch.pool, "bob", one.link.archiveId);
    await using lease = await acquireLease(scratch.database, { accountId: second.accountId, holder: "test" });
    const two = { archive: await openArchive({ pool: scratch.pool, link: second, lease }) };
    await one.archive.beginRun();
    await two.archive.beginRun();
    const inbox = await pair(one, ["INBOX"]);
    const body = bodyOf("new mail");
    await one.archive.storeBodies([body]);
    const plannedAt = await one.archive.revision();
    const batch: Batch = {
      plannedAt,
      archive: [
        {
          kind: "addMessage",
          mailboxId: inbox.mailboxId,
          sha256: body.digests.sha256,
          internalDate: null,
          flags: [],
          binding: null,
        },
      ],
      base: [],
    };
    const done = await Promise.all([one, two].map(({ archive }) => archive.commit(batch)));
    expect(done.filter(({ overtaken }) => overtaken)).toEqual([{ revision: null, stale: [], overtaken: true }]);
    expect(await one.archive.unbound(inbox.mailboxId, [body.digests.canonical])).toHaveLength(1);
    expect(await one.archive.revision()).toBe(plannedAt + 1);
    const winner = done[0]?.overtaken ? two : one;
    expect(await winner.archive.commit(batch), "one's own commits overtake nothing").not.toHaveProperty("overtaken");
    await commitEdits(scratch.pool, { archiveId: one.link.archiveId, now: Date.now }, [
      { kind: "createMailbox", path: ["Undone"], role: null, subscribed: false },
    ]);
    const late = { ...batch, plannedAt: asId<Revision>(plannedAt + 2) };
    expect(await winner.archive.commit(late), "an undo overtakes").toMatchObject({ overtaken: true });
  });

  it("S4: one of two ops on one message is stale, whichever is first", async () => {
    await using stocked = await stockedArchive();
    const [row] = await rows(stocked, stocked.inbox, 1, 1);
    if (row === undefined) throw new Error("no row");
    const set = (flag: string) =>
      stocked.archive.commit({
        archive: [{ kind: "setFlags", messageId: row.messageId, since: sinceOf(row), flags: [flag] }],
        base: [],
      });
    const done = await Promise.all([set("a"), set("b"), set("c")]);
    expect(done.filter(({ revision }) => revision !== null)).toHaveLength(1);
    expect(done.filter(({ stale }) => stale[0] === row.messageId)).toHaveLength(2);
  });

  it("S4: after a takeover the former holder writes nothing, not even bodies", async () => {
    await using stocked = await stockedArchive();
    await stocked.lease.release();
    await using _taken = await acquireLease(stocked.scratch.database, {
      accountId: stocked.link.accountId,
      holder: "other",
    });
    const { archive, pool } = stocked;
    const before = await pool.query(
      "select (select count(*) from blob) as blobs, (select revision from archive) as revision",
    );
    const lost = { name: "MailError", code: "LEASE_LOST" };
    await expect(archive.storeBodies([bodyOf("late")])).rejects.toMatchObject(lost);
    await expect(archive.commit({ archive: [], base: [] })).rejects.toMatchObject(lost);
    await expect(archive.beginRun()).rejects.toMatchObject(lost);
    const after = await pool.query(
      "select (select count(*) from blob) as blobs, (select revision from archive) as revision",
    );
    expect(after.rows).toEqual(before.rows);
  });
});
