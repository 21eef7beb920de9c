// The contract of writing, second part: messages that are there. Flags added and taken off, messages moved, copied and expunged: what is
// named, and nothing else.
import type { ListedMailbox, RemoteWriter, Transferred, UidSet } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { INBOX, listed, look, mail, many } from "./remote-fixture.ts";
import { filled, likeness, type OnWriter, setOf, shownFlags, stored, targetOf } from "./write-fixture.ts";

export function remoteChangeContract(on: OnWriter): void {
  describe("store", () => storing(on));
  describe("copy", () => transferring(on, "copy"));
  describe("move", () => transferring(on, "move"));
  describe("expunge", () => expunging(on));
}

function storing(on: OnWriter): void {
  it(
    "F1: adds and takes off what is named, keeps the rest, and shows the flags afterwards",
    on(async (writer, user) => {
      await user.append(INBOX, mail("a"), { flags: ["\\Seen", "$Label1", "\\Answered"] });
      await user.append(INBOX, mail("b"), { flags: ["\\Flagged", "Old"] });
      await user.append(INBOX, mail("c"), { flags: ["\\Draft"] });
      const [a, b, c] = (await user.read(INBOX)).map(({ uid }) => uid);
      const answers = await stored(writer, await listed(writer, INBOX), [
        { uids: [[Number(a), Number(b)]], add: ["\\Flagged", "New"], remove: ["\\Answered", "OLD"] },
        { uids: [[Number(c), Number(c)]], add: [], remove: ["\\Draft"] },
      ]);
      const wished = [["$Label1", "\\Flagged", "\\Seen", "New"], ["\\Flagged", "New"], []];
      expect((await user.read(INBOX)).map(({ flags }) => flags)).toEqual(wished);
      const shown = shownFlags(answers);
      expect([a, b, c].map((uid) => shown.get(Number(uid)))).toEqual(wished);
      for (const answer of answers)
        if (answer.kind === "shown" && answer.modseq !== null) expect(answer.modseq).toBeGreaterThan(0n);
    }),
  );

  it(
    "M6: \\Deleted is a flag like any other",
    on(async (writer, user) => {
      const [one] = await filled(user, INBOX, 1);
      const inbox = await listed(writer, INBOX);
      const uids = setOf(one ? [one] : []);
      await stored(writer, inbox, [{ uids, add: ["\\Deleted"], remove: [] }]);
      expect((await user.read(INBOX)).map(({ flags }) => flags)).toEqual([["\\Deleted", "\\Seen"]]);
      await stored(writer, inbox, [{ uids, add: [], remove: ["\\Deleted"] }]);
      expect((await user.read(INBOX)).map(({ flags }) => flags)).toEqual([["\\Seen"]]);
    }),
  );

  it(
    "leaves out messages that are gone, and does nothing for no change",
    on(async (writer, user) => {
      const truth = await filled(user, INBOX, 4);
      const inbox = await listed(writer, INBOX);
      await user.expunge(INBOX, [Number(truth[1]?.uid)]);
      expect(await stored(writer, inbox, [])).toEqual([]);
      const gone = setOf(truth.slice(1, 2));
      expect(await stored(writer, inbox, [{ uids: gone, add: ["\\Seen"], remove: [] }])).toEqual([]);
      const answers = await stored(writer, inbox, [{ uids: setOf(truth), add: ["\\Seen"], remove: [] }]);
      const left = truth.filter((_, i) => i !== 1).map(({ uid }) => uid);
      expect([...shownFlags(answers).keys()].sort((a, b) => a - b)).toEqual(left);
      expect((await user.read(INBOX)).every(({ flags }) => flags.includes("\\Seen"))).toBe(true);
    }),
  );

  it(
    "I4: answers for 1,200 messages in pages, and a second session sees it",
    on(async (writer, user, under) => {
      await user.appendMany(INBOX, many(1_200));
      const inbox = await listed(writer, INBOX);
      const shown = shownFlags(
        await stored(writer, inbox, [{ uids: [[1, 1_200]], add: ["\\Flagged"], remove: ["\\Seen"] }]),
      );
      expect(shown.size).toBe(1_200);
      expect([...shown.values()].every((flags) => flags.join() === "\\Flagged")).toBe(true);
      const second = await under.writer();
      try {
        const seen = await look(second, await listed(second, INBOX), { kind: "flags" });
        expect(seen.messages.filter(({ flags }) => flags.join() === "\\Flagged")).toHaveLength(1_200);
      } finally {
        await second.close();
      }
    }),
  );
}

type Transfer = (
  writer: RemoteWriter,
  from: ListedMailbox,
  uids: UidSet,
  to: Awaited<ReturnType<typeof targetOf>>,
) => Promise<Transferred>;

