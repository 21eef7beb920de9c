// Mailboxes that a real server numbers anew: by an administrator's command, by a lost index, by another program that put the mail back.
// Nothing is fetched again, nothing removed, nothing doubled, and new mail keeps crossing (U1, U3).
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Cyrus, type Dovecot, startCyrus, startDovecot, until, WireClient } from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import { letter, type Nightly, openMemory, openNightly, withServer } from "./nightly.ts";

const DATE = "01-Feb-2020 10:11:12 +0000";
const HEADERLESS = Buffer.from("\r\nno header at all\r\n");
const COUNT = 30;
let validity = 4_000_000_000;

/** 24 letters with flags, three copies of one more, two without any header, one with a twin but for its date. */
async function fill(nightly: Nightly, mailbox: string): Promise<void> {
  const { hands } = nightly;
  for (let n = 0; n < 24; n++)
    await hands.append(mailbox, letter(n), { flags: n % 2 ? ["\\Seen", "$Label1"] : [], date: DATE });
  for (let n = 0; n < 3; n++)
    await hands.append(mailbox, letter("same"), { flags: n ? [] : ["\\Flagged"], date: DATE });
  for (let n = 0; n < 2; n++) await hands.append(mailbox, HEADERLESS, { date: DATE });
  await hands.append(mailbox, letter(3), { date: "02-Feb-2020 10:11:12 +0000" });
}

interface Way {
  readonly start: () => Promise<Dovecot | Cyrus>;
  /** Where the mail lies, and how it gets new numbers. */
  readonly mailbox: string;
  readonly renumber: (nightly: Nightly, server: Dovecot | Cyrus) => Promise<void>;
}

/** What a restore by another program does: another mailbox under the old name, the mail in another order. */
async function putBack({ hands }: Nightly): Promise<void> {
  await hands.create("Restored");
  await hands.select("Box");
  for (const uid of (await hands.uids()).reverse()) await hands.copy(String(uid), "Restored");
  await hands.select("INBOX");
  await hands.delete("Box");
  await hands.rename("Restored", "Box");
}

const WAYS: readonly (readonly [string, Way])[] = [
  [
    "Dovecot: the administrator's UIDVALIDITY, same UIDs",
    {
      start: () => startDovecot(),
      mailbox: "INBOX",
      renumber: async ({ user }, server) => {
        if (server.kind !== "dovecot") throw new Error("not Dovecot");
        await server.doveadm(["mailbox", "update", "-u", user, "--uid-validity", String(validity++), "INBOX"]);
      },
    },
  ],
  [
    "Dovecot, Maildir: the index and the list of UIDs are lost",
    {
      start: () => startDovecot({ format: "maildir" }),
      mailbox: "INBOX",
      renumber: async ({ user }, server) => {
        if (server.kind !== "dovecot") throw new Error("not Dovecot");
        const mail = join(server.home(user), "Maildir");
        await server.doveadm(["kick", user]);
        for (const name of ["dovecot-uidlist", "dovecot.index", "dovecot.index.log", "dovecot.index.cache"])
          await rm(join(mail, name), { force: true });
      },
    },
  ],
  ["Dovecot: put back by another program", { start: () => startDovecot(), mailbox: "Box", renumber: putBack }],
  ["Cyrus: put back by another program", { start: () => startCyrus(), mailbox: "Box", renumber: putBack }],
];

