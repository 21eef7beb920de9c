// Bodies under trouble, against a real Dovecot behind the proxy: cuts, silence, poison, several connections, Ctrl-C. Every message must
// come exactly once, whatever breaks.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import type { Fetched } from "@packetboat/core";
import {
  type CountingProxy,
  corpusMessages,
  type Dovecot,
  orSkip,
  startDovecot,
  startPoisoned,
  startProxy,
  until,
  WireClient,
} from "@packetboat/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { fetched, identified, mail, mailboxNamed, remoteTo } from "./remote-fixture.ts";

const MESSAGES = 30;
let server: Dovecot | undefined;
let proxy: CountingProxy;
let skipped = "";

beforeAll(async () => {
  server = await orSkip((note) => {
    skipped = note;
  }, startDovecot);
  if (!server) return;
  await using client = await WireClient.login(server, "alice");
  for (let i = 1; i <= MESSAGES; i++)
    await client.append("INBOX", mail(`n${i}`, `${"x".repeat(70)}\r\n`.repeat(40 * i)));
});
afterAll(async () => {
  await server?.stop();
});
beforeEach(async (context) => {
  if (!server) return context.skip(skipped);
  proxy = await startProxy(server);
});
afterEach(async () => {
  await proxy?.stop();
});

/** Many small messages by doubling: `count` is 3 times a power of two. */
async function fill(client: WireClient, count: number): Promise<void> {
  for (let i = 0; i < 3; i++) await client.append("INBOX", mail("small"));
  await client.select("INBOX");
  for (let have = 3; have < count; have *= 2) await client.copy("1:*", "INBOX");
}

const all = Array.from({ length: MESSAGES }, (_, i) => i + 1);
const uidsOf = (answers: readonly Fetched[], kind: Fetched["kind"] = "message") =>
  answers.filter((one) => one.kind === kind).map(({ uid }) => Number(uid));

test("one long FETCH, each body once", async () => {
  const remote = await remoteTo(proxy, "alice");
  const inbox = await mailboxNamed(remote, "INBOX");
  proxy.reset();
  const answers = await fetched(remote, inbox, [[1, MESSAGES]]);
  expect(uidsOf(answers)).toEqual(all);
  expect(proxy.counts()).toMatchObject({ bodies: MESSAGES, connections: 0, commands: { EXAMINE: 1, "UID FETCH": 1 } });
  for (const one of answers)
    if (one.kind === "message") expect(one.digests.sha256).toBe(createHash("sha256").update(one.bytes).digest("hex"));
  await remote.close();
});

test("trap 28: a cut in the middle of a body costs one more connection and one more body", async () => {
  const remote = await remoteTo(proxy, "alice");
  const inbox = await mailboxNamed(remote, "INBOX");
  proxy.reset();
  proxy.cutMidLiteral(11);
  expect(uidsOf(await fetched(remote, inbox, [[1, MESSAGES]]))).toEqual(all);
  expect(proxy.struck()).toBe(1);
  expect(proxy.counts().connections).toBe(1);
  // What the server had already sent beyond the cut was in flight and is asked for again, nothing else.
  expect(proxy.commands("UID FETCH").at(-1)).toMatch(/ 12:30 /);
  await remote.close();
});

test("trap 28: a message that breaks every connection is listed as unreadable, the others come", async () => {
  await using poisoned = await startPoisoned(server?.port ?? 0, "Subject: n7\r\n");
  const remote = await remoteTo(poisoned, "alice");
  const inbox = await mailboxNamed(remote, "INBOX");
  const answers = await fetched(remote, inbox, [[1, MESSAGES]]);
  expect(uidsOf(answers)).toEqual(all.filter((uid) => uid !== 7));
  const failed = answers.find(({ kind }) => kind === "failed");
  expect(failed).toMatchObject({ uid: 7, error: { code: "MESSAGE_UNREADABLE", scope: "message", retry: "later" } });
  if (failed?.kind === "failed") expect(failed.bytes).toBeGreaterThan(19_000);
  expect(answers).toHaveLength(MESSAGES);
  // The first, one for the suspect alone, one for the rest.
  expect(poisoned.connections()).toBe(3);
  // U3: a rekey of this mailbox is not stuck either, it only does not see that one.
  const identities = await identified(remote, inbox, [[1, MESSAGES]]);
  expect(identities.map(({ uid }) => Number(uid))).toEqual(all.filter((uid) => uid !== 7));
  await remote.close();
});

