// What a worker counts, for Prometheus: runs, messages, bytes, failures, and, asked at each scrape, what lies in the database. Names begin with
// packetboat_. Labels are ids, codes and kinds. It must never hold an address, a mailbox or a subject.
import type { RunReport } from "@packetboat/core";
import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** What is asked of the database for a scrape; the same from every worker. */
export interface Standing {
  /** Seconds since the last good run, by link; since it was made, for one that never had any. */
  readonly lag: ReadonlyMap<number, number>;
  /** Jobs by kind and state: waiting, running, dead. */
  readonly jobs: readonly { readonly kind: string; readonly state: string; readonly count: number }[];
  /** Accounts for which nothing is done, by code. */
  readonly holds: ReadonlyMap<string, number>;
  /** Milliseconds that work waited for a limit today, all accounts together. */
  readonly throttledMs: number;
}

export interface Metrics {
  readonly contentType: string;
  /** Counts what a run did. */
  run(report: RunReport): void;
  /** This worker works on so many accounts now. */
  working(accounts: number): void;
  /** It watches so many. */
  watching(accounts: number): void;
  /** All of it as text. Rejects with what `standing` rejects with. */
  text(): Promise<string>;
}

/** Makes the metrics of one worker; `standing` is asked at each scrape. */
export function openMetrics(standing: () => Promise<Standing>): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const runs = new Counter({
    name: "packetboat_runs_total",
    help: "Runs, by outcome.",
    labelNames: ["outcome"],
    registers,
  });
  const seconds = new Histogram({
    name: "packetboat_run_duration_seconds",
    help: "How long runs took.",
    buckets: [0.05, 0.1, 0.5, 1, 5, 30, 120, 600, 3_600, 6 * 3_600],
    registers,
  });
  const messages = new Counter({
    name: "packetboat_messages_total",
    help: "Messages, by what was done to them.",
    labelNames: ["done"],
    registers,
  });
  const bytes = new Counter({
    name: "packetboat_bytes_total",
    help: "Bytes of messages fetched (down) and appended (up).",
    labelNames: ["direction"],
    registers,
  });
  const failures = new Counter({
    name: "packetboat_failures_total",
    help: "Runs and messages that failed, by code.",
    labelNames: ["code"],
    registers,
  });
  const leases = new Gauge({ name: "packetboat_leases", help: "Accounts that this worker works on now.", registers });
  const watched = new Gauge({
    name: "packetboat_watched_accounts",
    help: "Accounts that this worker watches.",
    registers,
  });
  const asked = gauges(registers);
  return {
    contentType: registry.contentType,
    run: (report) => {
      runs.inc({ outcome: report.outcome });
      seconds.observe(Math.max(0, Date.parse(report.finished) - Date.parse(report.started)) / 1_000);
      for (const [done, count] of Object.entries(doneOf(report))) if (count > 0) messages.inc({ done }, count);
      bytes.inc({ direction: "down" }, report.totals.fetchedBytes);
      bytes.inc({ direction: "up" }, report.totals.appendedBytes);
      if (report.error !== null) failures.inc({ code: report.error.code });
      for (const { code } of report.failures) failures.inc({ code });
    },
    working: (count) => leases.set(count),
    watching: (count) => watched.set(count),
    text: async () => {
      asked(await standing());
      return await registry.metrics();
    },
  };
}

function gauges(registers: Registry[]): (standing: Standing) => void {
  const lag = new Gauge({
    name: "packetboat_link_lag_seconds",
    help: "Seconds since the last good run of a link, or since it was made.",
    labelNames: ["link"],
    registers,
  });
  const jobs = new Gauge({
    name: "packetboat_queue_jobs",
    help: "Jobs in the queue, by kind and state.",
    labelNames: ["kind", "state"],
    registers,
  });
  const holds = new Gauge({
    name: "packetboat_account_holds",
    help: "Accounts for which nothing is done, by the code of the reason.",
    labelNames: ["code"],
    registers,
  });
  const throttled = new Gauge({
    name: "packetboat_throttled_seconds_today",
    help: "Seconds that work waited for a provider's limits since midnight UTC, all workers together.",
    registers,
  });
  return (standing) => {
    for (const gauge of [lag, jobs, holds]) gauge.reset();
    for (const [link, age] of standing.lag) lag.set({ link: String(link) }, age);
    for (const { kind, state, count } of standing.jobs) jobs.set({ kind, state }, count);
    for (const [code, count] of standing.holds) holds.set({ code }, count);
    throttled.set(standing.throttledMs / 1_000);
  };
}

function doneOf({ totals }: RunReport): Readonly<Record<string, number>> {
  const { stored, matched, flagsChanged, movedIn, removed, appended, flagsSent, movedThere, removedThere, failed } =
    totals;
  return {
    stored,
    matched,
    flags_changed: flagsChanged,
    moved: movedIn,
    removed,
    appended,
    flags_sent: flagsSent,
    moved_there: movedThere,
    removed_there: removedThere,
    failed,
  };
}
