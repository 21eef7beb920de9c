// What every archive behind core's Archive port must do: run against the one in memory and the one in Postgres. Each test starts from
// an empty archive with one link. It must never look behind the port except through `inspect`.
import type { Revision, Uid } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { archiveBaseContract } from "./archive-base-contract.ts";
import { ArchiveHand, type ArchiveUnderTest, bodyFrom, bodyOf, DATE, line, type On } from "./archive-fixture.ts";
import { archiveMailboxContract } from "./archive-mailbox-contract.ts";
import { archivePushContract } from "./archive-push-contract.ts";
import { archiveReviveContract } from "./archive-revive-contract.ts";

/** Runs the whole contract. `make` gives an empty archive of revision 0 with one pull link and its lease. */
export function archiveContract(name: string, make: () => Promise<ArchiveUnderTest>): void {
  const on = (run: (hand: ArchiveHand) => Promise<void>) => async () => {
    await using under = await make();
    await run(new ArchiveHand(under));
  };
  describe(`archive contract: ${name}`, () => {
    archiveMailboxContract(on);
    describe("messages", () => messages(on));
    describe("changes", () => changes(on));
    describe("history", () => history(on));
    describe("stale", () => staleness(on));
    describe("refusals", () => refusals(on));
    archiveBaseContract(on);
    archivePushContract(on);
    archiveReviveContract(on);
  });
}

const INBOX = ["INBOX"];

function messages(on: On): void {
  it(
    "stores bodies byte for byte, any number of times, without a revision",
    on(async ({ archive, inspect }) => {
      const odd = bodyFrom(Buffer.from([0, 13, 10, 10, 13, 255, 128, 0, 65]));
      const empty = bodyFrom(Buffer.alloc(0));
      const big = bodyFrom(Buffer.alloc(3_000_001, "Lorem ipsum, 8-bit \xe9, and no line end at all"));
      await archive.storeBodies([odd, empty, odd]);
      await archive.storeBodies([odd, big]);
      await archive.storeBodies([]);
      for (const body of [odd, empty, big]) {
        const stored = await inspect.body(body.digests.sha256);
        expect(stored?.equals(body.bytes)).toBe(true);
      }
      expect(await inspect.body("0".repeat(64))).toBeNull();
      expect(await inspect.revision()).toBe(0);
    }),
  );

  it(
    "adds a message with date, flags and its binding in one commit",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const body = bodyOf("one");
      const flags = ["$Forwarded", "\\Seen"];
      const row = await hand.add(inbox, 5, body, { flags, modseq: 2n ** 62n, emailId: "M-1" });
      expect(row).toMatchObject({ uid: 5, flags, modseq: 2n ** 62n, emailId: "M-1", internalDate: DATE });
      expect(row.archive).toEqual({ mailboxId: inbox.mailboxId, flags, since: 2 });
      expect(await hand.inspect.snapshot(2)).toEqual([
        {
          path: INBOX,
          role: null,
          subscribed: false,
          messages: [{ sha256: body.digests.sha256, flags, internalDate: DATE }],
        },
      ]);
    }),
  );

  it(
    "keeps a missing date missing, and dates before 1970 and to the second",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const dates = [null, -86_400_000, 0, 4_102_444_799_000];
      for (const [i, date] of dates.entries()) await hand.add(inbox, i + 1, bodyOf(`d${i}`, date));
      expect((await hand.rows(inbox.remote)).map((row) => row.internalDate)).toEqual(dates);
    }),
  );

  it(
    "C3: keeps N identical messages N",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const body = bodyOf("twin");
      await hand.archive.storeBodies([body, body]);
      await hand.commit({ archive: [1, 2, 3].map((uid) => hand.addOp(inbox, uid, body)) });
      expect(await hand.now(INBOX)).toEqual(Array(3).fill(line(body.digests.sha256)));
      expect(new Set((await hand.rows(inbox.remote)).map((row) => row.messageId)).size).toBe(3);
    }),
  );
}

