// Undo over Postgres: a new revision that equals an earlier one, for everything and for selections, in batches, and safely beside others.
import { asId, type MessageId, type Revision } from "@packetboat/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  copySnapshot,
  executeForget,
  executeUndo,
  isEmptyUndo,
  log,
  mailboxesAt,
  messagesAt,
  planForget,
  planUndo,
  verifyArchive,
} from "../src/index.ts";
import type { UndoSelection } from "../src/selection.ts";
import { add, bodyOf, fill, rows, type Stocked, sinceOf, stockedArchive } from "./stocked-archive.ts";

let stocked: Stocked;
beforeEach(async () => {
  stocked = await stockedArchive();
});
afterEach(async () => stocked[Symbol.asyncDispose]());

const revision = (n: number): Revision => asId<Revision>(n);

function plan(at: number, selection: UndoSelection = {}, keepNew = false) {
  return planUndo(stocked.pool, { archiveId: stocked.link.archiveId, revision: revision(at), selection, keepNew });
}

/** Everything of a snapshot but ids of mailboxes and roles. */
async function snapshot(at: number): Promise<unknown> {
  const { pool, link } = stocked;
  const mailboxes = await mailboxesAt(pool, link.archiveId, revision(at));
  return Promise.all(
    mailboxes.map(async ({ id, path, subscribed }) => ({
      path,
      subscribed,
      messages: await messagesAt(pool, id, revision(at)),
    })),
  );
}

const newest = async (): Promise<number> =>
  Number(
    (await stocked.pool.query("select revision from archive where id = $1", [stocked.link.archiveId])).rows[0].revision,
  );

/** Of INBOX, at a revision. */
async function idsAt(at: number): Promise<readonly MessageId[]> {
  return (await messagesAt(stocked.pool, stocked.inbox.mailboxId, revision(at))).map(({ id }) => id);
}

