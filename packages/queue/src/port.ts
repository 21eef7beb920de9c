// What the rest of the house sees of the queue: jobs as data, and the port over them. Types only.
// A job is a wish, never the truth: what is to be done is planned anew from what is observed, so a job that runs twice, or once too often,
// does no harm. It must never be taken for a lock: the account's lease is the only one.
import type { AccountId, LinkId } from "@packetboat/core";
import type { PoolClient } from "pg";

/** Added to what a person waits for: it goes before all that runs by itself, such as the night's ten thousand. */
export const ASKED_PRIORITY = 100;

/** What there is to do, with the priority of each kind: higher is taken first, whatever waits longer. */
export const KIND_PRIORITY = { pass: 0 } as const satisfies Readonly<Record<string, number>>;

/** `pass`: one pass over one link. */
export type JobKind = keyof typeof KIND_PRIORITY;

/** A job to be sent. */
export interface NewJob {
  readonly kind: JobKind;
  readonly linkId: LinkId;
  readonly accountId: AccountId;
  /** Added to the priority of its kind. Default: 0. */
  readonly priority?: number;
  /** Milliseconds since 1970 before which it is not taken. Default: at once. */
  readonly startAfter?: number;
}

/** A job that was taken. Whoever has it says keepAlive until done, again or dead. */
export interface Job {
  readonly id: string;
  readonly kind: JobKind;
  readonly linkId: LinkId;
  readonly accountId: AccountId;
  readonly priority: number;
  /** From 1; counts failures and workers that died over it. */
  readonly attempt: number;
  /** Which taking this is: whoever lost the job to another can say nothing about it any more. */
  readonly claim: number;
}

/** Somebody waits for it. */
export const isAsked = ({ priority }: Pick<Job, "priority">): boolean => priority >= ASKED_PRIORITY;

/** A job that was given up. */
export interface DeadJob {
  readonly id: string;
  readonly kind: JobKind;
  readonly linkId: LinkId;
  readonly accountId: AccountId;
  readonly attempts: number;
  /** Code of the error, or WORKER_DIED. */
  readonly code: string;
  /** Milliseconds since 1970. */
  readonly diedAt: number;
}

/** How many jobs of a kind there are. */
export interface Depth {
  readonly kind: JobKind;
  /** Ready or not. */
  readonly waiting: number;
  readonly running: number;
  readonly dead: number;
}

/** What became of a job that is to be tried again; `lost`: it was another's already. */
export type AgainOutcome = "waiting" | "dead" | "lost";

export interface AgainOptions {
  /** Code of the error. Never an address or a subject. */
  readonly code: string;
  /** Default: the back-off of the queue. */
  readonly afterMs?: number;
}

/** Durable jobs, shared by every worker on one database. */
export interface JobQueue extends AsyncDisposable {
  /**
   * Makes jobs wait, and wakes workers. Of one kind and link only one waits at a time: what is sent beside it is dropped, for it will see
   * the same; what is sent while one runs waits, so that a change during the run is not lost. Gives how many were new. `within`: in the
   * caller's transaction.
   */
  readonly send: (jobs: readonly NewJob[], within?: PoolClient) => Promise<number>;
  /**
   * As send, for what a person waits for: it goes before all that runs by itself. What waits for the same link already, be it for a later
   * time, becomes it.
   */
  readonly ask: (jobs: readonly NewJob[]) => Promise<void>;
  /** Gives up to so many ready jobs by priority, then age; of one account one at a time, as far as the queue can see. */
  readonly take: (most: number) => Promise<readonly Job[]>;
  /** Says that jobs are still being worked on; at least every 10 s. Gives those that were lost to another: stop working on them. */
  readonly keepAlive: (jobs: readonly Job[]) => Promise<readonly Job[]>;
  /** Gives false when the job was lost to another. */
  readonly done: (job: Job) => Promise<boolean>;
  /** Gives the job back, to be tried later; for good after too many attempts. What waits for the same link waits with it. */
  readonly again: (job: Job, options: AgainOptions) => Promise<AgainOutcome>;
  /** Gives the job up. Gives false when it was lost to another. */
  readonly dead: (job: Job, code: string) => Promise<boolean>;
  /**
   * Resolves when jobs were sent since the last take, at the latest after 2 s, at once when the signal is aborted. For one loop of the
   * process.
   */
  readonly waitForWork: (signal: AbortSignal) => Promise<void>;
  /** What there is of each kind. Reads every live job once: for metrics, not for each job. */
  readonly depth: () => Promise<readonly Depth[]>;
  /** The jobs that were given up, oldest first, up to 1,000. */
  readonly deadJobs: () => Promise<readonly DeadJob[]>;
  /** Makes given-up jobs wait again, as if sent anew. Gives how many: none for a link where one waits already. */
  readonly redrive: (ids: readonly string[]) => Promise<number>;
  /** Ends the upkeep and the listening. Jobs that are held come back by themselves. */
  readonly close: () => Promise<void>;
}