test("a single message that breaks the connection once comes at the second try", async () => {
  const remote = await remoteTo(proxy, "alice");
  const inbox = await mailboxNamed(remote, "INBOX");
  proxy.cutMidLiteral(1);
  expect(uidsOf(await fetched(remote, inbox, [[5, 5]]))).toEqual([5]);
  await remote.close();
});

test("a server that falls silent in the middle of a body is left for a new connection", async () => {
  const remote = await remoteTo(proxy, "alice", { limits: { silenceMs: 300, goodbyeMs: 100 } });
  const inbox = await mailboxNamed(remote, "INBOX");
  proxy.stallMidLiteral(3);
  expect(uidsOf(await fetched(remote, inbox, [[1, MESSAGES]]))).toEqual(all);
  await remote.close();
});

test("a line that breaks at every message is a lost connection, not thirty broken messages", async () => {
  await using poisoned = await startPoisoned(server?.port ?? 0, "BODY[] {");
  const remote = await remoteTo(poisoned, "alice");
  const inbox = await mailboxNamed(remote, "INBOX");
  await expect(fetched(remote, inbox, [[1, MESSAGES]])).rejects.toMatchObject({
    code: "CONNECTION_LOST",
    scope: "account",
  });
  expect(poisoned.connections()).toBeLessThan(15);
  await remote.close();
});

test("a server that is gone ends the fetch as UNREACHABLE, after what had come", async () => {
  const remote = await remoteTo(proxy, "alice");
  const inbox = await mailboxNamed(remote, "INBOX");
  const came: number[] = [];
  proxy.stallMidLiteral(5);
  const reading = (async () => {
    for await (const one of remote.fetch(inbox, inbox.status?.uidValidity ?? null, [[1, MESSAGES]])) {
      came.push(one.uid);
      if (came.length === 3) await proxy.stop();
    }
  })();
  await expect(reading).rejects.toMatchObject({ code: "UNREACHABLE" });
  expect(came).toEqual(all.slice(0, came.length));
  await remote.close();
});

test("several connections share the messages, each comes once", async () => {
  if (!server) return;
  {
    await using client = await WireClient.login(server, "bob");
    await fill(client, 1_536);
  }
  proxy.latency(24);
  const remote = await remoteTo(proxy, "bob");
  const inbox = await mailboxNamed(remote, "INBOX");
  const answers = await fetched(remote, inbox, [[1, 1_536]]);
  expect(uidsOf(answers)).toEqual(Array.from({ length: 1_536 }, (_, i) => i + 1));
  expect(proxy.counts().mostAtOnce).toBe(3);
  expect(proxy.counts().bodies).toBe(1_536);
  await remote.close();
  const one = await remoteTo(proxy, "bob", { connections: 1 });
  proxy.reset();
  for await (const _ of one.fetch(inbox, null, [[1, 1_536]]));
  expect(proxy.counts().mostAtOnce).toBe(1);
  await one.close();
});

test("a server that gives one connection only is read over one", async (context) => {
  const strict = await orSkip(context.skip, () => startDovecot({ extraConfig: "mail_max_userip_connections = 1" }));
  if (!strict) return;
  await using _ = strict;
  const client = await WireClient.login(strict, "bob");
  await fill(client, 1_536);
  await client.logout();
  const warned: unknown[] = [];
  const log = { debug: () => undefined, warn: (fields: object) => warned.push(fields) };
  // Dovecot counts a connection for a moment after it has said goodbye.
  const remote = await vi.waitFor(() => remoteTo(strict, "bob", { connections: 2, log }), { timeout: 20_000 });
  warned.length = 0;
  expect(uidsOf(await fetched(remote, await mailboxNamed(remote, "INBOX"), [[1, 1_536]]))).toHaveLength(1_536);
  expect(warned).toHaveLength(1);
  await remote.close();
});

test("Ctrl-C ends a fetch at once as INTERRUPTED, also while the consumer works", async () => {
  const abort = new AbortController();
  const remote = await remoteTo(proxy, "alice", { signal: abort.signal });
  const inbox = await mailboxNamed(remote, "INBOX");
  proxy.stallMidLiteral(2);
  const iterator = remote.fetch(inbox, null, [[1, MESSAGES]])[Symbol.asyncIterator]();
  expect((await iterator.next()).value).toMatchObject({ uid: 1 });
  const next = iterator.next();
  const began = performance.now();
  abort.abort();
  await expect(next).rejects.toMatchObject({ code: "INTERRUPTED" });
  // Silence would be waited for 90 s.
  expect(performance.now() - began).toBeLessThan(30_000);
  await expect(remote.list()).rejects.toMatchObject({ code: "INTERRUPTED" });
  await remote.close();
});

