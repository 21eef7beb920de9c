// The archive contract's part on pushing: what changed since a mailbox was pushed, both sides of a message, its bytes, and what
// was about to be sent.
import type { MailboxId, MessageId, RemoteMailboxId, Revision, Uid } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { archiveCopyContract } from "./archive-copy-contract.ts";
import {
  type ArchiveHand,
  bindingOf,
  bodyFrom,
  bodyOf,
  intentOf,
  messageIds,
  type On,
  uids,
  unsentOf,
} from "./archive-fixture.ts";
import { archiveGoneContract } from "./archive-gone-contract.ts";
import { archiveUnsentContract } from "./archive-unsent-contract.ts";

const INBOX = ["INBOX"];
const OTHER = ["Other"];

export function archivePushContract(on: On): void {
  describe("what a push looks at", () => changes(on));
  describe("how far a mailbox is pushed", () => mailboxMarks(on));
  describe("both sides of a message", () => sides(on));
  describe("what a message was lately", () => traces(on));
  describe("bytes", () => bytes(on));
  archiveCopyContract(on);
  archiveGoneContract(on);
  describe("intents", () => intents(on));
  archiveUnsentContract(on);
}

/** A message of the archive that no server has: as an import would add it. */
async function imported(hand: ArchiveHand, mailboxId: MailboxId, text: string): Promise<MessageId> {
  const body = bodyOf(text);
  await hand.archive.storeBodies([body]);
  const { sha256 } = body.digests;
  await hand.commit({
    archive: [{ kind: "addMessage", mailboxId, sha256, internalDate: body.internalDate, flags: [], binding: null }],
  });
  return (await hand.archive.changed()).at(-1) as MessageId;
}

function changes(on: On): void {
  it(
    "S3: names what changed in paired mailboxes since they were pushed, ascending, each once",
    on(async (hand) => {
      expect(await hand.archive.revision()).toBe(0);
      expect(await hand.archive.changed()).toEqual([]);
      const [inbox, other] = [await hand.pair(INBOX), await hand.pair(OTHER)];
      const one = await hand.add(inbox, 1, bodyOf("one"));
      const two = await hand.add(other, 1, bodyOf("two"));
      const three = await hand.add(inbox, 3, bodyOf("three"));
      expect(await hand.archive.changed()).toEqual(messageIds([one, two, three]));
      const revision = await hand.archive.revision();
      expect(revision).toBe(await hand.inspect.revision());
      await hand.commit({ base: [{ kind: "pushed", mailboxes: [inbox.remote, other.remote], revision }] });
      expect((await hand.baseOf(INBOX)).pushed).toBe(revision);
      expect(await hand.archive.changed()).toEqual([]);
      const target = { mailboxId: inbox.mailboxId, flags: [] };
      await hand.commit({
        archive: [
          { kind: "moveMessage", messageId: two.messageId, since: two.archive.since, ...target },
          { kind: "removeMessage", messageId: three.messageId, since: three.archive.since },
        ],
      });
      expect(await hand.archive.changed()).toEqual([two.messageId, three.messageId]);
      await hand.commit({
        archive: [{ kind: "setFlags", messageId: one.messageId, since: one.archive.since, flags: ["\\Seen"] }],
      });
      expect(await hand.archive.changed()).toEqual([one.messageId, two.messageId, three.messageId]);
      const now = await hand.archive.revision();
      await hand.commit({ base: [{ kind: "pushed", mailboxes: [inbox.remote], revision: now }] });
      // It left a mailbox whose removals are not pushed yet.
      expect(await hand.archive.changed()).toEqual([two.messageId]);
    }),
  );

  it(
    "S3: how far a mailbox is pushed never goes back, but for a rekey, which begins anew and ends a renaming",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      await hand.add(inbox, 1, bodyOf("one"));
      const push = (revision: number) =>
        ({ kind: "pushed", mailboxes: [inbox.remote], revision: revision as Revision }) as const;
      await hand.commit({ base: [push(2), push(1)] });
      await hand.commit({ base: [push(1), { kind: "renaming", remoteMailboxId: inbox.remote, to: "In.Box" }] });
      expect(await hand.baseOf(INBOX)).toMatchObject({ pushed: 2, renamingTo: "In.Box" });
      await hand.commit({ base: [{ kind: "renaming", remoteMailboxId: inbox.remote, to: null }] });
      expect(await hand.baseOf(INBOX)).toMatchObject({ pushed: 2, renamingTo: null });
      await hand.commit({ base: [{ kind: "renaming", remoteMailboxId: inbox.remote, to: "In.Box" }] });
      const pairs = [[1 as Uid, 9 as Uid]] as const;
      await hand.commit({ base: [{ kind: "rekey", remoteMailboxId: inbox.remote, uidValidity: 8n, pairs }] });
      expect(await hand.baseOf(INBOX)).toMatchObject({ pushed: 0, renamingTo: null });
    }),
  );
}

