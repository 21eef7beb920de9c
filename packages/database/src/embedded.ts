// The embedded server's life: a command joins it (bringing it up when nothing answers) and leaves it (stopping it when it was the last).
// Postgres itself counts the commands: each holds a shared advisory lock on a connection of its own, which ends with the command.
//   down --start lock, pg_ctl--> starting --> ready --exclusive lock, SIGINT--> stopping --> down
// A command has joined only when it holds the lock and postmaster.pid, read after that, says ready: the postmaster writes "stopping" before
// it ends any backend, so a lock that a stopping server let go cannot be mistaken. It must never run the server as a child.
import { setTimeout as delay } from "node:timers/promises";
import { MailError } from "@packetboat/core";
import { Client } from "pg";
import { databaseCode, isConnectionFailure } from "./errors.ts";
import { type HomeLayout, prepareHome, serverLayout } from "./home.ts";
import { isPostmaster, isRunning, readPostmasterFile } from "./postmaster.ts";

// "packetb" as a number: one key per database, taken by nobody else in a cluster that is ours alone.
const COUNT_LOCK = "31632277023061090";
const DATABASE = "packetboat";
const USER = "packetboat";
const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 60_000;
const POLL_MS = 5;

/** A command's place among those that use the embedded server. */
export interface EmbeddedSession {
  readonly url: string;
  readonly layout: HomeLayout;
  /** Tells when the session's connection ends without being asked. */
  readonly onLost: (listener: () => void) => void;
  /** Begins to write pages to their files, so that stopping finds little to do. Does not wait. */
  readonly beginCheckpoint: () => void;
  /** Leaves; the last one stops the server unless `keep`. */
  readonly leave: (keep: boolean) => Promise<void>;
}

export interface JoinOptions {
  readonly home: string;
  /** Told what takes long: making the database, starting it, waiting for another command. Default: silent. */
  readonly onNotice?: (sentence: string) => void;
  /** Server settings over ours, for tests. Default: none. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Gives the libpq address of the server whose socket lies in this layout. */
export function embeddedUrl(layout: HomeLayout, database: string = DATABASE): string {
  return `postgresql://${USER}@/${database}?host=${encodeURIComponent(layout.socketDirectory)}`;
}

/** Joins the embedded server of a home, starting it if needed. Throws DATABASE_UNREACHABLE or DATABASE_REFUSED with what to do. */
export async function joinEmbedded(options: JoinOptions): Promise<EmbeddedSession> {
  const uid = process.getuid?.() ?? 0;
  const prepared = prepareHome(options.home, uid);
  const deadline = Date.now() + START_LIMIT_MS;
  while (Date.now() < deadline) {
    const layout = serverLayout(prepared, uid);
    const client = await tryConnect(layout);
    if (client === "down") {
      // Loaded only now: a running server needs none of it (the start-up budget).
      const { bringUp } = await import("./bring-up.ts");
      await bringUp(prepared, { deadline, tryConnect, ...options });
    } else if (client === "changing" || !(await countIn(client, layout))) {
      await delay(POLL_MS);
    } else {
      return session(client, layout);
    }
  }
  throw new MailError(
    "DATABASE_UNREACHABLE",
    `The embedded database in ${options.home} did not become ready within ${START_LIMIT_MS / 1000} s. Look at ${prepared.serverLog}.`,
  );
}

/** Connects to the server; "down" when no socket answers, "changing" while it starts or stops. */
async function tryConnect(layout: HomeLayout, database: string = DATABASE): Promise<Client | "down" | "changing"> {
  const client = embeddedClient(layout, database);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    const code = databaseCode(error);
    if (code === "ENOENT" || code === "ECONNREFUSED") return "down";
    if (code === "3D000" && database === DATABASE) return createDatabase(layout);
    // 53300: so many commands at once that all slots are taken; some will leave.
    if (code !== "EACCES" && (isConnectionFailure(error) || code === "53300")) return "changing";
    throw new MailError(
      "DATABASE_UNREACHABLE",
      `The embedded database in ${layout.home} refuses the connection (${code ?? "no code"}). Look at ${layout.serverLog}.`,
      { cause: error },
    );
  }
}

function embeddedClient(layout: HomeLayout, database: string): Client {
  const client = new Client({
    host: layout.socketDirectory,
    port: 5432,
    user: USER,
    database,
    // Given in full, so that PGSSLMODE, PGOPTIONS and PGAPPNAME of the user's shell do not apply.
    password: "",
    ssl: false,
    options: "-c statement_timeout=0",
    application_name: `packetboat ${process.pid}`,
    connectionTimeoutMillis: 30_000,
  });
  // Without a listener a lost connection would end the process.
  client.on("error", () => undefined);
  return client;
}

