// The archive contract's second half: the base of a link. Which remote mailboxes are paired, which UIDs are bound, what is pending, and
// what identifies a message for moves, rekeys and adoption.
import type { ArchiveOp, Uid } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import {
  bindingOf,
  bodyFrom,
  bodyOf,
  collect,
  emptyReport,
  line,
  marksOf,
  messageIds,
  type On,
  pendingOf,
  uids,
} from "./archive-fixture.ts";
import { archiveUnboundContract } from "./archive-unbound-contract.ts";

const INBOX = ["INBOX"];
const OTHER = ["Other"];

export function archiveBaseContract(on: On): void {
  describe("base of mailboxes", () => mailboxBases(on));
  describe("base of messages", () => placements(on));
  describe("base of messages, changed", () => placementChanges(on));
  describe("rekey", () => rekeys(on));
  describe("adoption", () => adoption(on));
  describe("runs", () => runs(on));
  describe("size", () => size(on));
}

function mailboxBases(on: On): void {
  it(
    "pairs a remote mailbox with the archive's of a path, made in the same commit or before",
    on(async (hand) => {
      await hand.commit({ archive: [{ kind: "createMailbox", path: OTHER, role: "sent", subscribed: true }] });
      const seen = { objectId: "F-1", role: "sent", subscribed: true, uidValidity: 42n } as const;
      await hand.commit({
        base: [{ kind: "bindMailbox", archivePath: OTHER, name: "Elsewhere.X", path: ["Elsewhere", "X"], ...seen }],
      });
      const { mailboxes, bases } = await hand.archive.tree();
      expect(bases).toEqual([
        {
          id: expect.any(Number),
          mailboxId: mailboxes[0]?.id,
          name: "Elsewhere.X",
          path: ["Elsewhere", "X"],
          ...seen,
          marks: null,
          completeAt: null,
          pending: 0,
          resting: false,
          pushed: 0,
          pushedPath: OTHER,
          renamingTo: null,
          unsent: 0,
        },
      ]);
    }),
  );

  it(
    "changes a mailbox's base: name, role, subscription, rest",
    on(async (hand) => {
      const { remote, mailboxId } = await hand.pair(INBOX);
      const change = { objectId: "F-2", role: "archive", subscribed: true, resting: true } as const;
      const op = { kind: "changeMailboxBase", remoteMailboxId: remote, name: "N", path: ["N"], ...change } as const;
      expect((await hand.commit({ base: [op] })).revision).toBeNull();
      expect(await hand.baseOf(["N"])).toMatchObject({ id: remote, mailboxId, name: "N", ...change, uidValidity: 7n });
    }),
  );

  it(
    "drops a mailbox's base with placements and pendings, and leaves the archive alone",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const body = bodyOf("one");
      await hand.add(inbox, 1, body);
      const { runId: run } = await hand.archive.beginRun();
      await hand.commit({ base: [{ kind: "pending", pending: pendingOf(inbox.remote, 9, run) }] });
      await hand.commit({ base: [{ kind: "dropMailboxBase", remoteMailboxId: inbox.remote }] });
      expect((await hand.archive.tree()).bases).toEqual([]);
      expect(await hand.now(INBOX)).toEqual([line(body.digests.sha256)]);
      expect(await hand.archive.unbound(inbox.mailboxId, [body.digests.canonical])).toHaveLength(1);
    }),
  );

  it(
    "S3: keeps marks exactly, and when the last complete look was",
    on(async (hand) => {
      const { remote: remoteMailboxId } = await hand.pair(INBOX);
      const first = marksOf(4294967295, 2n ** 63n - 1n, 3);
      await hand.commit({ base: [{ kind: "marks", remoteMailboxId, marks: first, complete: false }] });
      expect(await hand.baseOf(INBOX)).toMatchObject({ marks: first, completeAt: null });
      await hand.commit({ base: [{ kind: "marks", remoteMailboxId, marks: first, complete: true }] });
      const { completeAt } = await hand.baseOf(INBOX);
      expect(completeAt).toBeGreaterThan(0);
      const bare = { uidValidity: 7n, uidNext: null, highestModseq: null, messages: null };
      await hand.commit({ base: [{ kind: "marks", remoteMailboxId, marks: bare, complete: false }] });
      expect(await hand.baseOf(INBOX)).toMatchObject({ marks: bare, completeAt });
    }),
  );
}