function traces(on: On): void {
  it(
    "G4: tells the versions of messages that changed so often, with the run that made each; of others nothing",
    on(async (hand) => {
      const [inbox, other] = [await hand.pair(INBOX), await hand.pair(OTHER)];
      const one = await hand.add(inbox, 1, bodyOf("one"));
      const two = await hand.add(inbox, 2, bodyOf("two"));
      const messages = [two.messageId, one.messageId, 999_999_999 as MessageId];
      const { runId: first } = await hand.archive.beginRun();
      const { since } = one.archive;
      const moved = { kind: "moveMessage", messageId: one.messageId, mailboxId: other.mailboxId } as const;
      const { revision } = await hand.commit({ archive: [{ ...moved, since, flags: ["\\Seen"] }] });
      const { runId: second } = await hand.archive.beginRun();
      const back = { ...moved, mailboxId: inbox.mailboxId, since: revision as Revision, flags: [] };
      await hand.commit({ archive: [back] });
      expect(await hand.archive.versionsSince([], 0, 1)).toEqual(new Map());
      expect(await hand.archive.versionsSince(messages, 0, 4)).toEqual(new Map());
      const found = await hand.archive.versionsSince(messages, 0, 3);
      expect([...found.keys()]).toEqual([one.messageId]);
      const versions = found.get(one.messageId) ?? [];
      expect(versions.map(({ mailboxId, flags, made }) => [mailboxId, flags, made?.run])).toEqual([
        [inbox.mailboxId, [], undefined],
        [other.mailboxId, ["\\Seen"], first],
        [inbox.mailboxId, [], second],
      ]);
      expect(versions[0]?.made).toBeNull();
      expect(new Set(versions.slice(1).map(({ made }) => made?.link)).size).toBe(1);
      expect(versions.map(({ at }) => at).every((at, i) => at > 0 && at >= (versions[i - 1]?.at ?? 0))).toBe(true);
      expect([...(await hand.archive.versionsSince(messages, 0, 1)).keys()].sort()).toEqual(messageIds([one, two]));
      // Nothing began since: nothing is told, whatever is in force.
      expect(await hand.archive.versionsSince(messages, 4_000_000_000_000, 1)).toEqual(new Map());
    }),
  );
}

