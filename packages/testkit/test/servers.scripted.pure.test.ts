// The scripted server says what its script says; the generator gives the same bytes for the same seed; names are coded right.
import { createHash } from "node:crypto";
import { connect as connectTls } from "node:tls";
import { expect, test } from "vitest";
import {
  fromWireName,
  generateMail,
  HOSTILE,
  libraryNames,
  orSkip,
  POLITE_ANSWERS,
  PROFILES,
  parseValues,
  ResponseReader,
  ServerUnavailable,
  splitMbox,
  startScripted,
  toWireName,
  until,
  WireClient,
} from "../src/index.ts";

test("a polite script lets a client in, and keeps what it heard", async () => {
  await using server = await startScripted([{ send: "* OK ready\r\n" }, { answer: POLITE_ANSWERS }]);
  await using client = await WireClient.login(server, "alice", "secret");
  expect((await client.list()).map((one) => one.name)).toEqual(["INBOX"]);
  expect((await client.select("INBOX")).uidValidity).toBe(1);
  expect(server.received()[0]).toBe('w1 LOGIN "alice" "secret"');
});

test("each connection may get a script of its own", async () => {
  await using server = await startScripted((n) =>
    n === 1 ? HOSTILE.bye : [{ send: "* OK ready\r\n" }, { hang: true }],
  );
  await expect(WireClient.connect(server)).rejects.toThrow(/too many connections/);
  const client = await WireClient.connect(server);
  expect(client.greeting).toBe("OK ready");
  expect(server.connections().total).toBe(2);
});

test("a flood goes on as long as it is read, and no further than the client's patience", async () => {
  await using server = await startScripted(HOSTILE.endlessLines);
  const client = await WireClient.connect(server);
  const answer = client.command("NOOP");
  await until(() => server.bytesSent() > 1_000_000, "a megabyte of lines");
  await server.stop();
  await expect(answer).rejects.toThrow();
});

test("an expired certificate is one", async () => {
  const tls = { notBefore: new Date("2020-01-01"), notAfter: new Date("2020-02-01") };
  await using server = await startScripted([{ send: "* OK ready\r\n" }], { tls });
  const failure = await new Promise<Error & { code?: string }>((resolve, reject) => {
    const socket = connectTls({
      host: "127.0.0.1",
      port: server.port,
      ca: server.certificate ?? "",
      servername: "localhost",
    });
    socket.on("secureConnect", () => reject(new Error("it was accepted")));
    socket.on("error", resolve);
  });
  expect(failure.code).toBe("CERT_HAS_EXPIRED");
});

test("generated mail is the same bytes on every machine", () => {
  const hash = createHash("sha256");
  let count = 0;
  for (const message of generateMail(PROFILES.tiny)) {
    hash.update(message.bytes);
    count += 1;
    expect(message.flags).not.toContain("\\Deleted");
  }
  expect(count).toBe(500);
  expect(hash.digest("hex").slice(0, 12)).toBe("c24fcee99991");
});

test.for([
  ["INBOX", "INBOX"],
  ["Reçus & café", "Re&AOc-us &- caf&AOk-"],
  ["台北/日本語", "&U,BTFw-/&ZeVnLIqe-"],
  ["🚀", "&2D3egA-"],
])("the mailbox name %s is %s on the wire", ([name, wire]) => {
  expect(toWireName(name ?? "")).toBe(wire);
  expect(fromWireName(wire ?? "")).toBe(name);
});

test("responses are read alike whatever the chunks", () => {
  const stream = Buffer.from(
    '* 1 FETCH (UID 7 BODY[HEADER.FIELDS (DATE)] {5}\r\na)\r\n( BODY[] "q\\"x" X NIL)\r\nw1 OK done\r\n* LIST () {0}\r\n\r\n',
  );
  const read = (size: number) => {
    const seen: unknown[] = [];
    const reader = new ResponseReader((parts) => seen.push(parts));
    for (let at = 0; at < stream.length; at += size) reader.feed(stream.subarray(at, at + size));
    return seen;
  };
  const whole = read(stream.length);
  expect(whole).toHaveLength(3);
  for (const size of [1, 2, 3, 7]) expect(read(size)).toEqual(whole);
  expect(parseValues(["(UID 7 BODY[HEADER.FIELDS (DATE)] ", Buffer.from("a)"), ' BODY[] "q\\"x" X NIL)'])).toEqual([
    ["UID", "7", "BODY[HEADER.FIELDS (DATE)]", Buffer.from("a)"), "BODY[]", 'q"x', "X", null],
  ]);
});

test("an mbox is cut at its From lines and nowhere else", () => {
  const mbox = Buffer.from(
    "From a\nSubject: 1\n\nbody\nFrom here on it is text\n\nFrom b\nSubject: 2\n\n>From quoted\n",
  );
  expect(splitMbox(mbox).map(String)).toEqual([
    "Subject: 1\n\nbody\nFrom here on it is text\n\n",
    "Subject: 2\n\n>From quoted\n",
  ]);
});

test("the libraries of a package are told from its programs", () => {
  expect(libraryNames("libc6 (>= 2.34), adduser, libfoo1 | libbar2, lib0x:any")).toEqual(["libc6", "libfoo1", "lib0x"]);
});

test("a server that cannot run skips a suite, and fails it in CI", async () => {
  const before = process.env.CI;
  const notes: string[] = [];
  const start = () => Promise.reject(new ServerUnavailable("no namespaces"));
  try {
    delete process.env.CI;
    expect(await orSkip((note) => notes.push(note), start)).toBe(undefined);
    process.env.CI = "true";
    await expect(orSkip((note) => notes.push(note), start)).rejects.toThrow("no namespaces");
  } finally {
    if (before === undefined) delete process.env.CI;
    else process.env.CI = before;
  }
  expect(notes).toEqual(["skipped: no namespaces"]);
});
