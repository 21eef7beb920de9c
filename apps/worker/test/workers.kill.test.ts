// Three worker processes on one Postgres: no account is worked on by two at once, as the mail server itself logs it and a proxy before each account
// counts it; one worker is killed with SIGKILL, one loses its line to Postgres in the middle of a pass, and every archive ends equal to its account
// as another client sees it. It must never ask our own runs who worked when.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAccount, createLink, ensureArchive } from "@packetboat/archive";
import { type ScratchDatabase, scratchDatabase } from "@packetboat/database/testing";
import { type CountingProxy, type Dovecot, orSkip, startDovecot, startProxy } from "@packetboat/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { settingsFor } from "../src/accounts/settings.ts";
import { hands, lookInto, range } from "./accounts.ts";
import { openPostgresLine } from "./postgres-line.ts";
import { runProgram } from "./program.ts";
import { type Running, startWorker } from "./running.ts";

/** What the server sees of whoever comes by a proxy. */
const WORKERS_FROM = "127.0.0.2";
const ACCOUNTS = process.env.PACKETBOAT_SOAK === undefined ? 16 : 200;
const MESSAGES = 12;

const house = new AsyncDisposableStack();
let dovecot: Dovecot | undefined;
let skipped = "";
let scratch: ScratchDatabase;
let directory: string;

beforeAll(async () => {
  dovecot = await orSkip(
    (note) => {
      skipped = note;
    },
    () => startDovecot(),
  );
  if (dovecot !== undefined) house.use(dovecot);
});
afterAll(() => house.disposeAsync());
beforeEach(async () => {
  scratch = await scratchDatabase();
  directory = await mkdtemp(join(tmpdir(), "pb-workers-"));
  await writeFile(join(directory, "password"), "pass\n");
});
afterEach(async () => {
  await scratch.close();
  await rm(directory, { recursive: true, force: true });
});

interface Account {
  readonly user: string;
  /** Nobody else's connections go by it. */
  readonly proxy: CountingProxy;
}

/** Accounts with mail, linked, each due now and every minute, and each behind a proxy of its own. */
async function accounts(server: Dovecot, proxies: AsyncDisposableStack): Promise<readonly Account[]> {
  const made: Account[] = [];
  const settings = { ...settingsFor("none"), passwordFile: join(directory, "password") };
  const { fill } = hands(() => server.port);
  for (const user of range(1, ACCOUNTS).map((n) => `w${n}`)) {
    const proxy = proxies.use(await startProxy({ port: server.port, localAddress: WORKERS_FROM }));
    made.push({ user, proxy });
    await fill(user, "INBOX", range(1, MESSAGES));
    await fill(user, "Work", range(100, 100 + MESSAGES / 2 - 1));
    const key = { user, host: "127.0.0.1", port: proxy.port };
    const account = await createAccount(scratch.pool, key, settings);
    const archive = await ensureArchive(scratch.pool, user);
    const rights = { pull: true, push: false };
    const link = await createLink(scratch.pool, { accountId: account.id, archiveId: archive.id, rights });
    await scratch.pool.query(
      "insert into schedule (link_id, cron, time_zone, next_at) values ($1, '* * * * *', 'UTC', now())",
      [link.id],
    );
  }
  return made;
}

/** A worker process with a home of its own on the database of this address. */
function worker(url: string, name: string): Running {
  const env = { PACKETBOAT_DATABASE_URL: url, PACKETBOAT_HOME: join(directory, name) };
  const args = ["--accounts", "4", "--keep-connections", "0"];
  return startWorker((words, options) => runProgram(words, env, options), args, 240_000);
}