function changes(on: On): void {
  it(
    "sets flags, moves and removes; each closes one version and opens the next",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const other = await hand.pair(["Other"]);
      const { messageId, archive, sha256 } = await hand.add(inbox, 1, bodyOf("one"));
      const flagged = await hand.commit({
        archive: [{ kind: "setFlags", messageId, since: archive.since, flags: ["\\Seen"] }],
      });
      expect((await hand.row(inbox.remote, 1)).archive).toMatchObject({
        flags: ["\\Seen"],
        since: flagged.revision,
      });
      const moved = await hand.commit({
        archive: [
          {
            kind: "moveMessage",
            messageId,
            since: flagged.revision as Revision,
            mailboxId: other.mailboxId,
            flags: ["\\Draft"],
          },
        ],
      });
      const removed = await hand.commit({
        archive: [{ kind: "removeMessage", messageId, since: moved.revision as Revision }],
      });
      expect(removed).toEqual({ revision: (moved.revision ?? 0) + 1, stale: [] });
      expect((await hand.plainRows(inbox.remote)).map((row) => row.archive)).toEqual([null]);
      expect(await hand.at((flagged.revision ?? 0) - 1, INBOX)).toEqual([line(sha256)]);
      expect(await hand.at(flagged.revision ?? 0, INBOX)).toEqual([line(sha256, ["\\Seen"])]);
      expect(await hand.at(moved.revision ?? 0, INBOX)).toEqual([]);
      expect(await hand.at(moved.revision ?? 0, ["Other"])).toEqual([line(sha256, ["\\Draft"])]);
      expect(await hand.at(removed.revision ?? 0, ["Other"])).toEqual([]);
    }),
  );

  it(
    "M2: a tombstoned message's bytes stay",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const body = bodyOf("one");
      const { messageId, archive } = await hand.add(inbox, 1, body);
      await hand.commit({ archive: [{ kind: "removeMessage", messageId, since: archive.since }] });
      expect(await hand.inspect.body(body.digests.sha256)).toEqual(body.bytes);
    }),
  );
}

function history(on: On): void {
  it(
    "gives revisions without gaps: one for each commit that changes the archive, none for the base alone",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const body = bodyOf("one");
      await hand.archive.storeBodies([body]);
      expect((await hand.commit({ archive: [hand.addOp(inbox, 1, body)] })).revision).toBe(2);
      const rebase = {
        kind: "rebase",
        remoteMailboxId: inbox.remote,
        uid: 1 as Uid,
        flags: [],
        modseq: 9n,
      } as const;
      expect((await hand.commit({ base: [rebase] })).revision).toBeNull();
      expect((await hand.commit({})).revision).toBeNull();
      expect((await hand.commit({ archive: [hand.addOp(inbox, 2, body), hand.addOp(inbox, 3, body)] })).revision).toBe(
        3,
      );
      expect(await hand.inspect.revision()).toBe(3);
    }),
  );

  it(
    "reads every earlier revision back",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const seen: (string[] | null)[] = [null, []];
      for (let i = 1; i <= 12; i++) {
        const [first] = i % 3 === 0 ? await hand.rows(inbox.remote) : [];
        if (first?.archive) {
          const { messageId, archive } = first;
          await hand.commit({
            archive: [{ kind: "removeMessage", messageId, since: archive.since }],
            base: [{ kind: "unbind", remoteMailboxId: inbox.remote, uids: [[first.uid, first.uid]] }],
          });
        } else await hand.add(inbox, i, bodyOf(`m${i}`), { flags: i % 2 ? ["\\Seen"] : [] });
        seen.push(await hand.now(INBOX));
      }
      expect(seen.at(-1)).toHaveLength(4);
      for (const [revision, expected] of seen.entries()) expect(await hand.at(revision, INBOX)).toEqual(expected);
    }),
  );
}

