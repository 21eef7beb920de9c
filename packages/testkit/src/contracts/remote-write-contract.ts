// What every remote behind core's RemoteWriter port must do: run against the simulated one and, through the IMAP adapter, against real
// servers. Here: appending, and what all calls have in common. Each test has an empty account of its own.
// It must never ask what a server of good standing may refuse.
import { afterAll, describe, expect, it } from "vitest";
import { orSkip } from "../servers/unavailable.ts";
import { remoteChangeContract } from "./remote-change-contract.ts";
import { bodies, DATE, INBOX, listed, look, mail } from "./remote-fixture.ts";
import { shapesFor } from "./remote-messages-contract.ts";
import { remoteTreeContract } from "./remote-tree-contract.ts";
import {
  appended,
  filled,
  letters,
  likeness,
  type OnWriter,
  openedCalls,
  outgoing,
  setOf,
  targetOf,
  type WriterTraits,
  type WriterUnderTest,
} from "./write-fixture.ts";

/** Runs the whole contract. `make` gives an account of its own for each test; `end` is called once after all of them. */
export function remoteWriteContract(
  name: string,
  traits: WriterTraits,
  make: () => Promise<WriterUnderTest>,
  end: () => Promise<void> = async () => {},
): void {
  const on: OnWriter = (run) => async (context) => {
    const made = await orSkip(context.skip, make);
    if (made === undefined) return;
    await using under = made;
    const writer = await under.writer();
    try {
      await run(writer, under.user, under);
    } finally {
      await writer.close();
    }
  };
  describe(`contract of writing: ${name}`, () => {
    afterAll(end);
    describe("append", () => appending(on, traits));
    describe("append, answers", () => answering(on, traits));
    describe("a mailbox that is another", () => another(on));
    remoteChangeContract(on);
    remoteTreeContract(on);
  });
}

function appending(on: OnWriter, traits: WriterTraits): void {
  it(
    "C1, C2: keeps bytes, the instant, flags, keywords, and the order",
    on(async (writer, user) => {
      const dates = [Date.UTC(1980, 5, 30, 1, 2, 3), Date.UTC(1999, 11, 31, 23, 59, 59), Date.UTC(2024, 1, 29), DATE];
      const flags = [[], ["\\Seen"], ["$Forwarded", "\\Answered", "\\Flagged"], ["\\Deleted", "\\Draft", "NonJunk"]];
      const shapes = shapesFor(traits);
      const batch = shapes.map(([, bytes], i) =>
        outgoing(i + 1, bytes, { flags: flags[i % 4] ?? [], internalDate: dates[i % 4] ?? null }),
      );
      const answers = await appended(writer, await listed(writer, INBOX), batch);
      const truth = await user.read(INBOX);
      expect(truth).toHaveLength(batch.length);
      for (const [i, { bytes, flags: shown, internalDate }] of truth.entries()) {
        const [shape = ""] = shapes[i] ?? [];
        const sent = batch[i];
        if (!traits.rewrites?.includes(shape)) expect(sent?.bytes.equals(bytes), shape).toBe(true);
        expect({ shown, internalDate }, shape).toEqual({ shown: sent?.flags, internalDate: sent?.internalDate });
        const answer = answers[i];
        expect(answer?.kind, shape).toBe("appended");
        // Where it is not known which message it is, its keywords cannot have been read (F1).
        if (answer?.kind === "appended" && answer.uid !== null) expect(answer.flags, shape).toEqual(sent?.flags);
      }
    }),
  );

  it(
    "C2: a message without date goes without, and the server takes its own clock",
    on(async (writer, user) => {
      await appended(writer, await listed(writer, INBOX), [outgoing(1, mail("undated"), { internalDate: null })]);
      const [message, ...rest] = await user.read(INBOX);
      expect(rest).toEqual([]);
      expect(message?.bytes.toString()).toBe(mail("undated"));
      expect(message?.internalDate).not.toBe(0);
    }),
  );

  it(
    "C3: N identical messages stay N",
    on(async (writer, user) => {
      const batch = Array.from({ length: 7 }, (_, i) => outgoing(i + 1, mail("twin")));
      const answers = await appended(writer, await listed(writer, INBOX), batch);
      expect((await user.read(INBOX)).map(({ bytes }) => bytes.toString())).toEqual(batch.map(() => mail("twin")));
      const uids = answers.flatMap((answer) => (answer.kind === "appended" && answer.uid !== null ? [answer.uid] : []));
      expect(new Set(uids).size).toBe(uids.length);
    }),
  );

  it(
    "appends nothing for an empty batch, and 300 messages in their order beside what is there",
    on(async (writer, user) => {
      const [first] = await filled(user, INBOX, 1);
      const inbox = await listed(writer, INBOX);
      expect(await appended(writer, inbox, [])).toEqual([]);
      const batch = letters(300);
      await appended(writer, inbox, batch);
      const truth = await user.read(INBOX);
      expect(truth.map(({ bytes }) => bytes.toString("latin1"))).toEqual(
        [first?.bytes ?? Buffer.alloc(0), ...batch.map(({ bytes }) => bytes)].map((bytes) => bytes.toString("latin1")),
      );
    }),
  );
}

