// The contract of writing, third part: mailboxes. Names that a server can hold, mailboxes made, renamed, removed and subscribed.
import type { MailboxPath } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { INBOX, listed, look, mail, maybeListed } from "./remote-fixture.ts";
import { appended, filled, letters, type OnWriter, setOf } from "./write-fixture.ts";

export function remoteTreeContract(on: OnWriter): void {
  describe("spell and create", () => making(on));
  describe("rename", () => renaming(on));
  describe("remove and subscribe", () => removing(on));
}

function making(on: OnWriter): void {
  it(
    "B1: creates once, without subscribing; a second time it says that it is there",
    on(async (writer, user) => {
      await writer.list();
      const { name, path } = writer.spell(["Neu & alt"]);
      expect(path).toEqual(["Neu & alt"]);
      expect(await writer.create(name)).toBe(true);
      expect(await listed(writer, path)).toMatchObject({ name, selectable: true, subscribed: false });
      await user.append(path, mail("kept"));
      expect(await writer.create(name)).toBe(false);
      expect(await user.read(path)).toHaveLength(1);
    }),
  );

  it(
    "B2: creates nested mailboxes in any script under the path that was spelled",
    on(async (writer) => {
      await writer.list();
      for (const path of [["Arbeit"], ["Arbeit", "Bücher"], ["Ganz", "Neu", "日本語"]]) {
        const spelled = writer.spell(path);
        expect(spelled.path).toEqual(path);
        expect(await writer.create(spelled.name)).toBe(true);
        const found = await listed(writer, path);
        expect(found).toMatchObject({ name: spelled.name, selectable: true });
        await appended(writer, found, letters(1));
        expect((await listed(writer, path)).status).toMatchObject({ messages: 1 });
      }
    }),
  );

  it(
    "B2: a segment that holds a delimiter stays one segment, spelled otherwise where it must be",
    on(async (writer) => {
      await writer.list();
      for (const path of [["either/or"], ["v1.2"], ["Deep", "a/b.c", "d"]]) {
        const spelled = writer.spell(path);
        expect(spelled.path).toHaveLength(path.length);
        expect(await writer.create(spelled.name)).toBe(true);
        expect(await listed(writer, spelled.path)).toMatchObject({ name: spelled.name, selectable: true });
        // What was spelled is not spelled otherwise a second time: the mapping holds still.
        expect(writer.spell(spelled.path)).toEqual(spelled);
      }
    }),
  );

  it(
    "B2: INBOX is INBOX in any case, and is there already",
    on(async (writer) => {
      const inbox = await listed(writer, INBOX);
      for (const path of [["INBOX"], ["inbox"], ["Inbox"]])
        expect(writer.spell(path)).toEqual({ name: inbox.name, path: ["INBOX"] });
      expect(await writer.create(inbox.name)).toBe(false);
    }),
  );

  it(
    "spells what LIST shows as LIST shows it",
    on(async (writer, user) => {
      for (const path of [["A"], ["A", "b c"], ["Ünter", "Straße"]]) await user.create(path);
      for (const { name, path, namespace } of await writer.list())
        if (namespace === "personal") expect(writer.spell(path)).toEqual({ name, path });
    }),
  );
}