function mailboxMarks(on: On): void {
  it(
    "B1: tells the path that a mailbox had when it was pushed, or paired; a rekey leaves it",
    on(async (hand) => {
      const { mailboxId, remote } = await hand.pair(OTHER);
      const begin = await hand.archive.revision();
      const change = { kind: "changeMailbox", mailboxId, role: null, subscribed: false } as const;
      await hand.commit({ archive: [{ ...change, path: ["Renamed"] }] });
      expect((await hand.baseOf(OTHER)).pushedPath).toEqual(OTHER);
      await hand.commit({ base: [pushedTo(remote, begin)] });
      expect((await hand.baseOf(OTHER)).pushedPath).toEqual(OTHER);
      await hand.commit({ base: [pushedTo(remote, await hand.archive.revision())] });
      await hand.commit({ base: [pushedTo(remote, begin)] });
      expect((await hand.baseOf(OTHER)).pushedPath).toEqual(["Renamed"]);
      await hand.commit({ base: [{ kind: "rekey", remoteMailboxId: remote, uidValidity: 8n, pairs: [] }] });
      expect((await hand.baseOf(OTHER)).pushedPath).toEqual(["Renamed"]);
      await hand.commit({ archive: [{ kind: "removeMailbox", mailboxId }] });
      expect((await hand.baseOf(OTHER)).pushedPath).toEqual(["Renamed"]);
      await hand.commit({ base: [pushedTo(remote, await hand.archive.revision())] });
      expect((await hand.baseOf(OTHER)).pushedPath).toBeNull();
    }),
  );

  it(
    "B8: reads nothing of mailboxes that are not paired, or rest",
    on(async (hand) => {
      await hand.commit({ archive: [{ kind: "createMailbox", path: OTHER, role: null, subscribed: false }] });
      const inbox = await hand.pair(INBOX);
      const { messageId, archive } = await hand.add(inbox, 1, bodyOf("one"));
      const { runId: run } = await hand.archive.beginRun();
      const rest = (resting: boolean) =>
        ({
          kind: "changeMailboxBase",
          remoteMailboxId: inbox.remote,
          name: "INBOX",
          path: INBOX,
          objectId: null,
          role: null,
          subscribed: false,
          resting,
        }) as const;
      await hand.commit({ base: [{ kind: "unsent", unsent: unsentOf(inbox.remote, messageId, run) }, rest(true)] });
      expect(await hand.archive.changed()).toEqual([]);
      await hand.commit({ base: [rest(false)] });
      expect(await hand.archive.changed()).toEqual([messageId]);
      const { mailboxes } = await hand.archive.tree();
      const other = mailboxes.find(({ path }) => path[0] === "Other");
      if (other === undefined) throw new Error("no mailbox");
      await hand.commit({
        base: [{ kind: "sent", messages: [messageId] }, pushedTo(inbox.remote, await hand.archive.revision())],
      });
      await hand.commit({
        archive: [{ kind: "moveMessage", messageId, since: archive.since, mailboxId: other.id, flags: [] }],
      });
      expect(await hand.archive.changed()).toEqual([messageId]);
      await hand.commit({ base: [pushedTo(inbox.remote, await hand.archive.revision())] });
      expect(await hand.archive.changed()).toEqual([]);
    }),
  );
}

const pushedTo = (remote: RemoteMailboxId, revision: number) =>
  ({ kind: "pushed", mailboxes: [remote], revision: revision as Revision }) as const;