test("a consumer that leaves early leaves a Remote that works", async () => {
  const remote = await remoteTo(proxy, "alice");
  const inbox = await mailboxNamed(remote, "INBOX");
  for await (const one of remote.fetch(inbox, null, [[1, MESSAGES]])) if (one.uid === 2) break;
  for await (const part of remote.observe(inbox, { kind: "flags" })) if (part.kind === "messages") break;
  expect(uidsOf(await fetched(remote, inbox, [[4, 6]]))).toEqual([4, 5, 6]);
  await remote.close();
});

test("questions inside an open fetch go over another connection", async () => {
  const remote = await remoteTo(proxy, "alice");
  const inbox = await mailboxNamed(remote, "INBOX");
  for await (const one of remote.fetch(inbox, null, [[1, 2]])) {
    expect((await remote.status(inbox))?.messages).toBe(MESSAGES);
    expect(one.kind).toBe("message");
  }
  await remote.close();
});

test("a connection that the server closed in silence is replaced", async () => {
  const remote = await remoteTo(proxy, "alice");
  const inbox = await mailboxNamed(remote, "INBOX");
  proxy.cutAll();
  expect((await remote.status(inbox))?.messages).toBe(MESSAGES);
  proxy.cutAt("EXAMINE", "before-answer");
  expect(uidsOf(await fetched(remote, inbox, [[1, 2]]))).toEqual([1, 2]);
  proxy.cutAt("LIST", "before-answer");
  expect(await remote.list()).not.toHaveLength(0);
  await remote.close();
});

test("back-pressure: nothing more is read while the consumer works (I4); a message of 40 MB passes", async () => {
  if (!server) return;
  const big = mail("big", `${"y".repeat(76)}\r\n`.repeat(40 * 13_700));
  await server.doveadm(["save", "-u", "carol", "-m", "INBOX"], { input: big });
  await server.doveadm(["save", "-u", "carol", "-m", "INBOX"], { input: big });
  const remote = await remoteTo(proxy, "carol");
  const inbox = await mailboxNamed(remote, "INBOX");
  let read = 0;
  for await (const one of remote.fetch(inbox, null, [[1, 2]])) {
    if (one.kind !== "message") throw new Error(one.kind);
    expect(one.bytes.length).toBe(big.length);
    expect(one.bytes.equals(big)).toBe(true);
    if (read++ > 0) continue;
    let before = -1;
    await until(async () => {
      const now = proxy.counts().bytesFromServer;
      const quiet = now === before;
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return quiet;
    }, "the server's bytes to stop");
    // The first message, the buffers of proxy and kernel, and no more.
    expect(before).toBeLessThan(big.length * 1.7);
  }
  expect(read).toBe(2);
  await remote.close();
});

test("the corpus comes as the server hands it out, byte for byte", async (context) => {
  const { port } = server ?? { port: 0 };
  const corpus = await orSkip(context.skip, async () => {
    const messages = [];
    for await (const message of corpusMessages()) messages.push(message);
    return messages;
  });
  if (!corpus) return;
  await using client = await WireClient.login({ port }, "dave");
  for (const { bytes } of corpus) await client.command("APPEND INBOX ", bytes);
  await client.select("INBOX", "EXAMINE");
  const expected = await client.fetch();
  expect(expected.length).toBeGreaterThan(corpus.length - 5);
  const remote = await remoteTo(proxy, "dave");
  const answers = await fetched(remote, await mailboxNamed(remote, "INBOX"), [[1, 4_000]]);
  const messages = answers.filter((one) => one.kind === "message");
  expect(messages.map(({ uid }) => uid)).toEqual(expected.map(({ uid }) => uid));
  messages.forEach(({ bytes }, i) => {
    expect(bytes.equals(expected[i]?.bytes ?? Buffer.alloc(0)), `uid ${expected[i]?.uid}`).toBe(true);
  });
  await remote.close();
});

test("a process that is done ends by itself, closed or not", async () => {
  const script = `
    import { connectRemote } from "@packetboat/imap";
    const remote = await connectRemote({ host: "127.0.0.1", port: ${proxy.port}, security: "none", user: "alice",
      auth: { kind: "password", password: "pass" } });
    await remote.list();
    await remote.close();
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    console.log("done", process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name)).length);`;
  const cwd = new URL("../../engine/", import.meta.url);
  const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { cwd, timeout: 10_000 });
  expect((await run).stdout).toBe("done 0\n");
});
