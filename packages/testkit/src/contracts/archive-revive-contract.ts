// The archive contract's part on undoing a removal: the same message is live again, with the base row that it still has.
import type { MailboxId, MessageId } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { bodyOf, line, type On } from "./archive-fixture.ts";

const INBOX = ["INBOX"];

export function archiveReviveContract(on: On): void {
  describe("messages that come back", () => revivals(on));
}

function revivals(on: On): void {
  it(
    "M2 M10 revives a removed message as the same one, where and flagged as it is told, with the base row that it has",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const other = await hand.pair(["Other"]);
      const one = await hand.add(inbox, 1, bodyOf("one"), { flags: ["\\Seen"] });
      const { messageId, archive } = one;
      await hand.commit({ archive: [{ kind: "removeMessage", messageId, since: archive.since }] });
      const removed = await hand.inspect.revision();
      const revive = { kind: "reviveMessage", messageId, mailboxId: other.mailboxId, flags: ["\\Flagged"] } as const;
      expect(await hand.commit({ archive: [revive] })).toEqual({ revision: removed + 1, stale: [] });
      expect(await hand.now(["Other"])).toEqual([line(one.sha256, ["\\Flagged"])]);
      expect(await hand.at(removed, ["Other"])).toEqual([]);
      expect(await hand.at(removed, INBOX)).toEqual([]);
      const row = await hand.pushRow(messageId);
      expect(row.live).toEqual({ mailboxId: other.mailboxId, flags: ["\\Flagged"], since: removed + 1 });
      expect(row.placements).toMatchObject([{ remoteMailboxId: inbox.remote, uid: 1, flags: ["\\Seen"] }]);
      expect(await hand.archive.changed()).toContain(messageId);
    }),
  );

  it(
    "revives into a mailbox that the same batch revives",
    on(async (hand) => {
      const { mailboxId, remote } = await hand.pair(["Gone"]);
      const { messageId, archive, sha256 } = await hand.add({ mailboxId, remote }, 1, bodyOf("one"));
      await hand.commit({
        archive: [
          { kind: "removeMessage", messageId, since: archive.since },
          { kind: "removeMailbox", mailboxId },
        ],
      });
      const revive = { kind: "reviveMessage", messageId, mailboxId, flags: [] } as const;
      await expect(hand.commit({ archive: [revive] })).rejects.toMatchObject({ code: "ARCHIVE_BUSY" });
      const home = { kind: "reviveMailbox", mailboxId, path: ["Gone"], role: null, subscribed: false } as const;
      const done = await hand.commit({ archive: [revive, home] });
      expect(done).toMatchObject({ stale: [] });
      expect(await hand.now(["Gone"])).toEqual([line(sha256)]);
    }),
  );

  it(
    "S4 a message that is live by now is stale, one that never was is refused, and so is one that is named twice",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const { messageId, archive } = await hand.add(inbox, 1, bodyOf("one"));
      const before = await hand.inspect.revision();
      const revive = { kind: "reviveMessage", messageId, mailboxId: inbox.mailboxId, flags: ["\\Seen"] } as const;
      expect(await hand.commit({ archive: [revive] })).toEqual({ revision: null, stale: [messageId] });
      const never = { ...revive, messageId: 999_999_999 as MessageId };
      await expect(hand.commit({ archive: [never] })).rejects.toMatchObject({ name: "MailError", code: "BUG" });
      const remove = { kind: "removeMessage", messageId, since: archive.since } as const;
      await expect(hand.commit({ archive: [remove, revive] })).rejects.toMatchObject({ code: "BUG" });
      await hand.commit({ archive: [remove] });
      const nowhere = { ...revive, mailboxId: 999_999_999 as MailboxId };
      await expect(hand.commit({ archive: [nowhere] })).rejects.toMatchObject({ code: "ARCHIVE_BUSY" });
      await expect(hand.commit({ archive: [revive, revive] })).rejects.toMatchObject({ code: "BUG" });
      expect(await hand.inspect.revision()).toBe(before + 1);
    }),
  );
}
