// An account's life on Dovecot and on Cyrus, backed up after each change: flags, arrivals, removals, moves, copies, mailboxes made, renamed
// and removed. After every run the archive is what another client reads; at the end every earlier revision still reads as it did then.
import { type Cyrus, type Dovecot, startCyrus, startDovecot, until } from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import { letter, type Nightly, openMemory, openNightly, readingCommands, withServer } from "./nightly.ts";

const USERS = ["alice", "bob", "carol", "dave", "erin", "frank"];
const SERVERS: readonly (readonly ["Dovecot" | "Cyrus", () => Promise<Dovecot | Cyrus>])[] = [
  ["Dovecot", () => startDovecot({ publicNamespace: true, sharedNamespace: true })],
  ["Cyrus", () => startCyrus({ users: USERS })],
];
const DATE = "01-Feb-2020 10:11:12 +0000";

async function fill(nightly: Nightly, mailbox: string, from: number, count: number): Promise<void> {
  for (let n = from; n < from + count; n++) {
    await nightly.hands.append(mailbox, letter(n), { flags: n % 2 ? ["\\Seen", "$Label1"] : [], date: DATE });
  }
}

/** Whole bodies that the server began to send since the last run began. */
const bodies = (nightly: Nightly): number => nightly.proxy.counts().bodies;

/** Cyrus' UIDVALIDITY is the second of creation, and mailboxes made in one second cannot be told apart by it: makes one in another. */
async function createApart(nightly: Nightly, name: string, from: string): Promise<void> {
  const { uidValidity } = await nightly.hands.select(from);
  await until(async () => {
    await nightly.hands.create(name);
    if ((await nightly.hands.select(name)).uidValidity !== uidValidity) return true;
    await nightly.hands.delete(name);
    return false;
  }, `a UIDVALIDITY of its own for ${name}`);
}

