// What every step of a run is given: the two sides, the link, the clock, the way to be stopped. Nothing global, nothing hidden.
import {
  type Archive,
  type Batch,
  type Link,
  MailError,
  type Remote,
  type RemoteWriter,
  type Revision,
  type RunId,
} from "@packetboat/core";
import type { Company, Place } from "./company.ts";
import type { Tally } from "./tally.ts";

/** One pass over one link. Made by the caller under the account's lease. */
export interface RunContext {
  readonly remote: Remote;
  /** The same account, to be written to; null where the link has no right to. */
  readonly writer: RemoteWriter | null;
  readonly archive: Archive;
  readonly link: Link;
  /** For the report. */
  readonly names: { readonly archive: string; readonly account: string };
  /** Some link of this archive has `push`: then removals from the archive travel, and guards are stricter (G1). */
  readonly archiveIsPushed: boolean;
  /** G2: look and plan, write nothing. */
  readonly dryRun: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Ctrl-C. The run stops after the batch in hand; what is committed stays. */
  readonly signal: AbortSignal;
  /** C6: what did not get through before is tried once more. False: it is listed as it was. Default: true. */
  readonly retries?: boolean;
  /** Other runs of the archive that go on at the same time. Default: none. */
  readonly company?: Company;
}

/** The context with what the pass itself adds. */
export interface Pass extends RunContext {
  readonly company: Company;
  readonly place: Place;
  readonly runId: RunId;
  /** The archive's revision before the run. */
  readonly revision: Revision;
  readonly tally: Tally;
  /** Halted runs whose approval let something through in this one (G1, G3). */
  readonly appliedApprovals: Set<RunId>;
}

/** Throws INTERRUPTED when the run was asked to stop. Called between steps and batches, never inside a transaction. */
export function stopIfAsked(run: RunContext): void {
  if (run.signal.aborted) {
    throw new MailError(
      "INTERRUPTED",
      "Stopped. Everything stored so far is safe; run the same command again to go on.",
    );
  }
}

/** What became of a batch. */
export interface CommitOutcome {
  readonly stale: ReadonlySet<number>;
  readonly overtaken: boolean;
  readonly revision: Revision | null;
}

const NOTHING_DONE: CommitOutcome = { stale: new Set(), overtaken: false, revision: null };

/** Commits a batch whose `plannedAt` matters, unless the run is a dry one; keeps the tally's revision, asks for another pass when stale. */
export async function commitPlanned(run: Pass, batch: Batch): Promise<CommitOutcome> {
  if (run.dryRun || batch.archive.length + batch.base.length === 0) return NOTHING_DONE;
  const done = await run.archive.commit(batch);
  if (done.revision !== null) run.tally.revisionAfter = done.revision;
  if (done.stale.length > 0) run.tally.again = true; // S4: planned again
  return { stale: new Set(done.stale), overtaken: done.overtaken === true, revision: done.revision };
}

/** The same for a batch that adds no message. Gives what was stale. */
export async function commit(run: Pass, batch: Batch): Promise<ReadonlySet<number>> {
  return (await commitPlanned(run, batch)).stale;
}
