// What every remote behind core's Remote port must do: run against the simulated one, against our wire server, Dovecot, Cyrus and Courier
// through the IMAP adapter. Each test has an empty account of its own. It must never ask what a server of good standing may refuse.
import { afterAll, describe, expect, it } from "vitest";
import { orSkip } from "../servers/unavailable.ts";
import {
  DATE,
  INBOX,
  listed,
  mail,
  maybeListed,
  type OnRemote,
  type RemoteTraits,
  type RemoteUnderTest,
} from "./remote-fixture.ts";
import { remoteLookContract } from "./remote-look-contract.ts";
import { remoteMessagesContract } from "./remote-messages-contract.ts";

/** Runs the whole contract. `make` gives an account of its own for each test; `end` is called once after all of them. */
export function remoteContract(
  name: string,
  traits: RemoteTraits,
  make: () => Promise<RemoteUnderTest>,
  end: () => Promise<void> = async () => {},
): void {
  const on: OnRemote = (run) => async (context) => {
    const made = await orSkip(context.skip, make);
    if (made === undefined) return;
    await using under = made;
    const remote = await under.remote();
    try {
      await run(remote, under.user, under);
    } finally {
      await remote.close();
    }
  };
  describe(`remote contract: ${name}`, { concurrent: traits.waits ?? false }, () => {
    afterAll(end);
    describe("list", () => listing(on, traits));
    describe("list, attributes", () => attributes(on, traits));
    describe("status", () => statuses(on));
    remoteLookContract(on);
    remoteMessagesContract(on, traits);
  });
}

function listing(on: OnRemote, traits: RemoteTraits): void {
  it(
    "shows INBOX of an empty account with its marks",
    on(async (remote) => {
      const inbox = await listed(remote, INBOX);
      expect(inbox).toMatchObject({ name: "INBOX", selectable: true, namespace: "personal", virtual: false });
      expect(inbox.role).toBe("inbox");
      expect(inbox.status).toMatchObject({ uidNext: 1, messages: 0 });
      expect(inbox.status?.uidValidity).toBeGreaterThan(0n);
    }),
  );

  const odd = [
    ["Arbeit"],
    ["Arbeit", "Bücher 📚"],
    ["Arbeit", "Bücher 📚", "日本語"],
    ["Two  spaces & ampersand"],
    ['Quote " and \\ backslash'],
    ["(parens) [brackets] {3}"],
    ["Ａpple", "e\u0301 decomposed"],
  ].filter((path) => path.every((segment) => ![...(traits.forbidden ?? "")].some((char) => segment.includes(char))));
  it(
    "B2: shows nested names in any script, exactly, sorted by the server's name",
    on(async (remote, user) => {
      for (const path of odd) await user.create(path);
      const all = await remote.list();
      for (const path of odd) {
        const found = all.find((mailbox) => JSON.stringify(mailbox.path) === JSON.stringify(path));
        expect(found, path.join("/")).toMatchObject({ selectable: true, namespace: "personal" });
      }
      const names = all.map((mailbox) => mailbox.name);
      expect(names).toEqual([...names].sort((a, b) => (a < b ? -1 : 1)));
      expect(new Set(names).size).toBe(names.length);
    }),
  );

  it(
    "B4: a parent that was never created is no mailbox",
    on(async (remote, user) => {
      await user.create(["Never", "Made", "Here"]);
      expect(await listed(remote, ["Never", "Made", "Here"])).toMatchObject({ selectable: true });
      for (const path of [["Never"], ["Never", "Made"]]) {
        const parent = await maybeListed(remote, path);
        if (traits.showsParents) expect(parent).toMatchObject({ selectable: false, status: null });
        else if (parent?.selectable) expect(parent.status).not.toBeNull();
      }
    }),
  );
}

