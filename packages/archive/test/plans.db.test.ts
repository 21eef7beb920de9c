// Every query on a table that grows with mail uses an index: looked at in the plans that Postgres makes over 30,000 messages; a soak takes
// 120,000. Fewer only make it harder: the smaller the table, the sooner Postgres reads it as a whole although there is an index.
import { type Archive, asId, type MessageId, NO_COUNTS, type Revision, type RunId, type Uid } from "@packetboat/core";
import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keepAtTheEnd, messagesHeld } from "../src/counts.ts";
import {
  changesIn,
  countStorage,
  countsAmong,
  differingMessages,
  erasuresOf,
  listedMessages,
  log,
  mailboxesAt,
  messageDetails,
  messageOrder,
  messagesAt,
  newestMessages,
  oneSided,
  onlyOnServer,
  openArchive,
  openImport,
  planUndo,
  storageDays,
  talliesOf,
  undoneMessages,
  unknownTo,
} from "../src/index.ts";
import { explainedDatabase } from "./explained-database.ts";
import { bodyOf, fill, rows, type Stocked, sinceOf, stockedArchive } from "./stocked-archive.ts";

const GROWING = ["message", "message_version", "placement", "blob", "blob_part", "audit"];

const MESSAGES = process.env.PACKETBOAT_SOAK === undefined ? 30_000 : 120_000;

let stocked: Stocked;
const plans: string[] = [];

beforeAll(async () => {
  stocked = await stockedArchive();
  await fill(stocked, MESSAGES);
  // Parts of no body: an empty table is read as a whole, which says nothing.
  await stocked.pool.query(
    "insert into blob_part (blob_id, part, codec, bytes) select -n, 0, 0, repeat('x', 100)::bytea from generate_series(1, 20000) n",
  );
  // What was read over the years.
  await stocked.pool.query(
    `insert into audit (happened_at, kind, archive_id, user_id, detail)
      select now(), 'read', id, 1, '{"by": "session"}' from archive, generate_series(1, 20000)`,
  );
  await stocked.pool.query("vacuum analyze");
  // As the run that brought them would have; from the beginning all is counted, which is no question of every day.
  await keepAtTheEnd(stocked.pool, stocked.link.archiveId, 1);
}, 120_000);
afterAll(async () => stocked[Symbol.asyncDispose]());

/** An import of what is there and what is not, often enough for generic plans. */
async function importEverything(pool: Pool, { link, inbox }: Stocked): Promise<void> {
  const writer = await openImport(pool, link.archiveId, Date.now);
  await writer.mailboxes([{ path: ["Imported"], role: null, subscribed: true }]);
  for (let i = 0; i < 7; i++) {
    const bodies = ["two", `imported ${i}`].map((text) => bodyOf(text));
    await writer.add(bodies.map((body) => ({ ...body, mailboxId: inbox.mailboxId, ordinal: 1 })));
  }
}

function sequentialScans(): readonly string[] {
  return plans.flatMap((plan) =>
    GROWING.flatMap((table) =>
      new RegExp(`Seq Scan on (packetboat\\.)?${table}\\b(?!_)`).test(plan) ? [`${table}: ${plan}`] : [],
    ),
  );
}

