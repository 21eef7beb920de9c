// The archive contract's part on what pushes could not do: messages that were not sent, removals that a halt holds back and a person lets
// through, and how much was removed on the server.
import type { MessageId, RemoteMailboxId, RunId } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { bindingOf, bodyOf, messageIds, type On, unsentOf } from "./archive-fixture.ts";

const INBOX = ["INBOX"];
const OTHER = ["Other"];
const DAY = 86_400_000;

export function archiveUnsentContract(on: On): void {
  describe("what was not sent", () => unsent(on));
  describe("removals on the server", () => removals(on));
}

function unsent(on: On): void {
  it(
    "C6: keeps what was not sent until it is, one row a message, the latest; such a message is among the changed",
    on(async (hand) => {
      const [inbox, other] = [await hand.pair(INBOX), await hand.pair(OTHER)];
      const one = await hand.add(inbox, 1, bodyOf("one"));
      const two = await hand.add(inbox, 2, bodyOf("two"));
      const { runId: run } = await hand.archive.beginRun();
      const mailboxes = [inbox.remote, other.remote];
      await hand.commit({
        base: [
          { kind: "pushed", mailboxes, revision: await hand.archive.revision() },
          { kind: "unsent", unsent: unsentOf(inbox.remote, one.messageId, run) },
          { kind: "unsent", unsent: unsentOf(inbox.remote, two.messageId, run) },
        ],
      });
      expect((await hand.baseOf(INBOX)).unsent).toBe(2);
      expect(await hand.archive.changed()).toEqual(messageIds([one, two]));
      const latest = { ...unsentOf(other.remote, one.messageId, run), kind: "move", attempts: 2 } as const;
      expect((await hand.commit({ base: [{ kind: "unsent", unsent: latest }] })).revision).toBeNull();
      expect((await hand.pushRow(one.messageId)).unsent).toEqual(latest);
      expect([(await hand.baseOf(INBOX)).unsent, (await hand.baseOf(OTHER)).unsent]).toEqual([1, 1]);
      // The later word is that it is not done, in whatever order a batch names them.
      await hand.commit({
        base: [
          { kind: "unsent", unsent: latest },
          { kind: "sent", messages: [one.messageId] },
        ],
      });
      expect((await hand.pushRow(one.messageId)).unsent).toEqual(latest);
      await hand.commit({ base: [{ kind: "sent", messages: [one.messageId, 999_999_999 as MessageId] }] });
      expect((await hand.pushRow(one.messageId)).unsent).toBeNull();
      expect(await hand.archive.changed()).toEqual([two.messageId]);
      await hand.commit({ base: [{ kind: "dropMailboxBase", remoteMailboxId: inbox.remote }] });
      expect((await hand.pushRow(two.messageId)).unsent).toBeNull();
      expect(await hand.archive.changed()).toEqual([]);
    }),
  );

  it(
    "S4: of a stale message it is told that it was not sent, and not believed that it was",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const one = await hand.add(inbox, 1, bodyOf("one"));
      const two = await hand.add(inbox, 2, bodyOf("two"));
      const { runId: run } = await hand.archive.beginRun();
      const rows = [one, two].map(({ messageId }) => unsentOf(inbox.remote, messageId, run));
      await hand.commit({ base: [{ kind: "unsent", unsent: rows[0] as never }] });
      const flags = [one, two].map(({ messageId, archive }) => ({
        kind: "setFlags" as const,
        messageId,
        since: archive.since,
        flags: ["\\Seen"],
      }));
      await hand.commit({ archive: flags });
      const done = await hand.commit({
        archive: flags,
        base: [
          { kind: "sent", messages: [one.messageId] },
          { kind: "unsent", unsent: rows[1] as never },
        ],
      });
      expect(done.stale).toEqual(messageIds([one, two]));
      expect((await hand.pushRows(one.messageId, two.messageId)).map((row) => row.unsent)).toEqual(rows);
    }),
  );
}

