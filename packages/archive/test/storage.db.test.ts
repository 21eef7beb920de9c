// What archives took in and what of it took room, over Postgres: the same as looking at the rows one by one, however it is counted: at once, in
// small steps, by several who ask at once, again after more came, and anew after messages were erased.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  copySnapshot,
  countStorage,
  executeForget,
  openImport,
  planForget,
  resolveRevision,
  storageDays,
} from "../src/index.ts";
import { add, bodyOf, type Stocked, stockedArchive } from "./stocked-archive.ts";

let stocked: Stocked;
beforeAll(async () => {
  stocked = await stockedArchive();
});
afterAll(async () => stocked[Symbol.asyncDispose]());

const MANY = 1_000_000;
const LARGE = Buffer.concat([Buffer.from("Subject: large\r\n\r\n"), randomBytes(3_000_000)]);

/** By looking at every message, without any of the indexes' help. */
async function looked(archiveId = stocked.link.archiveId) {
  const { rows } = await stocked.pool.query(
    `select m.id, m.blob_id as blob, b.size, coalesce(octet_length(b.bytes), 0)
        + coalesce((select sum(octet_length(p.bytes)) from blob_part p where p.blob_id = b.id), 0) as kept
      from message m join blob b on b.id = m.blob_id where m.archive_id = $1 order by m.id`,
    [archiveId],
  );
  const seen = new Set<bigint>();
  const sum = { messages: 0, bytes: 0, repeatedBytes: 0, keptBytes: 0 };
  for (const { blob, size, kept } of rows) {
    sum.messages++;
    sum.bytes += Number(size);
    if (seen.has(blob)) sum.repeatedBytes += Number(size);
    else sum.keptBytes += Number(kept);
    seen.add(blob);
  }
  return sum;
}

async function counted(most = MANY, archiveId = stocked.link.archiveId) {
  const { pool } = stocked;
  while (!(await countStorage(pool, [archiveId], most)));
  const days = await storageDays(pool, [archiveId]);
  const sum = (of: (day: (typeof days)[number]) => number) => days.reduce((all, day) => all + of(day), 0);
  return {
    messages: sum(({ messages }) => messages),
    bytes: sum(({ bytes }) => bytes),
    repeatedBytes: sum(({ repeatedBytes }) => repeatedBytes),
    keptBytes: sum(({ keptBytes }) => keptBytes),
  };
}

it("is what the rows say: repeated mail takes no room, large mail lies in parts, text is compressed", async () => {
  const text = Buffer.from(`Subject: text\r\n\r\n${"The same line again.\r\n".repeat(5_000)}`);
  await add(
    stocked,
    stocked.work,
    [LARGE, text, bodyOf("new").bytes].map((bytes) => bodyOf(bytes)),
    100,
  );
  // The same again, elsewhere: the archive has these bytes.
  const writer = await openImport(stocked.pool, stocked.link.archiveId, Date.now);
  const body = bodyOf(text);
  await writer.add([2, 3].map((ordinal) => ({ ...body, mailboxId: stocked.work.mailboxId, ordinal })));
  const right = await looked();
  expect(right.repeatedBytes).toBeGreaterThanOrEqual(2 * text.length);
  expect(right.keptBytes).toBeLessThan(right.bytes - right.repeatedBytes - text.length / 2);
  expect(await counted(2)).toEqual(right);
  expect(await counted()).toEqual(right);
});

it("is counted once, by however many who ask; and what comes later is added on its own day", async () => {
  const { pool, link } = stocked;
  await add(
    stocked,
    stocked.inbox,
    Array.from({ length: 40 }, (_, n) => bodyOf(`later ${n}`)),
    200,
  );
  await pool.query(
    "update revision set made_at = made_at + interval '2 days' where number = (select max(number) from revision where archive_id = $1) and archive_id = $1",
    [link.archiveId],
  );
  await Promise.all([1, 2, 3].map(() => countStorage(pool, null, MANY)));
  expect(await counted()).toEqual(await looked());
  const days = await storageDays(pool, null);
  expect(days.at(-1)).toMatchObject({ messages: 40, repeatedBytes: 0 });
  expect(days.map(({ day }) => day)).toEqual(days.map(({ day }) => day).toSorted());
});

it("is told of each archive by itself, although their bodies are shared", async () => {
  const { pool, link } = stocked;
  const { revision } = await resolveRevision(pool, link.archiveId, { kind: "now" });
  const copy = await copySnapshot(pool, { from: link.archiveId, revision, selection: {}, name: "copy", now: Date.now });
  expect(await counted(MANY, copy.id)).toEqual(await looked(copy.id));
  expect((await storageDays(pool, [copy.id]))[0]?.keptBytes).toBeGreaterThan(LARGE.length);
});

it("is counted anew when messages were erased", async () => {
  const { pool, link } = stocked;
  const before = await counted();
  await executeForget(pool, await planForget(pool, link.archiveId, { mailbox: "INBOX" }));
  expect(await storageDays(pool, [link.archiveId])).toEqual([]);
  const after = await counted();
  expect(after.messages).toBeLessThan(before.messages);
  expect(after).toEqual(await looked());
});
