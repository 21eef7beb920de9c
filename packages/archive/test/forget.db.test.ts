// Forgetting: what is erased is gone from every revision and from the disk; what a server still holds is not pulled again (M8).
import { asId, type Revision, type Uid } from "@packetboat/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { executeForget, mailboxesAt, messagesAt, planForget, sweepOrphans, verifyArchive } from "../src/index.ts";
import { add, bodyOf, rows, type Stocked, stockedArchive } from "./stocked-archive.ts";

let stocked: Stocked;
beforeEach(async () => {
  stocked = await stockedArchive();
});
afterEach(async () => stocked[Symbol.asyncDispose]());

const blobs = async (): Promise<number> =>
  Number((await stocked.pool.query("select count(*) from blob")).rows[0].count);
const plan = (selection: Parameters<typeof planForget>[2]) =>
  planForget(stocked.pool, stocked.link.archiveId, selection);

describe("forget", () => {
  it("says what it would erase and erases that, in every revision", async () => {
    const planned = await plan({ mailbox: "INBOX" });
    expect(planned).toMatchObject({ messages: 3, live: 2, kept: 2 });
    expect(await executeForget(stocked.pool, planned, 9_000)).toMatchObject({
      messages: 3,
      kept: 2,
      bytes: planned.bytes,
    });
    for (let revision = 0; revision <= 8; revision++) {
      const [inbox] = await mailboxesAt(stocked.pool, stocked.link.archiveId, asId<Revision>(revision));
      const there = inbox ? await messagesAt(stocked.pool, stocked.inbox.mailboxId, asId<Revision>(revision)) : [];
      // Message two was in INBOX until it was moved, and is judged by where it is.
      expect(there).toHaveLength(revision === 3 || revision === 4 ? 1 : 0);
    }
    expect(await blobs()).toBe(1);
  });

  it("M8: a message that a server still holds keeps its empty row, so that it is known and not new", async () => {
    await executeForget(stocked.pool, await plan({ mailbox: "INBOX" }), 9_000);
    const left = await rows(stocked, stocked.inbox);
    expect(left.map(({ uid, archive, internalDate }) => ({ uid, archive, internalDate }))).toEqual([
      { uid: 1, archive: null, internalDate: null },
      { uid: 2, archive: expect.anything(), internalDate: expect.any(Number) },
      { uid: 4, archive: null, internalDate: null },
    ]);
    expect((await stocked.archive.known(stocked.inbox.remote, 1 as Uid)).bound).toEqual([
      [1, 2],
      [4, 4],
    ]);
  });

  it("keeps bytes that another message shares", async () => {
    await add(stocked, stocked.work, [bodyOf("one")], 30);
    await executeForget(stocked.pool, await plan({ mailbox: "INBOX" }), 9_000);
    expect(await blobs()).toBe(2);
    const found = [];
    for await (const finding of verifyArchive(stocked.pool, stocked.link.archiveId)) found.push(finding);
    expect(found).toEqual([]);
  });

  it("leaves what came after its plan, and writes down how many, not what", async () => {
    const planned = await plan({ mailbox: "*", before: Date.UTC(2021, 0, 1) });
    await add(stocked, stocked.inbox, [bodyOf("five", Date.UTC(2019, 0, 1))], 50);
    expect(await executeForget(stocked.pool, planned, 9_000)).toMatchObject({ messages: 1 });
    const { rows: audit } = await stocked.pool.query("select kind, detail from audit");
    expect(audit).toEqual([{ kind: "forget", detail: { messages: 1, bytes: bodyOf("four").bytes.length, kept: 1 } }]);
  });

  it("refuses a selection of everything by omission", async () => {
    await expect(plan({})).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(plan({ state: "removed" })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});

describe("sweep", () => {
  it("takes orphans older than a day, and nothing that a message points to", async () => {
    await stocked.archive.storeBodies([bodyOf("young orphan"), bodyOf("old orphan")]);
    const old = bodyOf("old orphan").digests.sha256;
    await stocked.pool.query(
      "update blob set stored_at = now() - interval '25 hours' where sha256 <> decode($1, 'hex')",
      [bodyOf("young orphan").digests.sha256],
    );
    expect(await sweepOrphans(stocked.pool)).toMatchObject({ blobs: 1 });
    expect(await blobs()).toBe(5);
    expect((await stocked.pool.query("select from blob where sha256 = decode($1, 'hex')", [old])).rowCount).toBe(0);
  });

  it("leaves an old orphan that is wanted again", async () => {
    await stocked.archive.storeBodies([bodyOf("wanted")]);
    await stocked.pool.query("update blob set stored_at = now() - interval '25 hours'");
    await stocked.archive.storeBodies([bodyOf("wanted")]);
    expect(await sweepOrphans(stocked.pool)).toEqual({ blobs: 0, bytes: 0 });
  });
});
