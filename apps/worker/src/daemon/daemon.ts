// The life of `packetboat worker`: shifts, one after the other, until somebody says stop. A shift that lost its database is ended, its
// connections cut, and a new one begun when the database answers again. It must never end because a server or the database was away, be it at
// its start.
import { openDesk, openEntrances } from "@packetboat/archive";
import { asMailError, MailError, type RunReport } from "@packetboat/core";
import { asDatabaseError, type Database, keptLeases } from "@packetboat/database";
import { type JobQueue, openQueue, upgradeQueue } from "@packetboat/queue";
import type { Screen } from "@packetboat/terminal";
import type { Host } from "../host.ts";
import { openHouse } from "../house.ts";
import { openRetryPace } from "../runs/retry-pace.ts";
import { openWindow } from "./http.ts";
import { keepConnections } from "./kept.ts";
import { type Metrics, openMetrics } from "./metrics.ts";
import { isAway, LONGEST_MS, openPatience, type Patience } from "./patience.ts";
import { type Shift, workShift } from "./shift.ts";
import { standingOf } from "./standing.ts";
import { openTroubles } from "./troubles.ts";
import { openWatchers } from "./watchers.ts";

export interface DaemonOptions {
  /** Passes at a time. */
  readonly slots: number;
  /** How long a connection waits for the next pass over its account, in milliseconds. 0: not at all. */
  readonly keepMs: number;
  /** Idle connections to one server at most; a sleeping one takes about 100 kB here. */
  readonly keptPerServer: number;
  /** Null: nothing is shown over HTTP. */
  readonly metrics: { readonly port: number; readonly host: string } | null;
}

/** What passes ask within so long is asked together: most of a night's work over many accounts is such questions. */
const DESK_MOMENT_MS = 4;

/** What is open at the moment: nothing while the database is away. */
interface Open {
  database: Database | null;
  queue: JobQueue | null;
}

/**
 * Works until the host's signal is aborted. A database that does not answer, at the start or later, is waited for. Throws what a person must
 * mend: a database that refuses the login, that is too old or too new, a port that is taken.
 */
export async function runDaemon(host: Host, options: DaemonOptions): Promise<void> {
  const screen = host.screen({ quiet: false });
  const open: Open = { database: null, queue: null };
  const metrics = openMetrics(async () => standingOf(known(open), open.queue, host.now()));
  const shown = { metrics, ready: async () => answers(known(open)) };
  await using window = options.metrics && (await openWindow(shown, options.metrics.port, options.metrics.host));
  const where = window === null ? "" : `, metrics on port ${window.port}`;
  const patience = openPatience(host, screen);
  const database = await reached(host, screen, patience);
  if (database === null) return;
  open.database = database;
  let greeting = `working, ${options.slots} accounts at a time${where}; Ctrl-C stops in good order`;
  const onReady = (): void => {
    if (greeting !== "") screen.progress(greeting);
    greeting = "";
  };
  const told = openTroubles();
  // Who has a log reads it there.
  const tell = (report: RunReport): void => {
    const sentence = host.environment.logLevel === "silent" ? told(report) : null;
    if (sentence !== null) screen.warning(`packetboat: ${sentence}`);
  };
  while (!host.signal.aborted) {
    const began = host.now();
    const lost = await oneShift(host, database, metrics, options, open, { onReady, tell });
    if (lost === null) continue;
    if (host.now() - began > LONGEST_MS) patience.renew();
    await recovered(host, database, lost, patience);
    if (isAway(lost)) greeting ||= "the database answers again; working on";
  }
  screen.progress("stopped; every account was handed back");
}

function known({ database }: Open): Database {
  if (database !== null) return database;
  throw new MailError("DATABASE_UNREACHABLE", "The database was not reached yet.");
}

/** Opens the database as soon as it answers, ready for jobs. Null: somebody said stop before. */
async function reached(host: Host, screen: Screen, patience: Patience): Promise<Database | null> {
  const open = async (): Promise<Database> => {
    const database = await openHouse(host, screen);
    await upgradeQueue(database);
    return database;
  };
  while (!host.signal.aborted) {
    try {
      return await Promise.race([open(), stopped(host.signal)]);
    } catch (thrown) {
      const error = asMailError(thrown);
      if (!isAway(error)) throw error;
      await patience.endure(error);
    }
  }
  return null;
}

function stopped(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(null), { once: true }));
}

/** Waits until the database answers after `lost`, or somebody says stop. */
async function recovered(host: Host, database: Database, lost: MailError, patience: Patience): Promise<void> {
  let problem = lost;
  while (!host.signal.aborted) {
    await patience.endure(problem);
    try {
      await database.comeBack();
      await answers(database);
      return;
    } catch (thrown) {
      problem = asDatabaseError(thrown);
    }
  }
}

/** Null: it ended because somebody said stop. Else why. */
async function oneShift(
  host: Host,
  database: Database,
  metrics: Metrics,
  options: DaemonOptions,
  open: Open,
  { onReady, tell }: Pick<Shift, "onReady" | "tell">,
): Promise<MailError | null> {
  const end = new AbortController();
  const cutOff = (error: MailError): void => {
    if (end.signal.aborted) return;
    end.abort(error);
    // A connection into nowhere answers nothing for a quarter of an hour; whoever waits for it must learn now.
    database.cutOff();
  };
  const signal = AbortSignal.any([host.signal, database.lost, end.signal]);
  await using leases = keptLeases(database, DESK_MOMENT_MS);
  await using connections = keepConnections({
    mostPerHost: options.keepMs === 0 ? 0 : options.keptPerServer,
    keepMs: options.keepMs,
  });
  await using entrances = openEntrances(database);
  const desk = openDesk(database.pool, DESK_MOMENT_MS);
  const screen = host.screen({ quiet: true });
  const place = { host, database, screen, leases, desk, connections, entrances, retries: openRetryPace() };
  const log = await host.log();
  const onProblem = (error: Error): void => log.warn({ err: error }, "the upkeep of the queue failed; it goes on");
  try {
    await using queue = await openQueue(database, { onProblem });
    open.queue = queue;
    await using watchers = await openWatchers({ place, queue, metrics, onFailure: cutOff });
    await workShift({
      place,
      queue,
      watchers,
      metrics,
      signal,
      onReady,
      tell,
      cutOff,
      slots: options.slots,
      chance: Math.random,
    });
  } catch (thrown) {
    if (host.signal.aborted) return null;
    return asMailError(end.signal.aborted ? end.signal.reason : thrown);
  } finally {
    open.queue = null;
  }
  return host.signal.aborted ? null : asMailError(signal.reason);
}

async function answers(database: Database): Promise<void> {
  await database.pool.query("select 1");
}
