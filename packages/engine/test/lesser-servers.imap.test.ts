// Servers that can do less: without QRESYNC, without CONDSTORE, with RFC 3501 alone, and mail kept as Maildir. What a run costs there is
// counted at the wire (I3); the archive is the same. Dovecot only stops announcing, which is all that a client may know.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DovecotOptions, startDovecot } from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import { letter, type Nightly, openMemory, openNightly, readingCommands, withServer } from "./nightly.ts";

const DATE = "01-Feb-2020 10:11:12 +0000";
const BARE =
  `QRESYNC CONDSTORE LIST-STATUS LIST-EXTENDED ESEARCH SEARCHRES UIDPLUS MOVE NAMESPACE SPECIAL-USE UNSELECT ENABLE LITERAL+
  MULTIAPPEND SASL-IR CHILDREN BINARY STATUS=SIZE SAVEDATE PREVIEW`.split(/\s+/);

interface Lesser {
  readonly options: DovecotOptions;
  /** Whether a delta by MODSEQ is possible. */
  readonly condstore: boolean;
  readonly qresync: boolean;
}

const SERVERS: readonly (readonly [string, Lesser])[] = [
  ["CONDSTORE, no QRESYNC", { options: { hide: ["QRESYNC"] }, condstore: true, qresync: false }],
  ["neither, one flag scan", { options: { hide: ["QRESYNC", "CONDSTORE"] }, condstore: false, qresync: false }],
  ["RFC 3501 alone", { options: { hide: BARE, separator: "." }, condstore: false, qresync: false }],
  ["Maildir", { options: { format: "maildir", separator: "." }, condstore: true, qresync: true }],
];

const asked = (nightly: Nightly, name: string): readonly string[] =>
  nightly.proxy.commands(name).map((line) => line.slice(line.indexOf(" ") + 1));

describe.for(SERVERS)("%s", ([, { options, condstore, qresync }]) => {
  const running = withServer(() => startDovecot(options));

  test("I1 I3 M1 M4 trap 11 trap 12: an expunge, an arrival in its stead, a flag, a move and a rename are found, at this price", async (context) => {
    await using nightly = await openNightly(running(context), "alice");
    const { hands, proxy } = nightly;
    const memory = openMemory(nightly);
    const inner = `Work${options.separator ?? "/"}Inner`;
    await hands.create(inner);
    await hands.create("Quiet");
    const fill = async (mailbox: string, from: number, to: number): Promise<void> => {
      for (let n = from; n < to; n++)
        await hands.append(mailbox, letter(n), { flags: n % 2 ? ["\\Seen"] : [], date: DATE });
    };
    await fill("INBOX", 0, 20);
    await fill(inner, 100, 105);
    await fill("Quiet", 200, 205);
    const first = await nightly.run();
    expect(first).toMatchObject({ outcome: "ok", totals: { fetched: 30, stored: 30 } });
    await memory.remember(first);

    const idle = await nightly.run({ policy: { flagScanEvery: 60_000 } });
    expect(idle.revisionAfter).toBe(first.revisionAfter);
    expect(readingCommands(proxy).filter((one) => !one.endsWith(" STATUS"))).toEqual([]);

    // One gone, one new: the count is the same (trap 12).
    await hands.select("INBOX");
    await hands.expunge("7");
    await fill("INBOX", 20, 21);
    const second = await nightly.run();
    expect(second.totals).toMatchObject({ fetched: 1, stored: 1, removed: 1, flagsChanged: 0 });
    expect(proxy.counts().bodies).toBe(1);
    await memory.remember(second);
    if (condstore) {
      expect(asked(nightly, "EXAMINE").length).toBeLessThanOrEqual(2); // look, then the body
      expect(asked(nightly, "UID FETCH").filter((line) => line.includes("CHANGEDSINCE"))).toHaveLength(1);
      expect(
        asked(nightly, "UID FETCH")
          .find((line) => line.includes("CHANGEDSINCE"))
          ?.includes("VANISHED"),
      ).toBe(qresync);
      // Without QRESYNC one ESEARCH of all; with it the candidates alone.
      expect(asked(nightly, "UID SEARCH")).toEqual([`UID SEARCH RETURN (ALL) ${qresync ? "UID 7" : "ALL"}`]);
      expect(asked(nightly, "FETCH")).toEqual([]);
    } else {
      // One scan for each mailbox that may have changed flags.
      expect(asked(nightly, "FETCH")).toEqual(Array.from({ length: 3 }, () => "FETCH 1:* (UID FLAGS)"));
      expect(asked(nightly, "UID FETCH").filter((line) => /MODSEQ|CHANGEDSINCE/.test(line))).toEqual([]); // trap 10
    }

    await hands.select("INBOX");
    await hands.store("1:3", "+FLAGS", ["\\Flagged"]);
    await hands.move("4:5", inner);
    await hands.rename("Quiet", "Calm");
    const third = await nightly.run();
    expect(third.totals).toMatchObject({ fetched: 0, flagsChanged: 3, movedIn: 2, movedOut: 2, removed: 0 });
    expect(proxy.counts().bodies).toBe(0);
    await memory.remember(third);
    await memory.recall();
  });

  if (options.format !== "maildir") return;
  test("C1 C6 trap 31: files that another program put there, one of them empty, one with bare LF and no end", async (context) => {
    const server = running(context);
    const inbox = join(server.home("bob"), "Maildir");
    for (const part of ["cur", "new", "tmp"]) await mkdir(join(inbox, part), { recursive: true });
    await server.doveadm(["mailbox", "status", "-u", "bob", "messages", "INBOX"]).catch(() => undefined);
    await writeFile(join(inbox, "new", "1700000000.M1P1.host"), "Subject: bare\n\nno end");
    await writeFile(join(inbox, "new", "1700000001.M1P2.host"), "");
    await writeFile(join(inbox, "cur", "1700000002.M1P3.host:2,FS"), "Subject: flagged\r\n\r\n\0\r\n");
    await using nightly = await openNightly(server, "bob");
    const report = await nightly.run();
    expect(report.totals.failed, JSON.stringify(report.failures)).toBe(0);
    const held = await nightly.onServer();
    expect(held.INBOX?.messages).toHaveLength(3);
    expect(await nightly.inArchive()).toEqual(held);
    expect((await nightly.run()).revisionAfter).toBe(report.revisionAfter);
  });
});
