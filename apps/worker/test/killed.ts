// The real program between two real servers, killed with SIGKILL at a step of its write path. A proxy before each server says when a command
// stands on the wire; a trigger in the scratch database holds the statement that follows. No production code knows of either.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ScratchDatabase, scratchDatabase } from "@packetboat/database/testing";
import { type CountingProxy, type Dovecot, startProxy, until } from "@packetboat/testkit";
import { lookInto, type Seen } from "./accounts.ts";
import { type Ended, type RunOptions, runProgram } from "./program.ts";
import type { Scene, Statement, Step } from "./write-path.ts";

export interface Servers {
  readonly a: Dovecot;
  readonly b: Dovecot;
}

/** Two accounts and an archive between them, in a state to be copied: users alice and bob. */
export interface Prepared extends AsyncDisposable {
  readonly servers: Servers;
  readonly scene: Scene;
  /** Under which the servers keep them. */
  readonly name: string;
  readonly scratch: ScratchDatabase;
}

/** One copy of it, behind proxies of its own. */
export interface Pair extends AsyncDisposable {
  readonly proxies: { readonly a: CountingProxy; readonly b: CountingProxy };
  readonly scratch: ScratchDatabase;
  /** Runs the scene's command. */
  readonly run: (options?: RunOptions) => Promise<Ended>;
  /** Both accounts, as another client sees them. */
  readonly look: () => Promise<readonly [Seen, Seen]>;
  /** How often each message is in the archive, by its bytes: live, and ever. */
  readonly archived: () => Promise<readonly string[]>;
}

const KEY = 4_711;
const WAITING = `select pid from pg_locks where locktype = 'advisory' and objid = $1 and not granted
  and database = (select oid from pg_database where datname = current_database())`;
const ARCHIVED = `select encode(b.sha256, 'hex') || ' ' || count(v.message_id) || ' ' || count(*) as line
  from message m join blob b on b.id = m.blob_id
  left join message_version v on v.message_id = m.id and v.to_revision = 9223372036854775807
  group by b.sha256 order by 1`;
const REACH_MS = 20_000;

let copies = 0;

/** Copies the accounts and the archive for one life. */
export async function openPair({ servers, scene, name, scratch: original }: Prepared): Promise<Pair> {
  copies += 1;
  const users = { a: `alice${copies}`, b: `bob${copies}` };
  await Promise.all([servers.a.become(users.a, "alice", name), servers.b.become(users.b, "bob", name)]);
  await using made = new AsyncDisposableStack();
  const proxies = {
    a: made.use(await startProxy({ port: servers.a.port })),
    b: made.use(await startProxy({ port: servers.b.port })),
  };
  const scratch = made.use(await scratchDatabase({ copyOf: original }));
  const rename = "update account set user_name = $1, port = $2 where user_name = $3";
  await scratch.pool.query(rename, [users.a, proxies.a.port, "alice"]);
  await scratch.pool.query(rename, [users.b, proxies.b.port, "bob"]);
  const run = made.use(await commandOf(scene, users, proxies, scratch));
  const all = made.move();
  return {
    proxies,
    scratch,
    run: run.run,
    look: () => Promise.all([lookInto(servers.a.port, users.a), lookInto(servers.b.port, users.b)]),
    archived: async () => (await scratch.pool.query<{ line: string }>(ARCHIVED)).rows.map(({ line }) => line),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

interface Command extends AsyncDisposable {
  readonly run: (options?: RunOptions) => Promise<Ended>;
}

/** The line that a scene is about, with a home of its own. */
export async function commandOf(
  scene: Scene,
  users: Record<"a" | "b", string>,
  doors: Record<"a" | "b", { readonly port: number }>,
  { url }: ScratchDatabase,
): Promise<Command> {
  const home = await mkdtemp(join(tmpdir(), "pb-kill-"));
  const urlOf = (side: "a" | "b") => `imap://${users[side]}:pass@127.0.0.1:${doors[side].port}?tls=none`;
  const [a, b] = [urlOf("a"), urlOf("b")];
  const some = ["INBOX", "Work", "Old"].flatMap((name) => ["--mailbox", name]);
  const words = {
    changed: ["mirror", a, b, "--archive", "both", "--json"],
    strangers: ["mirror", a, b, "--archive", "both", "--json"],
    receiving: ["migrate", a, b, "--archive", "both", "--json"],
    restoring: ["restore", "push", "both", "--to", b, ...some, "--json"],
  }[scene];
  const env = { PACKETBOAT_HOME: home, PACKETBOAT_DATABASE_URL: url };
  return {
    run: (options) => runProgram(words, env, options),
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  };
}

/** Runs the program, kills it at the step, and gives when nothing of it is left. Throws when it ends without ever being there. */
export async function killedAt(pair: Pair, { name, line, at, to = "b" }: Step): Promise<void> {
  const proxy = pair.proxies[to];
  const held = proxy.holdAt(line, at === "unsent" ? "unsent" : "before-answer");
  const there = Promise.withResolvers<void>();
  const running = pair.run({ kill: { when: there.promise, signal: "SIGKILL" } });
  const ended = running.then(({ code, stdout, stderr }) => {
    throw new Error(`never came to "${name}", ended with ${code}: ${stdout}${stderr}`);
  });
  ended.catch(() => undefined); // where it was killed, that is what was wanted
  await using behind = new AsyncDisposableStack();
  try {
    await Promise.race([held.there, ended]);
    if (typeof at === "object") {
      const statement = behind.use(await holdStatement(pair.scratch, at));
      held.release();
      await Promise.race([statement.reached(), ended]);
    }
  } finally {
    there.resolve();
    await running;
    proxy.disarm();
    for (const one of [pair.proxies.a, pair.proxies.b]) one.cutAll();
  }
}

interface HeldStatement extends AsyncDisposable {
  readonly reached: () => Promise<void>;
}

/** Holds the next statement of this kind. Its backend is ended with the hold: it dies before its commit, as its process did. */
async function holdStatement(
  { database, pool }: ScratchDatabase,
  { table, at, of }: Statement,
): Promise<HeldStatement> {
  const holder = await database.dedicated("stop");
  await holder.query("select pg_advisory_lock($1)", [KEY]);
  await pool.query(`create function stop_here() returns trigger language plpgsql as $$ begin
    perform pg_advisory_xact_lock_shared(${KEY}); return null; end $$`);
  const event = of === undefined ? at : `${at} of ${of}`;
  await pool.query(
    `create trigger stop_here before ${event} on ${table} for each statement execute function stop_here()`,
  );
  // Also in the statement that proves its keys itself, which runs without ordinary triggers (decision 0007).
  await pool.query(`alter table ${table} enable always trigger stop_here`);
  const waiting = async () => (await pool.query<{ pid: number }>(WAITING, [KEY])).rows;
  return {
    reached: () => until(async () => (await waiting()).length > 0, `${event} on ${table}`, REACH_MS),
    [Symbol.asyncDispose]: async () => {
      for (const { pid } of await waiting()) await pool.query("select pg_terminate_backend($1, 5000)", [pid]);
      await holder.end();
      await pool.query("drop function stop_here cascade");
    },
  };
}
