// What a person is told when a server is not one: every bad server of the testkit, on real sockets, against connectRemote.
import { isMailError, type MailError } from "@packetboat/core";
import {
  freePorts,
  HOSTILE,
  makeCertificate,
  POLITE_ANSWERS,
  type ScriptedOptions,
  type ScriptStep,
  startScripted,
} from "@packetboat/testkit";
import { expect, test } from "vitest";
import { type ConnectOptions, connectRemote } from "../src/index.ts";

const SECRET = "hunter2-secret";
const LIMITS = { connectMs: 1_500, greetingMs: 600, signInMs: 1_500, silenceMs: 700, goodbyeMs: 200 };

function optionsFor(port: number, more: Partial<ConnectOptions> = {}): ConnectOptions {
  return {
    host: "127.0.0.1",
    port,
    security: "none",
    user: "alice@example.com",
    auth: { kind: "password", password: SECRET },
    limits: LIMITS,
    ...more,
  };
}

async function failure(options: ConnectOptions): Promise<MailError> {
  const outcome = await connectRemote(options).then(
    async (remote) => {
      await remote.close();
      return null;
    },
    (error: unknown) => error,
  );
  if (!isMailError(outcome))
    throw new Error(`expected a MailError, got ${outcome === null ? "a connection" : outcome}`);
  expect(`${outcome.message} ${JSON.stringify(outcome.context)}`).not.toContain(SECRET);
  expect(outcome.message).not.toContain("alice");
  return outcome;
}

async function against(
  script: readonly ScriptStep[],
  more: Partial<ConnectOptions> = {},
  server: ScriptedOptions = {},
): Promise<{ readonly error: MailError; readonly received: readonly string[]; readonly total: number }> {
  await using scripted = await startScripted(script, server);
  const error = await failure(optionsFor(scripted.port, more));
  return { error, received: [...scripted.received()], total: scripted.connections().total };
}

test.for([
  ["smtp", "NOT_IMAP"],
  ["http", "TIMED_OUT"],
  ["silent", "TIMED_OUT"],
  ["closing", "UNREACHABLE"],
  ["resetting", "UNREACHABLE"],
  ["bye", "THROTTLED"],
  ["endlessGreeting", "NOT_IMAP"],
  ["endlessLine", "NOT_IMAP"],
  ["endlessLines", "TIMED_OUT"],
  ["hugeLiteral", "NOT_IMAP"],
  ["hangsAfterLogin", "TIMED_OUT"],
  ["wrongPassword", "AUTH_REJECTED"],
  ["noStartTls", "AUTH_REJECTED"],
] as const)("a server that is %s ends in %s", async ([name, code]) => {
  const { error, total } = await against(HOSTILE[name]);
  expect(error.code).toBe(code);
  // Never tried again by itself: a second wrong password may lock the account (trap 27).
  expect(total).toBe(1);
});

const GREETING = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n";
const signIn = (answer: string): readonly ScriptStep[] => [
  { send: GREETING },
  { answer: [[/AUTHENTICATE/, answer], ...POLITE_ANSWERS] },
];

test.for([
  ["NO [AUTHENTICATIONFAILED] bad", "AUTH_REJECTED", "never"],
  ["NO LOGIN failed.", "AUTH_REJECTED", "never"],
  ["NO [UNAVAILABLE] later", "THROTTLED", "later"],
  ["NO [LIMIT] too many", "THROTTLED", "later"],
  ["NO [ALERT] Too many simultaneous connections. (Failure)", "THROTTLED", "later"],
  ["BAD User is authenticated but not connected.", "THROTTLED", "later"],
  ["NO Server error - Please try again later", "THROTTLED", "later"],
] as const)("trap 27: sign-in answered with %s is %s", async ([answer, code, retry]) => {
  const { error } = await against(signIn(`$tag ${answer}\r\n`));
  expect([error.code, error.retry]).toEqual([code, retry]);
});

test("trap 26: BYE instead of an answer to the sign-in is a pause when the server's code says so", async () => {
  const { error } = await against(signIn("* BYE [UNAVAILABLE] come back later\r\n"));
  expect(error.code).toBe("THROTTLED");
});

test("an unknown host and a refused port are UNREACHABLE", async () => {
  const [port = 0] = await freePorts(1);
  expect((await failure(optionsFor(port))).code).toBe("UNREACHABLE");
  const unknown = await failure(optionsFor(143, { host: "no-such-host.invalid" }));
  expect(unknown.code).toBe("UNREACHABLE");
  expect(unknown.message).toContain("no-such-host.invalid");
});

test("a certificate that cannot be trusted is TLS_REFUSED and names --ca-file; nothing is sent", async () => {
  for (const tls of [{}, { notAfter: new Date(Date.now() - 86_400_000), notBefore: new Date(0) }]) {
    const { error, received } = await against([{ send: GREETING }, { hang: true }], { security: "tls" }, { tls });
    expect(error.code).toBe("TLS_REFUSED");
    expect(error.message).toContain("--ca-file");
    expect(received).toEqual([]);
  }
});

test("a certificate for another host is TLS_REFUSED although its authority is trusted", async () => {
  const { certificate } = makeCertificate();
  await using scripted = await startScripted([{ send: GREETING }, { hang: true }], {
    tls: { names: ["other.example.com"], addresses: ["10.1.2.3"] },
  });
  const error = await failure(optionsFor(scripted.port, { security: "tls", ca: scripted.certificate ?? certificate }));
  expect(error.code).toBe("TLS_REFUSED");
});