function renaming(on: OnWriter): void {
  it(
    "B1: renames with children and content, under the same UIDs",
    on(async (writer, user) => {
      await user.create(["Before"]);
      await user.create(["Before", "Child"]);
      await user.create(["Before and after"]);
      const paths: readonly MailboxPath[] = [["Before"], ["Before", "Child"]];
      const truth = [];
      for (const path of paths) truth.push(await filled(user, path, 3));
      const before = [];
      for (const path of paths) before.push(await listed(writer, path));
      await writer.rename(before[0] ?? neverListed(), writer.spell(["After"]).name);
      for (const [i, path] of [["After"], ["After", "Child"]].entries()) {
        const found = await listed(writer, path);
        const { uidValidity, uidNext, messages } = before[i]?.status ?? {};
        expect(found.status).toMatchObject({ uidValidity, uidNext, messages });
        expect(found.mailboxId).toBe(before[i]?.mailboxId);
        expect(await user.read(path)).toEqual(truth[i]);
        expect((await maybeListed(writer, paths[i] ?? []))?.selectable ?? false).toBe(false);
      }
      expect(await listed(writer, ["Before and after"])).toMatchObject({ selectable: true });
    }),
  );

  it(
    "renames into another parent, and refuses a name that is taken",
    on(async (writer, user) => {
      await user.create(["Parent"]);
      await user.create(["One"]);
      await user.create(["Taken"]);
      const [message] = await filled(user, ["One"], 1);
      await writer.rename(await listed(writer, ["One"]), writer.spell(["Parent", "One"]).name);
      const moved = await listed(writer, ["Parent", "One"]);
      await expect(writer.rename(moved, writer.spell(["Taken"]).name)).rejects.toMatchObject({ code: "OP_REFUSED" });
      expect(await user.read(["Parent", "One"])).toEqual([message]);
      expect(await listed(writer, ["Taken"])).toMatchObject({ status: { messages: 0 } });
    }),
  );
}

function neverListed(): never {
  throw new Error("it was listed before");
}

function removing(on: OnWriter): void {
  it(
    "B5: keeps a mailbox that holds a message, removes an empty one, and is content with one that is gone",
    on(async (writer, user) => {
      await user.create(["Full"]);
      const truth = await filled(user, ["Full"], 1);
      // Listed while it was empty: what counts is what STATUS shows now.
      const full = await listed(writer, ["Full"]);
      const status = full.status && { ...full.status, messages: 0 };
      expect(await writer.remove({ ...full, status })).toBe(false);
      expect(await user.read(["Full"])).toEqual(truth);
      await writer.expunge(full, full.status?.uidValidity ?? null, setOf(truth));
      expect(await writer.remove(full)).toBe(true);
      expect(await maybeListed(writer, ["Full"])).toBeUndefined();
      expect(await writer.remove(full)).toBe(true);
    }),
  );

  it(
    "B4: removing a parent leaves its children, or is refused",
    on(async (writer, user) => {
      await user.create(["Parent"]);
      await user.create(["Parent", "Child"]);
      const truth = await filled(user, ["Parent", "Child"], 1);
      const refused = await writer.remove(await listed(writer, ["Parent"])).then(
        (gone) => (gone ? null : "still there"),
        (error: unknown) => error,
      );
      if (refused !== null) expect(refused).toMatchObject({ name: "MailError", code: "OP_REFUSED" });
      else expect((await maybeListed(writer, ["Parent"]))?.selectable ?? false).toBe(false);
      expect(await listed(writer, ["Parent", "Child"])).toMatchObject({ selectable: true });
      expect(await user.read(["Parent", "Child"])).toEqual(truth);
    }),
  );

  it(
    "B1: subscribes and unsubscribes, again and again, as LIST then shows",
    on(async (writer, user) => {
      await user.create(["Wanted"]);
      for (const subscribed of [true, true, false, false, true]) {
        await writer.subscribe(await listed(writer, ["Wanted"]), subscribed);
        expect(await listed(writer, ["Wanted"])).toMatchObject({ subscribed });
      }
    }),
  );

  it(
    "a second session sees mailboxes made, renamed and removed, and what went into them",
    on(async (writer, _user, under) => {
      const second = await under.writer();
      try {
        await second.list();
        await writer.list();
        await writer.create(writer.spell(["Mine"]).name);
        await appended(writer, await listed(writer, ["Mine"]), letters(2));
        const seen = await listed(second, ["Mine"]);
        expect(await look(second, seen, { kind: "list" })).toMatchObject({ marks: { messages: 2 } });
        await writer.rename(await listed(writer, ["Mine"]), writer.spell(["Yours"]).name);
        await expect(look(second, seen, { kind: "list" })).rejects.toMatchObject({ code: "MAILBOX_GONE" });
        expect((await listed(second, ["Yours"])).status).toMatchObject({ messages: 2 });
      } finally {
        await second.close();
      }
    }),
  );
}
