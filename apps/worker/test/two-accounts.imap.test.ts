// Two accounts and the lines that tie them: mirror ends with both equal and nothing doubled, changes on both sides meet, guards hold, a watch
// follows by itself; migrate brings everything over and removes nothing. Another client looks at both servers.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Dovecot, orSkip, startDovecot, startProxy, until, WireClient } from "@packetboat/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CommandReport } from "../src/display/report.ts";
import { hands, lookInto, mail, range } from "./accounts.ts";
import { type Program, program } from "./program.ts";

let cli: Program;
let dovecot: Dovecot | undefined;
const port = () => dovecot?.port ?? 0;
const urlOf = (user: string, password = ":pass") => `imap://${user}${password}@127.0.0.1:${port()}?tls=none`;
const look = (user: string) => lookInto(port(), user);
const both = () => Promise.all([look("alice"), look("bob")]);
const MIRROR = () => ["mirror", urlOf("alice"), urlOf("bob"), "--archive", "both"];

const { as, fill } = hands(port);

beforeAll(async () => {
  cli = await program();
  dovecot = await orSkip(
    () => undefined,
    () => startDovecot(),
  );
  if (dovecot === undefined) return;
  await fill("alice", "INBOX", [...range(1, 30), 7], ["\\Seen"]);
  await fill("alice", "Work", range(100, 109), ["$Later"]);
  await fill("bob", "INBOX", range(16, 45), ["\\Flagged"]);
  await fill("bob", "Sent", range(200, 204));
}, 60_000);
afterAll(async () => {
  await dovecot?.stop();
  await cli[Symbol.asyncDispose]();
});

/** Skips where there is no server. */
const journey = (name: string, run: () => Promise<void>) =>
  it(name, async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    await run();
  });

