// The remote contract's third part: messages. What identifies them without their bodies, and their bodies, byte for byte, each once.
import { digestsOf, type Fetched, fingerprintOf } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import {
  bodies,
  DATE,
  INBOX,
  identities,
  listed,
  mail,
  many,
  type OnRemote,
  type RemoteTraits,
} from "./remote-fixture.ts";

export function remoteMessagesContract(on: OnRemote, traits: RemoteTraits): void {
  describe("identify", () => identifying(on, traits));
  describe("fetch", () => fetching(on, traits));
  describe("fetch and a changing mailbox", () => changing(on));
}

/** Shapes that have broken readers before. All of them are valid in an IMAP literal, and servers take them. */
const SHAPES: Readonly<Record<string, string | Buffer>> = {
  plain: mail("plain"),
  "empty header": "\r\nonly a body\r\n",
  "header without end": "Subject: no blank line follows\r\n",
  "no header at all": "just text, no colon\r\n\r\nmore\r\n",
  "no final line end": "Subject: x\r\n\r\nno line end",
  "8 bit": Buffer.from("Subject: h\xe4h\r\n\r\n\xff\xfe\x80 8 bit\r\n", "latin1"),
  folded: "Subject: a\r\n\tb\r\n c\r\nX-Long: 1\r\n  2\r\n\r\nbody\r\n",
  "like IMAP": 'Subject: )\r\n\r\n* 1 FETCH (UID 1 BODY[] {5}\r\na1 OK done\r\n+ go on\r\n"\\\r\n',
  "long line": `Subject: long\r\n\r\n${"x".repeat(70_000)}\r\n`,
  "long header": `Subject: long\r\nX-Junk: ${"y ".repeat(20_000)}\r\n\r\nbody\r\n`,
  big: `Subject: big\r\n\r\n${"0123456789abcdef".repeat(60).concat("\r\n").repeat(400)}`,
};

export function shapesFor(traits: RemoteTraits): readonly (readonly [string, string | Buffer])[] {
  return Object.entries(SHAPES).filter(([shape]) => !traits.refuses?.includes(shape));
}

function identifying(on: OnRemote, traits: RemoteTraits): void {
  it(
    "C4: gives size, date, flags and the fingerprint of the header that the body would give",
    on(async (remote, user) => {
      for (const [, bytes] of shapesFor(traits))
        await user.append(INBOX, bytes, { flags: ["\\Seen"], internalDate: DATE });
      const truth = await user.read(INBOX);
      const inbox = await listed(remote, INBOX);
      const seen = await identities(remote, inbox, [[1, 4294967295]]);
      expect(seen.map(({ emailId: _, ...rest }) => rest)).toEqual(
        truth.map(({ uid, bytes, flags }) => ({
          uid,
          size: bytes.length,
          internalDate: DATE,
          flags,
          fingerprint: fingerprintOf(bytes),
        })),
      );
      const bare = await identities(remote, inbox, [[1, 4294967295]], false);
      expect(bare.map((identity) => identity.fingerprint)).toEqual(truth.map(() => null));
    }),
  );

  it(
    "leaves out what is gone, and asks nothing for the empty set",
    on(async (remote, user) => {
      for (let i = 0; i < 4; i++) await user.append(INBOX, mail(`m${i}`));
      const uids = (await user.read(INBOX)).map((message) => message.uid);
      await user.expunge(INBOX, uids.slice(1, 2));
      const inbox = await listed(remote, INBOX);
      const set = [[1, Number(uids[2])] as const, [90_000, 90_001] as const];
      const seen = await identities(remote, inbox, set);
      expect(seen.map((identity) => identity.uid)).toEqual([uids[0], uids[2]]);
      expect(await identities(remote, inbox, [])).toEqual([]);
    }),
  );

  it(
    "C4: a moved message keeps what identifies it",
    on(async (remote, user) => {
      await user.create(["There"]);
      const uid = await user.append(INBOX, mail("a"), { internalDate: DATE, flags: ["\\Flagged"] });
      const [before] = await identities(remote, await listed(remote, INBOX), [[uid, uid]]);
      await user.move(INBOX, [uid], ["There"]);
      const [after] = await identities(remote, await listed(remote, ["There"]), [[1, 4294967295]]);
      expect({ ...after, uid }).toEqual(before);
      if (remote.capabilities.emailId) expect(after?.emailId).not.toBeNull();
    }),
  );
}

function message(fetched: Fetched | undefined): Extract<Fetched, { kind: "message" }> {
  if (fetched?.kind !== "message") throw new Error(`not a message: ${fetched?.kind}`);
  return fetched;
}

