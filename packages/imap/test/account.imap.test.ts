// Sign-in, names and looks against Dovecot and Cyrus, with the commands counted at the wire.
import { readFileSync } from "node:fs";
import { fingerprintOf } from "@packetboat/core";
import {
  type Cyrus,
  type Dovecot,
  MASTER_USER,
  orSkip,
  PASSWORD,
  startCyrus,
  startDovecot,
  startProxy,
  WireClient,
} from "@packetboat/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeAccount } from "../src/index.ts";
import { complete, fetched, identified, mail, mailboxNamed, remoteTo, seen } from "./remote-fixture.ts";

const SERVERS: readonly (readonly ["Dovecot" | "Cyrus", () => Promise<Dovecot | Cyrus>])[] = [
  ["Dovecot", () => startDovecot()],
  ["Cyrus", () => startCyrus({ users: ["alice", "bob", "carol", "dave", "erin", "frank"] })],
] as const;

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

  test("signs in by TLS, by STARTTLS and in clear, with PLAIN and with LOGIN", async (context) => {
    const { port, tlsPort, caFile } = running(context);
    const ca = readFileSync(caFile, "utf8");
    for (const mechanism of ["plain", "login"] as const) {
      const auth = { kind: "password", password: PASSWORD, mechanism } as const;
      for (const options of [
        { port: tlsPort, security: "tls", ca },
        { port, security: "starttls", ca },
        { port, security: "none" },
      ] as const) {
        const remote = await remoteTo(options, "alice", { auth, ...options });
        expect(remote.capabilities).toMatchObject({ condstore: true, qresync: true, move: true, uidplus: true });
        expect((await remote.list()).map(({ name }) => name)).toContain("INBOX");
        await remote.close();
      }
    }
  });

  test("a certificate of an unknown authority is refused, by TLS and by STARTTLS", async (context) => {
    const { port, tlsPort } = running(context);
    for (const options of [
      { port: tlsPort, security: "tls" },
      { port, security: "starttls" },
    ] as const)
      await expect(remoteTo(options, "alice", options)).rejects.toMatchObject({ code: "TLS_REFUSED" });
  });

  test("a wrong password is AUTH_REJECTED after one try", async (context) => {
    const { port } = running(context);
    await using proxy = await startProxy({ port });
    const auth = { kind: "password", password: "wrong" } as const;
    await expect(remoteTo(proxy, "alice", { auth })).rejects.toMatchObject({ code: "AUTH_REJECTED", retry: "never" });
    expect(proxy.counts().connections).toBe(1);
  });

  test("names, roles, subscriptions and STATUS come in one LIST; a run without changes takes four commands", async (context) => {
    const { port } = running(context);
    const client = await WireClient.login({ port }, "bob");
    const odd = kind === "Dovecot" ? ['quo"te', "back\\slash", "star*", "per%cent"] : [];
    for (const name of ["Büro & Co", "Büro & Co/東京", "a b", "&", "Parent/Child", ...odd]) await client.create(name);
    await client.subscribe("Büro & Co");
    await client.append("Büro & Co/東京", mail("one"));
    await client.logout();

    await using proxy = await startProxy({ port });
    const remote = await remoteTo(proxy, "bob");
    const list = await remote.list();
    await remote.close();
    const commands = proxy.commands().map((line) => line.split(" ").slice(1, 2).join(" ").toUpperCase());
    expect(commands).toEqual(["AUTHENTICATE", "NAMESPACE", "LIST", "LOGOUT"]);

    const byName = new Map(list.map((mailbox) => [mailbox.name, mailbox]));
    expect([...byName.keys()]).toEqual([...byName.keys()].sort());
    expect(byName.get("INBOX")).toMatchObject({
      path: ["INBOX"],
      role: "inbox",
      selectable: true,
      namespace: "personal",
    });
    expect(byName.get("Büro & Co/東京")).toMatchObject({
      path: ["Büro & Co", "東京"],
      role: null,
      subscribed: false,
      status: { messages: 1, uidNext: 2 },
    });
    expect(byName.get("Büro & Co")?.subscribed).toBe(true);
    expect(byName.get("a b")?.path).toEqual(["a b"]);
    expect(byName.get("&")?.path).toEqual(["&"]);
    for (const name of odd) expect(byName.get(name)?.path).toEqual([name]);
    for (const mailbox of list.filter(({ selectable }) => selectable)) {
      expect(mailbox.status?.highestModseq, mailbox.name).toBeTypeOf("bigint");
      expect(mailbox.status?.uidValidity, mailbox.name).toBeTypeOf("bigint");
      // Cyrus 3.6.1 would give another wrong one each time.
      expect(mailbox.mailboxId).toBeNull();
    }
  });

  test("a look tells who is there; marks of LIST, STATUS and EXAMINE agree; nothing is marked as read (trap 43)", async (context) => {
    const { port } = running(context);
    const client = await WireClient.login({ port }, "carol");
    const flagged = ["\\Flagged", "$Label1"];
    for (let i = 0; i < 5; i++) await client.append("INBOX", mail(`n${i}`), i === 0 ? { flags: flagged } : {});
    await client.select("INBOX");
    await client.expunge("3");

    const remote = await remoteTo({ port }, "carol");
    const inbox = await mailboxNamed(remote, "INBOX");
    const list = await seen(remote, inbox, { kind: "list" });
    expect(list.end.listed).toEqual([
      [1, 2],
      [4, 5],
    ]);
    expect(list.marks).toEqual(inbox.status);
    expect(await remote.status(inbox)).toEqual(inbox.status);
    const flags = await seen(remote, inbox, { kind: "flags" });
    expect(flags.messages.map(({ uid }) => uid)).toEqual([1, 2, 4, 5]);
    expect(flags.messages[0]?.flags).toEqual(["$Label1", "\\Flagged"]);
    expect(flags.messages.every(({ modseq }) => modseq !== null)).toBe(true);
    for (const one of await fetched(remote, inbox, [[1, 9]]))
      if (one.kind === "message") expect(one.flags).not.toContain("\\Seen");
    await client.select("INBOX");
    expect((await client.fetch()).flatMap((message) => message.flags)).not.toContain("\\Seen");
    await client.logout();
    await remote.close();
  });

  test("a delta shows changes, arrivals and removals, in two commands, and nothing else (I2, traps 8, 9, 12)", async (context) => {
    const { port } = running(context);
    const client = await WireClient.login({ port }, "dave");
    for (let i = 0; i < 20; i++) await client.append("INBOX", mail(`n${i}`));
    await using proxy = await startProxy({ port });
    const remote = await remoteTo(proxy, "dave");
    const inbox = await mailboxNamed(remote, "INBOX");
    const before = await seen(remote, inbox, { kind: "flags" });
    const since = complete({ ...before.marks });

    proxy.reset();
    const quiet = await seen(remote, inbox, { kind: "delta", since });
    expect(quiet.messages).toEqual([]);
    expect(quiet.end).toEqual({ kind: "end", listed: null, arrived: [], vanished: [] });
    // trap 8: `n:*` beyond the last message would have shown the last one.
    expect(proxy.counts().commands).toEqual({ EXAMINE: 1 });

    await client.select("INBOX");
    // trap 9: the highest one too.
    await client.expunge("7,20");
    await client.store("3", "+FLAGS", ["\\Answered"]);
    await client.append("INBOX", mail("new"));
    proxy.reset();
    const delta = await seen(remote, inbox, { kind: "delta", since });
    expect(delta.messages.map(({ uid, flags }) => [uid, flags])).toEqual([
      [3, ["\\Answered"]],
      [21, []],
    ]);
    expect(delta.end).toEqual({
      kind: "end",
      listed: null,
      arrived: [[21, 21]],
      vanished: [
        [7, 7],
        [20, 20],
      ],
    });
    expect(proxy.counts().commands).toEqual({ EXAMINE: 1, "UID FETCH": 1, "UID SEARCH": 1 });
    expect(proxy.counts().bodies).toBe(0);

    // The base holds one more than there was: the count contradicts, so a full listing decides (I5).
    const wrong = await seen(remote, inbox, { kind: "delta", since: { ...since, messages: since.messages + 1 } });
    expect(wrong.end.listed).toEqual([
      [1, 6],
      [8, 19],
      [21, 21],
    ]);
    // U2: backwards. U1: other numbers.
    const ahead = { ...since, highestModseq: since.highestModseq + 1_000_000n };
    const backwards = await seen(remote, inbox, { kind: "delta", since: ahead });
    expect(backwards.end.listed).toEqual(wrong.end.listed);
    expect(backwards.messages).toHaveLength(19);
    const other = await seen(remote, inbox, { kind: "delta", since: { ...since, uidValidity: 1n } });
    expect(other.end.listed).toEqual(wrong.end.listed);
    await client.logout();
    await remote.close();
  });

  test("identities and bodies are the same message: size, date, flags, fingerprint, bytes", async (context) => {
    const { port } = running(context);
    const client = await WireClient.login({ port }, "erin");
    const bytes = mail("Subject\r\n with a fold", "body\r\n".repeat(1_000));
    await client.append("INBOX", bytes, { flags: ["\\Seen"], date: "07-Feb-1994 21:52:25 -0800" });
    await client.append("INBOX", mail("two"));
    const remote = await remoteTo({ port }, "erin");
    const inbox = await mailboxNamed(remote, "INBOX");
    const [identity, second] = await identified(remote, inbox, [[1, 4_294_967_295]]);
    const [body, other] = await fetched(remote, inbox, [[1, 3]]);
    if (!identity || body?.kind !== "message" || other?.kind !== "message") throw new Error("no message");
    expect(body.bytes.equals(bytes)).toBe(true);
    expect(identity).toMatchObject({ uid: 1, size: bytes.length, flags: ["\\Seen"] });
    expect(identity.internalDate).toBe(Date.UTC(1994, 1, 8, 5, 52, 25));
    expect(body.internalDate).toBe(identity.internalDate);
    expect(identity.fingerprint).toBe(fingerprintOf(bytes));
    expect(body.digests.fingerprint).toBe(identity.fingerprint);
    expect(body.emailId).toBe(identity.emailId);
    expect(remote.capabilities.emailId).toBe(kind === "Cyrus");
    if (kind === "Cyrus") expect(identity.emailId).not.toBe(second?.emailId);
    expect((await fetched(remote, inbox, [[3, 3]])).map(({ kind }) => kind)).toEqual(["gone"]);
    await expect(fetched(remote, { ...inbox, status: null }, [[1, 1]])).resolves.toHaveLength(1);
    const wrong = remote.fetch(inbox, 1n, [[1, 1]])[Symbol.asyncIterator]();
    await expect(wrong.next()).rejects.toMatchObject({ code: "UIDVALIDITY_CHANGED" });
    await client.logout();
    await remote.close();
  });

  test("a mailbox that is gone is MAILBOX_GONE, its STATUS null (B5)", async (context) => {
    const { port } = running(context);
    const client = await WireClient.login({ port }, "frank");
    // As a pattern the name matches the other one too (trap 22).
    const name = kind === "Dovecot" ? "Old%" : "Old";
    await client.create(name);
    await client.create("Older");
    const remote = await remoteTo({ port }, "frank");
    const old = await mailboxNamed(remote, name);
    await client.delete(name);
    await expect(seen(remote, old, { kind: "list" })).rejects.toMatchObject({ code: "MAILBOX_GONE" });
    expect(await remote.status(old)).toBeNull();
    await client.logout();
    await remote.close();
  });
});

