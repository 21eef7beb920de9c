// Forgetting: what is erased is gone from every revision and from the disk; what a server still holds is not pulled again (M8).
import {
  asId,
  type BaseIdentity,
  type MessageId,
  planMoves,
  planRekey,
  type RemoteIdentity,
  type Revision,
  type Uid,
} from "@packetboat/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  changesIn,
  executeForget,
  exportMailbox,
  log,
  mailboxesAt,
  messagesAt,
  planForget,
  sweepOrphans,
  verifyArchive,
} from "../src/index.ts";
import { selectionOf } from "../src/selection.ts";
import { add, bodyOf, rows, type Stocked, sinceOf, stockedArchive } from "./stocked-archive.ts";

let stocked: Stocked;
beforeEach(async () => {
  stocked = await stockedArchive();
});
afterEach(async () => stocked[Symbol.asyncDispose]());

const countOf = async (table: string): Promise<number> =>
  Number((await stocked.pool.query(`select count(*) from ${table}`)).rows[0].count);
const plan = (selection: Parameters<typeof planForget>[2]) =>
  planForget(stocked.pool, stocked.link.archiveId, selection);
const forget = async (selection: Parameters<typeof planForget>[2]) =>
  executeForget(stocked.pool, await plan(selection), { now: 9_000, by: "a test" });
const findings = async (): Promise<unknown[]> => {
  const found = [];
  for await (const finding of verifyArchive(stocked.pool, stocked.link.archiveId)) found.push(finding);
  return found;
};
/** What a server would show of a message that the base holds. */
const sightingOf = (row: BaseIdentity, uid: number): RemoteIdentity => ({
  uid: uid as Uid,
  flags: row.flags,
  size: row.size,
  internalDate: row.internalDate,
  emailId: row.emailId,
  fingerprint: row.fingerprint,
});
const boundIn = async (mailbox: Stocked["inbox"]) => (await stocked.archive.known(mailbox.remote, 1 as Uid)).bound;