describe.for(WAYS)("%s", ([, { start, mailbox, renumber }]) => {
  const running = withServer<Dovecot | Cyrus>(start);

  test("U1 U3 C3 trap 3 trap 5: matched by header without a body, nothing removed or doubled, flags of that time merged, new mail crosses", async (context) => {
    const server = running(context);
    await using nightly = await openNightly(server, "alice");
    const { proxy } = nightly;
    const memory = openMemory(nightly);
    if (mailbox !== "INBOX") await nightly.hands.create(mailbox);
    await fill(nightly, mailbox);
    const first = await nightly.run();
    expect(first.totals).toMatchObject({ stored: COUNT });
    await memory.remember(first);
    const before = await nightly.hands.select(mailbox);

    // Cyrus takes the second for UIDVALIDITY: what is made again within it has the old number.
    await until(async () => Date.now() / 1_000 > Number(before.uidValidity) + 1, "another second", 10_000);
    await renumber(nightly, server);
    await using hands = await WireClient.login(server, "alice");
    const after = await hands.select(mailbox);
    expect(after.exists).toBe(COUNT);
    expect(after.uidValidity).not.toBe(before.uidValidity);
    const uids = await hands.uids();
    await hands.store(`${uids[8]},${uids[20]}`, "+FLAGS", ["$Since"]);
    await hands.append(mailbox, letter("new"), { date: DATE });

    const rekeyed = await nightly.run();
    expect(rekeyed).toMatchObject({ outcome: "ok", halts: [], failures: [] });
    expect(rekeyed.notes.map((note) => note.kind)).toContain("rekeyed");
    expect(rekeyed.totals).toMatchObject({ stored: 1, removed: 0, flagsChanged: 2 });
    // The new one, and the two that no header tells: they are met by their bytes. Cyrus has immutable ids.
    expect(proxy.counts().bodies).toBe(server.kind === "cyrus" ? 1 : 3);
    await memory.remember(rekeyed);
    const messages = await nightly.rows<{ n: bigint }>("select count(*) as n from message");
    expect(messages[0]?.n).toBe(BigInt(COUNT + 1));

    await hands.append(mailbox, letter("newer"), { date: DATE });
    const next = await nightly.run();
    expect(next.totals).toMatchObject({ fetched: 1, stored: 1, removed: 0, matched: 0 });
    expect(next.notes).toEqual([]);
    await memory.remember(next);

    // What went while the numbers changed stays in the archive: nothing proves its absence.
    await hands.select(mailbox);
    await hands.expunge(String(uids[5]));
    await renumber(nightly, server);
    const lost = await nightly.run();
    expect(lost.totals).toMatchObject({ removed: 0, stored: 0 });
    expect((await nightly.inArchive())[mailbox]?.messages).toHaveLength(COUNT + 2);
    expect((await nightly.onServer())[mailbox]?.messages).toHaveLength(COUNT + 1);
    expect((await nightly.run()).revisionAfter).toBe(lost.revisionAfter);
    await memory.recall();
  });
});

describe("Dovecot: another mailbox under an old name", () => {
  const running = withServer(() => startDovecot());

  test("G3 U3: its mail waits for approval, new mail does not; approved, it comes", async (context) => {
    await using nightly = await openNightly(running(context), "bob");
    const { hands, proxy } = nightly;
    await hands.create("Box");
    for (let n = 0; n < 25; n++) await hands.append("Box", letter(n), { date: DATE });
    await nightly.run();
    await hands.delete("Box");
    await hands.create("Box");
    for (let n = 100; n < 125; n++) await hands.append("Box", letter(n), { date: DATE });

    const halted = await nightly.run();
    expect(halted.outcome).toBe("halted");
    expect(halted.halts).toMatchObject([{ guard: "fewMatches", mailbox: "Box", messages: 25 }]);
    expect(halted.totals).toMatchObject({ stored: 0, removed: 0 });
    expect(proxy.counts().bodies).toBe(0);

    await hands.append("Box", letter("new"), { date: DATE });
    const still = await nightly.run();
    expect(still.outcome).toBe("halted");
    expect(still.totals).toMatchObject({ stored: 1 });

    await nightly.rows("update run set approved_at = now() where id = (select max(run_id) from pending)");
    const approved = await nightly.run();
    expect(approved).toMatchObject({ outcome: "ok", totals: { stored: 25, removed: 0 } });
    expect((await nightly.inArchive()).Box?.messages).toHaveLength(51); // what was there stays: nothing proved it gone
    const idle = await nightly.run();
    expect(idle).toMatchObject({ outcome: "ok", revisionAfter: approved.revisionAfter });
  });
});
