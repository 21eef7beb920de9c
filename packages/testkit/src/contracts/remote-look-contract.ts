// The remote contract's second part: looks. Who is there, what changed, what is proved gone, and marks that are those of before.
import { describe, expect, it } from "vitest";
import { until } from "../servers/commands.ts";
import { complete, DATE, INBOX, listed, look, mail, many, type OnRemote, present } from "./remote-fixture.ts";

export function remoteLookContract(on: OnRemote): void {
  describe("complete looks", () => completeLooks(on));
  describe("deltas", () => deltas(on));
  describe("proof of absence", () => absences(on));
  describe("looks and time", () => timing(on));
}

function completeLooks(on: OnRemote): void {
  it(
    "finds nobody in an empty mailbox",
    on(async (remote) => {
      const inbox = await listed(remote, INBOX);
      for (const kind of ["list", "flags"] as const) {
        const seen = await look(remote, inbox, { kind });
        expect(seen).toMatchObject({ messages: [], listed: [], arrived: [], vanished: [] });
        expect(seen.marks).toMatchObject({ uidValidity: inbox.status?.uidValidity, uidNext: 1, messages: 0 });
      }
    }),
  );

  it(
    "M1: lists every UID, also around gaps, and nothing else",
    on(async (remote, user) => {
      for (let i = 0; i < 9; i++) await user.append(INBOX, mail(`m${i}`));
      const uids = (await user.read(INBOX)).map((message) => message.uid);
      const gone = [uids[0], uids[3], uids[4], uids[8]].map(Number);
      await user.expunge(INBOX, gone);
      const seen = await look(remote, await listed(remote, INBOX), { kind: "list" });
      expect(present([], seen)).toEqual(uids.filter((uid) => !gone.includes(uid)));
      expect(seen).toMatchObject({ messages: [], arrived: [], vanished: [] });
      expect(seen.marks).toMatchObject({ uidNext: Number(uids.at(-1)) + 1, messages: 5 });
    }),
  );

  it(
    "shows all flags and keywords, without \\Recent",
    on(async (remote, user) => {
      await user.append(INBOX, mail("plain"));
      const all = ["\\Answered", "\\Deleted", "\\Draft", "\\Flagged", "\\Seen"];
      await user.append(INBOX, mail("system"), { flags: all });
      await user.append(INBOX, mail("words"), { flags: ["$Forwarded", "NonJunk", "\\Seen"] });
      const truth = await user.read(INBOX);
      const seen = await look(remote, await listed(remote, INBOX), { kind: "flags" });
      expect(seen.messages.map(({ uid, flags }) => ({ uid, flags }))).toEqual(
        truth.map(({ uid, flags }) => ({ uid, flags })),
      );
      expect(seen.messages.map(({ flags }) => flags)).toEqual([[], all, ["$Forwarded", "\\Seen", "NonJunk"]]);
      expect(present([], seen)).toEqual(truth.map(({ uid }) => uid));
      for (const { modseq } of seen.messages) if (remote.capabilities.condstore) expect(modseq).toBeGreaterThan(0n);
    }),
  );

  it(
    "I4: shows 1,200 messages in pages of at most 1,000, ascending",
    on(async (remote, user) => {
      await user.appendMany(INBOX, many(1_200));
      const inbox = await listed(remote, INBOX);
      const seen = await look(remote, inbox, { kind: "flags" });
      expect(Math.max(...seen.pages)).toBeLessThanOrEqual(1_000);
      const uids = seen.messages.map((message) => message.uid);
      expect(uids).toEqual([...new Set(uids)].sort((a, b) => a - b));
      expect(uids).toHaveLength(1_200);
      expect(seen.listed).toEqual([[uids[0], uids.at(-1)]]);
      expect(seen.messages.filter((message) => message.flags.includes("\\Seen"))).toHaveLength(600);
      const delta = await look(remote, inbox, { kind: "delta", since: complete(seen.marks) });
      if (delta.listed === null) expect(delta.messages).toEqual([]);
    }),
  );
}