function staleness(on: On): void {
  it(
    "S4: an op on a version that is closed is stale; nothing of that message is changed, the rest is",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const late = await hand.add(inbox, 1, bodyOf("late"));
      const fine = await hand.add(inbox, 2, bodyOf("fine"));
      await hand.commit({
        archive: [{ kind: "setFlags", messageId: late.messageId, since: late.archive.since, flags: ["\\Flagged"] }],
      });
      const before = await hand.inspect.revision();
      const rebase = (uid: number) =>
        ({
          kind: "rebase",
          remoteMailboxId: inbox.remote,
          uid: uid as Uid,
          flags: ["\\Seen"],
          modseq: null,
        }) as const;
      const done = await hand.commit({
        archive: [
          { kind: "setFlags", messageId: late.messageId, since: late.archive.since, flags: ["\\Seen"] },
          { kind: "setFlags", messageId: fine.messageId, since: fine.archive.since, flags: ["\\Seen"] },
        ],
        base: [rebase(1), rebase(2)],
      });
      expect(done).toEqual({ revision: before + 1, stale: [late.messageId] });
      const rows = await hand.plainRows(inbox.remote);
      expect(rows.map((row) => row.archive?.flags)).toEqual([["\\Flagged"], ["\\Seen"]]);
      expect(rows.map((row) => row.flags)).toEqual([[], ["\\Seen"]]);
    }),
  );

  it(
    "S4: a commit whose ops are all stale is no revision, and a stale message keeps its binding",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const other = await hand.pair(["Other"]);
      const { messageId, archive } = await hand.add(inbox, 1, bodyOf("one"));
      await hand.commit({ archive: [{ kind: "removeMessage", messageId, since: archive.since }] });
      const before = await hand.inspect.revision();
      const binding = {
        remoteMailboxId: other.remote,
        uid: 4 as Uid,
        flags: [],
        modseq: null,
        emailId: null,
      };
      const done = await hand.commit({
        archive: [{ kind: "moveMessage", messageId, since: archive.since, mailboxId: other.mailboxId, flags: [] }],
        base: [
          { kind: "unbind", remoteMailboxId: inbox.remote, uids: [[1, 1]] },
          { kind: "bind", messageId, binding },
        ],
      });
      expect(done).toEqual({ revision: null, stale: [messageId] });
      expect(await hand.inspect.revision()).toBe(before);
      expect((await hand.archive.known(inbox.remote, 1 as Uid)).bound).toEqual([[1, 1]]);
      expect((await hand.archive.known(other.remote, 1 as Uid)).bound).toEqual([]);
    }),
  );
}

function refusals(on: On): void {
  it(
    "refuses a message whose body was never stored, with the whole batch",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const [stored, never] = [bodyOf("stored"), bodyOf("never")];
      await hand.archive.storeBodies([stored]);
      const archive = [hand.addOp(inbox, 1, stored), hand.addOp(inbox, 2, never)];
      await expect(hand.commit({ archive })).rejects.toMatchObject({ name: "MailError" });
      expect(await hand.inspect.revision()).toBe(1);
      expect(await hand.now(INBOX)).toEqual([]);
      expect((await hand.archive.known(inbox.remote, 1 as Uid)).bound).toEqual([]);
      expect((await hand.commit({ archive: archive.slice(0, 1) })).revision).toBe(2);
    }),
  );

  it(
    "refuses to pair with a path that the archive has not, with the whole batch",
    on(async (hand) => {
      const base = {
        kind: "bindMailbox",
        archivePath: ["Nowhere"],
        name: "Nowhere",
        path: ["Nowhere"],
        objectId: null,
        role: null,
        subscribed: false,
        uidValidity: null,
      } as const;
      const archive = [{ kind: "createMailbox", path: ["Else"], role: null, subscribed: false }] as const;
      await expect(hand.commit({ archive, base: [base] })).rejects.toMatchObject({ name: "MailError" });
      expect(await hand.archive.tree()).toEqual({ mailboxes: [], bases: [] });
      expect(await hand.inspect.revision()).toBe(0);
    }),
  );
}