async function createDatabase(layout: HomeLayout): Promise<"changing"> {
  const client = await tryConnect(layout, "postgres");
  if (typeof client === "string") return "changing";
  try {
    await client.query(`create database ${DATABASE}`);
  } catch (error) {
    // 42P04, 23505: another command made it in the same moment. A server that is going down is met again by the caller's next try.
    const code = databaseCode(error);
    if (code !== "42P04" && code !== "23505" && !isConnectionFailure(error)) throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
  return "changing";
}

/** Takes the shared lock; false (and disconnected) when the server is about to stop. */
async function countIn(client: Client, layout: HomeLayout): Promise<boolean> {
  try {
    // Never waiting: whoever holds the exclusive lock is stopping the server.
    const { rows } = await client.query<{ held: boolean }>("select pg_try_advisory_lock_shared($1) as held", [
      COUNT_LOCK,
    ]);
    if (rows[0]?.held === true && readPostmasterFile(layout)?.status === "ready") return true;
  } catch (error) {
    if (!isConnectionFailure(error)) throw error;
  }
  await client.end().catch(() => undefined);
  return false;
}

function session(client: Client, layout: HomeLayout): EmbeddedSession {
  let leaving = false;
  return {
    url: embeddedUrl(layout),
    layout,
    onLost: (listener) => {
      client.once("end", () => {
        if (!leaving) listener();
      });
    },
    beginCheckpoint: () => {
      // What keeps it from succeeding meets whatever is asked next on this connection, at the latest `leave`.
      client.query("checkpoint").catch(() => undefined);
    },
    leave: async (keep) => {
      leaving = true;
      try {
        if (!keep) {
          await client.query("select pg_advisory_unlock_shared($1)", [COUNT_LOCK]);
          await stopWhenLast(client, layout);
        }
      } catch (error) {
        if (!isConnectionFailure(error)) throw error;
      } finally {
        await client.end().catch(() => undefined);
      }
    },
  };
}

/** Stops the server when nobody else counts; gives who does otherwise. */
async function stopWhenLast(client: Client, layout: HomeLayout): Promise<readonly number[]> {
  const deadline = Date.now() + 2_000;
  for (;;) {
    const { rows } = await client.query<{ held: boolean }>("select pg_try_advisory_lock($1) as held", [COUNT_LOCK]);
    if (rows[0]?.held === true) break;
    const holders = await holdersOf(client);
    // A command killed a moment ago counts until Postgres has noticed; its pid tells. Another container's pid is invisible, hence the limit.
    if (holders.some(isRunning) || Date.now() > deadline) return holders;
    await delay(POLL_MS);
  }
  const postmaster = readPostmasterFile(layout);
  // SIGINT is Postgres' fast shutdown (what pg_ctl stop -m fast sends). Sent by ourselves, under the lock, which the server ends with our
  // connection when it has written "stopping": let go by ourselves, a newcomer could have it while the signal is still on its way.
  if (postmaster !== null && postmaster.pid > 1) process.kill(postmaster.pid, "SIGINT");
  await waitUntilDown(layout);
  return [];
}

async function holdersOf(client: Client): Promise<number[]> {
  const { rows } = await client.query<{ name: string }>(
    `select a.application_name as name from pg_locks l join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'advisory' and l.granted and a.pid <> pg_backend_pid()
        and (l.classid::bigint << 32 | l.objid::bigint) = $1 and l.objsubid = 1`,
    [COUNT_LOCK],
  );
  return rows.map(({ name }) => Number(name.split(" ")[1] ?? 0));
}

async function waitUntilDown(layout: HomeLayout): Promise<void> {
  const deadline = Date.now() + STOP_LIMIT_MS;
  while (Date.now() < deadline) {
    const postmaster = readPostmasterFile(layout);
    if (postmaster === null || !(await isPostmaster(postmaster.pid, layout))) return;
    await delay(POLL_MS);
  }
  throw didNotStop(layout);
}

function didNotStop(layout: HomeLayout): MailError {
  return new MailError(
    "DATABASE_UNREACHABLE",
    `The embedded database in ${layout.home} did not stop within ${STOP_LIMIT_MS / 1000} s. Look at ${layout.serverLog}.`,
  );
}

export type StopOutcome =
  | { readonly kind: "stopped" | "notRunning" }
  | { readonly kind: "inUse"; readonly pids: readonly number[] };

/** Stops the embedded server of a home (`packetboat database stop`), or tells which commands still use it. */
export async function stopEmbedded(home: string): Promise<StopOutcome> {
  const uid = process.getuid?.() ?? 0;
  const layout = serverLayout(prepareHome(home, uid), uid);
  const deadline = Date.now() + STOP_LIMIT_MS;
  let client = await tryConnect(layout);
  // It starts or stops just now: either way it is soon one or the other.
  while (client === "changing" && Date.now() < deadline) {
    await delay(POLL_MS);
    client = await tryConnect(layout);
  }
  if (client === "down") return { kind: "notRunning" };
  if (client === "changing") throw didNotStop(layout);
  try {
    const pids = await stopWhenLast(client, layout);
    return pids.length === 0 ? { kind: "stopped" } : { kind: "inUse", pids };
  } finally {
    await client.end().catch(() => undefined);
  }
}