function sides(on: On): void {
  it(
    "gives what the archive has and where this link's server has it, by message id, without those it has not",
    on(async (hand) => {
      const [inbox, other] = [await hand.pair(INBOX), await hand.pair(OTHER)];
      const odd = bodyFrom(Buffer.from("\nno header\nbut a bare LF\0\n"), null);
      const one = await hand.add(inbox, 5, odd, { flags: ["\\Seen"] });
      const two = await imported(hand, inbox.mailboxId, "two");
      const copy = bindingOf(other.remote, 2, { flags: ["$Copy"] });
      await hand.commit({ base: [{ kind: "bind", messageId: one.messageId, binding: { ...copy, unproved: true } }] });
      const rows = await hand.pushRows(two, one.messageId, two, 999_999_999 as MessageId);
      expect(rows).toEqual([
        {
          messageId: one.messageId,
          live: one.archive,
          lastMailboxId: inbox.mailboxId,
          placements: [
            { remoteMailboxId: inbox.remote, uid: 5, flags: ["\\Seen"], unproved: false, copy: null },
            { remoteMailboxId: other.remote, uid: 2, flags: ["$Copy"], unproved: true, copy: null },
          ],
          size: odd.bytes.length,
          internalDate: null,
          canonical: odd.digests.canonical,
          fingerprint: null,
          sha256: odd.digests.sha256,
          unsent: null,
        },
        expect.objectContaining({ messageId: two, placements: [], internalDate: bodyOf("two").internalDate }),
      ]);
      await hand.commit({
        archive: [{ kind: "removeMessage", messageId: one.messageId, since: one.archive.since }],
      });
      expect(await hand.pushRow(one.messageId)).toMatchObject({
        live: null,
        lastMailboxId: inbox.mailboxId,
        sha256: odd.digests.sha256,
      });
      expect(await hand.pushRows()).toEqual([]);
    }),
  );

  it(
    "comes in pages of at most 1,000",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const body = bodyOf("twin");
      await hand.archive.storeBodies([body]);
      const bound = Array.from({ length: 2_500 }, (_, n) => n + 1);
      await hand.commit({ archive: bound.map((uid) => hand.addOp(inbox, uid, body)) });
      const changed = await hand.archive.changed();
      expect(changed).toHaveLength(2_500);
      const pages: number[] = [];
      const seen: MessageId[] = [];
      for await (const page of hand.archive.pushRows([...changed].reverse())) {
        pages.push(page.length);
        seen.push(...messageIds(page));
      }
      expect(Math.max(...pages)).toBeLessThanOrEqual(1_000);
      expect(seen).toEqual(changed);
    }),
  );

  it(
    "C4: what a rekey matched, it matched by the header alone; a new binding is proved unless it says otherwise",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const { messageId } = await hand.add(inbox, 1, bodyOf("one"));
      const pairs = [[1 as Uid, 4 as Uid]] as const;
      await hand.commit({ base: [{ kind: "rekey", remoteMailboxId: inbox.remote, uidValidity: 8n, pairs }] });
      expect((await hand.pushRow(messageId)).placements).toMatchObject([{ uid: 4, unproved: true }]);
      await hand.commit({
        base: [
          { kind: "unbind", remoteMailboxId: inbox.remote, uids: uids(4) },
          { kind: "bind", messageId, binding: bindingOf(inbox.remote, 4) },
        ],
      });
      expect((await hand.pushRow(messageId)).placements).toMatchObject([{ uid: 4, unproved: false }]);
    }),
  );
}

function bytes(on: On): void {
  it(
    "C1: gives bytes as they were stored, large ones too, and tells damaged ones apart",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const odd = bodyFrom(Buffer.from([0, 13, 10, 10, 13, 255, 128, 0, 65]));
      // No text that packs well, and longer than what is stored in one piece.
      const big = bodyFrom(Buffer.from(Array.from({ length: 9_500_001 }, (_, i) => (i * 2_654_435_761) >>> 13)));
      const bad = bodyOf("damaged");
      const last = bodyOf("last");
      const ids: MessageId[] = [];
      for (const [i, body] of [odd, big, bad, last].entries()) ids.push((await hand.add(inbox, i + 1, body)).messageId);
      await hand.inspect.damage(bad.digests.sha256);
      const stored = await hand.bytes(...[...ids].reverse(), ...ids, 999_999_999 as MessageId);
      expect(stored.map(({ messageId, kind }) => [messageId, kind])).toEqual([
        [ids[0], "bytes"],
        [ids[1], "bytes"],
        [ids[2], "damaged"],
        [ids[3], "bytes"],
      ]);
      for (const [i, body] of [odd, big].entries()) {
        const one = stored[i];
        expect(one?.kind === "bytes" && one.bytes.equals(body.bytes)).toBe(true);
      }
      expect(stored[2]).toMatchObject({ error: { name: "MailError", code: "BLOB_MISMATCH" } });
      expect(await hand.bytes()).toEqual([]);
    }),
  );

  it(
    "can be left early, and asked for again",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const ids: MessageId[] = [];
      for (const uid of [1, 2, 3]) ids.push((await hand.add(inbox, uid, bodyOf(`m${uid}`))).messageId);
      for await (const { messageId } of hand.archive.bytes(ids)) {
        expect(messageId).toBe(ids[0]);
        break;
      }
      expect(messageIds(await hand.bytes(...ids))).toEqual(ids);
    }),
  );
}

