// Search over time: the past as it was, bodies that many messages share, what waits to be indexed, what is forgotten.
import { asId, type MessageId, type Revision } from "@packetboat/core";
import { expect, test, vi } from "vitest";
import {
  archivesToIndex,
  executeForget,
  indexStanding,
  lockIndexing,
  matchingMessages,
  nextToIndex,
  planForget,
  rebuildIndex,
  searchMessages,
  storeIndexed,
} from "../src/index.ts";
import { spansOf } from "../src/search/places.ts";
import {
  asked,
  contentOf,
  indexWritten,
  newestRevision,
  WRITTEN,
  type Written,
  writtenArchive,
} from "./indexed-archive.ts";
import { rows, sinceOf } from "./stocked-archive.ts";

test("the past is as it was: flags, mailboxes and what was removed since", async () => {
  const mine = await writtenArchive(WRITTEN);
  await using _ = mine;
  const content = (id: MessageId) => contentOf(WRITTEN[mine.ids.indexOf(id)] as Written);
  await indexWritten(mine, content);
  const { archive, inbox, work } = mine;
  const before = await newestRevision(mine.pool);
  const [first, second] = await rows(mine, inbox, 1, 2);
  if (first === undefined || second === undefined) throw new Error("no rows");
  await archive.commit({
    archive: [
      { kind: "removeMessage", messageId: first.messageId, since: sinceOf(first) },
      {
        kind: "moveMessage",
        messageId: second.messageId,
        since: sinceOf(second),
        mailboxId: work.mailboxId,
        flags: [],
      },
    ],
    base: [{ kind: "unbind", remoteMailboxId: inbox.remote, uids: [[1, 1]] }],
  });
  const after = await newestRevision(mine.pool);
  const at = async (text: string, revision: Revision, removed = false) => {
    const request = { archiveId: mine.link.archiveId, query: asked(text), revision, removed };
    return (await searchMessages(mine.pool, request)).hits.map((hit) => [
      mine.ids.indexOf(hit.messageId),
      hit.mailbox[0],
      hit.present,
    ]);
  };
  expect(await at("order is:read in:inbox", before)).toEqual([[1, "INBOX", true]]);
  expect(await at("order is:read", after)).toEqual([[4, "Work", true]]);
  expect(await at("creme in:work", after)).toEqual([[1, "Work", true]]);
  expect(await at("late", before)).toEqual([[0, "INBOX", true]]);
  expect(await at("late", after)).toEqual([]);
  expect(await at("late", after, true)).toEqual([[0, "INBOX", false]]);
  expect(await at("late", asId<Revision>(1), true)).toEqual([]);
});

test("a body that many messages have is indexed once, and each message is found in its own time", async () => {
  const copies = Array.from(
    { length: 6 },
    (_, i): Written => ({ date: Date.UTC(2024, 0, 1 + 30 * i), box: i % 2 ? "work" : "inbox" }),
  );
  await using mine = await writtenArchive(copies);
  // All of one body: the bytes differ by their subject only where they are written.
  await mine.pool.query("update message set blob_id = (select min(blob_id) from message)");
  await indexWritten(mine, () => contentOf({ text: "same" }), 2);
  const { rows: stored } = await mine.pool.query("select places from content");
  expect(stored).toHaveLength(1);
  const request = { archiveId: mine.link.archiveId, query: asked("same"), revision: await newestRevision(mine.pool) };
  const { hits } = await searchMessages(mine.pool, request);
  expect(hits.map(({ messageId }) => mine.ids.indexOf(messageId))).toEqual([5, 4, 3, 2, 1, 0]);
  const ranked = await searchMessages(mine.pool, { ...request, sort: "rank" });
  expect(ranked.hits).toHaveLength(6);
});

