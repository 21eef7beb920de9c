// Mail put back by the API of the real program, into Dovecot: where it was, by a link that only backs up and is let write for this once; into
// another account; and once, also when the program is killed while it sends.
import { createHash } from "node:crypto";
import { openDatabase } from "@packetboat/database";
import { type Dovecot, orSkip, startDovecot, startProxy, WireClient } from "@packetboat/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Program, program } from "./program.ts";
import { servedWeb, type Web } from "./served-web.ts";

const DATE = "29-Feb-2024 12:30:05 +0000";
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 12);

let cli: Program;
let dovecot: Dovecot | undefined;
let web: Web;

const port = () => dovecot?.port ?? 0;
const urlOf = (user: string, by = port()) => `imap://${user}:pass@127.0.0.1:${by}?tls=none`;

async function on<T>(user: string, work: (client: WireClient) => Promise<T>): Promise<T> {
  await using client = await WireClient.login({ port: port() }, user);
  return await work(client);
}

const held = (user: string, mailbox: string): Promise<readonly string[]> =>
  on(user, async (client) => {
    const { exists } = await client.select(mailbox, "EXAMINE");
    const messages = exists === 0 ? [] : await client.fetch();
    return messages
      .map(({ bytes, flags, internalDate }) => [sha256(bytes), internalDate, ...flags.toSorted()].join(" "))
      .sort();
  });

const fill = (user: string, mailbox: string, count: number) =>
  on(user, async (client) => {
    if (mailbox !== "INBOX") await client.create(mailbox);
    for (let n = 0; n < count; n++)
      await client.append(mailbox, Buffer.from(`Subject: ${mailbox} ${n}\r\n\r\nAbout ${n}.\r\n${"x".repeat(n)}\r\n`), {
        flags: n % 2 === 0 ? ["\\Seen", "$Later"] : ["\\Flagged"],
        date: DATE,
      });
  });

const empty = (user: string, mailbox: string) =>
  on(user, async (client) => {
    await client.select(mailbox);
    await client.expunge("1:*");
  });

const backup = (user: string, by = port()) => cli.must(["backup", urlOf(user, by), "--archive", user]);

interface Archive {
  readonly archive: number;
  readonly name: string;
  readonly revision: number;
}
async function archiveOf(name: string, by = web): Promise<Archive> {
  const { archives } = await by.ask("/archives");
  return archives.find((one: Archive) => one.name === name);
}

/** Follows a job until it is not at work any more; gives all of its events. */
async function followed(job: number, by = web, until?: (told: { readonly progress: unknown }) => boolean) {
  const answer = await fetch(`${by.api}/jobs/${job}/events`, { headers: by.headers });
  const events: { readonly state: string; readonly progress: { readonly phase: string } | null }[] = [];
  let text = "";
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk).toString();
    const found = [...text.matchAll(/^data: (.+)$/gm)].map(([, data = ""]) => JSON.parse(data));
    events.splice(0, events.length, ...found);
    if (until !== undefined && events.some(until)) break;
  }
  // biome-ignore lint/suspicious/noExplicitAny: the shapes are held by the API's own tests.
  return events as any[];
}

const restore = (archive: Archive, body: object, by = web) =>
  by.ask(`/archives/${archive.archive}/restores`, { method: "POST", body });

beforeAll(async () => {
  cli = await program({ PACKETBOAT_PASSWORD: "pass" });
  dovecot = await orSkip(
    () => undefined,
    () => startDovecot(),
  );
  if (dovecot === undefined) return;
  await fill("alice", "INBOX", 1);
  await fill("alice", "Work", 12);
}, 60_000);
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await dovecot?.stop();
});