function answering(on: OnWriter, traits: WriterTraits): void {
  it(
    "answers with the UIDs that a fetch then shows, where the server offers UIDPLUS",
    on(async (writer, user) => {
      await filled(user, INBOX, 3);
      const inbox = await listed(writer, INBOX);
      const batch = letters(5);
      const answers = await appended(writer, inbox, batch);
      const told = answers.flatMap((answer) => (answer.kind === "appended" && answer.uid !== null ? [answer.uid] : []));
      if (writer.capabilities.uidplus) expect(told).toHaveLength(batch.length);
      if (told.length === 0) return;
      const fetched = await bodies(writer, inbox, setOf(told.map((uid) => ({ uid }))));
      const texts = told.map((uid) => {
        const one = fetched.get(uid);
        return one?.kind === "message" ? one.bytes.toString() : one?.kind;
      });
      expect(texts).toEqual(batch.map(({ bytes }) => bytes.toString()));
      expect(Math.min(...told)).toBeGreaterThanOrEqual(inbox.status?.uidNext ?? 1);
    }),
  );

  it(
    "a second session sees what was appended, and as new",
    on(async (writer, _user, under) => {
      const second = await under.writer();
      try {
        const before = await listed(second, INBOX);
        await appended(writer, await listed(writer, INBOX), [outgoing(1, mail("a"), { flags: ["\\Seen"] })]);
        const seen = await look(second, before, { kind: "flags" });
        expect(seen.messages).toMatchObject([{ flags: ["\\Seen"] }]);
        expect(seen.marks.uidNext).toBeGreaterThan(before.status?.uidNext ?? 0);
        expect((await listed(second, INBOX)).status).toMatchObject({ messages: 1 });
      } finally {
        await second.close();
      }
    }),
  );

  const { unwelcome } = traits;
  if (unwelcome)
    it(
      "C6: a refused message is refused alone, and the others go on",
      on(async (writer, user) => {
        const batch = [
          outgoing(1, mail("a")),
          outgoing(2, unwelcome.bytes),
          outgoing(3, mail("b")),
          outgoing(4, unwelcome.bytes),
          outgoing(5, mail("c")),
        ];
        const answers = await appended(writer, await listed(writer, INBOX), batch);
        expect(answers.map(({ kind }) => kind)).toEqual(["appended", "refused", "appended", "refused", "appended"]);
        const error = { name: "MailError", code: unwelcome.code };
        expect(answers[1]).toMatchObject({ messageId: 2, error });
        const texts = (await user.read(INBOX)).map(({ bytes }) => bytes.toString());
        expect(texts).toEqual(["a", "b", "c"].map(mail));
      }),
    );
}

function another(on: OnWriter): void {
  it(
    "U1: every call refuses another UIDVALIDITY, and changes nothing",
    on(async (writer, user) => {
      await user.create(["Again"]);
      await user.create(["There"]);
      await filled(user, ["Again"], 2);
      const before = await listed(writer, ["Again"]);
      await user.remove(["Again"]);
      await user.create(["Again"]);
      const truth = await filled(user, ["Again"], 2);
      const calls = openedCalls(writer, before, setOf(truth), await targetOf(writer, ["There"]));
      for (const [name, call] of Object.entries(calls))
        await expect(call(), name).rejects.toMatchObject({ name: "MailError", code: "UIDVALIDITY_CHANGED" });
      expect((await user.read(["Again"])).map(likeness)).toEqual(truth.map(likeness));
      expect(await user.read(["There"])).toEqual([]);
    }),
  );

  it(
    "every call says MAILBOX_GONE for a mailbox that was removed since it was listed, and the session goes on",
    on(async (writer, user) => {
      await user.create(["Short lived"]);
      await user.create(["There"]);
      const truth = await filled(user, ["Short lived"], 1);
      const gone = await listed(writer, ["Short lived"]);
      await user.remove(["Short lived"]);
      const calls = {
        ...openedCalls(writer, gone, setOf(truth), await targetOf(writer, ["There"])),
        rename: () => writer.rename(gone, writer.spell(["Elsewhere"]).name),
      };
      for (const [name, call] of Object.entries(calls))
        await expect(call(), name).rejects.toMatchObject({ name: "MailError", code: "MAILBOX_GONE" });
      await appended(writer, await listed(writer, ["There"]), letters(1));
      expect(await user.read(["There"])).toHaveLength(1);
    }),
  );
}