test("Dovecot: an administrator signs in for another user with authzid", async (context) => {
  const server = await orSkip(context.skip, () => startDovecot());
  if (!server) return;
  await using _ = server;
  const client = await WireClient.login(server, "alice");
  await client.append("INBOX", mail("of alice"));
  await client.logout();
  const remote = await remoteTo(server, MASTER_USER, { authzid: "alice" });
  expect((await mailboxNamed(remote, "INBOX")).status?.messages).toBe(1);
  await remote.close();
});

test("Dovecot: public and shared namespaces are listed and told apart", async (context) => {
  const server = await orSkip(context.skip, () => startDovecot({ publicNamespace: true, sharedNamespace: true }));
  if (!server) return;
  await using _ = server;
  const alice = await WireClient.login(server, "alice");
  await alice.create("Team");
  await alice.append("Team", mail("for bob"));
  await server.doveadm(["mailbox", "create", "-u", "alice", "Public/News"]);
  await server.doveadm(["acl", "set", "-u", "alice", "Team", "user=bob", "lookup", "read"]);
  await alice.logout();
  await using proxy = await startProxy(server);
  const remote = await remoteTo(proxy, "bob");
  const list = await remote.list();
  expect(proxy.counts().commands.LIST).toBe(1);
  const byName = new Map(list.map((mailbox) => [mailbox.name, mailbox]));
  expect(byName.get("Shared/alice/Team")).toMatchObject({ namespace: "other", path: ["Shared", "alice", "Team"] });
  expect(byName.get("Shared/alice/Team")?.status?.messages).toBe(1);
  expect(byName.get("Public/News")?.namespace).toBe("shared");
  expect(byName.get("INBOX")?.namespace).toBe("personal");
  await remote.close();
});