describe("a snapshot as an archive of its own", () => {
  const plain = async (archiveId: Stocked["link"]["archiveId"], at: number) => {
    const mailboxes = await mailboxesAt(stocked.pool, archiveId, revision(at));
    return Promise.all(
      mailboxes.map(async ({ id, path, subscribed }) => ({
        path,
        subscribed,
        messages: (await messagesAt(stocked.pool, id, revision(at))).map(({ id: _, ...message }) => message),
      })),
    );
  };
  const copyOf = (at: number, name: string, selection: UndoSelection = {}) =>
    copySnapshot(stocked.pool, {
      from: stocked.link.archiveId,
      revision: revision(at),
      selection,
      name,
      now: () => 77_000,
    });

  it("M10 holds what the archive held then, with the same bytes, once", async () => {
    const copy = await copyOf(4, "then");
    expect(copy).toMatchObject({ name: "then", revision: 1, changedAt: 77_000 });
    expect(await plain(copy.id, 1)).toEqual(await plain(stocked.link.archiveId, 4));
    expect(await copyOf(4, "then")).toEqual(copy);
    expect((await verifyAll(copy.id)).length).toBe(0);
  });

  it("or a selection of it", async () => {
    const some = await copyOf(8, "some", { mailboxes: ["inbox"], since: Date.UTC(2023, 0, 1) });
    expect(await plain(some.id, 1)).toMatchObject([{ path: ["INBOX"], messages: [{ flags: ["\\Seen"] }] }]);
    const [, two] = await idsAt(3);
    const single = await copyOf(3, "single", { messages: [two ?? asId(0)] });
    expect(await plain(single.id, 1)).toMatchObject([
      { path: ["INBOX"], messages: [{ size: bodyOf("two").bytes.length }] },
    ]);
    await expect(copyOf(8, "none", { mailboxes: ["Nowhere"] })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(copyOf(8, "alice")).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  async function verifyAll(archiveId: Stocked["link"]["archiveId"]): Promise<unknown[]> {
    const found = [];
    for await (const finding of verifyArchive(stocked.pool, archiveId)) found.push(finding);
    return found;
  }
});

describe("undo", () => {
  it("M2 M10 makes a revision that equals each earlier one, and again the one that was last", async () => {
    const last = await newest();
    for (const at of [3, 4, 5, 6, 7, 1, 2, 0, last]) {
      const planned = await plan(at);
      const done = await executeUndo(stocked.pool, planned, { now: () => 99_000 });
      expect(done, `revision ${at}`).toMatchObject({ ...planned.totals, stale: 0 });
      const now = await newest();
      expect(done.revision).toBe(now);
      const inbox = (await mailboxesAt(stocked.pool, stocked.link.archiveId, revision(now))).length;
      // INBOX is never removed, not even by going back to before it was there.
      if (at === 0) expect(inbox).toBe(1);
      else expect(await snapshot(now), `revision ${at}`).toEqual(await snapshot(at));
      if (at > 0) expect(isEmptyUndo(await plan(at))).toBe(true);
    }
    expect(await snapshot(await newest())).toEqual(await snapshot(last));
  });

  it("M10 brings back a message that is named, and leaves all else as it is", async () => {
    const last = await newest();
    const [one, two, three] = await idsAt(3);
    if (one === undefined || two === undefined || three === undefined) throw new Error("no messages");
    const planned = await plan(3, { messages: [three] });
    expect(planned).toMatchObject({
      totals: { back: 1, moved: 0, flagged: 0, removed: 0 },
      renamed: [],
      removedMailboxes: [],
    });
    await executeUndo(stocked.pool, planned);
    expect(await idsAt(await newest())).toEqual([one, three, ...(await idsAt(last)).filter((id) => id !== one)]);
    expect(isEmptyUndo(await plan(3, { messages: [three] }))).toBe(true);
    // Moved and flagged since: it goes back, into its mailbox by the name of today.
    await executeUndo(stocked.pool, await plan(3, { messages: [two] }));
    expect(await idsAt(await newest())).toContain(two);
    // What came later would be removed, which nobody means by naming it.
    const [four] = (await idsAt(last)).filter((id) => id > three);
    await expect(plan(3, { messages: [one, four ?? one] })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(`message ${four}.`),
    });
    await expect(plan(3, { messages: [asId<MessageId>(99_999)] })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("says what it would do, by mailbox, and changes nothing", async () => {
    const before = await newest();
    const planned = await plan(3);
    expect(planned).toMatchObject({
      until: before,
      totals: { back: 1, moved: 1, flagged: 1, removed: 1 },
      mailboxes: [{ path: ["INBOX"], back: 1, moved: 1, flagged: 1, removed: 1 }],
      renamed: [{ from: ["Archive", "Work"], to: ["Work"] }],
      backMailboxes: [],
      removedMailboxes: [],
    });
    expect(await newest()).toBe(before);
    expect((await plan(3, {}, true)).totals.removed).toBe(0);
  });

  it("leaves the base alone: what a server still holds is the same message, under its UID", async () => {
    const { archive, inbox, work } = stocked;
    const before = (await rows(stocked, inbox)).map(({ uid, messageId }) => [uid, messageId]);
    await executeUndo(stocked.pool, await plan(3));
    expect((await rows(stocked, inbox)).map(({ uid, messageId }) => [uid, messageId])).toEqual(before);
    expect((await archive.tree()).bases.map(({ id }) => id)).toEqual([inbox.remote, work.remote]);
    const changed = await archive.changed();
    expect(changed).toHaveLength(4);
  });

  it("means a mailbox by the name that it had or has; mail goes back to where it was", async () => {
    const planned = await plan(4, { mailboxes: ["Archive/*"] });
    // "two" is in Archive/Work now and was in INBOX; the rest of INBOX is as it is.
    expect(planned.totals).toEqual({ back: 0, moved: 1, flagged: 0, removed: 0 });
    await executeUndo(stocked.pool, planned);
    const paths = (await mailboxesAt(stocked.pool, stocked.link.archiveId, revision(await newest()))).map(
      ({ path, messages }) => [path.join("/"), messages],
    );
    expect(paths).toEqual([
      ["INBOX", 3],
      ["Work", 0],
    ]);
    await expect(plan(4, { mailboxes: ["Nowhere"] })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(plan(999)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("means messages by date; mailboxes then stay as they are", async () => {
    const planned = await plan(3, { since: Date.UTC(2023, 0, 1) });
    expect(planned).toMatchObject({ totals: { back: 1, moved: 1, flagged: 1, removed: 0 }, renamed: [] });
    expect((await plan(3, { before: Date.UTC(2023, 0, 1) })).totals).toMatchObject({ back: 0, removed: 1 });
    await executeUndo(stocked.pool, planned);
    expect((await stocked.archive.tree()).mailboxes.map(({ path }) => path.join("/"))).toContain("Archive/Work");
  });

  it("S4 leaves alone what came or changed after the plan", async () => {
    const planned = await plan(3);
    const [four] = await rows(stocked, stocked.inbox, 4, 4);
    const [one] = await rows(stocked, stocked.inbox, 1, 1);
    if (four === undefined || one === undefined) throw new Error("not there");
    await add(stocked, stocked.inbox, [bodyOf("late")], 50);
    const flags = ["\\Answered"];
    await stocked.archive.commit({
      archive: [{ kind: "setFlags", messageId: one.messageId, since: sinceOf(one), flags }],
      base: [],
    });
    const done = await executeUndo(stocked.pool, planned);
    expect(done).toMatchObject({ back: 1, moved: 1, flagged: 0, removed: 1, stale: 0 });
    const now = await messagesAt(stocked.pool, stocked.inbox.mailboxId, revision(await newest()));
    expect(now.map(({ id }) => id)).not.toContain(four.messageId);
    expect(now).toHaveLength(4);
  });

  it("M8 brings nothing back of what was erased for good", async () => {
    await executeForget(
      stocked.pool,
      await planForget(stocked.pool, stocked.link.archiveId, { mailbox: "INBOX", state: "removed" }),
    );
    expect((await plan(3)).totals).toMatchObject({ back: 0, moved: 1 });
  });

  it("goes through large archives in batches of a revision each, and goes on after it was stopped", async () => {
    await fill(stocked, 5_000);
    const { pool, inbox, link } = stocked;
    await pool.query(
      "update message_version set to_revision = 8 where mailbox_id = $1 and to_revision > 8 and message_id > 4",
      [inbox.mailboxId],
    );
    const stop = new AbortController();
    const planned = await plan(7);
    expect(planned.totals.back).toBe(5_000);
    const onProgress = (): void => stop.abort(new Error("stopped"));
    await expect(executeUndo(pool, planned, { onProgress, signal: stop.signal })).rejects.toThrow("stopped");
    const rest = await plan(7);
    expect(rest.totals.back).toBe(3_001);
    await executeUndo(pool, rest);
    const live = await pool.query(
      "select count(*)::int as n from message_version where mailbox_id = $1 and to_revision = 9223372036854775807",
      [inbox.mailboxId],
    );
    expect(live.rows[0].n).toBe(5_001);
    const entries = await log(pool, link.archiveId, { from: 9 });
    expect(entries.map(({ added }) => added)).toEqual([1_001, 2_000, 1_999]);
  });

  it("a mailbox that is gone comes back with its mail, also when only its messages are meant", async () => {
    const { archive, work } = stocked;
    const before = await newest();
    const [two] = await rows(stocked, stocked.inbox, 2, 2);
    const messageId = two?.messageId ?? (0 as MessageId);
    await archive.commit({
      archive: [
        { kind: "removeMessage", messageId, since: revision(5) },
        { kind: "removeMailbox", mailboxId: work.mailboxId },
      ],
      base: [],
    });
    const planned = await plan(before, { since: 0 });
    expect(planned.backMailboxes).toEqual([["Archive", "Work"]]);
    await executeUndo(stocked.pool, planned);
    expect(await snapshot(await newest())).toEqual(await snapshot(before));
  });
});
