// Guards before real servers: an account that loses everything halts the run until a person approves, or the mail is back. What is approved
// is applied, and nothing else; what is new crosses meanwhile.
import { type Cyrus, type Dovecot, startCyrus, startDovecot } from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import { letter, type Nightly, openMemory, openNightly, withServer } from "./nightly.ts";

const DATE = "01-Feb-2020 10:11:12 +0000";
const DAY = 86_400_000;
const USERS = ["alice", "bob", "carol"];
const SERVERS: readonly (readonly ["Dovecot" | "Cyrus", () => Promise<Dovecot | Cyrus>])[] = [
  ["Dovecot", () => startDovecot()],
  ["Cyrus", () => startCyrus({ users: USERS })],
];

async function fill({ hands }: Nightly, mailbox: string, from: number, count: number): Promise<void> {
  for (let n = from; n < from + count; n++) await hands.append(mailbox, letter(n), { date: DATE });
}

async function emptied({ hands }: Nightly, ...mailboxes: string[]): Promise<void> {
  for (const mailbox of mailboxes) {
    await hands.select(mailbox);
    await hands.expunge("1:*");
  }
}

/** What `packetboat approve` does. */
const approve = async (nightly: Nightly, run: number | null, at: number): Promise<void> => {
  await nightly.rows("update run set approved_at = to_timestamp($2::float8 / 1000) where id = $1", [run, at]);
};

const held = async (nightly: Nightly): Promise<number> =>
  Number((await nightly.rows<{ n: bigint }>("select count(*) as n from pending where kind = 'removal'"))[0]?.n);

describe.for(SERVERS)("%s", ([, start]) => {
  const running = withServer<Dovecot | Cyrus>(start);

  test("G1 S3 trap 41: everything gone halts; new mail crosses and does not lift it; an approval is applied once, exactly, within 7 days", async (context) => {
    await using nightly = await openNightly(running(context), "alice");
    const memory = openMemory(nightly);
    await nightly.hands.create("Work");
    await fill(nightly, "INBOX", 0, 12);
    await fill(nightly, "Work", 100, 5);
    const first = await nightly.run();
    await memory.remember(first);
    await emptied(nightly, "INBOX", "Work");

    const halted = await nightly.run();
    expect(halted).toMatchObject({ outcome: "halted", revisionAfter: first.revisionAfter, totals: { removed: 0 } });
    expect(halted.halts).toMatchObject([{ guard: "everything", mailbox: null, messages: 17, of: 17 }]);
    expect(await held(nightly)).toBe(17);

    await fill(nightly, "INBOX", 50, 2);
    const still = await nightly.run();
    expect(still).toMatchObject({ outcome: "halted", totals: { stored: 2, removed: 0 } });
    expect((await nightly.inArchive()).INBOX?.messages).toHaveLength(14);

    // Too late: 8 days after.
    const now = Date.now();
    await approve(nightly, still.run, now - 8 * DAY);
    const late = await nightly.run();
    expect(late).toMatchObject({ outcome: "halted", totals: { removed: 0 } });

    await approve(nightly, late.run, now);
    const applied = await nightly.run();
    expect(applied).toMatchObject({ outcome: "ok", halts: [], totals: { removed: 17, stored: 0 } });
    await memory.remember(applied);
    expect(await held(nightly)).toBe(0);
    const [used] = await nightly.rows<{ used: Date | null }>("select approval_used_at as used from run where id = $1", [
      late.run,
    ]);
    expect(used?.used).not.toBeNull();
    const idle = await nightly.run();
    expect(idle).toMatchObject({ outcome: "ok", revisionAfter: applied.revisionAfter });
    await memory.recall();
  });

  test("G1 M9 U2 trap 41: mail that is back lifts the halt, and nothing is doubled", async (context) => {
    const server = running(context);
    await using nightly = await openNightly(server, "bob");
    await fill(nightly, "INBOX", 0, 15);
    const first = await nightly.run();
    if (server.kind === "dovecot") await server.snapshot("bob", "before");
    await using again = await openNightly(server, "bob"); // the snapshot ended the other connection
    await emptied(again, "INBOX");
    expect(await nightly.run()).toMatchObject({ outcome: "halted", totals: { removed: 0 } });
    // By a restore of the server's disk, the same UIDs, its marks run backwards; or appended anew.
    if (server.kind === "dovecot") await server.restore("bob", "before");
    else await fill(again, "INBOX", 0, 15);
    const back = await nightly.run();
    expect(back, JSON.stringify(back.notes)).toMatchObject({
      outcome: "ok",
      halts: [],
      totals: { removed: 0, stored: 0 },
    });
    expect(await held(nightly)).toBe(0);
    expect(await nightly.inArchive()).toEqual(await nightly.onServer());
    const [ever] = await nightly.rows<{ n: bigint }>("select count(*) as n from message");
    expect(ever?.n).toBe(15n);
    expect(back.revisionAfter).toBe(first.revisionAfter);
    expect(await nightly.run()).toMatchObject({ outcome: "ok", revisionAfter: back.revisionAfter });
  });

  test("G1 M2: in an archive that is only pulled, most of a mailbox is a warning; it stays readable", async (context) => {
    await using nightly = await openNightly(running(context), "carol");
    const memory = openMemory(nightly);
    await nightly.hands.create("Lists");
    await fill(nightly, "INBOX", 0, 3);
    await fill(nightly, "Lists", 1_000, 110);
    await memory.remember(await nightly.run());
    await nightly.hands.select("Lists");
    await nightly.hands.expunge(`${(await nightly.hands.uids()).slice(0, 105).join(",")}`);
    const report = await nightly.run();
    expect(report).toMatchObject({ outcome: "ok", halts: [], totals: { removed: 105 } });
    expect(report.notes).toMatchObject([{ kind: "warning" }]);
    await memory.remember(report);
    await memory.recall();
  });
});
