// The catalogue: accounts recognised, links that never overlap unasked, runs and their approval, status.
import { asId, DEFAULT_POLICY, type MessageId, NO_COUNTS, type RunReport, type Uid } from "@packetboat/core";
import { scratchDatabase } from "@packetboat/database/testing";
import { describe, expect, it } from "vitest";
import * as archive from "../src/index.ts";
import { openScratchArchive } from "./open-archive.ts";
import { add, bodyOf, pair, stockedArchive } from "./stocked-archive.ts";

const KEY = { user: "you@example.com", host: "mail.example.com", port: 993 };
const PULL = { pull: true, push: false };

describe("accounts", () => {
  it("are recognised by user, host and port", async () => {
    await using scratch = await scratchDatabase();
    const { pool } = scratch;
    const made = await archive.createAccount(pool, KEY, { security: "tls" });
    expect(made).toMatchObject({ ...KEY, settings: { security: "tls" }, hasSecret: false });
    expect(await archive.findAccount(pool, KEY)).toEqual(made);
    expect(await archive.findAccount(pool, { ...KEY, port: 143 })).toBeNull();
    await expect(archive.createAccount(pool, KEY, {})).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await archive.setAccountSettings(pool, made.id, { security: "none" });
    await archive.keepSecret(pool, made.id, Buffer.from("first"));
    await archive.keepSecret(pool, made.id, Buffer.from("sealed"));
    expect(await archive.readSecret(pool, made.id)).toEqual(Buffer.from("sealed"));
    expect((await archive.listAccounts(pool))[0]).toMatchObject({ settings: { security: "none" }, hasSecret: true });
    await archive.dropSecret(pool, made.id);
    expect(await archive.readSecret(pool, made.id)).toBeNull();
  });

  it("leave the archive's mail when they are removed", async () => {
    await using stocked = await stockedArchive();
    const { pool, link } = stocked;
    await stocked.archive.beginRun();
    expect(await archive.removeAccount(pool, link.accountId)).toBe(true);
    expect(await archive.listLinks(pool)).toEqual([]);
    expect(await archive.archiveTotals(pool, link.archiveId)).toEqual({ mailboxes: 2, messages: 3, everStored: 4 });
    expect(await archive.log(pool, link.archiveId)).toHaveLength(8);
    await expect(stocked.archive.storeBodies([bodyOf("late")])).rejects.toMatchObject({ code: "LEASE_LOST" });
  });
});

