// A mailbox that lost mail, seen with the eyes of its owner: two nights of backup, between them another program removes 100 messages and moves 20;
// the difference names every one of them, a single one comes back by its number, the rest by the moment, byte for byte with flags and dates as
// the server itself tells, also when the program is killed on the way. Judged by what the server serves, never by our own eyes.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { corpusMessages, type Dovecot, orSkip, startDovecot, WireClient } from "@packetboat/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Program, program } from "./program.ts";

const ARCHIVE = "mail";
const KEPT = 150;
const [REMOVED, MOVED] = [100, 20];
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

interface Difference {
  readonly counts: Readonly<Record<string, number>>;
  readonly messages: readonly { readonly message: number; readonly kind: string }[];
}

type Held = Readonly<Record<string, readonly string[]>>;

let cli: Program;
let dovecot: Dovecot | undefined;
let before: Held;
/** SHA-256 of what the server served, of those that the other program removed and moved. */
let gone: { readonly removed: readonly string[]; readonly moved: readonly string[] };

async function onServer<T>(work: (client: WireClient) => Promise<T>): Promise<T> {
  await using client = await WireClient.login({ port: dovecot?.port ?? 0 }, "alice");
  return await work(client);
}

const served = (): Promise<Held> =>
  onServer(async (client) => {
    const held: Record<string, readonly string[]> = {};
    for (const { name } of await client.list()) {
      const { exists } = await client.select(name, "EXAMINE");
      const messages = exists > 0 ? await client.fetch() : [];
      held[name] = messages
        .map(({ bytes, flags, internalDate }) => [sha256(bytes), internalDate, ...flags].join(" "))
        .sort();
    }
    return held;
  });

const backup = () =>
  cli.must(["backup", `imap://alice:pass@127.0.0.1:${dovecot?.port}?tls=none`, "--archive", ARCHIVE]);

beforeAll(async () => {
  cli = await program({ PACKETBOAT_PASSWORD: "pass" });
  dovecot = await orSkip(
    () => undefined,
    () => startDovecot(),
  );
  if (dovecot === undefined) return;
  await onServer(async (client) => {
    await client.create("Work");
    let read = 0;
    for await (const { bytes } of corpusMessages()) {
      // Of all kinds: every second of the corpus, hostile structures, bare line feeds and all.
      if (read++ % 2 !== 0 || bytes.length === 0 || read > KEPT * 2) continue;
      const flags = [["\\Seen", "$Later"], ["\\Flagged"], [], ["\\Answered", "Work/Done"]][read % 4] ?? [];
      const date = `${String(1 + (read % 28)).padStart(2, " ")}-Feb-2024 12:30:05 +0100`;
      await client.append(read % 5 === 0 ? "Work" : "INBOX", bytes, { flags, date });
    }
  });
}, 60_000);
afterAll(async () => {
  await dovecot?.stop();
  await cli[Symbol.asyncDispose]();
});

describe("mail that another program removed and moved", () => {
  it("is named by the difference of two nights, message by message", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    before = await served();
    await backup();
    gone = await onServer(async (client) => {
      await client.select("INBOX");
      const messages = await client.fetch();
      expect(messages.length).toBeGreaterThanOrEqual(REMOVED + MOVED);
      const [lost, taken] = [messages.slice(0, REMOVED), messages.slice(REMOVED, REMOVED + MOVED)];
      await client.expunge(lost.map(({ uid }) => uid).join(","));
      await client.move(taken.map(({ uid }) => uid).join(","), "Work");
      return { removed: lost.map(({ bytes }) => sha256(bytes)), moved: taken.map(({ bytes }) => sha256(bytes)) };
    });
    const night = await cli.json<{ revision: number }>(["restore", "list", ARCHIVE]);
    await backup();
    const diff = await cli.json<Difference>(["restore", "diff", ARCHIVE, String(night.revision)]);
    expect(diff.counts).toEqual({ added: 0, removed: REMOVED, moved: MOVED, flagged: 0, mailboxes: 0 });
    const listed = await cli.json<{ messages: readonly { readonly message: number; readonly sha256: string }[] }>([
      "restore",
      "list",
      ARCHIVE,
      "--at",
      String(night.revision),
      "--mailbox",
      "*",
    ]);
    const digests = new Map(listed.messages.map((one) => [one.message, one.sha256]));
    const named = (kind: string) =>
      diff.messages.filter((one) => one.kind === kind).map(({ message }) => digests.get(message));
    expect(named("removed").sort()).toEqual([...gone.removed].sort());
    expect(named("moved").sort()).toEqual([...gone.moved].sort());
    const told = await cli.must(["restore", "diff", ARCHIVE, String(night.revision), "--limit", "7"]);
    expect(told).toMatch(
      /^mail from revision \d+, .* to revision \d+, .*\n20 moved, 100 removed\n {2}INBOX +100 removed\n/,
    );
    expect(told).toMatch(/\nand 113 more: --limit N, or --json for all of them\.\n$/);
  }, 60_000);

  it("comes back: two by their numbers, then all by the moment, also after a SIGKILL, byte for byte with flags and dates", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    const log = await cli.json<{ revisions: readonly { readonly revision: number; readonly run: number }[] }>([
      "log",
      ARCHIVE,
    ]);
    const first = Math.max(...log.revisions.filter(({ run }) => run === 1).map(({ revision }) => revision));
    const at = ["--at", String(first)];
    const diff = await cli.json<Difference>(["restore", "diff", ARCHIVE, String(first)]);
    const [one = 0, other = 0] = diff.messages.flatMap(({ kind, message }) => (kind === "removed" ? [message] : []));
    const shown = await cli.must(["restore", "show", ARCHIVE, String(one)]);
    expect(shown).toMatch(
      /\n {2}mailbox +none: removed from INBOX at revision \d+, [\s\S]*\nHistory\n[\s\S]* removed from INBOX\n$/,
    );
    await cli.must(["link", "set", "1", "--push"]);
    const push = ["restore", "push", ARCHIVE, ...at, "--in-place", "--yes"];
    const target = join(cli.home, "two");
    const two = ["restore", "export", ARCHIVE, ...at, "--to", `eml:${target}`, "--json", "--message"];
    expect(await cli.run([...two, `${one},987654`])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/987654/),
    });
    expect(JSON.parse(await cli.must([...two, `${other},${one}`]))).toMatchObject({ messages: 2, mailboxes: 1 });
    expect(await cli.must([...push, "--message", `${other},${one}`])).toMatch(/2 messages came back: revision/);
    const missing = (held: Held) => (before.INBOX?.length ?? 0) - (held.INBOX?.length ?? 0);
    expect(missing(await served())).toBe(REMOVED + MOVED - 2);
    // The revision is made, and the accounts are about to follow.
    await cli.run(push, { kill: { when: /: revision \d+ of mail\./, signal: "SIGKILL" } });
    await cli.must(push);
    expect(await served()).toEqual(before);
    expect(await cli.must(push)).toMatch(/^mail is as it was at revision/);
    expect(await served()).toEqual(before);
  }, 60_000);
});