function deltas(on: OnRemote): void {
  it(
    "I2: shows nothing where nothing happened",
    on(async (remote, user) => {
      await user.append(INBOX, mail("one"));
      const inbox = await listed(remote, INBOX);
      const { marks } = await look(remote, inbox, { kind: "list" });
      const delta = await look(remote, inbox, { kind: "delta", since: complete(marks) });
      expect(delta.marks).toEqual(marks);
      expect(present([1], delta)).toEqual([1]);
      if (!remote.capabilities.condstore) return;
      expect(delta).toMatchObject({ messages: [], listed: null, arrived: [], vanished: [] });
    }),
  );

  it(
    "shows a changed message with its flags, and no other",
    on(async (remote, user) => {
      const [a, b] = [await user.append(INBOX, mail("a")), await user.append(INBOX, mail("b"))];
      const inbox = await listed(remote, INBOX);
      const { marks } = await look(remote, inbox, { kind: "flags" });
      await user.store(INBOX, [b], "add", ["\\Flagged", "$Later"]);
      const delta = await look(remote, inbox, { kind: "delta", since: complete(marks) });
      const changed = delta.messages.find((message) => message.uid === b);
      expect(changed).toMatchObject({ flags: ["$Later", "\\Flagged"] });
      expect(present([a, b], delta)).toEqual([a, b]);
      if (remote.capabilities.condstore) expect(delta.messages).toHaveLength(1);
    }),
  );

  it(
    "shows new messages as arrived and with their flags",
    on(async (remote, user) => {
      const a = await user.append(INBOX, mail("a"));
      const inbox = await listed(remote, INBOX);
      const { marks } = await look(remote, inbox, { kind: "list" });
      const b = await user.append(INBOX, mail("b"), { flags: ["\\Seen"] });
      const c = await user.append(INBOX, mail("c"));
      const delta = await look(remote, inbox, { kind: "delta", since: complete(marks) });
      expect(present([a], delta)).toEqual([a, b, c]);
      if (delta.listed === null) expect(present([], delta)).toEqual([b, c]);
      const fresh = delta.messages.filter((message) => message.uid !== a);
      expect(fresh.map(({ uid, flags }) => ({ uid, flags }))).toEqual([
        { uid: b, flags: ["\\Seen"] },
        { uid: c, flags: [] },
      ]);
    }),
  );

  it(
    "trap 8: shows nothing as new when UIDNEXT is above the last message",
    on(async (remote, user) => {
      const uids = [await user.append(INBOX, mail("a")), await user.append(INBOX, mail("b"))];
      await user.expunge(INBOX, uids.slice(1));
      const inbox = await listed(remote, INBOX);
      const { marks } = await look(remote, inbox, { kind: "list" });
      const delta = await look(remote, inbox, { kind: "delta", since: complete(marks) });
      expect(delta.arrived).toEqual([]);
      expect(present(uids.slice(0, 1), delta)).toEqual(uids.slice(0, 1));
    }),
  );

  it(
    "U1: becomes a list when UIDVALIDITY is another",
    on(async (remote, user) => {
      await user.create(["Again"]);
      await user.append(["Again"], mail("old"));
      const before = await listed(remote, ["Again"]);
      const { marks } = await look(remote, before, { kind: "list" });
      await user.remove(["Again"]);
      await user.create(["Again"]);
      const uids = [await user.append(["Again"], mail("new")), await user.append(["Again"], mail("newer"))];
      const again = async () =>
        look(remote, await listed(remote, ["Again"]), { kind: "delta", since: complete(marks) });
      let delta = await again();
      // Dovecot compares the times of directories: for a moment it shows one that was made anew as it was when it was empty.
      await until(async () => {
        if (delta.marks.messages !== uids.length) delta = await again();
        return delta.marks.messages === uids.length;
      }, "both messages are shown");
      expect(delta.marks.uidValidity).not.toBe(marks.uidValidity);
      expect(delta.listed).not.toBeNull();
      expect(present([], delta)).toEqual(uids);
      expect(delta.messages).toEqual([]);
    }),
  );
}

