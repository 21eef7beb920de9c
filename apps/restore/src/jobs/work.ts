// What a job of this process does, by its kind, with the host and the screen that nobody looks at. It must never let a failure out but to the board.
import { getArchive, getJob, openJobLocks } from "@packetboat/archive";
import { MailError } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import type { Screen } from "@packetboat/terminal";
import type { RestoreHost, RoundsProgress } from "../host.ts";
import { restoreAsked } from "./asked.ts";
import { type HeldJob, JobBoard } from "./board.ts";
import { changedSince, lookAtRestore } from "./restore-work.ts";
import { type Progress, type RestorePreview, restorePreview } from "./told.ts";

/** The phase of a round, in the words of a job: the server is looked at to compare it. */
const PHASES = { connecting: "connecting", looking: "comparing", fetching: "fetching", sending: "sending" } as const;

const progressOf = ({ account, phase, messages, bytes, of }: RoundsProgress): Progress => ({
  phase: PHASES[phase],
  account,
  messages,
  bytes,
  of: { messages: of === 0 ? null : of, bytes: null },
});

const at = (phase: Progress["phase"]): Progress => ({
  phase,
  account: null,
  messages: 0,
  bytes: 0,
  of: { messages: null, bytes: null },
});

type JobHost = Pick<RestoreHost, "now" | "screen" | "unattended">;

/** Opens the jobs of this process. */
export function openJobs(host: JobHost, database: Database, failed: (error: MailError) => void): JobBoard {
  const { pool } = database;
  const { now } = host;
  return new JobBoard({ pool, locks: openJobLocks(database), now, failed, work: jobWork(host, database) });
}

/** Gives what the board calls for each job. */
function jobWork(host: JobHost, database: Database) {
  return async (held: HeldJob, looksOnly: boolean): Promise<void> => {
    const job = await getJob(database.pool, held.id);
    const archive = job === null ? null : await getArchive(database.pool, job.archiveId);
    if (job === null || archive === null) throw new MailError("ARCHIVE_UNKNOWN", "The archive was removed meanwhile.");
    const asked = restoreAsked.parse(job.asked);
    const work = host.unattended(held.signal, (progress) => held.progress(progressOf(progress)));
    const around = { host: work, database, archive, screen: mute(host) };
    held.progress(at("looking"));
    await held.move({ state: "looking" });
    const { preview, go } = await lookAtRestore(around, asked);
    const changed = changedSince(shownOf(job.preview), preview);
    if (looksOnly || changed !== null) {
      const shown = changed === null ? preview : { ...preview, inTheWay: [changed, ...preview.inTheWay] };
      await held.move({ state: "planned", preview: shown });
      return;
    }
    await held.move({ state: "running", preview });
    held.progress(at("archive"));
    const { state, result } = await go(() => held.progress(at("connecting")));
    // Rounds that are told to stop end in order, and say so in their reports.
    if (held.signal.aborted) await held.fail(held.signal.reason, result);
    else await held.move({ state, result });
  };
}

/** A preview that an older version kept is none that was shown. */
function shownOf(kept: unknown): RestorePreview | null {
  return restorePreview.safeParse(kept).data ?? null;
}

/** Results go into the row, progress to the job; what is left to say is for nobody. */
function mute(host: JobHost): Screen {
  const nothing = (): void => undefined;
  return {
    ...host.screen({ quiet: true }),
    line: nothing,
    data: nothing,
    value: nothing,
    progress: nothing,
    warning: nothing,
  };
}