describe.for(SERVERS)("%s", ([kind, start]) => {
  const running = withServer<Dovecot | Cyrus>(start);

  test("M1 M2 M4 M9 F1 F2 I1 I2 I3 messages: flags, new, removed, moved, copied and saved again cost what changed, and history stays", async (context) => {
    await using nightly = await openNightly(running(context), "alice");
    const { hands, proxy } = nightly;
    const memory = openMemory(nightly);
    await hands.create("Work/Projects");
    await hands.create("Reçus");
    await fill(nightly, "INBOX", 0, 30);
    await fill(nightly, "Reçus", 100, 10);
    const first = await nightly.run();
    expect(first).toMatchObject({ outcome: "ok", totals: { fetched: 40, stored: 40, failed: 0 } });
    expect(bodies(nightly)).toBe(40);
    await memory.remember(first);

    const idle = await nightly.run();
    expect(idle.revisionAfter).toBe(first.revisionAfter);
    expect(readingCommands(proxy)).toEqual([]);
    const commands = Object.values(proxy.counts().commands).reduce((sum, count) => sum + count, 0);
    expect(commands).toBeLessThanOrEqual(4); // sign-in, NAMESPACE, LIST-STATUS, LOGOUT

    await hands.select("INBOX");
    await hands.store("1:5", "+FLAGS", ["\\Flagged", "$Work"]);
    await hands.store("2,4", "-FLAGS", ["\\Seen", "$Label1"]);
    const flagged = await nightly.run();
    // Looked at: one mailbox, and of it what changed.
    expect(flagged.totals).toMatchObject({ observed: 5, fetched: 0, stored: 0, flagsChanged: 5, removed: 0 });
    expect(bodies(nightly)).toBe(0);
    expect(proxy.counts().commands.EXAMINE).toBe(1);
    await memory.remember(flagged);

    await hands.select("INBOX");
    await hands.move("6:8", "Work/Projects");
    await hands.copy("9", "Work/Projects");
    await hands.expunge("10");
    await hands.append("INBOX", letter(500), { date: DATE });
    // The same bytes with the same date: one message with a new UID.
    await hands.expunge("11");
    await hands.append("INBOX", letter(10), { flags: ["\\Answered"], date: DATE });
    const changed = await nightly.run();
    expect(changed.totals).toMatchObject({ movedIn: 3, movedOut: 3, removed: 1, failed: 0 });
    expect(changed.outcome).toBe("ok");
    // The new one, the one saved again; the copy too, where the server has no immutable ids.
    expect(bodies(nightly)).toBe(kind === "Cyrus" ? 1 : 3);
    await memory.remember(changed);

    // Moved and flagged, moved back, moved on: one place each (M3).
    await hands.select("Work/Projects");
    const moved = (await hands.uids()).join(",");
    await hands.store(moved, "+FLAGS", ["\\Deleted", "$Moved"]);
    await hands.move(moved, "Reçus");
    const again = await nightly.run();
    expect(again.totals).toMatchObject({ fetched: 0, movedIn: 4, movedOut: 4, removed: 0 });
    expect(bodies(nightly)).toBe(0);
    await memory.remember(again);

    // Emptied: fewer than the guards mind, in an account that keeps more.
    await hands.select("Reçus");
    await hands.expunge("1:*");
    const emptied = await nightly.run();
    expect(emptied.totals).toMatchObject({ removed: 14, fetched: 0 });
    expect(emptied.halts).toEqual([]);
    await memory.remember(emptied);
    expect((await nightly.run()).revisionAfter).toBe(emptied.revisionAfter);
    await memory.recall();
  });

  test("B1 B2 B4 B5 trap 19 trap 23 mailboxes: nested, renamed, swapped and removed without a second download; subscriptions follow", async (context) => {
    await using nightly = await openNightly(running(context), "bob");
    const { hands } = nightly;
    const memory = openMemory(nightly);
    // 東京 below a name that is no mailbox of its own; a name that only Unicode tells from its twin; names like SQL and globs.
    const odd = kind === "Dovecot" ? ["100%", 'quo"te', "back\\slash", "a.b"] : ["a b"];
    for (const name of ["Parent/Child", "Büro & Co/東京", "Cafe\u0301", "Café", "A", "C", ...odd])
      await hands.create(name);
    await createApart(nightly, "B", "A");
    for (const name of ["Parent/Child", "Büro & Co/東京", "A"]) await hands.subscribe(name);
    for (const [n, name] of ["INBOX", "Parent/Child", "Büro & Co/東京", "Café", "A", "B", "C"].entries()) {
      await fill(nightly, name, 100 * n, 3 + n);
    }
    const first = await nightly.run();
    expect(first).toMatchObject({ outcome: "ok", totals: { failed: 0 } });
    await memory.remember(first);
    const held = await nightly.inArchive();
    expect(Object.keys(held)).toEqual(
      expect.arrayContaining(["Parent/Child", "Büro & Co/東京", "Cafe\u0301", "Café", ...odd]),
    );

    await hands.rename("Büro & Co", "Büro");
    await hands.rename("Parent/Child", "Parent/Kid");
    await hands.subscribe("A", false);
    await hands.subscribe("B");
    const renamed = await nightly.run();
    expect(renamed.outcome).toBe("ok");
    expect(bodies(nightly)).toBe(0);
    expect(renamed.totals).toMatchObject({ stored: 0, removed: 0 });
    await memory.remember(renamed);

    await hands.rename("A", "swap");
    await hands.rename("B", "A");
    await hands.rename("swap", "B");
    const swapped = await nightly.run();
    expect(bodies(nightly)).toBe(0);
    expect(swapped.totals).toMatchObject({ stored: 0, removed: 0 });
    await memory.remember(swapped);

    await hands.delete("C");
    await hands.delete("Café");
    await hands.create("New/Deep/Deeper");
    await fill(nightly, "New/Deep/Deeper", 900, 2);
    const removed = await nightly.run();
    expect(removed.totals).toMatchObject({ fetched: 2, stored: 2, removed: 15 });
    expect(removed.notes.map((note) => note.kind).sort()).toEqual(
      expect.arrayContaining(["mailboxCreated", "mailboxRemoved", "mailboxRemoved"]),
    );
    await memory.remember(removed);

    // Made again under the old name: another mailbox, its mail is new (M9); the old one stays history.
    await hands.create("C");
    await fill(nightly, "C", 600, 4);
    const remade = await nightly.run();
    expect(remade.totals).toMatchObject({ stored: 4 });
    await memory.remember(remade);
    expect((await nightly.run()).revisionAfter).toBe(remade.revisionAfter);
    await memory.recall();
  });

  test("B3 B4 declared roles, shared and public mailboxes are read like others, and followed", async (context) => {
    const server = running(context);
    if (server.kind === "dovecot") {
      await server.doveadm(["mailbox", "create", "-u", "erin", "Team"]);
      await server.doveadm(["mailbox", "create", "-u", "erin", "Public/News"]);
      await server.doveadm(["acl", "set", "-u", "erin", "Team", "user=dave", "lookup", "read", "write", "insert"]);
    } else await server.share("news", "dave", "lrswi");
    await using nightly = await openNightly(server, "dave");
    const shared = server.kind === "dovecot" ? ["Shared/erin/Team", "Public/News"] : ["Shared Folders/news"];
    for (const [n, name] of [...shared, "INBOX", "Sent"].entries()) {
      if (name === "Sent") await nightly.hands.command('CREATE "Sent"'); // Dovecot declares roles of what exists
      await fill(nightly, name, 10 * n, 4);
    }
    const memory = openMemory(nightly);
    const first = await nightly.run();
    expect(first).toMatchObject({ outcome: "ok", totals: { stored: 4 * (shared.length + 2) } });
    await memory.remember(first);
    const held = await nightly.inArchive();
    expect(held).toMatchObject({ INBOX: { role: "inbox" }, Sent: { role: "sent" } });
    for (const name of shared) expect(held[name]?.messages).toHaveLength(4);
    await nightly.hands.select(shared[0] ?? "");
    await nightly.hands.store("1", "+FLAGS", ["$Shared"]);
    await fill(nightly, shared[0] ?? "", 70, 1);
    const second = await nightly.run();
    expect(second.totals).toMatchObject({ fetched: 1, flagsChanged: 1 });
    await memory.remember(second);
    await memory.recall();
  });
});