test("what waits is counted, refused as a selection, and indexed by the next run; rebuilding makes all anew", async () => {
  await using mine = await writtenArchive(WRITTEN);
  const { pool, link } = mine;
  const { archiveId } = link;
  const content = (id: MessageId) => contentOf(WRITTEN[mine.ids.indexOf(id)] as Written);
  const request = { archiveId, query: asked("parcel"), revision: await newestRevision(pool) };
  expect(await indexStanding(pool, archiveId)).toMatchObject({ waiting: 9 });
  expect(await archivesToIndex(pool)).toEqual([archiveId]);
  expect((await searchMessages(pool, request)).waiting).toBe(9);
  await expect(matchingMessages(pool, request).next()).rejects.toThrow(
    /9 messages of alice are not indexed yet.*packetboat index alice/,
  );
  const batch = await nextToIndex(pool, archiveId, 3);
  const read = batch.unread.map(({ messageId, blobId }) => ({ blobId, content: content(messageId) }));
  expect(await storeIndexed(pool, batch, read)).toBe(true);
  // Somebody was quicker: the same batch is not stored twice.
  expect(await storeIndexed(pool, batch, read)).toBe(false);
  await indexWritten(mine, content);
  const weeks = await pool.query("select * from indexed_week order by week");
  expect(await indexStanding(pool, archiveId)).toMatchObject({ waiting: 0 });
  expect(await archivesToIndex(pool)).toEqual([]);
  await rebuildIndex(pool, archiveId);
  expect(await indexStanding(pool, archiveId)).toMatchObject({ waiting: 9 });
  await indexWritten(mine, () => contentOf({ text: "anew" }), 4);
  expect((await searchMessages(pool, { ...request, query: asked("anew") })).hits).toHaveLength(9);
  expect((await searchMessages(pool, request)).hits).toHaveLength(0);
  expect((await pool.query("select * from indexed_week order by week")).rows).toEqual(weeks.rows);
});

test("one indexes an archive at a time", async () => {
  await using mine = await writtenArchive([]);
  const { pool, link } = mine;
  {
    await using first = await lockIndexing(pool, link.archiveId);
    expect(first).not.toBeNull();
    expect(await lockIndexing(pool, link.archiveId)).toBeNull();
  }
  await vi.waitFor(async () => {
    await using again = await lockIndexing(pool, link.archiveId);
    expect(again).not.toBeNull();
  });
});

test("forgetting takes the content with the bytes", async () => {
  await using mine = await writtenArchive(WRITTEN);
  const { pool, link } = mine;
  await indexWritten(mine, (id) => contentOf(WRITTEN[mine.ids.indexOf(id)] as Written));
  await executeForget(pool, await planForget(pool, link.archiveId, { mailbox: "Work" }));
  expect((await pool.query("select from content")).rowCount).toBe(7);
  const request = {
    archiveId: link.archiveId,
    query: asked("東京 OR fine"),
    revision: await newestRevision(pool),
    removed: true,
  };
  expect((await searchMessages(pool, request)).hits).toEqual([]);
});

test("forgetting by a query erases what it found when it was planned, and is refused while mail waits", async () => {
  await using mine = await writtenArchive(WRITTEN);
  const { pool, link } = mine;
  const selection = { query: asked("order OR parcel"), since: Date.UTC(2000, 0, 1) };
  await expect(planForget(pool, link.archiveId, selection)).rejects.toThrow(/not indexed yet/);
  await indexWritten(mine, (id) => contentOf(WRITTEN[mine.ids.indexOf(id)] as Written));
  const plan = await planForget(pool, link.archiveId, selection);
  expect(plan).toMatchObject({ messages: 4 });
  await pool.query("update content set words = ' order ', subject = ' order '");
  expect(await executeForget(pool, plan)).toMatchObject({ messages: 4 });
  const left = await pool.query<{ id: bigint }>("select message_id as id from message_version order by 1");
  expect(left.rows.map(({ id }) => mine.ids.indexOf(asId<MessageId>(id))).sort()).toEqual([3, 5, 6, 7, 8]);
});

test("any time is a few spans, which are all of it and nothing else", () => {
  for (const [oldest, newest] of [
    [0, 0],
    [-5, 7],
    [2_840, 2_840 + 312],
    [2_500, 2_503],
    [-1, 0],
    [1_024, 2_047],
  ] as const) {
    const spans = spansOf(oldest, newest);
    const weeks = spans.flatMap(([level, span]) => Array.from({ length: 4 ** level }, (_, i) => span * 4 ** level + i));
    expect(weeks.sort((a, b) => a - b)).toEqual(Array.from({ length: newest - oldest + 1 }, (_, i) => oldest + i));
    expect(spans.length).toBeLessThan(26);
  }
});