function absences(on: OnRemote): void {
  const cases = [
    { name: "M1: proves what was expunged", remove: [2, 3], add: 0 },
    { name: "trap 12: proves an expunge that an arrival hides in the count", remove: [2], add: 1 },
    { name: "trap 9: proves the expunge of the highest UID", remove: [5], add: 0 },
    { name: "proves that all are gone", remove: [1, 2, 3, 4, 5], add: 0 },
    { name: "proves the first, with more arrivals than were expunged", remove: [1], add: 3 },
  ];
  for (const { name, remove, add } of cases)
    it(
      name,
      on(async (remote, user) => {
        const uids: number[] = [];
        for (let i = 0; i < 5; i++) uids.push(await user.append(INBOX, mail(`m${i}`)));
        const inbox = await listed(remote, INBOX);
        const { marks } = await look(remote, inbox, { kind: "list" });
        const gone = remove.map((n) => Number(uids[n - 1]));
        await user.expunge(INBOX, gone);
        for (let i = 0; i < add; i++) await user.append(INBOX, mail(`new${i}`));
        const delta = await look(remote, inbox, { kind: "delta", since: complete(marks) });
        const truth = (await user.read(INBOX)).map((message) => message.uid);
        expect(present(uids, delta)).toEqual(truth);
        expect(delta.marks.messages).toBe(truth.length);
        if (remote.capabilities.qresync) expect(delta.listed).toBeNull();
        expect(delta.messages.filter((message) => gone.includes(message.uid))).toEqual([]);
      }),
    );

  it(
    "M4: shows a move as gone here and arrived there",
    on(async (remote, user) => {
      await user.create(["There"]);
      const uids = [await user.append(INBOX, mail("a"), { internalDate: DATE }), await user.append(INBOX, mail("b"))];
      const here = await listed(remote, INBOX);
      const there = await listed(remote, ["There"]);
      const before = [await look(remote, here, { kind: "list" }), await look(remote, there, { kind: "list" })] as const;
      await user.move(INBOX, uids.slice(0, 1), ["There"]);
      const left = await look(remote, here, { kind: "delta", since: complete(before[0].marks) });
      const came = await look(remote, there, { kind: "delta", since: complete(before[1].marks) });
      expect(present(uids, left)).toEqual(uids.slice(1));
      expect(present([], came)).toEqual((await user.read(["There"])).map((message) => message.uid));
    }),
  );
}

function timing(on: OnRemote): void {
  it(
    "S3: marks are those of before: what happens during a look shows in the next delta",
    on(async (remote, user) => {
      const a = await user.append(INBOX, mail("a"));
      const inbox = await listed(remote, INBOX);
      let b = 0;
      const first = await look(remote, inbox, { kind: "flags" }, async () => {
        b = await user.append(INBOX, mail("b"));
        await user.store(INBOX, [a], "add", ["\\Flagged"]);
      });
      const since = { ...complete(first.marks), messages: present([], first).length };
      expect(since.uidNext).toBeLessThanOrEqual(b);
      const delta = await look(remote, inbox, { kind: "delta", since });
      const flags = new Map([...first.messages, ...delta.messages].map((message) => [message.uid, message.flags]));
      expect(flags.get(a as never)).toEqual(["\\Flagged"]);
      expect(present(present([], first), delta)).toEqual([a, b]);
    }),
  );

  it(
    "M4: after a look, the list shows what others did to that mailbox since",
    on(async (remote, user) => {
      const a = await user.append(INBOX, mail("a"));
      const inbox = await listed(remote, INBOX);
      await look(remote, inbox, { kind: "flags" });
      await user.append(INBOX, mail("b"));
      const after = await listed(remote, INBOX);
      expect(after.status?.messages).toBe(2);
      await user.store(INBOX, [a], "add", ["\\Flagged"]);
      const before = after.status?.highestModseq ?? null;
      if (before !== null) expect(await remote.status(inbox)).not.toMatchObject({ highestModseq: before });
    }),
  );

  it(
    "says MAILBOX_GONE for a mailbox that was removed since it was listed",
    on(async (remote, user) => {
      await user.create(["Short lived"]);
      const mailbox = await listed(remote, ["Short lived"]);
      await user.remove(["Short lived"]);
      const error = { name: "MailError", code: "MAILBOX_GONE", scope: "mailbox" };
      await expect(look(remote, mailbox, { kind: "list" })).rejects.toMatchObject(error);
      expect((await listed(remote, INBOX)).selectable).toBe(true);
    }),
  );

  it(
    "goes on after a look that was left half way",
    on(async (remote, user) => {
      for (let i = 0; i < 20; i++) await user.append(INBOX, mail(`m${i}`));
      const inbox = await listed(remote, INBOX);
      for await (const part of remote.observe(inbox, { kind: "flags" })) if (part.kind === "messages") break;
      for await (const _part of remote.observe(inbox, { kind: "flags" })) break;
      expect((await look(remote, inbox, { kind: "flags" })).messages).toHaveLength(20);
    }),
  );

  it(
    "trap 43: looks and fetches without setting \\Seen",
    on(async (remote, user) => {
      const uid = await user.append(INBOX, mail("a"));
      const inbox = await listed(remote, INBOX);
      await look(remote, inbox, { kind: "flags" });
      for await (const _page of remote.identify(inbox, inbox.status?.uidValidity ?? null, [[uid, uid]], {
        fingerprint: true,
      }));
      for await (const _body of remote.fetch(inbox, inbox.status?.uidValidity ?? null, [[uid, uid]]));
      expect((await user.read(INBOX)).map((message) => message.flags)).toEqual([[]]);
    }),
  );
}