test("Dovecot: a token signs in, another one is AUTH_REJECTED; COMPRESS=DEFLATE gives the same bytes", async (context) => {
  const server = await orSkip(context.skip, () => startDovecot({ oauth: true, compress: true }));
  if (!server) return;
  await using _ = server;
  const client = await WireClient.login(server, "alice");
  const bytes = mail("squeezed", "the same line again\r\n".repeat(5_000));
  await client.append("INBOX", bytes);
  await client.logout();
  const auth = { kind: "token", token: await server.token("alice") } as const;
  await using proxy = await startProxy(server);
  const remote = await remoteTo(proxy, "alice", { auth, compression: "on" });
  const [one] = await fetched(remote, await mailboxNamed(remote, "INBOX"), [[1, 1]]);
  expect(one?.kind === "message" && one.bytes.equals(bytes)).toBe(true);
  expect(proxy.counts().unreadable).toBe(1);
  expect(proxy.counts().bytesFromServer).toBeLessThan(bytes.length / 4);
  await remote.close();
  const wrong = { kind: "token", token: `${auth.token}x` } as const;
  await expect(remoteTo(server, "alice", { auth: wrong })).rejects.toMatchObject({ code: "AUTH_REJECTED" });
});

test("account facts: capabilities, limits, quota and mailboxes as the servers tell them", async (context) => {
  const cyrus = await orSkip(context.skip, () => startCyrus({ quotaKb: 5_000 }));
  if (!cyrus) return;
  await using _ = cyrus;
  const door = { host: "127.0.0.1", port: cyrus.port, security: "none", user: "alice" } as const;
  const facts = await describeAccount({ ...door, auth: { kind: "password", password: PASSWORD } });
  expect(facts.capabilities).toContain("QRESYNC");
  expect(facts.appendLimit).toBe(4_294_967_295);
  expect(facts.quota).toContainEqual(expect.objectContaining({ resource: "STORAGE", limit: 5_000 * 1_024 }));
  expect(facts.mailboxes.map(({ name }) => name)).toContain("INBOX");
  expect(facts.roundTrip).toBeGreaterThan(0);
});
