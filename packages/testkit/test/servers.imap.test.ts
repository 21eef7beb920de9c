// Each real server starts quickly, keeps bytes, announces what the engine's tests rely on, and leaves nothing behind.
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import {
  cachedMaildir,
  MASTER_USER,
  orSkip,
  startCourier,
  startCyrus,
  startDovecot,
  startProxy,
  type TestServer,
  until,
  WireClient,
} from "../src/index.ts";

// No 8-bit byte in the header: Cyrus as it comes (munge8bit) stores an X for each of them at APPEND.
const BYTES = Buffer.from(
  "From: a@example.com\r\nSubject: bytes\r\n\r\n8-bit \xe9\xff\r\n.\r\nlast line without end",
  "latin1",
);
const DATE = "01-Feb-2020 10:11:12 +0000";

const servers: readonly (readonly [string, () => Promise<TestServer>])[] = [
  ["dovecot sdbox", () => startDovecot()],
  ["dovecot maildir", () => startDovecot({ format: "maildir" })],
  ["cyrus", () => startCyrus()],
];

test.for(servers)("%s starts within 2 s, keeps bytes, and leaves nothing behind", async ([name, start], context) => {
  const server = await orSkip(context.skip, start);
  if (!server) return;
  try {
    console.info(`${name} ${server.version}: greeting after ${Math.round(server.startedInMs)} ms`);
    expect(server.startedInMs).toBeLessThan(2_000);
    for (const target of [{ port: server.port }, { port: server.tlsPort, trust: server.caFile }]) {
      await using client = await WireClient.login(target, "alice");
      expect(await client.capabilities()).toEqual(
        expect.arrayContaining([
          "QRESYNC",
          "CONDSTORE",
          "LIST-STATUS",
          "UIDPLUS",
          "MOVE",
          "SPECIAL-USE",
          "NAMESPACE",
          "ENABLE",
        ]),
      );
      const made = await client.append("INBOX", BYTES, { flags: ["\\Seen", "$Label1"], date: DATE });
      const mailbox = await client.select("INBOX");
      expect(made?.uidValidity).toBe(mailbox.uidValidity);
      const found = (await client.fetch(String(made?.uid)))[0];
      expect(found?.bytes.equals(BYTES)).toBe(true);
      expect(found?.flags).toEqual(["$Label1", "\\Seen"]);
      expect(found?.internalDate.trim()).toMatch(/^0?1-Feb-2020 10:11:12 \+0000$/);
    }
  } finally {
    await server.stop();
  }
  expect(server.alive()).toBe(false);
  expect(existsSync(server.root)).toBe(false);
});

test.for(servers)("%s obeys the client of the tests", async ([, start], context) => {
  const server = await orSkip(context.skip, start);
  if (!server) return;
  await using _ = server;
  await using client = await WireClient.login(server, "alice");
  await client.create("Büro & Co/東京");
  await client.subscribe("Büro & Co/東京");
  expect((await client.list()).map((one) => one.name)).toContain("Büro & Co/東京");
  expect((await client.list("LSUB")).map((one) => one.name)).toContain("Büro & Co/東京");
  for (let i = 0; i < 3; i += 1) await client.append("INBOX", Buffer.concat([BYTES, Buffer.from(String(i))]));
  await client.select("INBOX");
  const [first, second, third] = await client.uids();
  await client.store(`${first}`, "+FLAGS", ["\\Flagged"]);
  await client.move(`${second}`, "Büro & Co/東京");
  await client.expunge(`${third}`);
  expect((await client.fetch()).map((one) => [one.uid, one.flags])).toEqual([[first, ["\\Flagged"]]]);
  await client.rename("Büro & Co/東京", "Moved");
  expect((await client.select("Moved")).exists).toBe(1);
  expect((await client.fetch())[0]?.bytes.equals(Buffer.concat([BYTES, Buffer.from("1")]))).toBe(true);
  await client.select("INBOX");
  await client.delete("Moved");
  expect((await client.list()).map((one) => one.name)).not.toContain("Moved");
});