function placements(on: On): void {
  it(
    "knows the bound UIDs as ranges, and counts them",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const other = await hand.pair(OTHER);
      const body = bodyOf("one");
      await hand.archive.storeBodies([body]);
      const bound = [1, 2, 3, 10, 4294967295];
      await hand.commit({ archive: bound.map((uid) => hand.addOp(inbox, uid, body)) });
      expect((await hand.archive.known(inbox.remote, 1 as Uid)).bound).toEqual([
        [1, 3],
        [10, 10],
        [4294967295, 4294967295],
      ]);
      expect((await hand.archive.known(inbox.remote, 3 as Uid)).bound).toEqual([
        [3, 3],
        [10, 10],
        [4294967295, 4294967295],
      ]);
      expect((await hand.archive.known(other.remote, 1 as Uid)).bound).toEqual([]);
      expect((await hand.archive.bound()).get(inbox.remote)).toBe(5);
      expect((await hand.archive.bound()).get(other.remote) ?? 0).toBe(0);
    }),
  );

  it(
    "gives base rows and identities of the UIDs asked for, ascending, without those it has not",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const bodies = [3, 1, 2].map((uid) => ({ uid, body: bodyOf(`m${uid}`) }));
      for (const { uid, body } of bodies) await hand.add(inbox, uid, body, { flags: ["\\Seen"], emailId: `E${uid}` });
      const rows = await hand.plainRows(inbox.remote, [[2, 9]]);
      expect(rows.map((row) => row.uid)).toEqual([2, 3]);
      const [row] = await hand.rows(inbox.remote, uids(3));
      const body = bodies[0]?.body;
      const { canonical, fingerprint } = body?.digests ?? {};
      const identity = { size: body?.bytes.length, canonical, fingerprint, emailId: "E3" };
      expect(row).toMatchObject({ remoteMailboxId: inbox.remote, uid: 3, flags: ["\\Seen"], ...identity });
      expect(await hand.rows(inbox.remote, [])).toEqual([]);
    }),
  );

  it(
    "gives the canonical digest and a missing fingerprint as they were computed",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const odd = bodyFrom(Buffer.from("\nno header\nbut a bare LF\0\n"));
      const row = await hand.add(inbox, 1, odd);
      expect(row).toMatchObject({ fingerprint: null, canonical: odd.digests.canonical });
      expect(row.canonical).not.toBe(odd.digests.sha256);
    }),
  );

  it(
    "rebases flags and MODSEQ of a placement, not of the message",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      await hand.add(inbox, 1, bodyOf("one"), { flags: ["\\Draft"] });
      const change = { uid: 1 as Uid, flags: ["$Junk", "\\Seen"], modseq: 77n };
      await hand.commit({ base: [{ kind: "rebase", remoteMailboxId: inbox.remote, ...change }] });
      const row = await hand.row(inbox.remote, 1);
      expect(row).toMatchObject(change);
      expect(row.archive.flags).toEqual(["\\Draft"]);
    }),
  );
}

function placementChanges(on: On): void {
  it(
    "M4: moves a message and its placement in one commit",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const other = await hand.pair(OTHER);
      const { messageId, archive } = await hand.add(inbox, 5, bodyOf("one"), { emailId: "E" });
      const done = await hand.commit({
        archive: [
          { kind: "moveMessage", messageId, since: archive.since, mailboxId: other.mailboxId, flags: ["\\Seen"] },
        ],
        base: [
          { kind: "unbind", remoteMailboxId: inbox.remote, uids: uids(5) },
          { kind: "bind", messageId, binding: bindingOf(other.remote, 2, { flags: ["\\Seen"], emailId: "E" }) },
        ],
      });
      expect(await hand.plainRows(inbox.remote)).toEqual([]);
      const moved = { mailboxId: other.mailboxId, flags: ["\\Seen"], since: done.revision };
      expect(await hand.row(other.remote, 2)).toMatchObject({ messageId, emailId: "E", archive: moved });
    }),
  );

  it(
    "unbinds ranges, including UIDs that were never bound",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      for (const uid of [1, 5, 9]) await hand.add(inbox, uid, bodyOf(`m${uid}`));
      const gone = [[2, 6] as const, [8, 100] as const];
      await hand.commit({ base: [{ kind: "unbind", remoteMailboxId: inbox.remote, uids: gone }] });
      expect((await hand.archive.known(inbox.remote, 1 as Uid)).bound).toEqual([[1, 1]]);
      expect(await hand.now(INBOX)).toHaveLength(3);
    }),
  );

  it(
    "C6: keeps what is pending until it is settled, one row a UID, the latest",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const { runId: run } = await hand.archive.beginRun();
      const rows = [
        pendingOf(inbox.remote, 8, run),
        pendingOf(inbox.remote, 3, run),
        pendingOf(inbox.remote, 8, run, 2),
      ];
      for (const pending of rows) await hand.commit({ base: [{ kind: "pending", pending }] });
      expect((await hand.archive.known(inbox.remote, 1 as Uid)).pending).toEqual([rows[1], rows[2]]);
      expect((await hand.baseOf(INBOX)).pending).toBe(2);
      await hand.commit({ base: [{ kind: "settled", remoteMailboxId: inbox.remote, uids: [[4, 4294967295]] }] });
      expect((await hand.archive.known(inbox.remote, 1 as Uid)).pending).toEqual([rows[1]]);
      await hand.commit({ base: [{ kind: "settled", remoteMailboxId: inbox.remote, uids: uids(3) }] });
      expect((await hand.baseOf(INBOX)).pending).toBe(0);
    }),
  );
}

