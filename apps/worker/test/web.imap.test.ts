// The API of the real program over mail that came from Dovecot, as a new user would have it: back up, start the web, take the link up, make a
// token, and read by it: the bytes that the server was given, the standing of the link, the past.
import { type Dovecot, orSkip, startDovecot, WireClient } from "@packetboat/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Program, program } from "./program.ts";

const MAIL = Buffer.from("From: Ann <ann@example.com>\r\nSubject: Order 7\r\n\r\nThe parcel, please.\r\n");
const PASSWORD = "correct horse battery";

let cli: Program;
let dovecot: Dovecot | undefined;

beforeAll(async () => {
  cli = await program();
  dovecot = await orSkip(
    () => undefined,
    () => startDovecot(),
  );
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await dovecot?.[Symbol.asyncDispose]();
});

interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

async function ask(url: string, { headers = {}, body }: Asked = {}): Promise<Response> {
  const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(url, { ...sent, headers: { "content-type": "application/json", ...headers } });
  expect([url, response.status]).toEqual([url, 200]);
  return response;
}

// biome-ignore lint/suspicious/noExplicitAny: the shapes are held by the API's own tests.
const json = async (answer: Promise<Response>): Promise<any> => (await answer).json();

it("is served, read by a token that a person made, and stops in good order", async ({ skip }) => {
  skip(dovecot === undefined, "no Dovecot");
  await using client = await WireClient.login({ port: dovecot?.port ?? 0 }, "alice");
  await client.append("INBOX", MAIL);
  await cli.must(["backup", `imap://alice:pass@127.0.0.1:${dovecot?.port}?tls=none`, "--archive", "mail"]);
  let stop = (): void => undefined;
  const when = new Promise<void>((resolve) => {
    stop = resolve;
  });
  let said = "";
  let began = (): void => undefined;
  const ready = new Promise<void>((resolve) => {
    began = resolve;
  });
  const hears = (all: string): void => {
    said = all;
    if (/Ctrl-C stops it/.test(all)) began();
  };
  const ended = cli.run(["web", "--port", "0"], { hears, kill: { when, signal: "SIGTERM" } });
  await Promise.race([ready, ended]);
  const [, origin = "", link] = /^ +(http:\S+)\/welcome#([\w-]+)$/m.exec(said) ?? [];
  const api = `${origin}/api/v1`;
  const page = await fetch(origin);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<div id="root">')]);
  await ask(`${api}/invitations/take-up`, { body: { token: link, password: PASSWORD } });
  const signedIn = await ask(`${api}/sign-in`, { body: { name: "admin", password: PASSWORD } });
  const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
  const { csrf } = (await signedIn.json()) as { readonly csrf: string };
  const own = { cookie, "x-csrf-token": csrf };
  const made = await json(ask(`${api}/tokens`, { headers: own, body: { name: "test", scopes: ["read", "status"] } }));
  const headers = { authorization: `Bearer ${made.secret}` };
  const [archive] = (await json(ask(`${api}/archives`, { headers }))).archives;
  const place = `${api}/archives/${archive.archive}`;
  const [inbox] = (await json(ask(`${place}/mailboxes`, { headers }))).mailboxes;
  expect(inbox).toMatchObject({ path: ["INBOX"], messages: 1, unread: 1 });
  const [message] = (await json(ask(`${place}/mailboxes/${inbox.mailbox}/messages`, { headers }))).messages;
  const raw = await ask(`${place}/messages/${message.message}/raw`, { headers });
  expect(Buffer.from(await raw.arrayBuffer())).toEqual(MAIL);
  expect((await json(ask(`${place}/mailboxes?at=0`, { headers }))).mailboxes).toEqual([]);
  const { links } = await json(ask(`${api}/status`, { headers }));
  expect(links).toMatchObject([{ archive: "mail", state: "ok", well: true, messages: 1, lastRun: { outcome: "ok" } }]);
  stop();
  const { code, stdout, stderr } = await ended;
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^packetboat: stopping [^\n]*\n$/)]);
  expect(stdout).not.toContain(PASSWORD);
  // Whoever starts it again is given no link any more.
  let second = "";
  const again = await cli.run(["web", "--port", "0"], {
    hears: (all) => {
      second = all;
    },
    kill: { when: /Ctrl-C stops it/, signal: "SIGTERM" },
  });
  expect([again.code, second]).toEqual([0, expect.not.stringContaining("welcome")]);
  const mistaken = await cli.run(["web", "--port", "0", "--new-link", "somebody"]);
  expect([mistaken.code, mistaken.stderr]).toEqual([2, expect.stringContaining("These are: admin.")]);
});