/** Resolves when the database says so; asked again and again, because it has no event for it. */
async function until(sql: string): Promise<void> {
  for (;;) {
    const { rows } = await scratch.pool.query<{ met: boolean }>(`select (${sql}) as met`);
    if (rows[0]?.met === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** By user how many sessions of workers were open at most, by the server's log in the order of its lines; the hands of the test come from elsewhere. */
function mostAtOnce(log: string): Readonly<Record<string, number>> {
  const open = new Map<string, Set<string>>();
  const most: Record<string, number> = {};
  for (const line of log.split("\n")) {
    const login = line.includes(`rip=${WORKERS_FROM},`) ? /Login: user=<(\w+)>.* session=<([^>]+)>/.exec(line) : null;
    const end = /imap\((\w+)\)<\d+><([^>]+)>: (?:Info: )?(?:Logged out|Disconnected|Connection closed)/.exec(line);
    if (login !== null) {
      const [, user = "", session = ""] = login;
      const sessions = (open.get(user) ?? new Set()).add(session);
      open.set(user, sessions);
      most[user] = Math.max(most[user] ?? 0, sessions.size);
    } else if (end !== null) open.get(end[1] ?? "")?.delete(end[2] ?? "");
  }
  return most;
}

/** What other hands do on the servers between two rounds. */
async function changed(server: Dovecot, users: readonly string[]): Promise<void> {
  const { as, fill } = hands(() => server.port);
  for (const [n, user] of users.entries()) {
    if (n % 3 === 0) await fill(user, "INBOX", [200 + n]);
    else
      await as(user, async (client) => {
        await client.select("INBOX");
        if (n % 3 === 1) await client.expunge("2");
        else await client.store("3", "+FLAGS", ["\\Flagged"]);
      });
  }
}

/** By mailbox one line a message, as lookInto gives them. */
async function archived(user: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const { rows } = await scratch.pool.query<{ mailbox: string; line: string }>(
    `select r.name as mailbox, concat_ws(' ', left(encode(b.sha256, 'hex'), 12),
        to_char(m.internal_date at time zone 'UTC', 'DD-Mon-YYYY HH24:MI:SS "+0000"'), nullif(array_to_string(v.flags, ' '), '')) as line
      from archive a join message m on m.archive_id = a.id join blob b on b.id = m.blob_id
      join message_version v on v.message_id = m.id and v.to_revision = 9223372036854775807
      join remote_mailbox r on r.mailbox_id = v.mailbox_id where a.name = $1`,
    [user],
  );
  return Object.fromEntries(
    ["INBOX", "Work"].map((name) => [
      name,
      rows
        .filter((row) => row.mailbox === name)
        .map((row) => row.line)
        .sort(),
    ]),
  );
}

/** Each link has had a good run after this one. */
const allGoodSince = (run: string | number): string =>
  `select bool_and(exists (select from run r where r.link_id = l.id and r.outcome = 'ok' and r.id > ${run})) from link l`;

test("S4 trap 47: one account, one worker; a killed one and a cut off one lose nothing and double nothing", async ({
  skip,
}) => {
  if (dovecot === undefined) return skip(skipped);
  await using proxies = new AsyncDisposableStack();
  const made = await accounts(dovecot, proxies);
  const users = made.map(({ user }) => user);
  await using line = await openPostgresLine(scratch.url);
  const [first, second, third] = [
    worker(scratch.url, "first"),
    worker(scratch.url, "second"),
    worker(line.url, "third"),
  ] as const;
  await Promise.all([first, second, third].map((one) => one.says(/working/)));
  await until("select count(*) > 0 from run where outcome = 'ok'");
  second.kill("SIGKILL");
  // Its jobs come back after 10 s of silence instead of 30: living workers speak every 5.
  await scratch.pool.query("update pgboss.job set heartbeat_seconds = 10 where state = 'active'");
  line.cut();
  await third.says(/Trying again/);
  line.mend();
  await until(allGoodSince(0));
  // Another round of all of them, after everything.
  await changed(dovecot, users);
  const { rows } = await scratch.pool.query<{ last: string }>("select max(id)::text as last from run");
  await scratch.pool.query("update schedule set next_at = now()");
  await until(allGoodSince(rows[0]?.last ?? 0));
  first.kill("SIGTERM");
  third.kill("SIGTERM");
  const ends = await Promise.all([first.ended, third.ended]);
  expect(ends.map(({ code }) => code)).toEqual([0, 0]);
  expect((await second.ended).code).toBeNull();
  expect(mostAtOnce(await dovecot.log())).toEqual(Object.fromEntries(users.map((user) => [user, 1])));
  expect(Object.fromEntries(made.map(({ user, proxy }) => [user, proxy.counts().mostAtOnce]))).toEqual(
    Object.fromEntries(users.map((user) => [user, 1])),
  );
  for (const user of users) expect(await archived(user)).toEqual((await lookInto(dovecot.port, user)).holds);
}, 240_000);
