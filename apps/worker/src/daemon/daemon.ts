// The life of `packetboat worker`: shifts, one after the other, until somebody says stop. A shift that lost its database is ended, its
// connections cut, and a new one begun when the database answers again. It must never end because a server or the database was away.
import { asMailError, type MailError } from "@packetboat/core";
import { type Database, keptLeases } from "@packetboat/database";
import { type JobQueue, openQueue, upgradeQueue } from "@packetboat/queue";
import type { Host } from "../host.ts";
import { openHouse } from "../house.ts";
import { pause } from "../runs/pause.ts";
import { openWindow } from "./http.ts";
import { keepConnections } from "./kept.ts";
import { type Metrics, openMetrics } from "./metrics.ts";
import { workShift } from "./shift.ts";
import { standingOf } from "./standing.ts";
import { openWatchers } from "./watchers.ts";

export interface DaemonOptions {
  /** Passes at a time. */
  readonly slots: number;
  /** How long a connection waits for the next pass over its account, in milliseconds. 0: not at all. */
  readonly keepMs: number;
  /** Null: nothing is shown over HTTP. */
  readonly metrics: { readonly port: number; readonly host: string } | null;
}

/** Dovecot as it is shipped has room for 1,024 at a time, for everybody. A sleeping one takes about 100 kB here. */
const MOST_KEPT_PER_HOST = 500;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** Works until the host's signal is aborted. Throws what a person must mend: a database too old or too new, a port that is taken. */
export async function runDaemon(host: Host, options: DaemonOptions): Promise<void> {
  const screen = host.screen({ quiet: false });
  const database = await openHouse(host, screen);
  await upgradeQueue(database);
  const open: { queue: JobQueue | null } = { queue: null };
  const metrics = openMetrics(() => standingOf(database, open.queue, host.now()));
  const shown = { metrics, ready: () => answers(database) };
  await using window = options.metrics && (await openWindow(shown, options.metrics.port, options.metrics.host));
  const where = window === null ? "" : `, metrics on port ${window.port}`;
  screen.progress(`working, ${options.slots} accounts at a time${where}; Ctrl-C stops in good order`);
  let pauseMs = FIRST_PAUSE_MS;
  while (!host.signal.aborted) {
    const lost = await oneShift(host, database, metrics, options, open);
    if (lost === null) continue;
    // The embedded server was stopped by somebody: it does not come back by itself.
    if (database.lost.aborted) throw lost;
    (await host.log()).warn({ err: lost, pauseMs }, "the shift ended: the database is lost");
    screen.warning(`${lost.message} Trying again in ${pauseMs / 1_000} s.`);
    await pause(pauseMs, host.signal);
    pauseMs = (await answers(database).then(
      () => true,
      () => false,
    ))
      ? FIRST_PAUSE_MS
      : Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
  }
  screen.progress("stopped; every account was handed back");
}

/** Null: it ended because somebody said stop. Else why. */
async function oneShift(
  host: Host,
  database: Database,
  metrics: Metrics,
  options: DaemonOptions,
  open: { queue: JobQueue | null },
): Promise<MailError | null> {
  const end = new AbortController();
  const cutOff = (error: MailError): void => {
    if (end.signal.aborted) return;
    end.abort(error);
    // A connection into nowhere answers nothing for a quarter of an hour; whoever waits for it must learn now.
    database.cutOff();
  };
  const signal = AbortSignal.any([host.signal, database.lost, end.signal]);
  await using leases = keptLeases(database, options.slots);
  await using connections = keepConnections({
    mostPerHost: options.keepMs === 0 ? 0 : MOST_KEPT_PER_HOST,
    keepMs: options.keepMs,
  });
  const place = { host, database, screen: host.screen({ quiet: true }), leases, connections };
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
      cutOff,
      options: { slots: options.slots, chance: Math.random },
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
