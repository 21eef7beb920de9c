// Runs that never got as far as the server, as reports: stored where the account could be leased, so that `status` and `runs` tell of them.
// It must never call a lost database or lease an interruption by the person.
import { type Archive, asMailError, MailError, NO_COUNTS, type RunReport } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { exitCodeOfError } from "../exit-codes.ts";
import type { Host } from "../host.ts";
import { reasonOf } from "../house.ts";
import type { Target } from "./targets.ts";

/** A run that was stopped because the database or the lease went away is told so, not that somebody pressed Ctrl-C. */
export async function explained(thrown: unknown, signal: AbortSignal, database: Database): Promise<MailError> {
  const error = asMailError(thrown);
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

/** The part of a report that says that it failed. */
export function failedBy(error: MailError): Pick<RunReport, "outcome" | "error"> {
  return {
    outcome: exitCodeOfError(error.code) === 130 ? "interrupted" : "failed",
    error: { code: error.code, text: error.message },
  };
}

/** Stores and gives the report of a run that never reached the server. */
export async function reportFailure(
  host: Host,
  archive: Archive,
  target: Target,
  dryRun: boolean,
  error: MailError,
): Promise<RunReport> {
  (await host.log()).warn({ err: error, linkId: target.link.id }, "the account could not be reached");
  const { runId, revision } = await archive.beginRun();
  const run = dryRun ? null : runId;
  const report = { ...unstarted(host, target, error), run, revisionBefore: revision, revisionAfter: revision };
  await archive.finishRun(runId, report.outcome, report);
  return report;
}

/** The report of a run that could not even begin: another command works on the account. It is stored nowhere. */
export function unstarted(host: Host, { link, names }: Target, error: MailError): RunReport {
  const now = new Date(host.now()).toISOString();
  return {
    version: 1,
    run: null,
    link: link.id,
    archive: names.archive,
    account: names.account,
    started: now,
    finished: now,
    revisionBefore: 0,
    revisionAfter: 0,
    mailboxes: [],
    totals: NO_COUNTS,
    left: null,
    failures: [],
    notes: [],
    halts: [],
    ...failedBy(error),
  };
}