/** Every question and op of a push, often enough for generic plans. */
async function pushEverything(archive: Archive, { inbox, work }: Stocked, runId: RunId): Promise<void> {
  const remoteMailboxId = inbox.remote;
  await archive.changed();
  for (let i = 0; i < 7; i++) {
    const revision = await archive.revision();
    await archive.commit({ archive: [], base: [{ kind: "pushed", mailboxes: [inbox.remote, work.remote], revision }] });
    const some = await rows({ archive }, inbox, 2_000 + i * 10, 2_009 + i * 10);
    const messages = some.map(({ messageId }) => messageId);
    const shape = { kind: "append", flags: [], uidValidity: null, uidNext: null } as const;
    const because = { kind: "append", reason: "OP_REFUSED", detail: "", attempts: 1, runId } as const;
    await archive.commit({
      archive: some.map((row) => ({
        kind: "setFlags",
        messageId: row.messageId,
        since: sinceOf(row),
        flags: ["\\Draft"],
      })),
      base: [
        { kind: "intend", intents: messages.map((messageId) => ({ ...shape, remoteMailboxId, messageId })) },
        ...messages.map(
          (messageId) => ({ kind: "unsent", unsent: { ...because, remoteMailboxId, messageId } }) as const,
        ),
        { kind: "markGone", remoteMailboxId, uids: some.map(({ uid }) => [uid, uid] as const) },
        { kind: "expunged", remoteMailboxId, runId, messages: 1 },
      ],
    });
    expect(await archive.changed()).toEqual(messages);
    for await (const _ of archive.pushRows(messages));
    for await (const _ of archive.bytes(messages));
    await archive.intents();
    await archive.approvedPushes(Date.now());
    await archive.expungedSince(0);
    await archive.unbound(
      inbox.mailboxId,
      some.map(({ canonical }) => canonical),
    );
    await archive.commit({
      archive: [],
      base: [
        ...some.map(({ messageId, uid }) => {
          const binding = { remoteMailboxId, uid, flags: [], modseq: null, emailId: null };
          return { kind: "bind", messageId, binding } as const;
        }),
        { kind: "intentsSettled", remoteMailboxId, messages },
        { kind: "sent", messages },
      ],
    });
  }
}