describe("forget", () => {
  it("says what it would erase and erases that, in every revision", async () => {
    const planned = await plan({ mailbox: "INBOX" });
    const bytes = ["one", "three", "four"].reduce((sum, text) => sum + bodyOf(text).bytes.length, 0);
    expect(planned).toMatchObject({
      messages: 3,
      live: 2,
      kept: 2,
      bytes,
      mailboxes: [{ path: ["INBOX"], messages: 3 }],
    });
    expect(await executeForget(stocked.pool, planned, { now: 9_000 })).toEqual({
      messages: 3,
      kept: 2,
      bytes,
      revision: 9,
    });
    for (let number = 0; number <= 9; number++) {
      const revision = asId<Revision>(number);
      const tree = await mailboxesAt(stocked.pool, stocked.link.archiveId, revision);
      const inbox = tree.find(({ id }) => id === stocked.inbox.mailboxId);
      // Message two was in INBOX until it was moved, and is judged by where it is.
      const expected = number === 3 || number === 4 ? 1 : 0;
      expect(inbox?.messages ?? 0).toBe(expected);
      expect(await messagesAt(stocked.pool, stocked.inbox.mailboxId, revision)).toHaveLength(expected);
      const { archiveId } = stocked.link;
      for await (const batch of exportMailbox(stocked.pool, archiveId, stocked.inbox.mailboxId, revision))
        expect(batch.messages.every(({ id }) => id === 2)).toBe(true);
      expect(
        (await changesIn(stocked.pool, archiveId, revision)).messages.every(({ messageId }) => messageId === 2),
      ).toBe(true);
    }
    expect(await countOf("blob")).toBe(1);
    expect(await findings()).toEqual([]);
  });

  it("M8: a message that a server still holds keeps its empty row, so that it is known and not new", async () => {
    const before = await rows(stocked, stocked.inbox);
    await forget({ mailbox: "*" });
    // What identifies it stays; the archive's side is gone.
    expect(await rows(stocked, stocked.inbox)).toEqual(before.map((row) => ({ ...row, archive: null })));
    expect(await boundIn(stocked.inbox)).toEqual([
      [1, 2],
      [4, 4],
    ]);
    expect((await stocked.archive.tree()).bases).toHaveLength(2);
    const canonical = before.map((row) => row.canonical);
    expect(await stocked.archive.unbound(stocked.inbox.mailboxId, canonical)).toEqual([]);
    const { rows: left } = await stocked.pool.query("select blob_id, internal_date from message");
    expect(left).toEqual([1, 2, 4].map(() => ({ blob_id: null, internal_date: null })));
    expect(await countOf("message_version")).toBe(0);
    expect(await countOf("blob")).toBe(0);
  });

  it("M8, U1: is known again after a new UIDVALIDITY, and is not pulled", async () => {
    await forget({ mailbox: "INBOX" });
    const before = await rows(stocked, stocked.inbox);
    const seen = before.map((row, i) => sightingOf(row, 100 + i));
    const { pairs, unmatched } = planRekey(before, seen);
    expect(unmatched).toBe(0);
    const { remote } = stocked.inbox;
    await stocked.archive.commit({
      archive: [],
      base: [{ kind: "rekey", remoteMailboxId: remote, uidValidity: 8n, pairs }],
    });
    expect(await boundIn(stocked.inbox)).toEqual([[100, 102]]);
  });

  it("M8, M4: is known again when it is moved on the server, and is not pulled", async () => {
    await forget({ mailbox: "INBOX" });
    const [one] = await rows(stocked, stocked.inbox, 1, 1);
    if (one === undefined) throw new Error("no row");
    const { remote: remoteMailboxId, mailboxId } = stocked.work;
    const { moves, gone } = planMoves(
      stocked.link,
      [one],
      [{ remoteMailboxId, mailboxId, identity: sightingOf(one, 77) }],
    );
    expect(gone).toEqual([]);
    const ops = moves.flatMap(({ ops }) => ops);
    await stocked.archive.commit({ archive: ops.flatMap((op) => op.archive), base: ops.flatMap((op) => op.base) });
    expect(await rows(stocked, stocked.work, 77, 77)).toMatchObject([{ messageId: one.messageId, archive: null }]);
  });

  it("M8: what is left goes when nothing points to it any more", async () => {
    await forget({ mailbox: "INBOX" });
    const { remote: remoteMailboxId } = stocked.inbox;
    await stocked.archive.commit({ archive: [], base: [{ kind: "unbind", remoteMailboxId, uids: [[1, 1]] }] });
    expect(await countOf("forgotten")).toBe(2);
    await sweepOrphans(stocked.pool);
    expect((await stocked.pool.query("select message_id from forgotten")).rows).toEqual([{ message_id: 4n }]);
    expect((await stocked.pool.query("select id from message order by id")).rows).toEqual([{ id: 2n }, { id: 4n }]);
  });

  it("M8: keeps what an intent or a removal on the server points to, and forgets what could not be sent of the rest", async () => {
    const { archive, inbox, pool } = stocked;
    const { runId } = await archive.beginRun();
    const [one, two, four] = (await pool.query<{ id: bigint }>("select id from message where id <> 3 order by id"))
      .rows;
    const ids = [one, two, four].map((row) => asId<MessageId>(row?.id ?? 0));
    const [intended, held, refused] = ids as [MessageId, MessageId, MessageId];
    const shape = { remoteMailboxId: inbox.remote, detail: "", attempts: 1, runId } as const;
    const intent = { kind: "append", remoteMailboxId: inbox.remote, messageId: intended } as const;
    await archive.commit({
      archive: [],
      base: [
        { kind: "unbind", remoteMailboxId: inbox.remote, uids: [[1, 99]] },
        { kind: "intend", intents: [{ ...intent, uidValidity: null, uidNext: null, flags: [] }] },
        { kind: "unsent", unsent: { ...shape, messageId: held, kind: "remove", reason: "HALTED" } },
        { kind: "unsent", unsent: { ...shape, messageId: refused, kind: "flags", reason: "OP_REFUSED" } },
      ],
    });
    expect(await plan({ messageIds: ids })).toMatchObject({ messages: 3 });
    expect(await forget({ messageIds: ids })).toMatchObject({ messages: 3, kept: 2 });
    const known = async () => {
      const all = [];
      for await (const page of archive.pushRows(ids)) all.push(...page);
      return all.map(({ messageId, live, sha256, size }) => ({ messageId, live, sha256, size }));
    };
    expect(await known()).toEqual([
      { messageId: intended, live: null, sha256: null, size: bodyOf("one").bytes.length },
      { messageId: held, live: null, sha256: null, size: bodyOf("two").bytes.length },
    ]);
    expect(await archive.changed()).toContain(held);
    expect(await archive.intents()).toMatchObject([
      { messageId: intended, canonical: bodyOf("one").digests.canonical },
    ]);
    const none = [];
    for await (const body of archive.bytes(ids)) none.push(body);
    expect(none).toEqual([]);
    await sweepOrphans(pool, 0);
    expect(await known()).toHaveLength(2);
    await archive.commit({
      archive: [],
      base: [
        { kind: "intentsSettled", remoteMailboxId: inbox.remote, messages: ids },
        { kind: "sent", messages: ids },
      ],
    });
    await sweepOrphans(pool, 0);
    expect(await known()).toEqual([]);
    expect(await findings()).toEqual([]);
  });

  it("keeps bytes that another message shares", async () => {
    await add(stocked, stocked.work, [bodyOf("one")], 30);
    expect(await forget({ mailbox: "INBOX" })).toMatchObject({
      messages: 3,
      bytes: bodyOf("three").bytes.length + bodyOf("four").bytes.length,
    });
    expect(await countOf("blob")).toBe(2);
    expect(await findings()).toEqual([]);
  });

  it("takes every part of a large body", async () => {
    await add(stocked, stocked.work, [bodyOf(Buffer.alloc(9_000_000, "Subject: large\n\nx"))], 30);
    expect(await countOf("blob_part")).toBe(3);
    expect(await forget({ mailbox: "Archive/*" })).toMatchObject({ messages: 2 });
    expect(await countOf("blob_part")).toBe(0);
  });

  it("leaves what came after its plan", async () => {
    const planned = await plan({ mailbox: "*", before: Date.UTC(2021, 0, 1) });
    await add(stocked, stocked.inbox, [bodyOf("five", Date.UTC(2019, 0, 1))], 50);
    expect(await executeForget(stocked.pool, planned)).toMatchObject({ messages: 1 });
  });

  it("is in the log and the audit, by number and not by content", async () => {
    const { revision } = await forget({ mailbox: "INBOX" });
    const [last, ...earlier] = await log(stocked.pool, stocked.link.archiveId);
    expect(last).toMatchObject({ revision, forgotten: 3, added: 0, removed: 0, runId: null, madeAt: 9_000 });
    expect(earlier.map(({ forgotten }) => forgotten)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    const { rows: audit } = await stocked.pool.query("select kind, archive_id, detail from audit");
    const bytes = ["one", "three", "four"].reduce((sum, text) => sum + bodyOf(text).bytes.length, 0);
    const detail = {
      by: "a test",
      revision,
      selection: expect.stringMatching(/^[0-9a-f]{64}$/),
      messages: 3,
      bytes,
      kept: 2,
    };
    expect(audit).toEqual([{ kind: "forget", archive_id: BigInt(stocked.link.archiveId), detail }]);
    expect(JSON.stringify(audit[0].detail)).not.toContain("INBOX");
  });

  it("makes no revision where nothing is to be erased", async () => {
    expect(await forget({ mailbox: "nowhere" })).toEqual({ messages: 0, bytes: 0, kept: 0, revision: null });
    await forget({ mailbox: "INBOX" });
    expect(await forget({ mailbox: "INBOX" })).toMatchObject({ messages: 0, revision: null });
    expect(await countOf("audit")).toBe(1);
  });

  it("goes on where it was interrupted", async () => {
    const many = Array.from({ length: 1_200 }, (_, i) => bodyOf(`bulk ${i}`));
    await add(stocked, stocked.work, many, 1_000);
    const stop = new AbortController();
    const planned = await plan({ mailbox: "Archive/Work" });
    expect(planned.messages).toBe(1_201);
    const onProgress = (): void => stop.abort(new Error("interrupted here"));
    await expect(executeForget(stocked.pool, planned, { onProgress, signal: stop.signal })).rejects.toThrow(
      "interrupted",
    );
    expect(await findings()).toEqual([]);
    expect(await countOf("blob")).toBe(3 + 201);
    expect(await forget({ mailbox: "Archive/Work" })).toMatchObject({ messages: 201 });
    expect(await countOf("blob")).toBe(3);
    const done = await log(stocked.pool, stocked.link.archiveId, { limit: 2 });
    expect(done.map(({ forgotten }) => forgotten)).toEqual([201, 1_000]);
    expect(await findings()).toEqual([]);
  });
});

describe("forget beside a run", () => {
  it("S4: a change that was planned before is stale, a binding of what is gone is planned again", async () => {
    const [one] = await rows(stocked, stocked.inbox, 1, 1);
    if (one === undefined) throw new Error("no row");
    const { remote: remoteMailboxId } = stocked.inbox;
    await forget({ mailbox: "INBOX" });
    const { messageId } = one;
    const edit = { kind: "setFlags", messageId, since: sinceOf(one), flags: ["late"] } as const;
    expect(await stocked.archive.commit({ archive: [edit], base: [] })).toEqual({ revision: null, stale: [messageId] });
    const binding = { remoteMailboxId, uid: 60 as Uid, flags: [], modseq: null, emailId: null };
    const bind = (id: number) =>
      stocked.archive.commit({ archive: [], base: [{ kind: "bind", messageId: asId<MessageId>(id), binding }] });
    // Three was tombstoned and held by nobody: its row is gone.
    await expect(bind(3)).rejects.toMatchObject({ code: "ARCHIVE_BUSY" });
    await expect(bind(99_999)).rejects.toMatchObject({ code: "BUG" });
  });

  it("waits for a writer that is binding what it erases, and keeps its row", async () => {
    const client = await stocked.pool.connect();
    await client.query("begin");
    await client.query("select from message where id = 3 for key share");
    await client.query("insert into placement (remote_mailbox_id, uid, message_id, flags) values ($1, 70, 3, '{}')", [
      stocked.inbox.remote,
    ]);
    const erasing = forget({ messageIds: [asId<MessageId>(3)] });
    const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    await expect.poll(async () => (await stocked.pool.query(waiting)).rowCount, { timeout: 5_000 }).toBe(1);
    await client.query("commit");
    client.release();
    expect(await erasing).toMatchObject({ messages: 1, kept: 1 });
    expect(await boundIn(stocked.inbox)).toContainEqual([70, 70]);
  });
});

describe("selection", () => {
  const meant = async (selection: Parameters<typeof planForget>[2]) => (await plan(selection)).messages;

  it("takes what holds for everything that is said", async () => {
    const year = Date.UTC(2021, 0, 1);
    expect(await meant({ mailbox: "*" })).toBe(4);
    expect(await meant({ mailbox: "inbox" })).toBe(3);
    expect(await meant({ mailbox: "Archive/W?rk" })).toBe(1);
    // Its name of today decides, not one that it had.
    expect(await meant({ mailbox: "Work" })).toBe(0);
    expect(await meant({ since: year })).toBe(3);
    expect(await meant({ before: year })).toBe(1);
    expect(await meant({ mailbox: "INBOX", since: year, state: "removed" })).toBe(1);
    expect(await meant({ messageIds: [1, 2, 99].map((id) => asId<MessageId>(id)) })).toBe(2);
    expect(await meant({ sha256: [bodyOf("two").digests.sha256, "0".repeat(64)] })).toBe(1);
  });

  it("refuses everything by omission, and nonsense", () => {
    for (const words of [{}, { state: "removed" } as const, { since: Number.NaN }, { sha256: ["zz"] }])
      expect(() => selectionOf(words)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    expect(selectionOf({ mailbox: "INBOX" })).toEqual({ mailbox: "INBOX" });
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
    expect(await countOf("blob")).toBe(5);
    expect((await stocked.pool.query("select from blob where sha256 = decode($1, 'hex')", [old])).rowCount).toBe(0);
  });

  it("leaves an old orphan that is wanted again", async () => {
    await stocked.archive.storeBodies([bodyOf("wanted")]);
    await stocked.pool.query("update blob set stored_at = now() - interval '25 hours'");
    await stocked.archive.storeBodies([bodyOf("wanted")]);
    expect(await sweepOrphans(stocked.pool)).toEqual({ blobs: 0, bytes: 0 });
  });
});