it("M10 a mailbox that was emptied on the server is back, byte for byte, flags and dates, with progress", async ({
  skip,
}) => {
  skip(dovecot === undefined, "no Dovecot");
  await backup("alice");
  const before = await held("alice", "Work");
  await empty("alice", "Work");
  await backup("alice");
  web = await servedWeb(cli);
  const archive = await archiveOf("alice");
  const selection = { mailboxes: [{ path: ["Work"] }] };
  const at = String(archive.revision - 1);
  const plain = await restore(archive, { at, selection, to: { kind: "place" } });
  const [{ preview: alone }] = (await followed(plain.job)).slice(-1);
  expect(alone.inTheWay).toMatchObject([
    { code: "NO_RIGHT", text: expect.stringContaining("Let it write there for this restore") },
  ]);
  const made = await restore(archive, { at, selection, to: { kind: "place", carryOut: true } });
  const [looked] = (await followed(made.job)).slice(-1);
  expect(looked).toMatchObject({
    state: "planned",
    preview: { totals: { back: 12, removed: 0 }, accounts: [{ toAppend: 12, carriedOut: true, notAsked: null }] },
  });
  expect(await held("alice", "Work")).toEqual([]);
  await web.ask(`/jobs/${made.job}/begin`, { method: "POST" });
  const events = await followed(made.job);
  expect(events.at(-1)).toMatchObject({
    state: "done",
    result: { done: { back: 12 }, runs: [{ sent: 12 }, { sent: 0 }] },
  });
  expect(await held("alice", "Work")).toEqual(before);
  expect((await web.ask("/runs?limit=1")).runs[0]).toMatchObject({ outcome: "ok" });
  // The right was lent for this once.
  expect(await cli.must(["link", "list"])).not.toMatch(/push/);
  await backup("alice");
  expect(await held("alice", "Work")).toEqual(before);
}, 60_000);

it("M7 C3 into another account, below a mailbox of it, once", async ({ skip }) => {
  skip(dovecot === undefined, "no Dovecot");
  await cli.must(["account", "add", urlOf("bob")]);
  const archive = await archiveOf("alice");
  const to = { kind: "account", account: `bob@127.0.0.1:${port()}`, below: ["Old mail"] };
  for (const expected of [13, 0]) {
    const made = await restore(archive, { at: String(archive.revision), to });
    const [looked] = (await followed(made.job)).slice(-1);
    expect([looked.state, looked.preview.accounts[0].toAppend]).toEqual(["planned", expected]);
    await web.ask(`/jobs/${made.job}/begin`, { method: "POST" });
    expect((await followed(made.job)).at(-1).state).toBe("done");
    expect(await held("bob", "Old mail/Work")).toEqual(await held("alice", "Work"));
  }
  // Two days later the backup is overdue; the restore is done, and nobody has to run it again.
  await using database = await openDatabase({ url: cli.databaseUrl ?? "" });
  await database.pool.query("update run set finished_at = finished_at - interval '2 days'");
  const { links } = await web.ask("/status");
  expect(links).toMatchObject([
    { archive: "alice", state: "overdue", well: false },
    { account: `bob@127.0.0.1:${port()}`, state: "ok", well: true },
  ]);
  await database.pool.query("update run set finished_at = finished_at + interval '2 days'");
}, 60_000);

it("S2 killed while it sends it is told as interrupted, and begun again puts nothing there twice", async ({ skip }) => {
  skip(dovecot === undefined, "no Dovecot");
  await using proxy = await startProxy({ host: "127.0.0.1", port: port() });
  await fill("carol", "INBOX", 300);
  await fill("carol", "Other", 1);
  await backup("carol", proxy.port);
  const before = await held("carol", "INBOX");
  await empty("carol", "INBOX");
  await backup("carol", proxy.port);
  await web.stop();
  const doomed = await servedWeb(cli, "SIGKILL");
  const archive = await archiveOf("carol", doomed);
  const wish = { at: String(archive.revision - 1), to: { kind: "place", carryOut: true }, begin: true };
  // A line on which signing in takes longer than dying.
  proxy.latency(100);
  const { job } = await restore(archive, wish, doomed);
  await followed(job, doomed, ({ progress }) => /connecting|comparing|sending/.test(JSON.stringify(progress)));
  await doomed.stop();
  proxy.latency(0);
  web = await servedWeb(cli);
  const told = await web.ask(`/jobs/${job}`);
  expect(told.state).toBe("interrupted");
  await web.ask(`/jobs/${job}/begin`, { method: "POST" });
  expect((await followed(job)).at(-1)).toMatchObject({ state: "done", error: null });
  expect(await held("carol", "INBOX")).toEqual(before);
  await backup("carol", proxy.port);
  const { mailboxes } = await web.ask(`/archives/${archive.archive}/mailboxes`);
  expect(mailboxes).toMatchObject([{ messages: 300 }, { messages: 1 }]);
  const { stdout } = await web.stop();
  expect(stdout).not.toContain("pass@");
}, 120_000);