test("dovecot hides capabilities, shares mailboxes, and puts mail back", async (context) => {
  const server = await orSkip(context.skip, () =>
    startDovecot({ hide: ["QRESYNC", "CONDSTORE"], publicNamespace: true, sharedNamespace: true, quotaKb: 50 }),
  );
  if (!server) return;
  await using _ = server;
  const alice = await WireClient.login(server, "alice");
  const told = await alice.capabilities();
  expect(told).not.toContain("QRESYNC");
  expect(told).not.toContain("CONDSTORE");
  expect(told).toContain("LIST-STATUS");
  await alice.create("Work");
  await alice.append("Work", BYTES);
  await server.doveadm(["acl", "set", "-u", "alice", "Work", "user=bob", "lookup", "read"]);
  await server.doveadm(["mailbox", "create", "-u", "alice", "Public/News"]);
  await server.snapshot("alice", "one"); // ends alice's connection
  await expect(alice.command("NOOP")).rejects.toThrow();
  await using bob = await WireClient.login(server, "bob");
  expect((await bob.list()).map((one) => one.name)).toEqual(
    expect.arrayContaining(["Public/News", "Shared/alice/Work"]),
  );
  expect((await bob.select("Shared/alice/Work")).exists).toBe(1);
  await server.reset("alice");
  await using empty = await WireClient.login(server, "alice");
  expect((await empty.list()).map((one) => one.name)).not.toContain("Work");
  expect((await empty.command("APPEND INBOX ", Buffer.alloc(100_000, "x\r\n"))).code).toBe("OVERQUOTA");
  await server.restore("alice", "one");
  await using back = await WireClient.login(server, "alice");
  await back.select("Work");
  expect((await back.fetch())[0]?.bytes.equals(BYTES)).toBe(true);
});

test("cyrus shares mailboxes and hides capabilities", async (context) => {
  const server = await orSkip(context.skip, () => startCyrus({ hide: ["QRESYNC"] }));
  if (!server) return;
  await using _ = server;
  await server.share("news", "alice", "lrs");
  await server.addUser("carol");
  await using alice = await WireClient.login(server, "alice");
  expect(await alice.capabilities()).not.toContain("QRESYNC");
  expect((await alice.list()).map((one) => one.name)).toContain("Shared Folders/news");
  await alice.append("INBOX", BYTES);
  await server.reset("alice");
  await using again = await WireClient.login(server, "alice");
  expect((await again.select("INBOX")).exists).toBe(0);
  await using carol = await WireClient.login(server, "carol");
  expect((await carol.select("INBOX")).exists).toBe(0);
});

test("courier starts within 2 s, lacks what the others have, takes a Maildir, and leaves nothing behind", async (context) => {
  const server = await orSkip(context.skip, () => startCourier({ hide: ["QUOTA"] }));
  if (!server) return;
  try {
    console.info(`courier ${server.version}: greeting after ${Math.round(server.startedInMs)} ms`);
    expect(server.startedInMs).toBeLessThan(2_000);
    const bytes = Buffer.concat([BYTES, Buffer.from("\r\n")]); // it would end the last line by itself
    for (const target of [{ port: server.port }, { port: server.tlsPort, trust: server.caFile }]) {
      await using client = await WireClient.login(target, "alice");
      const told = await client.capabilities();
      expect(told).toEqual(expect.arrayContaining(["UIDPLUS", "NAMESPACE", "IDLE"]));
      for (const name of ["QUOTA", "CONDSTORE", "LITERAL+", "MOVE", "UNSELECT", "SPECIAL-USE", "LIST-EXTENDED"])
        expect(told).not.toContain(name);
      const made = await client.append("INBOX", bytes, { flags: ["\\Seen", "$Label1"], date: DATE });
      await client.select("INBOX");
      const found = (await client.fetch(String(made?.uid)))[0];
      expect(found?.bytes.equals(bytes)).toBe(true);
      expect(found?.flags).toEqual(["$Label1", "\\Seen"]);
      expect(found?.internalDate.trim()).toMatch(/^0?1-Feb-2020 10:11:12 \+0000$/);
    }
    await server.addUser("carol");
    await server.load("carol", await cachedMaildir("tiny"));
    const carol = await WireClient.login(server, "carol");
    expect((await carol.list()).map((one) => one.name)).toEqual(expect.arrayContaining(["INBOX", "INBOX.Sent"]));
    expect((await carol.select("INBOX.Sent")).exists).toBe(106);
    await carol.logout();
    await server.reset("carol");
    await using empty = await WireClient.login(server, "carol");
    expect((await empty.list()).map((one) => one.name)).toEqual(["INBOX"]);
  } finally {
    await server.stop();
  }
  expect(server.alive()).toBe(false);
  expect(existsSync(server.root)).toBe(false);
});

