// A run: one pass over one link: observe and pull, remove what is gone, then plan again against the archive as it now is, and push. The steps
// can be asked for apart, because a round of several links lets all of them pull before one removes, and all of them remove before one pushes.
// It must never push what a failed pull left unseen.
import { asMailError, hasApplied, MailError, type RemoteWriter, type RunReport } from "@packetboat/core";
import { useApprovals } from "./approvals.ts";
import { openCompany } from "./company.ts";
import type { Pass, RunContext } from "./context.ts";
import type { RunEvent } from "./events.ts";
import { type Pulled, pullLink } from "./pull-link.ts";
import { pushLink } from "./push/push.ts";
import { leftOf, openTally, outcomeOf, type Tally, totals } from "./tally.ts";

export interface RunResult {
  readonly report: RunReport;
  /** Something changed under the run; another pass is due at once. */
  readonly again: boolean;
  /** Something changed on one of the sides. */
  readonly applied: boolean;
  /** Null when it went through; what to exit with, else. */
  readonly error: MailError | null;
}

/** A run that has begun. Its steps are made in this order, the push as often as there may be more; then it is finished. */
export interface LinkRun {
  /** Brings the archive up to the server, but for what is gone there. Runs of one company may pull at the same time. */
  pull(): AsyncGenerator<RunEvent>;
  /** Removes from the archive what the pull found gone (S5: all copies are made). Done once; at the latest by the push, or at the end. */
  remove(): Promise<void>;
  /**
   * Brings the server up to the archive, where the link may and the pull went through. May be walked again for what the archive got
   * meanwhile: a migration pushes some mailboxes while others are still pulled.
   */
  push(): AsyncGenerator<RunEvent>;
  /** Stores and gives the report. Throws only what makes the report itself impossible (a lost database). */
  finish(): Promise<RunResult>;
}

/** Begins a run of a link. */
export async function openRun(context: RunContext): Promise<LinkRun> {
  const started = context.now();
  const { runId, revision } = await context.archive.beginRun();
  const tally = openTally(revision);
  const company = context.company ?? openCompany();
  const run: Pass = {
    ...context,
    company,
    place: company.place(),
    runId,
    revision,
    tally,
    appliedApprovals: new Set(),
  };
  let pulled: Pulled | null = null;
  let error: MailError | null = null;
  const remove = async (): Promise<void> => {
    if (error !== null || pulled === null) return;
    const { listing, removals } = pulled;
    pulled = { listing, removals: null };
    try {
      await removals?.();
    } catch (thrown) {
      error = asMailError(thrown);
    }
  };
  return {
    async *pull() {
      try {
        pulled = yield* pullLink(run);
      } catch (thrown) {
        error = asMailError(thrown);
      } finally {
        run.place.leave();
      }
    },
    remove,
    async *push() {
      await remove();
      if (error !== null || pulled === null || !run.link.rights.push) return;
      try {
        pulled = { listing: yield* pushLink(run, writerOf(run), pulled.listing), removals: null };
      } catch (thrown) {
        error = asMailError(thrown);
      }
    },
    async finish() {
      await remove();
      const report = reportOf(run, started, error);
      // A lost database or lease cannot take the report either; the first failure is the one to tell.
      try {
        await useApprovals(run);
        await run.archive.finishRun(run.runId, report.outcome, report);
      } catch (thrown) {
        if (error === null) throw thrown;
      }
      return { report, again: tally.again, applied: tally.mailboxesThere > 0 || hasApplied(report), error };
    },
  };
}

function writerOf({ writer }: RunContext): RemoteWriter {
  if (writer === null)
    throw new MailError(
      "BUG",
      "Packetboat has a defect: a link that pushes was given no way to write. Please report this.",
    );
  return writer;
}

/**
 * Makes one pass over a link. Yields what happens; returns the report, which is also stored with the run. Throws only what makes the
 * report itself impossible (a lost database); an account's failure is in the result.
 */
export async function* runLink(context: RunContext): AsyncGenerator<RunEvent, RunResult> {
  const run = await openRun(context);
  yield* run.pull();
  yield* run.push();
  return run.finish();
}

function reportOf(run: Pass, started: number, error: MailError | null): RunReport {
  const tally: Tally = run.tally;
  const failure = error === null ? null : { code: error.code, text: error.message };
  const mailboxes = [...tally.mailboxes.values()].sort((a, b) => (a.mailbox < b.mailbox ? -1 : 1));
  return {
    version: 1,
    run: run.dryRun ? null : run.runId,
    link: run.link.id,
    archive: run.names.archive,
    account: run.names.account,
    outcome: outcomeOf(tally, failure),
    started: new Date(started).toISOString(),
    finished: new Date(run.now()).toISOString(),
    revisionBefore: run.revision,
    revisionAfter: tally.revisionAfter,
    mailboxes,
    totals: totals(mailboxes),
    left: error === null ? 0 : leftOf(tally),
    failures: tally.failures,
    notes: tally.notes,
    halts: tally.halts,
    error: failure,
  };
}
