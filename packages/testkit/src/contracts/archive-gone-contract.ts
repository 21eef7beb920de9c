// The archive contract's part on rows without UID: messages that are proved gone from the server, and messages that it merged with others.
import type { RemoteMailboxId, Uid } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { bindingOf, bodyOf, messageIds, type On, uids } from "./archive-fixture.ts";

const INBOX = ["INBOX"];
const OTHER = ["Other"];

export function archiveGoneContract(on: On): void {
  describe("gone from the server", () => gone(on));
  describe("merged by the server", () => merges(on));
}

function gone(on: On): void {
  it(
    "keeps the row of a message that is gone from the server, without UID, and takes it for nothing that is there",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const body = bodyOf("one");
      const one = await hand.add(inbox, 1, body, { flags: ["\\Seen"], emailId: "E" });
      const two = await hand.add(inbox, 2, bodyOf("two"));
      await hand.commit({
        base: [{ kind: "markGone", remoteMailboxId: inbox.remote, uids: [[1, 1] as const, [7, 9] as const] }],
      });
      expect((await hand.pushRow(one.messageId)).placements).toEqual([
        { remoteMailboxId: inbox.remote, uid: null, flags: ["\\Seen"], unproved: false, copy: null },
      ]);
      expect((await hand.archive.known(inbox.remote, 1 as Uid)).bound).toEqual([[2, 2]]);
      expect((await hand.archive.bound()).get(inbox.remote)).toBe(1);
      expect(messageIds(await hand.plainRows(inbox.remote))).toEqual([two.messageId]);
      expect(messageIds(await hand.archive.unbound(inbox.mailboxId, [body.digests.canonical]))).toEqual([
        one.messageId,
      ]);
      // C4: its bytes are known by the immutable id still.
      expect((await hand.archive.byEmailId(["E"])).get("E")?.sha256).toBe(body.digests.sha256);
      expect(await hand.now(INBOX)).toHaveLength(2);
    }),
  );

  it(
    "U1: stays gone through a rekey, and is replaced when the message is bound again, wherever that is",
    on(async (hand) => {
      const [inbox, other] = [await hand.pair(INBOX), await hand.pair(OTHER)];
      const one = await hand.add(inbox, 1, bodyOf("one"));
      const two = await hand.add(inbox, 2, bodyOf("two"));
      await hand.commit({ base: [{ kind: "markGone", remoteMailboxId: inbox.remote, uids: [[1, 2]] }] });
      await hand.commit({ base: [{ kind: "rekey", remoteMailboxId: inbox.remote, uidValidity: 8n, pairs: [] }] });
      expect((await hand.pushRow(one.messageId)).placements).toMatchObject([{ uid: null, unproved: false }]);
      await hand.commit({ base: [{ kind: "bind", messageId: one.messageId, binding: bindingOf(other.remote, 5) }] });
      expect((await hand.pushRow(one.messageId)).placements).toMatchObject([{ remoteMailboxId: other.remote, uid: 5 }]);
      expect((await hand.pushRow(two.messageId)).placements).toMatchObject([{ uid: null }]);
      await hand.commit({ base: [{ kind: "dropMailboxBase", remoteMailboxId: inbox.remote }] });
      expect((await hand.pushRow(two.messageId)).placements).toEqual([]);
    }),
  );

  it(
    "S4: a stale message keeps its UID",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const { messageId, archive } = await hand.add(inbox, 1, bodyOf("one"));
      await hand.commit({ archive: [{ kind: "setFlags", messageId, since: archive.since, flags: ["\\Seen"] }] });
      const done = await hand.commit({
        archive: [{ kind: "setFlags", messageId, since: archive.since, flags: [] }],
        base: [{ kind: "markGone", remoteMailboxId: inbox.remote, uids: uids(1) }],
      });
      expect(done.stale).toEqual([messageId]);
      expect((await hand.pushRow(messageId)).placements).toMatchObject([{ uid: 1 }]);
    }),
  );
}

function merges(on: On): void {
  it(
    "C7: a message that the server merged with another copy has one row without UID, until it is bound or merged again",
    on(async (hand) => {
      const [inbox, other] = [await hand.pair(INBOX), await hand.pair(OTHER)];
      const { messageId, archive } = await hand.add(inbox, 1, bodyOf("one"));
      await hand.commit({ base: [{ kind: "unbind", remoteMailboxId: inbox.remote, uids: uids(1) }] });
      const merged = (remoteMailboxId: RemoteMailboxId, flags: readonly string[]) =>
        ({ kind: "merged", remoteMailboxId, messageId, flags }) as const;
      await hand.commit({ base: [merged(inbox.remote, [])] });
      await hand.commit({ base: [merged(other.remote, ["\\Seen"])] });
      const row = { remoteMailboxId: other.remote, uid: null, flags: ["\\Seen"], unproved: false, copy: null };
      expect((await hand.pushRow(messageId)).placements).toEqual([row]);
      expect((await hand.archive.bound()).get(other.remote) ?? 0).toBe(0);
      const flag = { kind: "setFlags", messageId, since: archive.since, flags: ["\\Seen"] } as const;
      await hand.commit({ archive: [flag] });
      expect((await hand.commit({ archive: [flag], base: [merged(inbox.remote, [])] })).stale).toEqual([messageId]);
      expect((await hand.pushRow(messageId)).placements).toEqual([row]);
      await hand.commit({ base: [{ kind: "bind", messageId, binding: bindingOf(inbox.remote, 8) }] });
      expect((await hand.pushRow(messageId)).placements).toMatchObject([{ remoteMailboxId: inbox.remote, uid: 8 }]);
    }),
  );
}