function attributes(on: OnRemote, traits: RemoteTraits): void {
  it(
    "B1: shows subscriptions, and their end",
    on(async (remote, user) => {
      await user.create(["Wanted"]);
      await user.create(["Unwanted"]);
      await user.subscribe(["Wanted"], true);
      expect(await listed(remote, ["Wanted"])).toMatchObject({ subscribed: true });
      expect(await listed(remote, ["Unwanted"])).toMatchObject({ subscribed: false });
      await user.subscribe(["Wanted"], false);
      expect(await listed(remote, ["Wanted"])).toMatchObject({ subscribed: false });
    }),
  );

  const { roles = [] } = traits;
  if (roles.length > 0)
    it(
      "B3: shows declared roles, and guesses none from names",
      on(async (remote, user) => {
        for (const { path, role } of roles) await user.create(path, role);
        await user.create(["Sent Items of old"]);
        for (const { path, role } of roles) expect(await listed(remote, path)).toMatchObject({ role });
        expect(await listed(remote, ["Sent Items of old"])).toMatchObject({ role: null, virtual: false });
      }),
    );

  it(
    "B1: a renamed mailbox keeps UIDVALIDITY, UIDs and, where offered, its id; a removed one is gone",
    on(async (remote, user) => {
      await user.create(["Before"]);
      await user.append(["Before"], mail("one"));
      await user.append(["Before"], mail("two"));
      await user.create(["Other"]);
      const before = await listed(remote, ["Before"]);
      await user.rename(["Before"], ["After"]);
      await user.remove(["Other"]);
      const after = await listed(remote, ["After"]);
      const { uidValidity, uidNext, messages } = before.status ?? {};
      if (!traits.renumbersOnRename) expect(after.status).toMatchObject({ uidValidity, uidNext, messages });
      else {
        // As if removed and made anew, never the old number with other UIDs (U1).
        expect(after.status).toMatchObject({ uidNext: 3, messages: 2 });
        expect(after.status?.uidValidity).not.toBe(uidValidity);
      }
      expect(after.mailboxId).toBe(before.mailboxId);
      expect(await maybeListed(remote, ["Before"])).toBeUndefined();
      expect(await maybeListed(remote, ["Other"])).toBeUndefined();
    }),
  );

  it(
    "lists 120 mailboxes with STATUS",
    on(async (remote, user) => {
      for (let i = 0; i < 120; i++) await user.create([`box ${i}`]);
      const all = await remote.list();
      const boxes = all.filter((mailbox) => mailbox.path[0]?.startsWith("box "));
      expect(boxes).toHaveLength(120);
      expect(boxes.filter((mailbox) => mailbox.status?.messages !== 0)).toEqual([]);
      expect(new Set(boxes.map((mailbox) => mailbox.path[0])).size).toBe(120);
    }),
  );
}

function statuses(on: OnRemote): void {
  it(
    "moves with what happens in the mailbox: new mail, flags, expunge",
    on(async (remote, user) => {
      const empty = await listed(remote, INBOX);
      const uid = await user.append(INBOX, mail("one"), { internalDate: DATE });
      const filled = (await listed(remote, INBOX)).status;
      expect(filled).toMatchObject({ uidValidity: empty.status?.uidValidity, uidNext: uid + 1, messages: 1 });
      await user.store(INBOX, [uid], "add", ["\\Flagged"]);
      const flagged = await remote.status(empty);
      expect(flagged).toMatchObject({ uidNext: uid + 1, messages: 1 });
      if (remote.capabilities.condstore) expect(flagged?.highestModseq).toBeGreaterThan(filled?.highestModseq ?? 0n);
      await user.expunge(INBOX, [uid]);
      expect(await remote.status(empty)).toMatchObject({ uidNext: uid + 1, messages: 0 });
    }),
  );

  it(
    "stays the same where nothing happens (I1)",
    on(async (remote, user) => {
      await user.append(INBOX, mail("one"));
      const { status } = await listed(remote, INBOX);
      expect((await listed(remote, INBOX)).status).toEqual(status);
      expect(await remote.status(await listed(remote, INBOX))).toEqual(status);
    }),
  );

  it(
    "B5: is null for a mailbox that is gone, and only then",
    on(async (remote, user) => {
      await user.create(["Short lived"]);
      const mailbox = await listed(remote, ["Short lived"]);
      expect(await remote.status(mailbox)).toMatchObject({ messages: 0 });
      await user.remove(["Short lived"]);
      expect(await remote.status(mailbox)).toBeNull();
    }),
  );
}