function transferring(on: OnWriter, how: "move" | "copy"): void {
  const transfer: Transfer = (writer, from, uids, to) => writer[how](from, from.status?.uidValidity ?? null, uids, to);
  /** MOVE is only asked of servers that have it. */
  const where: OnWriter = (run) =>
    on(async (writer, user, under) => {
      if (how === "copy" || writer.capabilities.move) await run(writer, user, under);
    });

  it(
    "M4: keeps bytes, flags and dates, and gives the pairs where the server offers UIDPLUS",
    where(async (writer, user) => {
      await user.create(["There"]);
      await user.append(["There"], mail("first"));
      const truth = await filled(user, INBOX, 5);
      const chosen = [truth[0], truth[2], truth[3]].flatMap((one) => (one ? [one] : []));
      const result = await transfer(
        writer,
        await listed(writer, INBOX),
        setOf(chosen),
        await targetOf(writer, ["There"]),
      );
      const arrived = (await user.read(["There"])).slice(1);
      expect(arrived.map(likeness)).toEqual(chosen.map(likeness));
      const stay = how === "copy" ? truth : truth.filter((one) => !chosen.includes(one));
      expect(await user.read(INBOX)).toEqual(stay);
      if (writer.capabilities.uidplus) expect(result.kind).toBe("done");
      if (result.kind === "done")
        expect([...result.pairs].sort(([a], [b]) => a - b)).toEqual(chosen.map(({ uid }, i) => [uid, arrived[i]?.uid]));
      else expect(result.kind).toBe("unknown");
    }),
  );

  it(
    "takes those that are there; those that are gone are in no pair",
    where(async (writer, user) => {
      await user.create(["There"]);
      const truth = await filled(user, INBOX, 3);
      const inbox = await listed(writer, INBOX);
      await user.expunge(INBOX, [Number(truth[1]?.uid)]);
      const to = await targetOf(writer, ["There"]);
      const result = await transfer(writer, inbox, setOf(truth), to);
      expect((await user.read(["There"])).map(likeness)).toEqual([0, 2].map((i) => likeness(truth[i] ?? neverThere)));
      const moved = new Set([truth[0]?.uid, truth[2]?.uid]);
      if (result.kind === "done") expect(new Set<number>(result.pairs.map(([uid]) => uid))).toEqual(moved);
      await transfer(writer, inbox, setOf(truth.slice(1, 2)), to);
      expect(await user.read(["There"])).toHaveLength(2);
    }),
  );

  it(
    "U1: pairs under another UIDVALIDITY of the target are not believed",
    where(async (writer, user) => {
      await user.create(["There"]);
      const truth = await filled(user, INBOX, 1);
      const { mailbox, uidValidity } = await targetOf(writer, ["There"]);
      const wrong = { mailbox, uidValidity: (uidValidity ?? 0n) + 1n };
      const result = await transfer(writer, await listed(writer, INBOX), setOf(truth), wrong);
      expect(result.kind).toBe("unknown");
      expect((await user.read(["There"])).map(likeness)).toEqual(truth.map(likeness));
    }),
  );

  it(
    "a target that is gone refuses the messages and leaves them where they are",
    where(async (writer, user) => {
      await user.create(["There"]);
      const truth = await filled(user, INBOX, 2);
      const to = await targetOf(writer, ["There"]);
      await user.remove(["There"]);
      const result = await transfer(writer, await listed(writer, INBOX), setOf(truth), to);
      expect(result).toMatchObject({ kind: "refused", error: { name: "MailError" } });
      expect(await user.read(INBOX)).toEqual(truth);
    }),
  );
}

const neverThere = { bytes: Buffer.alloc(0), flags: [], internalDate: null };

function expunging(on: OnWriter): void {
  it(
    "M6, trap 39: removes what is named; a foreign \\Deleted message stays and keeps its flag",
    on(async (writer, user) => {
      const truth = await filled(user, INBOX, 6);
      const uids = truth.map(({ uid }) => uid);
      await user.store(INBOX, [Number(uids[1]), Number(uids[4])], "add", ["\\Deleted"]);
      const inbox = await listed(writer, INBOX);
      const before = await user.read(INBOX);
      const named = [0, 2, 4].map((i) => ({ uid: Number(uids[i]) }));
      const result = await writer.expunge(inbox, inbox.status?.uidValidity ?? null, setOf(named));
      expect(result).toEqual({ gone: setOf(named), error: null });
      expect(await user.read(INBOX)).toEqual(before.filter((_, i) => [1, 3, 5].includes(i)));
    }),
  );

  it(
    "counts as gone what was gone before, and does nothing for no message",
    on(async (writer, user) => {
      const truth = await filled(user, INBOX, 3);
      const inbox = await listed(writer, INBOX);
      const { uidValidity = null } = inbox.status ?? {};
      await user.expunge(INBOX, [Number(truth[0]?.uid)]);
      expect(await writer.expunge(inbox, uidValidity, [])).toEqual({ gone: [], error: null });
      const named = setOf(truth.slice(0, 2));
      expect(await writer.expunge(inbox, uidValidity, named)).toEqual({ gone: named, error: null });
      expect(await user.read(INBOX)).toEqual(truth.slice(2));
    }),
  );

  it(
    "removes 1,200 messages at once, and a second session sees that they are gone",
    on(async (writer, user, under) => {
      await user.appendMany(INBOX, many(1_201));
      const inbox = await listed(writer, INBOX);
      const result = await writer.expunge(inbox, inbox.status?.uidValidity ?? null, [[1, 1_200]]);
      expect(result).toEqual({ gone: [[1, 1_200]], error: null });
      const second = await under.writer();
      try {
        expect((await look(second, await listed(second, INBOX), { kind: "list" })).listed).toEqual([[1_201, 1_201]]);
      } finally {
        await second.close();
      }
    }),
  );
}