describe("mirror", () => {
  journey(
    "G2 a dry run of accounts that were never met tells what both hold, and writes nothing anywhere",
    async () => {
      const before = await both();
      const words = await cli.must([...MIRROR(), "--dry-run"]);
      expect(words).toMatch(/INBOX +31 +30\n/);
      expect(await cli.must([...MIRROR(), "--dry-run", "--exclude", "INBOX"])).toMatch(/: 10 messages and 5, to be/);
      expect(words).toMatch(/41 messages and 35, to be matched.* Nothing was changed\.\n$/);
      expect(await both()).toEqual(before);
      expect((await cli.json<{ accounts: readonly unknown[] }>(["account", "list"])).accounts).toEqual([]);
      expect(await cli.must(["runs"])).toMatch(/Nothing ran yet/);
    },
  );

  journey("C3 two accounts with overlapping mail end equal, nothing is doubled and nothing is lost", async () => {
    const words = await cli.must(MIRROR());
    const [alice, bob] = await both();
    expect(alice.holds).toEqual(bob.holds);
    expect(Object.entries(alice.holds).map(([name, lines]) => [name, lines.length])).toEqual([
      ["INBOX", 46],
      ["Sent", 5],
      ["Work", 10],
    ]);
    // Flags of what both held are united.
    expect(alice.holds.INBOX?.filter((line) => line.endsWith("\\Flagged \\Seen"))).toHaveLength(15);
    expect(words).toMatch(/agree: 61 messages in 3 mailboxes\./);
  });

  journey("a second command changes nothing on either server", async () => {
    const before = await both();
    const words = await cli.must(MIRROR());
    expect(words.match(/: no change in 3 mailboxes/g)).toHaveLength(2);
    expect(await both()).toEqual(before);
    const { totals, runs } = await cli.json<CommandReport>(MIRROR());
    expect({ ...totals, observed: 0 }).toEqual(Object.fromEntries(Object.keys(totals).map((key) => [key, 0])));
    expect(runs).toHaveLength(2);
    expect(await cli.must([...MIRROR(), "--quiet"])).toBe("");
  });

  journey(
    "B1 M4 fifty changes on both sides meet: new, flagged, moved, removed, made, renamed, subscribed",
    async () => {
      await as("alice", async (client) => {
        for (const n of range(300, 305)) await client.append("INBOX", mail(n), { flags: ["\\Draft"] });
        await client.select("INBOX");
        await client.store("1:8", "+FLAGS", ["\\Answered", "$Forwarded"]);
        await client.store("3:5", "-FLAGS", ["\\Seen"]);
        await client.move("10:13", "Work");
        await client.store("20:22", "+FLAGS", ["\\Deleted"]);
        await client.expunge("20:22");
        await client.create("Neu/Über");
        await client.append("Neu/Über", mail(310));
        await client.rename("Work", "Projects");
        await client.subscribe("Projects");
      });
      await as("bob", async (client) => {
        for (const n of range(320, 324)) await client.append("Sent", mail(n), { date: "01-Jan-2020 00:00:00 +0000" });
        await client.select("INBOX");
        await client.store("1:6", "+FLAGS", ["$Work", "\\Seen"]);
        await client.move("24:27", "Sent");
        await client.store("28:30", "+FLAGS", ["\\Deleted"]);
        await client.expunge("28:30");
        await client.create("Empty");
      });
      await cli.must(MIRROR());
      const [alice, bob] = await both();
      expect(alice.holds).toEqual(bob.holds);
      expect(Object.entries(alice.holds).map(([name, lines]) => [name, lines.length])).toEqual([
        ["Empty", 0],
        ["INBOX", 46 + 6 - 4 - 3 - 4 - 3],
        ["Neu/Über", 1],
        ["Projects *", 14],
        ["Sent", 14],
      ]);
      await cli.must(MIRROR());
      expect(await both()).toEqual([alice, bob]);
    },
  );

  journey("an account that refuses the sign-in fails by itself; the other is pulled, and nothing is lost", async () => {
    await fill("alice", "Later", [400]);
    const wrong = await cli.run(["mirror", urlOf("alice"), urlOf("bob", ":wrong"), "--archive", "both", "--json"]);
    expect(wrong.code).toBe(4);
    expect(JSON.parse(wrong.stdout)).toMatchObject({
      outcome: "failed",
      exitCode: 4,
      totals: { stored: 1, appended: 0 },
    });
    // Passwords of both sides by their own ways: a file, and the environment.
    const file = join(cli.home, "password-of-alice");
    await writeFile(file, "pass\n");
    const line = ["mirror", urlOf("alice", ""), urlOf("bob", ""), "--archive", "both", "--password-file-a", file];
    expect(await cli.must(line, { env: { PACKETBOAT_PASSWORD_B: "pass" } })).toMatch(/Later +1 sent/);
    const [alice, bob] = await both();
    expect(alice.holds).toEqual(bob.holds);
  });

  journey(
    "G1 removals beyond measure halt with exit code 5, approve lets them through, a dry run says what would be",
    async () => {
      await fill("alice", "Bulk", range(1_000, 1_104));
      await cli.must(MIRROR());
      await as("alice", async (client) => {
        await client.select("Bulk");
        await client.store("1:105", "+FLAGS", ["\\Deleted"]);
        await client.expunge("1:105");
      });
      const dry = await cli.run([...MIRROR(), "--dry-run"]);
      expect(dry.stdout).toMatch(/Without --dry-run they are held back/);
      const approveWhatHalts = async () => {
        const { code, stdout } = await cli.run(MIRROR());
        expect(code).toBe(5);
        const words = await cli.must(["approve", /packetboat approve (\d+)/.exec(stdout)?.[1] ?? "", "--yes"]);
        await cli.run(MIRROR());
        return words;
      };
      // Held in the archive, so not yet asked of the other server; and every run says so again.
      expect((await look("bob")).holds.Bulk).toHaveLength(105);
      expect((await cli.run(["sync", "both"], { env: { PACKETBOAT_PASSWORD: "pass" } })).code).toBe(5);
      await approveWhatHalts();
      // The archive has followed; what that means for the other server is a question of its own.
      expect((await look("bob")).holds.Bulk).toHaveLength(105);
      expect(await approveWhatHalts()).toMatch(/105 messages to be removed on the server/);
      expect(await cli.must(MIRROR())).toMatch(/no change/);
      expect((await look("bob")).holds.Bulk).toEqual([]);
    },
  );

  journey(
    "--watch: a flag set on one shows on the other by itself, a burst is few rounds, Ctrl-C ends it",
    async () => {
      await using alice = await WireClient.login({ port: port() }, "alice");
      await using bob = await WireClient.login({ port: port() }, "bob");
      await alice.select("INBOX");
      const uids = await alice.uids();
      const first = String(uids[0]);
      const shownTo = async (client: WireClient) => {
        await client.select("INBOX");
        return await client.fetch();
      };
      const target = (await alice.fetch(first))[0]?.bytes ?? Buffer.alloc(0);
      const isFlagged = async (flag: string) =>
        (await shownTo(bob)).some(({ bytes, flags }) => bytes.equals(target) && flags.includes(flag));
      let end: (value: unknown) => void = () => undefined;
      const over = new Promise((resolve) => {
        end = resolve;
      });
      let said = "";
      const hears = (text: string) => {
        said = text;
      };
      const watching = cli.run([...MIRROR(), "--watch"], { hears, kill: { when: over, signal: "SIGINT" } });
      try {
        await until(() => said.includes("Watching"), "the watch");
        // It may come before the connections that watch stand, and is not missed either.
        await alice.store(first, "+FLAGS", ["$First"]);
        await until(() => isFlagged("$First"), "the first flag");
        await alice.store(first, "+FLAGS", ["$Second"]);
        await until(() => isFlagged("$Second"), "the second flag");
        for (const uid of uids.slice(1, 21)) await alice.store(String(uid), "+FLAGS", ["$Burst"]);
        await until(
          async () => (await shownTo(bob)).filter(({ flags }) => flags.includes("$Burst")).length === 20,
          "the burst",
        );
      } finally {
        end(null);
      }
      const { code, stdout, stderr } = await watching;
      expect(code).toBe(130);
      const rounds = stdout.match(/\d\d:\d\d:\d\d {2}bob@127\.0\.0\.1:\d+: \d+ flag changes? sent\n/g) ?? [];
      expect(rounds.length).toBeGreaterThan(0);
      expect(rounds.length).toBeLessThan(15);
      expect(stderr).toMatch(/Watching .*\n(.*\n)*packetboat: Stopped\. /);
      const [a, b] = await both();
      expect(a.holds).toEqual(b.holds);
    },
  );
});

