// Undo with the real program: two accounts that are kept equal lose mail, get it back with flags, dates and places, and nothing twice; and
// mail of now and of then goes into a third account.
import { createHash } from "node:crypto";
import { corpusMessages, type Dovecot, orSkip, startDovecot, WireClient } from "@packetboat/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Program, program } from "./program.ts";

type Held = Readonly<Record<string, readonly string[]>>;

const ARCHIVE = "mail";
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 12);

let cli: Program;
let dovecot: Dovecot | undefined;
let revision: number;
let before: Held;

const urlOf = (user: string) => `imap://${user}:pass@127.0.0.1:${dovecot?.port}?tls=none`;

async function on<T>(user: string, work: (client: WireClient) => Promise<T>): Promise<T> {
  await using client = await WireClient.login({ port: dovecot?.port ?? 0 }, user);
  return await work(client);
}

const served = (user: string): Promise<Held> =>
  on(user, async (client) => {
    const held: Record<string, readonly string[]> = {};
    for (const { name } of await client.list()) {
      const { exists } = await client.select(name, "EXAMINE").catch(() => ({ exists: -1 }));
      if (exists < 0) continue;
      const messages = exists > 0 ? await client.fetch() : [];
      held[name] = messages
        .map(({ bytes, flags, internalDate }) => [sha256(bytes), internalDate, ...flags].join(" "))
        .sort();
    }
    return held;
  });

const push = (...words: readonly string[]) => cli.run(["restore", "push", ARCHIVE, ...words]);
const counts = (held: Held) => Object.fromEntries(Object.entries(held).map(([name, all]) => [name, all.length]));

beforeAll(async () => {
  cli = await program({ PACKETBOAT_PASSWORD: "pass" });
  dovecot = await orSkip(
    () => undefined,
    () => startDovecot(),
  );
  if (dovecot === undefined) return;
  await on("alice", async (client) => {
    await client.create("Work");
    await client.create("Lists");
    let kept = 0;
    for await (const { bytes } of corpusMessages()) {
      // Some of all kinds; the whole corpus goes through elsewhere. What a server rewrites is another matter (C5).
      if (kept++ % 23 !== 0 || bytes.length === 0 || !/^[^\n]*\r\n/.test(bytes.toString("latin1"))) continue;
      const flags = kept % 2 === 0 ? ["\\Seen", "$Later"] : ["\\Flagged"];
      await client.append("INBOX", bytes, { flags, date: "29-Feb-2024 12:30:05 +0000" });
    }
    for (let n = 0; n < 5; n++)
      await client.append("Lists", Buffer.from(`Subject: list ${n}\r\n\r\nAbout ${n}.\r\n`), { flags: ["\\Seen"] });
  });
}, 60_000);
afterAll(async () => {
  await dovecot?.stop();
  await cli[Symbol.asyncDispose]();
});

