// Writing to Dovecot and Cyrus, seen by another client and at the wire: what is sent, in how many round trips, and what each refusal
// becomes.
import { readFileSync } from "node:fs";
import type { Appended, ListedMailbox, MessageId, Outgoing, RemoteWriter, Stored } from "@packetboat/core";
import {
  type Cyrus,
  corpusMessages,
  type Dovecot,
  orSkip,
  startCyrus,
  startDovecot,
  startProxy,
  WireClient,
} from "@packetboat/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fetched, mail, mailboxNamed, remoteTo, seen, writerTo } from "./remote-fixture.ts";

const USERS = ["alice", "bob", "carol", "dave", "erin", "frank"];
const SERVERS: readonly (readonly ["Dovecot" | "Cyrus", () => Promise<Dovecot | Cyrus>])[] = [
  ["Dovecot", () => startDovecot({ quotaKb: 1_000_000, extraConfig: "plugin {\n  quota_max_mail_size = 2M\n}" })],
  ["Cyrus", () => startCyrus({ users: USERS, extraConfig: "maxmessagesize: 2048" })],
];

function out(index: number, bytes: Buffer, as: Partial<Outgoing> = {}): Outgoing {
  return { messageId: (index + 1) as MessageId, bytes, flags: [], internalDate: 1_700_000_000_000, ...as };
}

async function appendAll(writer: RemoteWriter, to: ListedMailbox, batch: readonly Outgoing[]): Promise<Appended[]> {
  const answers: Appended[] = [];
  for await (const one of writer.append(to, to.status?.uidValidity ?? null, batch)) answers.push(one);
  expect(answers.map(({ messageId }) => messageId)).toEqual(batch.map(({ messageId }) => messageId));
  return answers;
}