test("TLS towards a port that speaks clear text is TLS_REFUSED, and the other way round TIMED_OUT", async () => {
  const { error } = await against([{ send: GREETING }, { hang: true }], { security: "tls" });
  expect(error.code).toBe("TLS_REFUSED");
  const other = await against([{ hang: true }], {}, { tls: {} });
  expect(other.error.code).toBe("TIMED_OUT");
});

test("STARTTLS that is not offered, refused, or overtaken by PREAUTH is TLS_REFUSED; the password stays here", async () => {
  const stripped = await against(
    [{ send: "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n" }, { answer: POLITE_ANSWERS }],
    {
      security: "starttls",
    },
  );
  const refused = await against(
    [
      { send: "* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] hi\r\n" },
      { answer: [[/STARTTLS/, "$tag NO not now\r\n"], ...POLITE_ANSWERS] },
    ],
    { security: "starttls" },
  );
  const preauth = await against(
    [{ send: "* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n" }, { answer: POLITE_ANSWERS }],
    {
      security: "starttls",
    },
  );
  const injected = await against(
    [
      { send: "* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] hi\r\n" },
      { answer: [[/STARTTLS/, "$tag OK go\r\n* OK injected\r\n"], ...POLITE_ANSWERS] },
    ],
    { security: "starttls" },
  );
  for (const { error, received } of [stripped, refused, preauth, injected]) {
    expect(error.code).toBe("TLS_REFUSED");
    expect(received.join("\n")).not.toMatch(/LOGIN|AUTHENTICATE/i);
  }
});

test("an abort ends a connection that hangs, at once, as INTERRUPTED", async () => {
  await using scripted = await startScripted(HOSTILE.silent);
  const abort = new AbortController();
  const failing = failure(optionsFor(scripted.port, { signal: abort.signal, limits: { greetingMs: 60_000 } }));
  while (scripted.connections().open === 0) await new Promise((resolve) => setImmediate(resolve));
  const began = performance.now();
  abort.abort();
  expect((await failing).code).toBe("INTERRUPTED");
  // The greeting would be waited for 60 s.
  expect(performance.now() - began).toBeLessThan(30_000);
});

test("XOAUTH2: the token goes out in one line, its refusal is AUTH_REJECTED", async () => {
  const greeting = "* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR] ready\r\n";
  const report = Buffer.from('{"status":"400"}').toString("base64");
  const auth = { kind: "token", token: SECRET } as const;
  const script: readonly ScriptStep[] = [
    { send: greeting },
    { expect: /AUTHENTICATE XOAUTH2 / },
    { send: `+ ${report}\r\n` },
    { expect: /^$/ },
    { send: "A NO [AUTHENTICATIONFAILED] expired\r\n1 NO [AUTHENTICATIONFAILED] expired\r\n" },
    { hang: true },
  ];
  const { error, received } = await against(script, { auth });
  expect(error.code).toBe("AUTH_REJECTED");
  expect(error.message).toContain("token");
  const sent = Buffer.from(received[0]?.split(" ").at(-1) ?? "", "base64").toString();
  expect(sent).toBe(`user=alice@example.com\x01auth=Bearer ${SECRET}\x01\x01`);
});

test("XOAUTH2 that is accepted signs in; without the capability it says what is missing", async () => {
  const auth = { kind: "token", token: SECRET } as const;
  await using scripted = await startScripted([
    { send: "* OK [CAPABILITY IMAP4rev1 AUTH=OAUTHBEARER] ready\r\n" },
    {
      answer: [
        [/AUTHENTICATE OAUTHBEARER$/, "+ \r\n"],
        [/^[A-Za-z0-9+/=]{40,}$/, "1 OK [CAPABILITY IMAP4rev1] in\r\n"],
        ...POLITE_ANSWERS,
      ],
    },
  ]);
  const remote = await connectRemote(optionsFor(scripted.port, { auth }));
  expect(remote.capabilities.condstore).toBe(false);
  await remote.close();
  const { error } = await against(signIn("$tag OK in\r\n"), { auth });
  expect(error.code).toBe("AUTH_REJECTED");
  expect(error.message).toContain("XOAUTH2");
});

test("authzid needs PLAIN: without it nothing is sent", async () => {
  const { error, received } = await against(
    [{ send: "* OK [CAPABILITY IMAP4rev1] hi\r\n" }, { answer: POLITE_ANSWERS }],
    {
      authzid: "bob",
    },
  );
  expect(error.code).toBe("AUTH_REJECTED");
  expect(received.join("\n")).not.toMatch(/LOGIN/i);
});

test("LOGIN quotes what it can and sends the rest as a literal", async () => {
  await using scripted = await startScripted([
    { send: "* OK [CAPABILITY IMAP4rev1] hi\r\n" },
    { expect: /LOGIN "al\\"i\\\\ce" \{6\}$/ },
    { send: "+ go on\r\n" },
    { expect: /^p\u00c3\u00a4ss/ },
    { send: "1 OK [CAPABILITY IMAP4rev1] in\r\n" },
    { answer: POLITE_ANSWERS },
  ]);
  const remote = await connectRemote(
    optionsFor(scripted.port, { user: 'al"i\\ce', auth: { kind: "password", password: "pässe", mechanism: "login" } }),
  );
  await remote.close();
});
