// The states of a job and what may follow each. Pure. A job is a restore, an export or an import that somebody began through the API.
//   waiting      behind others              → looking, running, cancelled, failed
//   looking      at what it would do        → planned, running, cancelled, failed
//   planned      looked at; nobody began it → waiting (begun), running (a download), cancelled
//   running      at work                    → done, partial, cancelled, failed
//   done         all of it                  → waiting, running (a download is taken once more)
//   partial, failed, cancelled              → waiting, running (begun again)
// `interrupted` is no state of its own: a job at work whose lock nobody holds any more is told as that, and can be begun again.

const JOB_STATES = ["waiting", "looking", "planned", "running", "done", "partial", "failed", "cancelled"] as const;
export type JobState = (typeof JOB_STATES)[number];
/** As a job is told. */
export type ToldState = JobState | "interrupted";
export const TOLD_STATES = [...JOB_STATES, "interrupted"] as const satisfies readonly ToldState[];

const FOLLOWS: Readonly<Record<JobState, readonly JobState[]>> = {
  waiting: ["looking", "running", "cancelled", "failed"],
  looking: ["planned", "running", "cancelled", "failed"],
  planned: ["waiting", "running", "cancelled"],
  running: ["done", "partial", "cancelled", "failed"],
  done: ["waiting", "running"],
  partial: ["waiting", "running"],
  failed: ["waiting", "running"],
  cancelled: ["waiting", "running"],
};

/** Somebody's process has it. */
const AT_WORK: ReadonlySet<JobState> = new Set(["waiting", "looking", "running"]);

/** States that a job may come from. `taken`: by a process that found nobody holding it, which may begin what another left at work. */
export function mayBecome(next: JobState, taken: boolean): readonly JobState[] {
  return JOB_STATES.filter((state) => FOLLOWS[state].includes(next) || (taken && AT_WORK.has(state)));
}

/** How a job is told. `held`: some process holds its lock. */
export const toldState = (state: JobState, held: boolean): ToldState =>
  AT_WORK.has(state) && !held ? "interrupted" : state;

/** Whether anything more will happen to it by itself. */
export const isAtWork = (state: ToldState): boolean => state !== "interrupted" && AT_WORK.has(state);