test("the proxy counts, and cuts where it is told", async (context) => {
  const server = await orSkip(context.skip, () => startDovecot());
  if (!server) return;
  await using _ = server;
  await using proxy = await startProxy(server);
  const big = Buffer.alloc(300_000, "0123456789abcdef\r\n");
  const first = await WireClient.login(proxy, "alice");
  for (let i = 0; i < 3; i += 1) await first.append("INBOX", big);
  await first.select("INBOX");
  expect((await first.fetch()).every((one) => one.bytes.equals(big))).toBe(true);
  expect(proxy.counts()).toMatchObject({
    connections: 1,
    mostAtOnce: 1,
    bodies: 3,
    bodyBytes: 900_000,
    unreadable: 0,
    commands: { LOGIN: 1, APPEND: 3, SELECT: 1, "UID FETCH": 1 },
  });
  expect(proxy.commands("LOGIN")).toEqual(["w1 LOGIN <hidden>"]);
  expect(proxy.commands("APPEND")[0]).toBe('w2 APPEND "INBOX" {300000}');

  proxy.cutMidLiteral(2);
  await expect(first.fetch()).rejects.toThrow();
  expect(proxy.counts().bodies).toBe(5);
  const second = await WireClient.login(proxy, "alice");
  await second.select("INBOX");
  proxy.cutAt("APPEND", "before-answer");
  await expect(second.append("INBOX", BYTES)).rejects.toThrow();
  const third = await WireClient.login(proxy, "alice");
  expect((await third.select("INBOX")).exists).toBe(4); // the server had done it

  const unsent = proxy.holdAt(/ CREATE "Held"/, "unsent");
  const made = third.create("Held");
  await unsent.there;
  await using witness = await WireClient.login(server, "alice");
  expect((await witness.list()).map(({ name }) => name)).not.toContain("Held");
  unsent.release();
  await made;
  const unread = proxy.holdAt(/ DELETE /, "before-answer");
  const gone = third.delete("Held");
  await unread.there;
  expect((await witness.list()).map(({ name }) => name)).not.toContain("Held");
  unread.release();
  await gone;
  proxy.cutAt("APPEND", "unsent");
  await expect(third.append("INBOX", BYTES)).rejects.toThrow();
  const fourth = await WireClient.login(proxy, "alice");
  expect((await fourth.select("INBOX")).exists).toBe(4);
  proxy.cutAt("SELECT", "after-answer");
  expect((await fourth.select("INBOX")).exists).toBe(4);
  await expect(fourth.command("NOOP")).rejects.toThrow();
  expect(proxy.struck()).toBe(4);

  const fifth = await WireClient.login(proxy, "alice");
  await fifth.select("INBOX");
  proxy.reset();
  proxy.cutAfterBytes(450_000);
  await expect(fifth.fetch()).rejects.toThrow();
  expect(proxy.counts().bodies).toBe(2);
  const sixth = await WireClient.login(proxy, "alice");
  await sixth.select("INBOX");
  proxy.reset();
  proxy.stallMidLiteral();
  const slow = sixth.fetch();
  await until(() => proxy.struck() === 1, "the stall");
  proxy.resume();
  expect((await slow).length).toBe(4);
  await sixth.logout();
});

test("the proxy delays by the round trip it is told", async (context) => {
  const server = await orSkip(context.skip, () => startDovecot());
  if (!server) return;
  await using _ = server;
  await using proxy = await startProxy(server);
  proxy.latency(40);
  const began = performance.now();
  await using client = await WireClient.login(proxy, "alice");
  await client.command("NOOP");
  const took = performance.now() - began;
  // Connecting costs two round trips until the greeting, each command one.
  expect(took).toBeGreaterThan(155);
});

test("dovecot lets in by password, token and as another user, and refuses the rest", async (context) => {
  const server = await orSkip(context.skip, () => startDovecot({ oauth: true }));
  if (!server) return;
  await using _ = server;
  const bearer = (token: string) => Buffer.from(`user=alice\x01auth=Bearer ${token}\x01\x01`).toString("base64");
  const plain = (...parts: string[]) => Buffer.from(parts.join("\0")).toString("base64");
  for (const [line, status] of [
    [`AUTHENTICATE XOAUTH2 ${bearer(server.token("alice"))}`, "OK"],
    [`AUTHENTICATE PLAIN ${plain("alice", MASTER_USER, "pass")}`, "OK"],
    [`AUTHENTICATE PLAIN ${plain("", "alice", "pass")}`, "OK"],
    [`AUTHENTICATE PLAIN ${plain("", "alice", "wrong")}`, "NO"],
    ["LOGIN alice wrong", "NO"],
  ] as const) {
    const client = await WireClient.connect({ port: server.port });
    const answer = await client.command(line);
    expect([line, answer.status]).toEqual([line, status]);
    if (status === "NO") expect(answer.code).toBe("AUTHENTICATIONFAILED");
    await client.logout();
  }
  // RFC 7628 3.2.3: the server explains in a challenge why a token failed, and the client answers it with an empty line.
  await using client = await WireClient.connect({ port: server.port });
  const answer = await client.challenge(`AUTHENTICATE XOAUTH2 ${bearer(server.token("alice", -60))}`, "");
  expect(answer.status).toBe("NO");
});