describe.for(SERVERS)("%s", ([kind, start]) => {
  let server: Dovecot | Cyrus | undefined;
  let skipped = "";
  beforeAll(async () => {
    server = await orSkip((note) => {
      skipped = note;
    }, start);
  });
  afterAll(async () => {
    await server?.stop();
  });
  const running = (context: { skip: (note: string) => void }): Dovecot | Cyrus => {
    if (!server) context.skip(skipped);
    if (!server) throw new Error("skipped");
    return server;
  };

  test("C1, C6: every message of the corpus is stored, or refused with a reason", async (context) => {
    const { port } = running(context);
    const batch: Outgoing[] = [];
    for await (const { bytes } of corpusMessages())
      batch.push(out(batch.length, bytes, { flags: batch.length % 5 === 0 ? ["$Label1", "\\Seen"] : ["\\Seen"] }));
    const writer = await writerTo({ port }, "alice");
    const answers = await appendAll(writer, await mailboxNamed(writer, "INBOX"), batch);
    await writer.close();

    const client = await WireClient.login({ port }, "alice");
    await client.select("INBOX", "EXAMINE");
    const stored = new Map((await client.fetch()).map((one) => [one.uid, one]));
    await client.logout();
    const kept = answers.flatMap((answer, i) => (answer.kind === "appended" ? [{ answer, sent: batch[i] }] : []));
    expect(stored.size).toBe(kept.length);
    let exact = 0;
    for (const { answer, sent } of kept) {
      const there = stored.get(answer.uid ?? 0);
      expect(there, `message ${answer.messageId}`).toBeDefined();
      expect(there?.flags).toEqual([...(sent?.flags ?? [])].sort());
      expect(answer.flags).toEqual(sent?.flags);
      if (there?.bytes.equals(sent?.bytes ?? Buffer.alloc(0))) exact++;
    }
    const codes = answers.flatMap((answer) => (answer.kind === "refused" ? [answer.error.code] : []));
    // Dovecot refuses the empty message; Cyrus what it is told to find too large, NUL bytes, and headers that it cannot read.
    expect(new Set(codes)).toEqual(new Set(kind === "Dovecot" ? ["OP_REFUSED"] : ["MESSAGE_TOO_LARGE", "OP_REFUSED"]));
    expect(kept.length).toBeGreaterThan(kind === "Dovecot" ? 360 : 100);
    expect(exact).toBeGreaterThan(kind === "Dovecot" ? 200 : 100);
  });

  test("1,000 messages take one SELECT and a few APPENDs, and hardly any round trip", async (context) => {
    const { port } = running(context);
    await using proxy = await startProxy({ port });
    const writer = await writerTo(proxy, "bob");
    const inbox = await mailboxNamed(writer, "INBOX");
    proxy.reset();
    proxy.latency(40);
    const batch = Array.from({ length: 1_000 }, (_, i) => out(i, mail(`number ${i}`)));
    const began = performance.now();
    const answers = await appendAll(writer, inbox, batch);
    const seconds = (performance.now() - began) / 1_000;
    proxy.latency(0);
    expect(answers.every((answer) => answer.kind === "appended" && answer.uid !== null)).toBe(true);
    expect(proxy.counts().commands).toMatchObject({ SELECT: 1, APPEND: 10 });
    // A round trip for each would take 40 s, on any machine.
    expect(seconds).toBeLessThan(35);
    await writer.close();
  });

  test("a mailbox stays open between calls and is never closed by CLOSE; a reader's EXAMINE stays one", async (context) => {
    const { port } = running(context);
    await using proxy = await startProxy({ port });
    const writer = await writerTo(proxy, "carol");
    await writer.create("There");
    const inbox = await mailboxNamed(writer, "INBOX");
    const validity = inbox.status?.uidValidity ?? null;
    proxy.reset();
    await appendAll(writer, inbox, [out(0, mail("one"), { flags: ["\\Deleted"] }), out(1, mail("two"))]);
    const shown: Stored[] = [];
    for await (const page of writer.store(inbox, validity, [{ uids: [[2, 2]], add: ["\\Seen"], remove: [] }]))
      shown.push(...page);
    expect(shown).toMatchObject([{ kind: "shown", uid: 2, flags: ["\\Seen"], modseq: expect.any(BigInt) }]);
    const there = await mailboxNamed(writer, "There");
    const to = { mailbox: there, uidValidity: there.status?.uidValidity ?? null };
    expect(await writer.move(inbox, validity, [[2, 2]], to)).toEqual({ kind: "done", pairs: [[2, 1]] });
    await writer.rename(there, "Elsewhere");
    expect(proxy.counts().commands).toMatchObject({ SELECT: 1 });
    await appendAll(writer, await mailboxNamed(writer, "Elsewhere"), [out(2, mail("three"))]);
    await writer.rename(await mailboxNamed(writer, "Elsewhere"), "Again");
    expect(proxy.commands().filter((line) => /CLOSE|UNSELECT/i.test(line))).toHaveLength(1);
    expect(proxy.commands().filter((line) => / CLOSE/i.test(line))).toEqual([]);
    await writer.close();

    const reader = await remoteTo({ port }, "carol");
    const { messages } = await seen(reader, await mailboxNamed(reader, "INBOX"), { kind: "flags" });
    expect(messages).toMatchObject([{ uid: 1, flags: ["\\Deleted"] }]);
    await reader.close();
  });

  test("a mailbox that is gone ends the batch by name, a message that is too large is refused alone", async (context) => {
    const { port } = running(context);
    const writer = await writerTo({ port }, "dave");
    await writer.create("Short lived");
    const gone = await mailboxNamed(writer, "Short lived");
    await appendAll(writer, gone, [out(0, mail("one"))]);
    // Open here, and removed by somebody else meanwhile.
    const client = await WireClient.login({ port }, "dave");
    await client.delete("Short lived");
    await client.logout();
    const again = Array.from({ length: 3 }, (_, i) => out(i, mail(`late ${i}`)));
    await expect(appendAll(writer, gone, again)).rejects.toMatchObject({ code: "MAILBOX_GONE" });

    const large = mail("large", "0123456789\r\n".repeat(300_000));
    const inbox = await mailboxNamed(writer, "INBOX");
    const answers = await appendAll(writer, inbox, [out(0, mail("a")), out(1, large), out(2, mail("b"))]);
    expect(answers).toMatchObject([
      { kind: "appended" },
      { kind: "refused", error: { code: "MESSAGE_TOO_LARGE", scope: "message" } },
      { kind: "appended" },
    ]);
    await writer.close();
  });

  test("F2, trap 16: what a mailbox cannot keep is not sent, and an impossible keyword does not keep a message back", async (context) => {
    const { port } = running(context);
    const writer = await writerTo({ port }, "erin");
    const inbox = await mailboxNamed(writer, "INBOX");
    const flags = ["\\Recent", "\\Forwarded", "not an atom", "Brücke", "$Kept", "\\Flagged", "k".repeat(200)];
    const [answer] = await appendAll(writer, inbox, [out(0, mail("one"), { flags })]);
    const client = await WireClient.login({ port }, "erin");
    await client.select("INBOX", "EXAMINE");
    const [there] = await client.fetch();
    await client.logout();
    expect(there?.flags).toContain("\\Flagged");
    expect(answer).toMatchObject({ kind: "appended", uid: 1 });
    expect([...(answer?.kind === "appended" ? answer.flags : [])].sort()).toEqual(there?.flags);
    await writer.close();
  });

  test("a connection that breaks off in a batch is CONNECTION_LOST, and nothing is sent again", async (context) => {
    const { port } = running(context);
    await using proxy = await startProxy({ port });
    const writer = await writerTo(proxy, "frank");
    const inbox = await mailboxNamed(writer, "INBOX");
    proxy.cutAt("APPEND", "before-answer", 2);
    const batch = Array.from({ length: 300 }, (_, i) => out(i, mail(`number ${i}`)));
    await expect(appendAll(writer, inbox, batch)).rejects.toMatchObject({ code: "CONNECTION_LOST", retry: "now" });
    expect(proxy.counts().connections).toBe(1);
    const messages = (await mailboxNamed(writer, "INBOX")).status?.messages ?? 0;
    expect(messages).toBeLessThanOrEqual(300);
    await appendAll(writer, inbox, batch.slice(0, 1));
    // A server may still be at what had reached it when the line broke: all of it may come, and none of it twice but what was sent twice.
    const client = await WireClient.login({ port }, "frank");
    await client.select("INBOX", "EXAMINE");
    const subjects = (await client.fetch()).map(({ bytes }) => /number \d+/.exec(bytes.toString("latin1"))?.[0] ?? "");
    await client.logout();
    expect(subjects.length).toBeGreaterThanOrEqual(messages + 1);
    expect(subjects.length).toBeLessThanOrEqual(301);
    const others = subjects.filter((subject) => subject !== "number 0");
    expect(new Set(others).size).toBe(others.length);
    expect(subjects.length - others.length).toBeLessThanOrEqual(2);
    await writer.close();
  });
});