describe("the links of one archive", () => {
  journey(
    "a backup of an account that is mirrored pulls it and writes to nobody; the next mirror carries that on",
    async () => {
      await as("bob", (client) => client.append("INBOX", mail("for alice")));
      const before = await both();
      expect(await cli.must(["backup", urlOf("bob"), "--archive", "both"])).toMatch(/INBOX +1 new/);
      expect(await both()).toEqual(before);
      await cli.must(MIRROR());
      const [alice, bob] = await both();
      expect(alice.holds).toEqual(bob.holds);
      expect(alice).not.toEqual(before[0]);
    },
  );

  journey("a third account joins by link add --push, and sync makes all three equal", async () => {
    await fill("gina", "INBOX", [1, 2, 500]);
    await cli.must(["account", "add", urlOf("gina")]);
    await cli.must(["link", "add", `gina@127.0.0.1:${port()}`, "both", "--push"]);
    const env = { PACKETBOAT_PASSWORD: "pass" };
    const { runs } = await cli.json<CommandReport>(["sync", "both"], { env });
    expect(new Set(runs.map(({ link }) => link)).size).toBe(3);
    const [alice, bob, gina] = await Promise.all(["alice", "bob", "gina"].map(look));
    expect(bob?.holds).toEqual(alice?.holds);
    expect(gina?.holds).toEqual(alice?.holds);
    const words = await cli.must(["sync", "both"], { env });
    expect(words.match(/: no change in \d+ mailboxes/g)).toHaveLength(3);
    expect(await Promise.all(["alice", "bob", "gina"].map(look))).toEqual([alice, bob, gina]);
  });

  journey("--watch takes up a lost connection again", async () => {
    await fill("hal", "INBOX", [1]);
    await using proxy = await startProxy({ port: port() });
    const line = ["mirror", `imap://hal:pass@127.0.0.1:${proxy.port}?tls=none`, urlOf("ida"), "--watch"];
    let said = "";
    const hears = (text: string) => {
      said = text;
    };
    let end: (value: unknown) => void = () => undefined;
    const over = new Promise((resolve) => {
      end = resolve;
    });
    const watching = cli.run(line, { hears, kill: { when: over, signal: "SIGINT" } });
    try {
      await until(() => said.includes("Watching"), "the watch");
      proxy.cutAll();
      await as("hal", (client) => client.append("INBOX", mail("after the cut")));
      await until(async () => (await look("ida")).holds.INBOX?.length === 2, "the message", 30_000, 50);
    } finally {
      end(null);
    }
    expect((await watching).code).toBe(130);
  });
});