function intents(on: On): void {
  it(
    "S2: keeps what was about to be sent, one of a kind a message and mailbox, with what identifies the message",
    on(async (hand) => {
      const [inbox, other] = [await hand.pair(INBOX), await hand.pair(OTHER)];
      const body = bodyOf("one");
      const { messageId, archive } = await hand.add(inbox, 1, body);
      const bare = { kind: "copy", uidValidity: null, uidNext: null, flags: [] } as const;
      const first = [intentOf(inbox.remote, messageId), intentOf(other.remote, messageId, bare)];
      await hand.commit({ base: [{ kind: "intend", intents: first }] });
      const again = intentOf(inbox.remote, messageId, { uidValidity: 2n ** 32n - 1n, uidNext: 4_294_967_295 });
      expect((await hand.commit({ base: [{ kind: "intend", intents: [again] }] })).revision).toBeNull();
      const { canonical, fingerprint } = body.digests;
      const identity = { size: body.bytes.length, internalDate: body.internalDate, canonical, fingerprint };
      const open = [
        { ...again, ...identity },
        { ...first[1], ...identity },
      ];
      expect(await hand.archive.intents()).toEqual(open);
      // A tombstoned message's intent is still to be settled.
      await hand.commit({ archive: [{ kind: "removeMessage", messageId, since: archive.since }] });
      expect(await hand.archive.intents()).toEqual(open);
      const settle = (remoteMailboxId: RemoteMailboxId) =>
        ({ kind: "intentsSettled", remoteMailboxId, messages: [messageId] }) as const;
      await hand.commit({ base: [settle(inbox.remote)] });
      expect(await hand.archive.intents()).toEqual([open[1]]);
      // Settled goes before intended, in whatever order a batch names them.
      await hand.commit({ base: [{ kind: "intend", intents: [again] }, settle(inbox.remote)] });
      expect(await hand.archive.intents()).toHaveLength(2);
      await hand.commit({ base: [{ kind: "dropMailboxBase", remoteMailboxId: other.remote }, settle(inbox.remote)] });
      expect(await hand.archive.intents()).toEqual([]);
    }),
  );

  it(
    "S2: a stale message's intent stays open, because its binding was not entered, and a new one is opened",
    on(async (hand) => {
      const [inbox, other] = [await hand.pair(INBOX), await hand.pair(OTHER)];
      const { messageId, archive } = await hand.add(inbox, 1, bodyOf("one"));
      await hand.commit({ base: [{ kind: "intend", intents: [intentOf(other.remote, messageId)] }] });
      const flag = { kind: "setFlags", messageId, since: archive.since, flags: ["\\Seen"] } as const;
      await hand.commit({ archive: [flag] });
      const done = await hand.commit({
        archive: [flag],
        base: [
          { kind: "bind", messageId, binding: bindingOf(other.remote, 7) },
          { kind: "intentsSettled", remoteMailboxId: other.remote, messages: [messageId] },
          { kind: "intend", intents: [intentOf(inbox.remote, messageId)] },
        ],
      });
      expect(done.stale).toEqual([messageId]);
      expect((await hand.archive.intents()).map((intent) => intent.remoteMailboxId)).toEqual([
        inbox.remote,
        other.remote,
      ]);
    }),
  );

  it(
    "refuses an intent of a message that never was, with the whole batch",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const base = [
        { kind: "renaming", remoteMailboxId: inbox.remote, to: "X" },
        { kind: "intend", intents: [intentOf(inbox.remote, 999_999_999 as MessageId)] },
      ] as const;
      await expect(hand.commit({ base })).rejects.toMatchObject({ name: "MailError", code: "BUG" });
      expect(await hand.baseOf(INBOX)).toMatchObject({ renamingTo: null });
      expect(await hand.archive.intents()).toEqual([]);
    }),
  );
}