function fetching(on: OnRemote, traits: RemoteTraits): void {
  it(
    "C1: gives every message byte for byte, once, with all its digests",
    on(async (remote, user) => {
      const shapes = shapesFor(traits);
      for (const [, bytes] of shapes) await user.append(INBOX, bytes, { internalDate: DATE });
      const truth = await user.read(INBOX);
      const uids = truth.map(({ uid }) => [uid, uid] as const);
      const seen = await bodies(remote, await listed(remote, INBOX), uids);
      expect([...seen.keys()].sort((a, b) => a - b)).toEqual(truth.map(({ uid }) => uid));
      for (const [i, { uid, bytes }] of truth.entries()) {
        const shape = shapes[i]?.[0];
        const got = message(seen.get(uid));
        expect(got.bytes.equals(bytes), shape).toBe(true);
        expect(got.digests, shape).toEqual(digestsOf(bytes));
      }
    }),
  );

  it(
    "C2: gives flags and the instant with the message",
    on(async (remote, user) => {
      const dates = [Date.UTC(1999, 11, 31, 23, 59, 59), Date.UTC(2024, 1, 29), Date.UTC(1980, 5, 30, 1, 2, 3)];
      for (const [i, internalDate] of dates.entries())
        await user.append(INBOX, mail(`m${i}`), { internalDate, flags: ["$Label1", "\\Answered"] });
      const seen = await bodies(remote, await listed(remote, INBOX), [[1, 3]]);
      expect([1, 2, 3].map((uid) => message(seen.get(uid)).internalDate)).toEqual(dates);
      expect(message(seen.get(1)).flags).toEqual(["$Label1", "\\Answered"]);
      for (const one of seen.values())
        if (remote.capabilities.condstore && one.kind === "message" && one.modseq !== null)
          expect(one.modseq).toBeGreaterThan(0n);
    }),
  );

  if (traits.missingDates)
    it(
      "C2: gives a missing date as missing",
      on(async (remote, user) => {
        const uid = await user.append(INBOX, mail("undated"), { internalDate: null });
        const inbox = await listed(remote, INBOX);
        expect(message((await bodies(remote, inbox, [[uid, uid]])).get(uid)).internalDate).toBeNull();
        expect((await identities(remote, inbox, [[uid, uid]]))[0]?.internalDate).toBeNull();
      }),
    );

  it(
    "gives 1,200 messages, each once, also when few of a wide range are asked for",
    on(async (remote, user) => {
      await user.appendMany(INBOX, many(1_200));
      const inbox = await listed(remote, INBOX);
      const all = await bodies(remote, inbox, [[1, 1_200]]);
      expect(all.size).toBe(1_200);
      const truth = new Map((await user.read(INBOX)).map((one) => [one.uid, one.bytes.toString("latin1")]));
      const wrong = [...all].filter(([uid, one]) => message(one).bytes.toString("latin1") !== truth.get(uid));
      expect(wrong).toEqual([]);
      const few = await bodies(remote, inbox, [
        [3, 3],
        [700, 702],
        [1_199, 1_199],
      ]);
      expect([...few.keys()].sort((a, b) => a - b)).toEqual([3, 700, 701, 702, 1_199]);
      expect((await bodies(remote, inbox, [])).size).toBe(0);
    }),
  );
}

function changing(on: OnRemote): void {
  it(
    "answers `gone` for each UID that is not there, and the others still come",
    on(async (remote, user) => {
      for (let i = 0; i < 3; i++) await user.append(INBOX, mail(`m${i}`));
      const inbox = await listed(remote, INBOX);
      await user.expunge(INBOX, [2]);
      const seen = await bodies(remote, inbox, [[1, 5]]);
      const kinds = [...seen].sort(([a], [b]) => a - b).map(([uid, one]) => `${uid} ${one.kind}`);
      expect(kinds).toEqual(["1 message", "2 gone", "3 message", "4 gone", "5 gone"]);
    }),
  );

  it(
    "U1: refuses to identify or fetch under another UIDVALIDITY",
    on(async (remote, user) => {
      await user.create(["Again"]);
      await user.append(["Again"], mail("old"));
      const before = await listed(remote, ["Again"]);
      await user.remove(["Again"]);
      await user.create(["Again"]);
      await user.append(["Again"], mail("new"));
      const error = { name: "MailError", code: "UIDVALIDITY_CHANGED" };
      await expect(bodies(remote, before, [[1, 1]])).rejects.toMatchObject(error);
      await expect(identities(remote, before, [[1, 1]])).rejects.toMatchObject(error);
      const now = await listed(remote, ["Again"]);
      expect(message((await bodies(remote, now, [[1, 1]])).get(1)).bytes.toString()).toBe(mail("new"));
    }),
  );

  it(
    "goes on after a fetch that was left half way",
    on(async (remote, user) => {
      await user.create(["Other"]);
      for (let i = 0; i < 40; i++) await user.append(INBOX, `${mail(`m${i}`)}${"z".repeat(3_000)}\r\n`);
      await user.append(["Other"], mail("other"));
      const inbox = await listed(remote, INBOX);
      for await (const _one of remote.fetch(inbox, inbox.status?.uidValidity ?? null, [[1, 40]])) break;
      expect((await bodies(remote, await listed(remote, ["Other"]), [[1, 1]])).size).toBe(1);
      expect((await bodies(remote, inbox, [[1, 40]])).size).toBe(40);
    }),
  );

  it(
    "serves two sessions at once, each by itself",
    on(async (remote, user, under) => {
      for (let i = 0; i < 10; i++) await user.append(INBOX, mail(`m${i}`));
      const second = await under.remote();
      try {
        const [a, b] = await Promise.all([listed(remote, INBOX), listed(second, INBOX)]);
        const [left, right] = await Promise.all([bodies(remote, a, [[1, 5]]), bodies(second, b, [[6, 10]])]);
        expect([left.size, right.size]).toEqual([5, 5]);
      } finally {
        await second.close();
      }
    }),
  );

  it(
    "C4: where ids are offered, twins have their own and a copy has its original's",
    on(async (remote, user) => {
      await user.create(["There"]);
      const uids = [await user.append(INBOX, mail("twin")), await user.append(INBOX, mail("twin"))];
      await user.copy(INBOX, uids.slice(0, 1), ["There"]);
      const here = await identities(remote, await listed(remote, INBOX), [[1, 4294967295]]);
      const there = await identities(remote, await listed(remote, ["There"]), [[1, 4294967295]]);
      expect([here.length, there.length]).toEqual([2, 1]);
      if (remote.capabilities.emailId) expect(here[0]?.emailId).not.toBeNull();
      else expect([...here, ...there].map((one) => one.emailId)).toEqual([null, null, null]);
      if (remote.capabilities.emailId) expect(there[0]?.emailId).toBe(here[0]?.emailId);
    }),
  );
}