function rekeys(on: On): void {
  it(
    "U1: replaces UIDVALIDITY and placements in one op, also where old and new UIDs cross",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const ids = [];
      for (const uid of [1, 2, 3, 4]) ids.push((await hand.add(inbox, uid, bodyOf(`m${uid}`))).messageId);
      await hand.commit({
        base: [{ kind: "marks", remoteMailboxId: inbox.remote, marks: marksOf(5, 9n, 4), complete: true }],
      });
      const pairs = [
        [1, 2],
        [2, 1],
        [4, 3],
      ].map(([from, to]) => [from as Uid, to as Uid] as const);
      const before = await hand.inspect.revision();
      await hand.commit({ base: [{ kind: "rekey", remoteMailboxId: inbox.remote, uidValidity: 8n, pairs }] });
      const rows = await hand.plainRows(inbox.remote);
      expect(rows.map((row) => [row.uid, row.messageId])).toEqual([
        [1, ids[1]],
        [2, ids[0]],
        [3, ids[3]],
      ]);
      expect(await hand.baseOf(INBOX)).toMatchObject({ uidValidity: 8n, marks: null });
      expect(await hand.inspect.revision()).toBe(before);
      expect(await hand.now(INBOX)).toHaveLength(4);
    }),
  );

  it(
    "U3: a rekey that matches nothing leaves every message in the archive, unbound",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const body = bodyOf("one");
      await hand.add(inbox, 1, body);
      await hand.commit({ base: [{ kind: "rekey", remoteMailboxId: inbox.remote, uidValidity: null, pairs: [] }] });
      expect(await hand.plainRows(inbox.remote)).toEqual([]);
      expect((await hand.baseOf(INBOX)).uidValidity).toBeNull();
      expect(await hand.archive.unbound(inbox.mailboxId, [body.digests.canonical])).toHaveLength(1);
    }),
  );
}

function adoption(on: On): void {
  archiveUnboundContract(on);

  it(
    "finds unbound live messages of a mailbox by canonical digest, by message id",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const other = await hand.pair(OTHER);
      const lf = bodyFrom(Buffer.from("Subject: x\n\nx\n"));
      const crlf = bodyFrom(Buffer.from("Subject: x\r\n\r\nx\r\n"), null);
      const bound = await hand.add(inbox, 1, lf);
      const first = await hand.add(inbox, 2, lf, { flags: ["\\Seen"] });
      const second = await hand.add(inbox, 3, crlf);
      const dead = await hand.add(inbox, 4, lf);
      await hand.add(other, 1, lf);
      await hand.commit({
        archive: [{ kind: "removeMessage", messageId: dead.messageId, since: dead.archive.since }],
        base: [{ kind: "unbind", remoteMailboxId: inbox.remote, uids: [[2, 4]] }],
      });
      const found = await hand.archive.unbound(inbox.mailboxId, [lf.digests.canonical, "f".repeat(64)]);
      expect(messageIds(found)).toEqual([first.messageId, second.messageId]);
      expect(found[0]).toEqual({
        messageId: first.messageId,
        canonical: lf.digests.canonical,
        sha256: lf.digests.sha256,
        internalDate: lf.internalDate,
        live: first.archive,
      });
      expect(found[1]).toMatchObject({ sha256: crlf.digests.sha256, internalDate: null });
      expect(await hand.archive.unbound(inbox.mailboxId, [])).toEqual([]);
      await hand.commit({
        base: [{ kind: "bind", messageId: first.messageId, binding: bindingOf(inbox.remote, 20) }],
      });
      expect(messageIds(await hand.archive.unbound(inbox.mailboxId, [lf.digests.canonical]))).toEqual([
        second.messageId,
      ]);
      expect(bound.messageId).not.toBe(first.messageId);
    }),
  );

  it(
    "C4: knows bodies by immutable id within the account",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const body = bodyOf("one");
      await hand.add(inbox, 1, body, { emailId: "1278455344230334865" });
      await hand.add(inbox, 2, bodyOf("two"));
      const { sha256, canonical } = body.digests;
      const found = await hand.archive.byEmailId(["1278455344230334865", "none"]);
      expect([...found]).toEqual([["1278455344230334865", { sha256, canonical }]]);
      expect([...(await hand.archive.byEmailId([]))]).toEqual([]);
    }),
  );
}