/** A page of a difference and one of a mailbox, early, in the middle and now: an index gives the order, nothing sorts the mailbox. */
async function ofSnapshots(pool: Pool): Promise<readonly string[]> {
  const { inbox, work, link } = stocked;
  const begin = plans.length;
  const { rows: now } = await stocked.pool.query("select revision from archive where id = $1", [link.archiveId]);
  const last = asId<Revision>(now[0].revision);
  for (const from of [asId<Revision>(3), asId<Revision>(8)]) {
    const request = { archiveId: link.archiveId, from, to: last, mailboxes: [inbox.mailboxId, work.mailboxId] };
    for await (const _ of differingMessages(pool, request)) break;
    await messagesAt(pool, inbox.mailboxId, from, 60_000, 100);
  }
  await mailboxesAt(pool, link.archiveId, last);
  // messageOrder reads all of a mailbox, once for a revision: only what is shown of it is looked up by indexes.
  const order = await messageOrder(stocked.pool, inbox.mailboxId, last);
  const shown = await listedMessages(pool, [...order.subarray(10_000, 10_100)], last);
  expect([shown.length, shown[0]?.id]).toEqual([100, order[10_000]]);
  await messagesHeld(pool, link.archiveId, inbox.mailboxId, last);
  expect(await newestMessages(pool, inbox.mailboxId, last, 100)).toEqual([...order.subarray(0, 100)]);
  const some = [...order.subarray(20_000, 20_500)].map((id) => asId<MessageId>(id));
  expect((await countsAmong(pool, link.archiveId, last, some)).get(inbox.mailboxId)?.messages).toBe(500);
  await unknownTo(pool, { ...link, policy: { ...link.policy, prefix: ["Archive"] } });
  await messageDetails(pool, link.archiveId, asId<MessageId>(70_000));
  await erasuresOf(pool, link.archiveId);
  for (const mailboxId of [null, inbox.mailboxId])
    await talliesOf(pool, { archiveId: link.archiveId, mailboxId, after: last - 3, to: last });
  await pool.query("select");
  const own = plans.slice(begin);
  expect(own.length).toBeGreaterThan(6);
  // Of one commit's messages the ids are sorted where the index has only the revision; that is no sort of the mailbox.
  return own.filter((plan) => /(?<!Incremental )Sort {2}\(.*rows=[0-9]{4,}/.test(plan));
}

describe("plans", () => {
  it("read growing tables by index only", async () => {
    const { scratch, link, lease, inbox, work } = stocked;
    await using database = await explainedDatabase(scratch, [], (plan) => plans.push(plan));
    const archive = await openArchive({ pool: database.pool, link, lease });
    await archive.tree();
    await archive.known(inbox.remote, 1 as Uid);
    await archive.known(inbox.remote, 100_000 as Uid);
    const page = await rows({ archive }, inbox, 1_000, 3_000);
    const plain = [];
    for await (const some of archive.base(inbox.remote, [
      [500, 600],
      [900, 950],
    ]))
      plain.push(...some);
    await archive.unbound(work.mailboxId, [
      bodyOf("two").digests.canonical,
      ...page.slice(0, 200).map(({ canonical }) => canonical),
    ]);
    await archive.byEmailId(["E100", "E200", "none"]);
    const [first, second, third] = page;
    if (!first || !second || !third) throw new Error("no rows");
    const { runId } = await archive.beginRun();
    // More than five times, so that prepared statements get their generic plans.
    for (let i = 0; i < 7; i++) {
      const some = await rows({ archive }, inbox, 1_000 + i * 10, 1_009 + i * 10);
      const bodies = Array.from({ length: 20 }, (_, n) => bodyOf(`${i} ${n}`));
      await archive.storeBodies(bodies);
      const uid = 1_000_000 + i * 100;
      await archive.commit({
        archive: [
          ...some.slice(0, 4).map((row) => ({
            kind: "setFlags" as const,
            messageId: row.messageId,
            since: sinceOf(row),
            flags: ["\\Seen"],
          })),
          ...some
            .slice(4, 5)
            .map((row) => ({ kind: "removeMessage" as const, messageId: row.messageId, since: sinceOf(row) })),
          ...some.slice(5, 6).map((row) => ({
            kind: "moveMessage" as const,
            messageId: row.messageId,
            since: sinceOf(row),
            mailboxId: work.mailboxId,
            flags: [],
          })),
          ...bodies.map(({ digests, internalDate }, n) => ({
            kind: "addMessage" as const,
            mailboxId: inbox.mailboxId,
            sha256: digests.sha256,
            internalDate,
            flags: [],
            binding: { remoteMailboxId: inbox.remote, uid: (uid + n) as Uid, flags: [], modseq: null, emailId: null },
          })),
        ],
        base: [
          ...some.slice(0, 4).map(({ uid: bound }) => ({
            kind: "rebase" as const,
            remoteMailboxId: inbox.remote,
            uid: bound,
            flags: ["\\Seen"],
            modseq: 5n,
          })),
          {
            kind: "unbind",
            remoteMailboxId: inbox.remote,
            uids: some.slice(4, 5).map(({ uid: gone }) => [gone, gone] as const),
          },
          ...some.slice(5, 6).map((row) => ({
            kind: "bind" as const,
            messageId: row.messageId,
            binding: { remoteMailboxId: work.remote, uid: (uid + 99) as Uid, flags: [], modseq: null, emailId: null },
          })),
        ],
      });
    }
    await pushEverything(archive, stocked, runId);
    await importEverything(database.pool, stocked);
    await archive.removedSince(0);
    await archive.approved(Date.now());
    for (const of of [{ heldBy: runId }, { link: link.id }]) await undoneMessages(database.pool, of, 100, "1.0.1");
    // The restores and imports of this archive are most of it.
    expect((await oneSided(database.pool, link)).onlyOnServer?.messages).toBeGreaterThan(0);
    await onlyOnServer(database.pool, link, asId<Revision>(5));
    await countStorage(database.pool, null, 1_000);
    await storageDays(database.pool, null);
    await archive.finishRun(runId, "ok", { version: 1, totals: NO_COUNTS } as never);
    await messagesAt(database.pool, inbox.mailboxId, asId<Revision>(5), 60_000, 500);
    await log(database.pool, link.archiveId, { from: 9 });
    await changesIn(database.pool, link.archiveId, asId<Revision>(9));
    // One connection only: the plan of an undo, and its ops as a run would commit them.
    await planUndo(database.pool, { archiveId: link.archiveId, revision: asId<Revision>(9), selection: {} });
    await planUndo(database.pool, {
      archiveId: link.archiveId,
      revision: asId<Revision>(5),
      selection: { mailboxes: ["INBOX"], since: 0 },
    });

    expect(await ofSnapshots(database.pool)).toEqual([]);

    expect(plans.length).toBeGreaterThan(60);
    expect(sequentialScans()).toEqual([]);
    // The detector itself: a scan that there is, is seen.
    await database.pool.query("select count(*) from message where internal_date is not null");
    expect(sequentialScans()).toHaveLength(1);
  }, 120_000);
});
