// The archive contract's part on mailboxes: made, renamed, removed, revived, their names used again.
import type { MailboxId } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { bodyOf, line, type On } from "./archive-fixture.ts";

const INBOX = ["INBOX"];
const WORK = ["Work", "Bücher 📚", "a/b"];

export function archiveMailboxContract(on: On): void {
  describe("mailboxes", () => mailboxes(on));
  describe("mailboxes that go", () => removals(on));
  describe("messages that come back", () => revivals(on));
}

function mailboxes(on: On): void {
  it(
    "starts empty",
    on(async ({ archive, inspect }) => {
      expect(await archive.tree()).toEqual({ mailboxes: [], bases: [] });
      expect(await inspect.revision()).toBe(0);
      expect(await inspect.snapshot(0)).toEqual([]);
      expect(await archive.bound()).toEqual(new Map());
    }),
  );

  it(
    "creates mailboxes with any path, role and subscription",
    on(async (hand) => {
      const done = await hand.commit({
        archive: [
          { kind: "createMailbox", path: INBOX, role: "inbox", subscribed: true },
          { kind: "createMailbox", path: WORK, role: null, subscribed: false },
          { kind: "createMailbox", path: ["Work", "bücher 📚", "a/b"], role: "archive", subscribed: false },
        ],
      });
      expect(done).toEqual({ revision: 1, stale: [] });
      const { mailboxes: made } = await hand.archive.tree();
      expect(made.map(({ path, role, subscribed }) => ({ path, role, subscribed }))).toHaveLength(3);
      expect(made).toContainEqual({ id: expect.any(Number), path: INBOX, role: "inbox", subscribed: true });
      expect(made).toContainEqual({ id: expect.any(Number), path: WORK, role: null, subscribed: false });
      expect(new Set(made.map((mailbox) => mailbox.id)).size).toBe(3);
    }),
  );

  it(
    "renames a mailbox and its child without touching what is in them, and remembers the old names",
    on(async (hand) => {
      const parent = await hand.pair(["Old"]);
      const child = await hand.pair(["Old", "Child"]);
      const body = bodyOf("one");
      await hand.add(child, 1, body);
      const before = await hand.inspect.revision();
      const change = { kind: "changeMailbox", role: null, subscribed: true } as const;
      const done = await hand.commit({
        archive: [
          { ...change, mailboxId: parent.mailboxId, path: ["New"] },
          { ...change, mailboxId: child.mailboxId, path: ["New", "Child"] },
        ],
      });
      expect(done.revision).toBe(before + 1);
      expect(await hand.now(["New", "Child"])).toEqual([line(body.digests.sha256)]);
      expect(await hand.now(["Old", "Child"])).toBeNull();
      expect(await hand.at(before, ["Old", "Child"])).toEqual([line(body.digests.sha256)]);
      expect((await hand.row(child.remote, 1)).archive.mailboxId).toBe(child.mailboxId);
    }),
  );
}

function revivals(on: On): void {
  it(
    "M3: brings a removed message back where it is moved to; one that lives again is stale",
    on(async (hand) => {
      const [from, to] = [await hand.pair(INBOX), await hand.pair(WORK)];
      const body = bodyOf("one");
      const { messageId, archive } = await hand.add(from, 1, body);
      await hand.commit({ archive: [{ kind: "removeMessage", messageId, since: archive.since }] });
      expect(await hand.now(INBOX)).toEqual([]);
      const revive = { kind: "reviveMessage", messageId, mailboxId: to.mailboxId, flags: ["\\Seen"] } as const;
      const done = await hand.commit({ archive: [revive] });
      expect(done.stale).toEqual([]);
      expect(await hand.now(WORK)).toEqual([line(body.digests.sha256, ["\\Seen"])]);
      const again = await hand.commit({ archive: [revive] });
      expect(again).toEqual({ revision: null, stale: [messageId] });
      expect((await hand.pushRow(messageId)).live).toMatchObject({ mailboxId: to.mailboxId, flags: ["\\Seen"] });
    }),
  );
}