function runs(on: On): void {
  it(
    "numbers runs upwards and finishes them",
    on(async ({ archive }) => {
      const { runId: first } = await archive.beginRun();
      await archive.finishRun(first, "ok", emptyReport(first));
      const { runId: second } = await archive.beginRun();
      expect(second).toBeGreaterThan(first);
      await archive.finishRun(second, "interrupted", emptyReport(second));
    }),
  );

  it(
    "G1: counts what this link removed from each mailbox, and has approved nothing by itself",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const other = await hand.pair(OTHER);
      const { runId: run } = await hand.archive.beginRun();
      const one = await hand.add(inbox, 1, bodyOf("one"));
      const two = await hand.add(other, 1, bodyOf("two"));
      const three = await hand.add(other, 2, bodyOf("three"));
      await hand.commit({
        archive: [
          { kind: "removeMessage", messageId: one.messageId, since: one.archive.since },
          { kind: "removeMessage", messageId: two.messageId, since: two.archive.since },
          { kind: "removeMessage", messageId: three.messageId, since: three.archive.since },
          { kind: "removeMailbox", mailboxId: other.mailboxId },
        ],
        base: [{ kind: "pending", pending: { ...pendingOf(inbox.remote, 1, run), kind: "removal", reason: "HALTED" } }],
      });
      const removed = await hand.archive.removedSince(0);
      expect(removed.get(inbox.mailboxId)).toBe(1);
      expect(removed.get(other.mailboxId)).toBe(2);
      expect(await hand.archive.approved(0)).toEqual(new Map());
    }),
  );
}

function size(on: On): void {
  it(
    "takes batches of 5,000 ops, pages of at most 1,000, and a rekey of all of them",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const bodies = Array.from({ length: 20 }, (_, i) => bodyOf(`m${i}`));
      await hand.archive.storeBodies(bodies);
      const archive: ArchiveOp[] = [];
      for (let uid = 1; uid <= 5_000; uid++) archive.push(hand.addOp(inbox, uid, bodies[uid % 20] ?? bodyOf("x")));
      await hand.commit({ archive });
      const pages: number[] = [];
      for await (const page of hand.archive.base(inbox.remote, [[1, 4294967295]])) pages.push(page.length);
      expect(Math.max(...pages)).toBeLessThanOrEqual(1_000);
      expect(pages.reduce((sum, length) => sum + length, 0)).toBe(5_000);
      const rows = await collect(hand.archive.identities(inbox.remote, [[1, 5_000]]));
      expect(rows.map((row) => row.uid)).toEqual(Array.from({ length: 5_000 }, (_, i) => i + 1));
      const done = await hand.commit({
        archive: rows.map(({ messageId }) => ({ kind: "setFlags", messageId, since: 2 as never, flags: ["\\Seen"] })),
        base: rows.map(({ uid, remoteMailboxId }) => ({
          kind: "rebase",
          remoteMailboxId,
          uid,
          flags: ["\\Seen"],
          modseq: 5n,
        })),
      });
      expect(done).toEqual({ revision: 3, stale: [] });
      const pairs = rows.map(({ uid }) => [uid, (5_001 - uid) as Uid] as const);
      await hand.commit({ base: [{ kind: "rekey", remoteMailboxId: inbox.remote, uidValidity: 9n, pairs }] });
      expect((await hand.archive.known(inbox.remote, 1 as Uid)).bound).toEqual([[1, 5_000]]);
      expect((await hand.row(inbox.remote, 1)).messageId).toBe(rows.at(-1)?.messageId);
    }),
  );
}