function removals(on: On): void {
  it(
    "G1 G3: lets through exactly what an approved run holds, once, for 7 days",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const ids: MessageId[] = [];
      for (const uid of [1, 2, 3, 4]) ids.push((await hand.add(inbox, uid, bodyOf(`m${uid}`))).messageId);
      const hold = async (run: RunId, ...messages: MessageId[]) =>
        hand.commit({
          base: messages.map((messageId) => ({
            kind: "unsent" as const,
            unsent: { ...unsentOf(inbox.remote, messageId, run), kind: "remove" as const, reason: "HALTED" as const },
          })),
        });
      const [a, b, c, d] = ids as [MessageId, MessageId, MessageId, MessageId];
      const { runId: first } = await hand.archive.beginRun();
      await hold(first, a, b, c);
      const { runId: second } = await hand.archive.beginRun();
      await hold(second, b);
      // G3: what is not sent there before it is approved.
      const addition = { ...unsentOf(inbox.remote, c, second), reason: "HALTED" as const };
      await hand.commit({ base: [{ kind: "unsent", unsent: addition }] });
      const refused = { ...unsentOf(inbox.remote, d, second), kind: "remove" as const };
      await hand.commit({ base: [{ kind: "unsent", unsent: refused }] });
      const now = 1_700_000_000_000;
      expect(await hand.archive.approvedPushes(now)).toEqual(new Map());
      await hand.inspect.approve(second, now);
      expect([...(await hand.archive.approvedPushes(now + 7 * DAY))]).toEqual([
        [b, second],
        [c, second],
      ]);
      expect(await hand.archive.approvedPushes(now + 7 * DAY + 1)).toEqual(new Map());
      expect(await hand.archive.approved(now)).toEqual(new Map());
      await hand.commit({ base: [{ kind: "sent", messages: [b] }] });
      expect([...(await hand.archive.approvedPushes(now)).keys()]).toEqual([c]);
      await hand.archive.useApproval(second);
      expect(await hand.archive.approvedPushes(now)).toEqual(new Map());
    }),
  );

  it(
    "G1: counts what runs removed on the server, also from a mailbox that is gone since",
    on(async (hand) => {
      const [inbox, other] = [await hand.pair(INBOX), await hand.pair(OTHER)];
      const expunged = (remoteMailboxId: RemoteMailboxId, runId: RunId, messages: number) =>
        ({ kind: "expunged", remoteMailboxId, runId, messages }) as const;
      expect(await hand.archive.expungedSince(0)).toEqual(new Map());
      const { runId: first } = await hand.archive.beginRun();
      await hand.commit({ base: [expunged(inbox.remote, first, 3), expunged(inbox.remote, first, 4)] });
      const { runId: second } = await hand.archive.beginRun();
      await hand.commit({ base: [expunged(inbox.remote, second, 10), expunged(other.remote, second, 1)] });
      await hand.commit({ base: [{ kind: "dropMailboxBase", remoteMailboxId: other.remote }] });
      expect(await hand.archive.expungedSince(0)).toEqual(
        new Map([
          [inbox.remote, 17],
          [other.remote, 1],
        ]),
      );
      expect(await hand.archive.expungedSince(4_000_000_000_000)).toEqual(new Map());
    }),
  );

  it(
    "refuses what names a mailbox that the base does not hold, with the whole batch",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const { messageId } = await hand.add(inbox, 1, bodyOf("one"));
      const nowhere = 999_999_999 as RemoteMailboxId;
      const { runId } = await hand.archive.beginRun();
      const revision = await hand.archive.revision();
      for (const op of [
        { kind: "pushed", mailboxes: [inbox.remote, nowhere], revision },
        { kind: "unsent", unsent: unsentOf(nowhere, messageId, runId) },
        { kind: "expunged", remoteMailboxId: nowhere, runId, messages: 1 },
        { kind: "renaming", remoteMailboxId: nowhere, to: "X" },
        { kind: "markGone", remoteMailboxId: nowhere, uids: [] },
        { kind: "bind", messageId, binding: bindingOf(nowhere, 1) },
      ] as const) {
        await expect(hand.commit({ base: [op] })).rejects.toMatchObject({ name: "MailError", code: "BUG" });
      }
      expect(await hand.baseOf(INBOX)).toMatchObject({ pushed: 0, unsent: 0 });
    }),
  );
}
