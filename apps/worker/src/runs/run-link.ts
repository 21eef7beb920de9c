// Runs one link under its account's lease: passes until nothing is due at once, shown while they go on, each with its stored report.
// A failure to connect is a run too, so that `status` and `runs` tell of it. It must never touch the archive without the lease (S4).
import { openArchive } from "@packetboat/archive";
import {
  type Archive,
  asMailError,
  type Link,
  MailError,
  NO_COUNTS,
  type Remote,
  type RunReport,
} from "@packetboat/core";
import { acquireLease, type Database } from "@packetboat/database";
import { runLink } from "@packetboat/engine";
import type { Screen } from "@packetboat/terminal";
import { type Live, startLive } from "../display/live.ts";
import type { Host } from "../host.ts";
import { reasonOf, stopSignal } from "../house.ts";
import { readOnly } from "./read-only.ts";

/** A link with the names that people know it by. */
export interface Target {
  readonly link: Link;
  readonly names: { readonly archive: string; readonly account: string };
  readonly archiveIsPushed: boolean;
}

export interface RunOptions {
  /** The command's name, for whoever has to wait for the lease. */
  readonly command: string;
  readonly dryRun: boolean;
  readonly connect: (signal: AbortSignal) => Promise<Remote>;
  /** The archive's revision now. */
  readonly revision: () => Promise<number>;
}

/** A changing mailbox asks for another pass; one that changes for ever must not. */
const MAX_PASSES = 5;
/** Of less than this the database rids itself in a moment when it stops. */
const WORTH_A_CHECKPOINT_BYTES = 32 * 1024 * 1024;

/** Runs the link and gives the report of each pass, the last one with the reason when it failed. Throws when not even a report is possible. */
export async function runTarget(
  host: Host,
  database: Database,
  screen: Screen,
  target: Target,
  options: RunOptions,
): Promise<readonly RunReport[]> {
  const account = target.names.account;
  const lease = await acquireLease(database, {
    accountId: target.link.accountId,
    holder: options.command,
    onWait: (holder) => screen.progress(`${account}: waiting for ${holder}`),
    signal: host.signal,
  });
  const signal = AbortSignal.any([stopSignal(host, database), lease.lost]);
  let goodbye: Promise<void> | undefined;
  try {
    const opened = await openArchive({
      pool: database.pool,
      link: target.link,
      lease: { ...target.link, token: lease.token },
      now: host.now,
    });
    const archive = options.dryRun ? readOnly(opened) : opened;
    const live = await startLive(screen, account, host.now);
    try {
      const remote = await options.connect(signal).catch((error: unknown) => asMailError(error));
      if (remote instanceof MailError)
        return [await reportFailure(host, archive, target, options, await explained(remote, signal, database))];
      try {
        return await passes(host, database, target, options, { archive, remote, live, signal });
      } finally {
        // A far server's goodbye is a round trip: everybody else leaves meanwhile.
        goodbye = remote.close();
      }
    } finally {
      live.stop();
    }
  } finally {
    await Promise.all([goodbye, lease.release()]);
  }
}

interface Parts {
  readonly archive: Archive;
  readonly remote: Remote;
  readonly live: Live;
  readonly signal: AbortSignal;
}

async function passes(
  host: Host,
  database: Database,
  target: Target,
  options: RunOptions,
  parts: Parts,
): Promise<readonly RunReport[]> {
  const { archive, remote, live, signal } = parts;
  const reports: RunReport[] = [];
  for (let again = true; again && reports.length < MAX_PASSES; ) {
    if (!options.dryRun) database.ensureDiskSpace();
    const run = runLink({
      remote,
      writer: null,
      archive,
      link: target.link,
      names: target.names,
      revision: await options.revision(),
      archiveIsPushed: target.archiveIsPushed,
      dryRun: options.dryRun,
      now: host.now,
      signal,
    });
    let step = await run.next();
    for (; step.done !== true; step = await run.next()) {
      if (step.value.kind === "allRead") {
        if (step.value.bytes > WORTH_A_CHECKPOINT_BYTES) database.expectStop();
      } else if (step.value.kind !== "note") live.event(step.value);
    }
    const { report, error } = step.value;
    reports.push(error === null ? report : { ...report, ...failedBy(await explained(error, signal, database)) });
    again = step.value.again && error === null && !options.dryRun;
    if (error !== null) (await host.log()).warn({ err: error, linkId: target.link.id }, "the run failed");
  }
  return reports;
}

/** A run that was stopped because the database or the lease went away is told so, not that somebody pressed Ctrl-C. */
async function explained(error: MailError, signal: AbortSignal, database: Database): Promise<MailError> {
  const reason = reasonOf(signal);
  const cause = error.code === "INTERRUPTED" && reason !== null ? reason : error;
  if (cause.code !== "LEASE_LOST") return cause;
  // The lease ends with its connection, and that ends with the database: only a database that still answers speaks of a takeover.
  const answers = await database.pool.query("select 1").then(
    () => true,
    () => false,
  );
  if (answers) return cause;
  return new MailError(
    "DATABASE_LOST",
    "The connection to the database was lost. What was committed is safe; run it again.",
    { cause },
  );
}

function failedBy(error: MailError): Pick<RunReport, "outcome" | "error"> {
  return {
    outcome: error.code === "INTERRUPTED" ? "interrupted" : "failed",
    error: { code: error.code, text: error.message },
  };
}

/** Stores and gives the report of a run that never reached the server. */
async function reportFailure(
  host: Host,
  archive: Archive,
  target: Target,
  options: RunOptions,
  error: MailError,
): Promise<RunReport> {
  (await host.log()).warn({ err: error, linkId: target.link.id }, "the account could not be reached");
  const now = new Date(host.now()).toISOString();
  const revision = await options.revision();
  const run = options.dryRun ? null : await archive.beginRun();
  const report: RunReport = {
    version: 1,
    run,
    link: target.link.id,
    archive: target.names.archive,
    account: target.names.account,
    started: now,
    finished: now,
    revisionBefore: revision,
    revisionAfter: revision,
    mailboxes: [],
    totals: NO_COUNTS,
    failures: [],
    notes: [],
    halts: [],
    ...failedBy(error),
  };
  if (run !== null) await archive.finishRun(run, report.outcome, report);
  return report;
}