describe("archives", () => {
  it("are made once, and removed with all they hold", async () => {
    await using stocked = await stockedArchive();
    const { pool, link } = stocked;
    for (const name of ["", " new", "a\tb", "a\nb", "x".repeat(201)])
      await expect(archive.ensureArchive(pool, name)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    const [a, b] = await Promise.all([archive.ensureArchive(pool, "new"), archive.ensureArchive(pool, "new")]);
    expect(a).toEqual(b);
    expect((await archive.listArchives(pool)).map(({ name, revision }) => [name, revision])).toEqual([
      ["alice", 8],
      ["new", 0],
    ]);
    expect(await archive.removeArchive(pool, link.archiveId)).toBe(true);
    const { rows } = await pool.query(
      "select (select count(*)::int from message) as messages, (select count(*)::int from placement) as placements",
    );
    expect(rows).toEqual([{ messages: 0, placements: 0 }]);
    expect(await archive.sweepOrphans(pool, -1)).toMatchObject({ blobs: 4 });
    expect(await archive.listAccounts(pool)).toHaveLength(1);
  });
});

describe("links", () => {
  it("never share mailboxes unasked: two accounts are not mixed up in one place (trap 48)", async () => {
    await using scratch = await scratchDatabase();
    const { pool } = scratch;
    const { id: archiveId } = await archive.ensureArchive(pool, "all");
    const account = async (user: string) => (await archive.createAccount(pool, { ...KEY, user }, {})).id;
    const link = async (user: string, more: Partial<archive.NewLink>) =>
      archive.createLink(pool, { accountId: await account(user), archiveId, rights: PULL, ...more });
    const refused = { code: "CONFIG_INVALID" };
    const first = await link("a", { policy: { prefix: ["a"] } });
    expect(first).toMatchObject({
      account: "a@mail.example.com",
      archive: "all",
      policy: { ...DEFAULT_POLICY, prefix: ["a"] },
    });
    await link("b", { policy: { prefix: ["b"] } });
    await expect(link("c", {})).rejects.toMatchObject(refused);
    await expect(link("d", { policy: { prefix: ["a", "d"] } })).rejects.toMatchObject(refused);
    const merged = await link("e", { policy: { prefix: ["a", "e"] }, merge: true });
    // What was allowed once is not asked again by a change of something else.
    expect((await archive.setLink(pool, merged.id, { policy: { exclude: ["Trash"] } })).policy.exclude).toEqual([
      "Trash",
    ]);
    await expect(archive.setLink(pool, merged.id, { policy: { prefix: ["a"] } })).rejects.toMatchObject(refused);
    await link("f", { rights: { pull: true, push: true } });
    await expect(archive.setLink(pool, first.id, { policy: { prefix: ["b"] } })).rejects.toMatchObject(refused);
    expect((await archive.setLink(pool, first.id, { policy: { prefix: ["z"] } })).policy.prefix).toEqual(["z"]);
    await expect(
      archive.createLink(pool, { accountId: first.accountId, archiveId, rights: PULL }),
    ).rejects.toMatchObject(refused);
    expect(await archive.listLinks(pool, { archiveId })).toHaveLength(4);
    expect((await archive.findLink(pool, first.accountId, archiveId))?.id).toBe(first.id);
    expect(await archive.removeLink(pool, first.id)).toBe(true);
    await expect(archive.getLink(pool, first.id)).rejects.toMatchObject(refused);
  });
});

describe("runs", () => {
  const notes = [{ kind: "warning", mailbox: null, text: "a NUL \0 and a backslash \\u0000" }];
  const report = { version: 1, totals: NO_COUNTS, notes };

  it("are running while their lease is held, and interrupted when they were killed", async () => {
    await using opened = await openScratchArchive();
    const { pool } = opened;
    const { runId: first } = await opened.archive.beginRun();
    expect((await archive.getRun(pool, first)).outcome).toBe("running");
    await opened.lease.release();
    expect((await archive.getRun(pool, first)).outcome).toBe("interrupted");
  });

  it("are listed the latest first, with their reports, whatever text is in them", async () => {
    await using opened = await openScratchArchive();
    const { pool } = opened;
    const { runId: killed } = await opened.archive.beginRun();
    const { runId: second } = await opened.archive.beginRun();
    await opened.archive.finishRun(second, "ok", report as unknown as RunReport);
    const listed = await archive.listRuns(pool);
    expect(listed.map(({ id, outcome }) => [id, outcome])).toEqual([
      [second, "ok"],
      [killed, "interrupted"],
    ]);
    expect((await archive.getRun(pool, second)).report?.notes[0]?.text).toBe("a NUL \uFFFD and a backslash \\u0000");
    expect(await archive.listRuns(pool, { before: second, limit: 1 })).toHaveLength(1);
  });

  it("G1: approve lets through what the run holds, once, for 7 days; an earlier run points to the later", async () => {
    await using opened = await openScratchArchive();
    const { pool } = opened;
    const inbox = await pair(opened, ["INBOX"]);
    await add(
      opened,
      inbox,
      ["a", "b", "c", "d"].map((text) => bodyOf(text)),
    );
    const hold = async (uids: readonly number[]) => {
      const { runId } = await opened.archive.beginRun();
      const base = uids.map((uid) => ({
        kind: "pending" as const,
        pending: {
          remoteMailboxId: inbox.remote,
          uid: uid as Uid,
          kind: "removal" as const,
          reason: "HALTED" as const,
          detail: "held",
          bytes: null,
          attempts: 0,
          runId,
        },
      }));
      await opened.archive.commit({ archive: [], base });
      await opened.archive.finishRun(runId, "halted", report as unknown as RunReport);
      return runId;
    };
    const first = await hold([1, 2, 4]);
    const second = await hold([1, 2, 4]);
    const now = 1_700_000_000_000;
    await expect(archive.approveRun(pool, first, now)).rejects.toMatchObject({
      message: expect.stringContaining(String(second)),
    });
    expect(await archive.approveRun(pool, second, now)).toBe(3);
    const approved = await opened.archive.approved(now + archive.approvalExpires(0));
    expect([...approved]).toEqual([
      [
        inbox.remote,
        {
          runId: second,
          uids: [
            [1, 2],
            [4, 4],
          ],
        },
      ],
    ]);
    expect(await opened.archive.approved(now + archive.approvalExpires(0) + 1)).toEqual(new Map());
    await opened.archive.useApproval(second);
    expect(await opened.archive.approved(now)).toEqual(new Map());
    await expect(archive.approveRun(pool, second, now)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});

describe("what a halt holds back on the server", () => {
  it("G1: is listed with its UIDs, counted, approved with the rest, and no longer when it was sent", async () => {
    await using opened = await openScratchArchive();
    const { pool, link } = opened;
    const inbox = await pair(opened, ["INBOX"]);
    const added = await add(
      opened,
      inbox,
      ["a", "b", "c", "d", "e"].map((text) => bodyOf(text)),
    );
    const { runId } = await opened.archive.beginRun();
    const remoteMailboxId = inbox.remote;
    const unsent = (at: number, reason: "HALTED" | "OP_REFUSED", kind: "remove" | "append" = "remove") => ({
      kind: "unsent" as const,
      unsent: {
        remoteMailboxId,
        messageId: added[at]?.messageId ?? asId<MessageId>(0),
        kind,
        reason,
        detail: "held",
        attempts: 0,
        runId,
      },
    });
    const pending = { remoteMailboxId, uid: 9 as Uid, detail: "held", bytes: null, attempts: 0, runId };
    await opened.archive.commit({
      archive: [],
      base: [
        ...[0, 1, 3].map((at) => unsent(at, "HALTED")),
        unsent(4, "OP_REFUSED"),
        unsent(2, "HALTED", "append"),
        { kind: "unbind", remoteMailboxId, uids: [[4, 4]] },
        { kind: "pending", pending: { ...pending, kind: "removal", reason: "HALTED" } },
      ],
    });
    await opened.archive.finishRun(runId, "halted", { version: 1 } as RunReport);
    expect(await archive.heldBy(pool, runId)).toEqual([
      { mailbox: "INBOX", kind: "removal", messages: 1, uids: [[9, 9]] },
      { mailbox: "INBOX", kind: "serverAddition", messages: 1, uids: [[3, 3]] },
      { mailbox: "INBOX", kind: "serverRemoval", messages: 3, uids: [[1, 2]] },
    ]);
    expect(await archive.getRun(pool, runId)).toMatchObject({ held: 5 });
    expect(await archive.linkStatuses(pool)).toMatchObject([{ held: 5, heldBy: runId, notFetched: 0, notSent: 1 }]);
    const listed = await archive.listUnsent(pool, link.id);
    expect(listed).toHaveLength(5);
    expect(listed[0]).toEqual({
      mailbox: "INBOX",
      messageId: added[0]?.messageId,
      kind: "remove",
      reason: "HALTED",
      detail: "held",
      attempts: 0,
      runId,
    });
    expect(await archive.approveRun(pool, runId, Date.now())).toBe(5);
    const messages = [0, 1, 2, 3].map((at) => added[at]?.messageId ?? asId<MessageId>(0));
    expect([...(await opened.archive.approvedPushes(Date.now())).keys()]).toEqual(messages);
    await opened.archive.commit({ archive: [], base: [{ kind: "sent", messages }] });
    expect(await archive.getRun(pool, runId)).toMatchObject({ held: 1 });
    const { runId: later } = await opened.archive.beginRun();
    const again = { ...unsent(0, "HALTED").unsent, runId: later };
    await opened.archive.commit({
      archive: [],
      base: [
        { kind: "unsent", unsent: again },
        { kind: "settled", remoteMailboxId, uids: [[9, 9]] },
      ],
    });
    await expect(archive.approveRun(pool, runId, Date.now())).rejects.toMatchObject({
      message: expect.stringContaining(`packetboat approve ${later}`),
    });
  });
});

describe("status", () => {
  it("tells of each link what ran, what it holds and what is not done", async () => {
    await using stocked = await stockedArchive();
    const { pool, link } = stocked;
    const { runId } = await stocked.archive.beginRun();
    await stocked.archive.commit({
      archive: [],
      base: [
        {
          kind: "pending",
          pending: {
            remoteMailboxId: stocked.inbox.remote,
            uid: 9 as Uid,
            kind: "fetch",
            reason: "MESSAGE_TOO_LARGE",
            detail: "the server says \0 513 MB",
            bytes: 537_919_488,
            attempts: 1,
            runId,
          },
        },
      ],
    });
    await stocked.archive.finishRun(runId, "partial", { version: 1 } as RunReport);
    const [status] = await archive.linkStatuses(pool);
    expect(status).toMatchObject({
      link: { id: link.id, archive: "alice" },
      lastRun: { id: runId, outcome: "partial" },
      lastGoodAt: expect.any(Number),
      mailboxes: 2,
      completeSince: null,
      notFetched: 1,
      held: 0,
    });
    expect(await archive.listPending(pool, link.id)).toMatchObject([{ mailbox: "INBOX", uid: 9, bytes: 537_919_488 }]);
  });
});

describe("a link's archive", () => {
  it("is settled while it is as the last good run left it", async () => {
    await using stocked = await stockedArchive();
    const { pool, link } = stocked;
    const isSettled = async () => (await archive.linkStatuses(pool))[0]?.isSettled;
    const ended = async (outcome: "ok" | "failed", revisionAfter?: number) => {
      const { runId } = await stocked.archive.beginRun();
      await stocked.archive.finishRun(runId, outcome, {
        version: 1,
        totals: NO_COUNTS,
        revisionAfter,
      } as unknown as RunReport);
    };
    const { revision } = (await archive.getArchive(pool, link.archiveId)) ?? { revision: 0 };
    expect(await isSettled()).toBe(false);
    await ended("ok");
    expect(await isSettled()).toBe(false);
    await ended("ok", revision);
    expect(await isSettled()).toBe(true);
    await ended("failed", revision);
    expect(await isSettled()).toBe(true);
    await pool.query("update archive set revision = revision + 1 where id = $1", [link.archiveId]);
    expect(await isSettled()).toBe(false);
  });
});

describe("how much of an archive is on a server", () => {
  it("counts by mailbox what is bound, what was sent once and has no UID now, and what has no mailbox there", async () => {
    await using stocked = await stockedArchive();
    const { pool, link, inbox } = stocked;
    const sent = () => archive.sentMailboxes(pool, link.archiveId, link.id);
    // Two was moved to Archive/Work in the archive alone: its placement is still in INBOX.
    expect(await sent()).toEqual([
      { path: ["Archive", "Work"], messages: 1, there: 0, settled: 0, isUnpaired: false },
      { path: ["INBOX"], messages: 2, there: 2, settled: 0, isUnpaired: false },
    ]);
    await stocked.archive.commit({
      archive: [{ kind: "createMailbox", path: ["Elsewhere"], role: null, subscribed: false }],
      base: [{ kind: "markGone", remoteMailboxId: inbox.remote, uids: [[1 as Uid, 1 as Uid]] }],
    });
    expect(await sent()).toMatchObject([
      { path: ["Archive", "Work"] },
      { path: ["Elsewhere"], messages: 0, isUnpaired: true },
      { path: ["INBOX"], messages: 2, there: 1, settled: 1 },
    ]);
  });
});