describe("migrate", () => {
  const LINE = () => ["migrate", urlOf("carol"), urlOf("dave")];

  journey("M7 everything arrives once, also where the target has part of it; the source is not touched", async () => {
    await fill("carol", "INBOX", range(1, 40), ["\\Seen", "$Kept"]);
    await fill("carol", "Work", [...range(100, 119), 100]);
    await fill("dave", "INBOX", [900]);
    await fill("dave", "Work", range(110, 114));
    const source = await look("carol");
    const words = await cli.must(LINE());
    expect(words).toMatch(/\nAll 61 messages are on dave@127\.0\.0\.1:\d+\.\n/);
    const [carol, dave] = [await look("carol"), await look("dave")];
    expect(carol).toEqual(source);
    expect(dave.holds.Work).toEqual(carol.holds.Work);
    expect(Object.keys(dave.holds)).toEqual(["INBOX", "Work"]);
    expect(dave.holds.INBOX).toHaveLength(41);
    expect(dave.holds.INBOX).toEqual(expect.arrayContaining([...(carol.holds.INBOX ?? [])]));
  });

  journey(
    "mailboxes are pushed while others are still pulled; stopped in the middle, the same line goes on",
    async () => {
      for (const mailbox of ["INBOX", "Later", "Work"]) await fill("erin", mailbox, range(1, 15));
      await using proxy = await startProxy({ port: port() });
      // The third mailbox falls silent in the middle of a message.
      proxy.stallMidLiteral(40);
      const line = [
        "migrate",
        `imap://erin:pass@127.0.0.1:${proxy.port}?tls=none`,
        urlOf("frank"),
        "--archive",
        "moving",
      ];
      const arrived = until(
        async () => ((await look("frank")).holds.INBOX ?? []).length === 15,
        "the first mailbox on the target",
        20_000,
        50,
      );
      const running = cli.run(line, { kill: { when: arrived, signal: "SIGINT" } });
      await arrived;
      expect((await look("frank")).holds.Work).toEqual([]);
      expect((await running).code).toBe(130);
      expect(proxy.struck()).toBe(1);
      proxy.disarm();
      expect(await cli.must(line)).toMatch(/\nAll 45 messages are on frank/);
      expect((await look("frank")).holds).toEqual((await look("erin")).holds);
    },
  );

  journey(
    "run again: nothing; later changes follow, and what is removed at the source stays on the target",
    async () => {
      const before = [await look("carol"), await look("dave")];
      const { totals, exitCode, target } = await cli.json<CommandReport & { target: unknown }>(LINE());
      expect({ exitCode, target }).toEqual({
        exitCode: 0,
        target: { messages: 61, there: 61, settled: 0, missing: 0, notFetched: 0 },
      });
      expect(totals).toMatchObject({ stored: 0, appended: 0, flagsSent: 0, matched: 0 });
      expect([await look("carol"), await look("dave")]).toEqual(before);
      await as("carol", async (client) => {
        await client.append("Work", mail(130));
        await client.select("INBOX");
        await client.store("1:2", "+FLAGS", ["\\Flagged"]);
        await client.store("3", "+FLAGS", ["\\Deleted"]);
        await client.expunge("3");
        await client.move("4", "Work");
      });
      expect(await cli.must(LINE())).toMatch(/\nAll 61 messages are on dave/);
      const dave = await look("dave");
      expect(dave.holds.INBOX).toHaveLength(40);
      expect(dave.holds.Work).toHaveLength(23);
      expect(dave.holds.INBOX?.filter((line) => line.includes("\\Flagged"))).toHaveLength(2);
    },
  );
});

describe("what does not fit is refused, in one line that says what to do", () => {
  journey(
    "the same account twice, an archive that serves something else, options that contradict each other",
    async () => {
      for (const [line, sentence] of [
        [["mirror", urlOf("alice"), urlOf("alice", "")], /^packetboat: Both addresses are the same account\..*\n$/],
        [
          ["mirror", urlOf("carol"), urlOf("bob"), "--archive", "both"],
          /^packetboat: The archive both is linked to alice.*--archive\.\n$/,
        ],
        [
          ["migrate", urlOf("alice"), urlOf("bob"), "--archive", "both"],
          /^packetboat: In the archive both the link of alice.* pulls and pushes\..* packetboat link set \d+ --no-push\.\n$/,
        ],
        [[...MIRROR(), "--watch", "--dry-run"], /^packetboat: --watch and --dry-run contradict.*\n$/],
        [[...MIRROR(), "--poll", "5"], /^packetboat: --watch-mailbox and --poll belong to --watch.*\n$/],
        [["link", "set", "1", "--no-pull", "--no-push"], /^packetboat: A link that neither pulls nor pushes.*\n$/],
      ] as const) {
        expect(await cli.run([...line])).toEqual({ code: 2, stdout: "", stderr: expect.stringMatching(sentence) });
      }
    },
  );

  journey("M7 a link that pushes says what becomes of removals; the default follows its rights", async () => {
    const bob = `bob@127.0.0.1:${port()}`;
    const words = async () => (await cli.must(["link", "list", "--archive", "third"])).split("\n")[1];
    await cli.must(["link", "add", bob, "third"]);
    expect(await words()).toMatch(/pulls bob/);
    const id = /\d+/.exec((await words()) ?? "")?.[0] ?? "";
    await cli.must(["link", "set", id, "--push"]);
    expect(await words()).toMatch(/pulls from and pushes to bob.*, removals travel there$/);
    await cli.must(["link", "set", id, "--no-pull"]);
    expect(await words()).toMatch(/pushes to bob.*, nothing is removed there$/);
    await cli.must(["link", "set", id, "--pull", "--removals", "trash"]);
    expect(await words()).toMatch(/removals go to its trash$/);
  });
});