describe("restore push", () => {
  it("M2 M10 brings removed mail, places, flags and mailboxes back on every account", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    await cli.must(["backup", urlOf("alice"), "--archive", ARCHIVE]);
    await cli.must(["link", "set", "1", "--push"]);
    await cli.must(["account", "add", urlOf("bob")]);
    await cli.must(["link", "add", `bob@127.0.0.1:${dovecot.port}`, ARCHIVE, "--push"]);
    await cli.must(["sync", ARCHIVE]);
    before = await served("alice");
    expect(await served("bob")).toEqual(before);
    ({ revision } = await cli.json<{ revision: number }>(["restore", "list", ARCHIVE]));

    await on("alice", async (client) => {
      await client.select("INBOX");
      const [one, two, three, four] = await client.uids();
      await client.expunge(`${one},${two}`);
      await client.move(String(three), "Work");
      await client.store(String(four), "FLAGS", ["\\Answered"]);
      await client.delete("Lists");
      await client.rename("Work", "Office");
      await client.append("INBOX", Buffer.from("Subject: new\r\n\r\nThis came later.\r\n"));
    });
    await cli.must(["sync", ARCHIVE]);
    const wrong = await served("bob");
    expect(wrong).not.toEqual(before);

    const at = ["--at", String(revision), "--in-place"];
    const plan = await push(...at, "--dry-run");
    expect(plan.stdout).toMatch(/^To make mail what it was at revision \d+, /);
    expect(plan.stdout).toMatch(/\nall +7 +1 +1 +1\n/);
    expect(plan.stdout).toMatch(/The mailbox Lists comes back\.\nThe mailbox Office is called Work again\.\n/);
    expect(await served("bob")).toEqual(wrong);
    // Something would be removed, and nobody can be asked.
    expect((await push(...at)).code).toBe(2);

    const done = await push(...at, "--yes");
    expect(done.stderr).toBe("");
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(/7 messages came back, 1 moved back, 1 flag change, 1 removed: revision \d+ of mail\./);
    expect(await served("alice")).toEqual(before);
    expect(await served("bob")).toEqual(before);
    const again = await push(...at, "--yes");
    expect(again.stdout).toMatch(/^mail is as it was at revision/);
    expect(again.code).toBe(0);
    expect(await served("bob")).toEqual(before);
  }, 60_000);

  it("M7 B2 C3 puts all of it below a place of another account, once, however often it is run", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    await on("carol", (client) => client.append("INBOX", Buffer.from("Subject: own\r\n\r\nCarol's.\r\n")));
    const own = await served("carol");
    const to = ["--to", urlOf("carol"), "--mailbox-prefix", "Old mail"];
    const dry = await push(...to, "--dry-run");
    expect(dry.stdout).toMatch(/^Would put mail as of revision \d+.* into carol@127\.0\.0\.1:\d+, below Old mail: /);
    expect(await served("carol")).toEqual(own);
    expect(await cli.must(["account", "list"])).not.toContain("carol");
    const first = await push(...to);
    expect([first.code, first.stderr]).toEqual([0, ""]);
    const held = await served("carol");
    expect(held).toEqual({ ...own, ...below(before) });
    expect((await push(...to)).code).toBe(0);
    expect(await served("carol")).toEqual(held);
    // Another place is another link, which would double it.
    expect((await push("--to", urlOf("carol"))).code).toBe(2);
    // What is removed from the archive stays there.
    await on("alice", async (client) => {
      await client.select("INBOX");
      await client.expunge(String((await client.uids())[0]));
    });
    await cli.must(["sync", ARCHIVE]);
    expect(await served("carol")).toEqual(held);
  }, 60_000);

  it("M10 puts mail as it was then, and a selection of it, into another account", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    const then = ["--to", urlOf("dave"), "--at", String(revision)];
    const first = await push(...then, "--mailbox", "Lists");
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(counts(await served("dave"))).toEqual({ INBOX: 0, Lists: 5 });
    expect((await push(...then)).code).toBe(0);
    expect(await served("dave")).toEqual(before);
    expect((await push(...then)).code).toBe(0);
    expect(await served("dave")).toEqual(before);
    const archives = await cli.must(["archive", "list"]);
    expect(archives).toMatch(new RegExp(`mail at revision ${revision} `));
    expect(archives).toMatch(new RegExp(`mail at revision ${revision} \\(Lists\\)`));
  }, 60_000);

  it("C3 M9 brings mail back into the account of a backup, which is never pushed to otherwise", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    await on("erin", async (client) => {
      for (const n of [1, 2, 2, 3]) await client.append("INBOX", Buffer.from(`Subject: ${n}\r\n\r\nAbout ${n}.\r\n`));
    });
    const nightly = () => cli.must(["backup", urlOf("erin"), "--archive", "nights"]);
    await nightly();
    const held = await served("erin");
    await on("erin", async (client) => {
      await client.select("INBOX");
      await client.expunge((await client.uids()).slice(1).join(","));
    });
    const lost = await cli.json<{ revision: number }>(["restore", "list", "nights"]);
    await nightly();
    const back = ["restore", "push", "nights", "--to", urlOf("erin"), "--at", String(lost.revision)];
    for (let run = 0; run < 2; run++) {
      await cli.must(back);
      expect(await served("erin")).toEqual(held);
    }
    await nightly();
    const { mailboxes } = await cli.json<{ mailboxes: { messages: number }[] }>(["restore", "list", "nights"]);
    expect(mailboxes.map(({ messages }) => messages)).toEqual([4]);
    // In place there is no link that may write; the archive alone changes, and says so.
    const alone = await cli.must(["restore", "push", "nights", "--at", "1", "--in-place", "--yes"]);
    expect(alone).toMatch(/No link of this archive may write to its server\. packetboat link set \d+ --push lets it/);
    expect(await served("erin")).toEqual(held);
  }, 60_000);

  it("M10 M7 in place lets a link that only backs up write for this once, and no longer", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    await on("frank", async (client) => {
      for (const n of [1, 2, 3])
        await client.append("INBOX", Buffer.from(`Subject: ${n}\r\n\r\nAbout ${n}.\r\n`), { flags: ["\\Flagged"] });
    });
    const nightly = () => cli.must(["backup", urlOf("frank"), "--archive", "once"]);
    await nightly();
    const { INBOX: held = [] } = await served("frank");
    const { revision: then } = await cli.json<{ revision: number }>(["restore", "list", "once"]);
    await on("frank", async (client) => {
      await client.select("INBOX");
      await client.expunge((await client.uids()).slice(1).join(","));
      await client.append("INBOX", Buffer.from("Subject: new\r\n\r\nThis came later.\r\n"));
    });
    await nightly();
    const { INBOX: left = [] } = await served("frank");
    const back = ["restore", "push", "once", "--at", String(then), "--in-place", "--carry-out"];
    const kept = await cli.must([...back, "--keep-new"]);
    expect(kept).toMatch(/frank@127\.0\.0\.1:\d+: 2 messages to append \(48 bytes\), 0 already there\./);
    const all = [...held, ...left.filter((one) => !held.includes(one))].sort();
    expect((await served("frank")).INBOX).toEqual(all);
    expect(await cli.must(["link", "list", "--archive", "once"])).not.toMatch(/push/);
    await nightly();
    expect((await served("frank")).INBOX).toEqual(all);
    // What came since goes from the server too where that is asked for.
    await cli.must([...back, "--yes"]);
    expect((await served("frank")).INBOX).toEqual([...held].sort());
    await nightly();
    const { mailboxes } = await cli.json<{ mailboxes: { messages: number }[] }>(["restore", "list", "once"]);
    expect(mailboxes.map(({ messages }) => messages)).toEqual([3]);
    // What an earlier restore took out of the archive alone would go there, too: it is said, and asked.
    await on("frank", (client) => client.append("INBOX", Buffer.from("Subject: last\r\n\r\nThe last one.\r\n")));
    await nightly();
    await cli.must(["restore", "push", "once", "--at", String(then), "--in-place", "--yes"]);
    const four = (await served("frank")).INBOX;
    expect(four).toHaveLength(4);
    const looked = await cli.must([...back, "--dry-run"]);
    expect(looked).toMatch(
      /has up to 1 message that the archive as it is now has not, because an earlier restore removed it here alone/,
    );
    expect(await cli.run(back)).toMatchObject({ code: 2 });
    expect((await served("frank")).INBOX).toEqual(four);
    expect(await cli.must([...back, "--keep-new"])).not.toMatch(/an earlier restore/);
    expect((await served("frank")).INBOX).toEqual(four);
    await cli.must([...back, "--yes"]);
    expect((await served("frank")).INBOX).toEqual([...held].sort());
  }, 60_000);

  it("M10 an account whose link only backs up is named where another one of the archive writes", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    await on("gail", (client) => client.appendMany("INBOX", [Buffer.from("Subject: 1\r\n\r\nOne.\r\n")]));
    await cli.must(["backup", urlOf("gail"), "--archive", "named"]);
    await cli.must(["restore", "push", "named", "--to", urlOf("hank")]);
    await on("gail", async (client) => {
      await client.select("INBOX");
      await client.expunge("1:*");
    });
    await cli.must(["backup", urlOf("gail"), "--archive", "named"]);
    const back = await cli.must(["restore", "push", "named", "--at", "2", "--in-place", "--yes"]);
    expect(back).toMatch(
      /Nothing changes on the server of gail@127\.0\.0\.1:\d+: its link only backs up\. --carry-out lets it/,
    );
    expect((await served("gail")).INBOX ?? []).toEqual([]);
  }, 60_000);

  it("what a backup leaves out is said when it begins, and nothing is proved of it", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    await on("ivy", async (client) => {
      await client.create("Work");
      await client.append("INBOX", Buffer.from("Subject: 1\r\n\r\nOne.\r\n"));
      await client.append("Work", Buffer.from("Subject: 2\r\n\r\nTwo.\r\n"));
    });
    const backup = (...more: readonly string[]) => cli.must(["backup", urlOf("ivy"), "--archive", "ivy", ...more]);
    await backup();
    const FROM_NOW =
      /From now on it takes only mailboxes that match Work; this stays.*link set \d+ --all-mailboxes takes all again\./;
    expect(await backup("--include", "Work", "--dry-run")).toMatch(/It would take only mailboxes that match Work/);
    expect(await backup()).not.toMatch(/takes only/);
    expect(await backup("--include", "Work")).toMatch(FROM_NOW);
    expect(await backup("--include", "Work")).not.toMatch(/From now on/);
    const verified = await cli.run(["verify", "ivy"], { env: { PACKETBOAT_PASSWORD: "pass" } });
    expect(verified).toMatchObject({ code: 0 });
    expect(verified.stdout).toMatch(/1 mailbox that its link leaves out: nothing is said of it/);
    expect(verified.stdout).toMatch(
      /Proved: the archive is whole, and, of the mailboxes that are backed up, holds what the server shows\./,
    );
  }, 60_000);

  it("refuses what contradicts itself", async () => {
    for (const words of [
      [],
      ["--in-place"],
      ["--in-place", "--to", "x", "--at", "1"],
      ["--in-place", "--at", "1", "--mailbox-prefix", "Old"],
      ["--to", "x", "--keep-new"],
      ["--to", "x", "--no-sync"],
      ["--in-place", "--at", "1", "--since", "yesterday"],
      ["--in-place", "--at", "1", "--carry-out", "--no-sync"],
      ["--to", "x", "--carry-out"],
    ])
      expect((await push(...words)).code, words.join(" ")).toBe(2);
  });
});

/** The same mailboxes below a place of their own. */
function below(held: Held): Held {
  return Object.fromEntries(Object.entries(held).map(([name, all]) => [`Old mail/${name}`, all]));
}