function removals(on: On): void {
  it(
    "removes a mailbox that the same batch empties; what moved out of it stays",
    on(async (hand) => {
      const gone = await hand.pair(["Gone"]);
      const kept = await hand.pair(["Kept"]);
      const removed = await hand.add(gone, 1, bodyOf("one"));
      const moved = await hand.add(gone, 2, bodyOf("two"));
      const before = await hand.inspect.revision();
      const target = { mailboxId: kept.mailboxId, flags: [] };
      await hand.commit({
        archive: [
          { kind: "removeMailbox", mailboxId: gone.mailboxId },
          { kind: "removeMessage", messageId: removed.messageId, since: removed.archive.since },
          { kind: "moveMessage", messageId: moved.messageId, since: moved.archive.since, ...target },
        ],
      });
      expect(await hand.now(["Gone"])).toBeNull();
      expect(await hand.now(["Kept"])).toEqual([line(moved.sha256)]);
      expect(await hand.at(before, ["Gone"])).toHaveLength(2);
      const rows = await hand.plainRows(gone.remote);
      expect(rows.map((row) => row.archive?.mailboxId ?? null)).toEqual([null, kept.mailboxId]);
    }),
  );

  it(
    "B5: a live message revives a mailbox that was to be removed, also one that arrives in the same batch",
    on(async (hand) => {
      const mailbox = await hand.pair(["Stays"]);
      const one = await hand.add(mailbox, 1, bodyOf("one"));
      const remove = { kind: "removeMailbox", mailboxId: mailbox.mailboxId } as const;
      const before = await hand.inspect.revision();
      expect(await hand.commit({ archive: [remove] })).toEqual({ revision: null, stale: [] });
      const late = bodyOf("late");
      await hand.archive.storeBodies([late]);
      const leave = { kind: "removeMessage", messageId: one.messageId, since: one.archive.since } as const;
      const done = await hand.commit({ archive: [leave, remove, hand.addOp(mailbox, 2, late)] });
      expect(done).toEqual({ revision: before + 1, stale: [] });
      expect(await hand.now(["Stays"])).toEqual([line(late.digests.sha256)]);
      expect((await hand.archive.tree()).mailboxes.map(({ id }) => id)).toEqual([mailbox.mailboxId]);
    }),
  );

  it(
    "B5: revives a mailbox that was removed, under another path too; a live one stays as it is",
    on(async (hand) => {
      const { mailboxId } = await hand.pair(["Old"]);
      const shape = { role: null, subscribed: true } as const;
      const revive = { kind: "reviveMailbox", mailboxId, path: ["New"], ...shape } as const;
      const before = await hand.inspect.revision();
      expect(await hand.commit({ archive: [revive] })).toEqual({ revision: null, stale: [] });
      await hand.commit({ archive: [{ kind: "removeMailbox", mailboxId }] });
      const late = bodyOf("late");
      await hand.archive.storeBodies([late]);
      const { sha256 } = late.digests;
      // The arrival for whose sake it comes back, in the same batch.
      const add = { kind: "addMessage", mailboxId, sha256, internalDate: null, flags: [], binding: null } as const;
      const done = await hand.commit({ archive: [add, revive] });
      expect(done).toEqual({ revision: before + 2, stale: [] });
      expect((await hand.archive.tree()).mailboxes).toEqual([{ id: mailboxId, path: ["New"], ...shape }]);
      expect(await hand.now(["New"])).toEqual([line(sha256)]);
      expect(await hand.at(before + 1, ["Old"])).toBeNull();
      expect(await hand.at(before, ["Old"])).toEqual([]);
      const never = { ...revive, mailboxId: 999_999_999 as MailboxId };
      await expect(hand.commit({ archive: [never] })).rejects.toMatchObject({ name: "MailError", code: "BUG" });
      const other = await hand.pair(["Other"]);
      await hand.commit({ archive: [{ kind: "removeMailbox", mailboxId: other.mailboxId }] });
      // Somebody else has the name by now.
      const taken = { ...revive, mailboxId: other.mailboxId };
      await expect(hand.commit({ archive: [taken] })).rejects.toMatchObject({ code: "ARCHIVE_BUSY" });
    }),
  );

  it(
    "lets a removed mailbox's name be used again, as another mailbox",
    on(async (hand) => {
      const first = await hand.pair(["Again"]);
      const { messageId, archive } = await hand.add(first, 1, bodyOf("old"));
      await hand.commit({
        archive: [
          { kind: "removeMessage", messageId, since: archive.since },
          { kind: "removeMailbox", mailboxId: first.mailboxId },
        ],
        base: [{ kind: "dropMailboxBase", remoteMailboxId: first.remote }],
      });
      const second = await hand.pair(["Again"]);
      expect(second.mailboxId).not.toBe(first.mailboxId);
      expect(await hand.now(["Again"])).toEqual([]);
    }),
  );
}
