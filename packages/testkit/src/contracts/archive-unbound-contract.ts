// The archive contract's part on what a link has nowhere: whole mailboxes of it, which a first contact is judged by.
import type { MessageId, Revision, UnboundHeading } from "@packetboat/core";
import { expect, it } from "vitest";
import { bodyOf, collect, DATE, messageIds, type On, uids } from "./archive-fixture.ts";

const INBOX = ["INBOX"];

export function archiveUnboundContract(on: On): void {
  it(
    "G3: gives all live messages of a mailbox that the link has nowhere, in pages, by message id",
    on(async (hand) => {
      const [inbox, other] = [await hand.pair(INBOX), await hand.pair(["Other"])];
      const bodies = Array.from({ length: 1_005 }, (_, n) => bodyOf(`stranger ${n}`, n === 0 ? null : undefined));
      await hand.archive.storeBodies(bodies);
      const { mailboxId } = inbox;
      const strangers = bodies.map(({ digests: { sha256 }, internalDate }) => {
        return { kind: "addMessage", mailboxId, sha256, internalDate, flags: [], binding: null } as const;
      });
      await hand.commit({ archive: strangers });
      const bound = await hand.add(inbox, 1, bodyOf("bound"));
      const gone = await hand.add(inbox, 2, bodyOf("gone"));
      await hand.commit({ base: [{ kind: "markGone", remoteMailboxId: inbox.remote, uids: uids(2) }] });
      const elsewhere = await hand.add(other, 1, bodyOf("bound elsewhere"));
      const moved = { kind: "moveMessage", messageId: elsewhere.messageId, mailboxId, flags: [] } as const;
      await hand.commit({ archive: [{ ...moved, since: elsewhere.archive.since }] });
      const pages: number[] = [];
      const all: UnboundHeading[] = [];
      for await (const page of hand.archive.unboundIn(mailboxId)) {
        pages.push(page.length);
        all.push(...page);
      }
      expect(pages).toEqual([1_000, 5]);
      expect(all.map(({ fingerprint }) => fingerprint)).toEqual(bodies.map(({ digests }) => digests.fingerprint));
      expect(all[0]).toEqual({ ...all[0], size: bodies[0]?.bytes.length, internalDate: null });
      expect(all[1]?.internalDate).toBe(DATE);
      expect(messageIds(all)).not.toContain(bound.messageId);
      expect(messageIds(all)).not.toContain(gone.messageId);
      const first = (await hand.pushRow(all[0]?.messageId as MessageId)).live;
      await hand.commit({
        archive: [
          { kind: "removeMessage", messageId: all[0]?.messageId as MessageId, since: first?.since as Revision },
        ],
      });
      expect(await collect(hand.archive.unboundIn(mailboxId))).toHaveLength(1_004);
      expect(await collect(hand.archive.unboundIn(other.mailboxId))).toEqual([]);
    }),
  );
}