test("where each literal has to wait for the server, several connections share a batch, in order", async (context) => {
  const started = await orSkip(context.skip, () => startDovecot({ hide: ["LITERAL+", "MULTIAPPEND"] }));
  if (started === undefined) return;
  await using server = started;
  await using proxy = await startProxy(server);
  const writer = await writerTo(proxy, "alice", { connections: 4 });
  const inbox = await mailboxNamed(writer, "INBOX");
  const batch = Array.from({ length: 120 }, (_, i) => out(i, mail(`number ${i}`)));
  const answers = await appendAll(writer, inbox, batch);
  expect(new Set(answers.map((answer) => (answer.kind === "appended" ? answer.uid : null))).size).toBe(120);
  expect(proxy.counts()).toMatchObject({ mostAtOnce: 4, commands: { APPEND: 120 } });
  // One that breaks off ends the batch, whichever it is.
  proxy.cutAt("APPEND", "before-answer", 70);
  await expect(appendAll(writer, inbox, batch)).rejects.toMatchObject({ code: "CONNECTION_LOST" });
  await writer.close();
});

test("back-pressure: 60 MB go out over TLS and over COMPRESS, byte for byte", { timeout: 60_000 }, async (context) => {
  const started = await orSkip(context.skip, () => startDovecot({ compress: true }));
  if (started === undefined) return;
  await using server = started;
  const ca = readFileSync(server.caFile, "utf8");
  const batch = Array.from({ length: 20 }, (_, i) => out(i, mail(`n ${i}`, `${i} 0123456789\r\n`.repeat(220_000))));
  for (const [user, options] of [
    ["alice", { port: server.tlsPort, security: "tls", ca }],
    ["bob", { port: server.port, compression: "on" }],
  ] as const) {
    const writer = await writerTo(server, user, options);
    const inbox = await mailboxNamed(writer, "INBOX");
    const answers = await appendAll(writer, inbox, batch);
    expect(answers.every(({ kind }) => kind === "appended")).toBe(true);
    for (const one of await fetched(writer, inbox, [[1, 20]]))
      expect(one.kind === "message" && one.bytes.equals(batch[one.uid - 1]?.bytes ?? Buffer.alloc(0))).toBe(true);
    await writer.close();
  }
});

const SMALL: readonly (readonly [string, () => Promise<Dovecot | Cyrus>])[] = [
  ["Dovecot", () => startDovecot({ quotaKb: 64 })],
  ["Cyrus", () => startCyrus({ users: ["alice"], quotaKb: 64 })],
];

test.for(SMALL)("%s: an account that is full is QUOTA_EXCEEDED, message by message", async ([, start], context) => {
  const full = await orSkip(context.skip, start);
  if (full === undefined) return;
  await using server = full;
  const writer = await writerTo(server, "alice");
  const batch = Array.from({ length: 250 }, (_, i) => out(i, mail(`number ${i}`, "0123456789\r\n".repeat(1_000))));
  const answers = await appendAll(writer, await mailboxNamed(writer, "INBOX"), batch);
  const refused = answers.flatMap((answer) => (answer.kind === "refused" ? [answer.error] : []));
  expect(refused.length).toBeGreaterThan(240);
  expect(refused.length).toBeLessThan(250);
  expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(["QUOTA_EXCEEDED"]));
  expect((await mailboxNamed(writer, "INBOX")).status?.messages).toBe(250 - refused.length);
  await writer.close();
});
