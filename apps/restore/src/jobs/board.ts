// The jobs of this process: two at work, others wait. Each holds its lock while it is here, notes how far it is every second, and hears in the same
// second that somebody wants it to stop. It must never tell a job as ended that was cut off: whoever asks is told that it was interrupted.
import { EventEmitter } from "node:events";
import { isAtWork, type Job, type JobLock, type JobLocks, moveJob, noteProgress } from "@packetboat/archive";
import { asMailError, MailError } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { problemOf } from "../http/problem.ts";
import type { Progress } from "./told.ts";

const AT_ONCE = 2;
const NOTE_MS = 1_000;

/** What a job's work is given. */
export interface JobTools {
  /** Ends the work: somebody cancelled it, the process stops, or the job's lock is lost. */
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
}

/** A job that is held by this process. */
export interface HeldJob extends JobTools {
  readonly id: number;
  /** Moves it on; what nobody may move any more is not moved. */
  readonly move: (change: Parameters<typeof moveJob>[2]) => Promise<boolean>;
  /** Notes how it ended because of an error, where that is an end, with what was done until then, and gives it free. */
  readonly fail: (error: unknown, result?: unknown) => Promise<void>;
  /** Gives it free. Safe to be called twice. */
  readonly release: () => Promise<void>;
}

export interface BoardParts {
  readonly pool: Database["pool"];
  readonly locks: JobLocks;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly failed: (error: MailError) => void;
  /** Does a job. `looksOnly`: says what it would do, and ends. */
  readonly work: (job: HeldJob, looksOnly: boolean) => Promise<void>;
}

const cancelled = (): MailError => new MailError("INTERRUPTED", "Cancelled. What was done until then stays.");
const stopping = (): MailError => new MailError("INTERRUPTED", "packetboat web stops. Begin this job again to go on.");

/** A job that is here. */
interface Held {
  readonly stop: AbortController;
  /** Its row says so; only the lock is still here. */
  isEnded: boolean;
  /** Resolved when it is given free. */
  readonly free: PromiseWithResolvers<void>;
}

export class JobBoard implements AsyncDisposable {
  readonly #parts: BoardParts;
  readonly #held = new Map<number, Held>();
  readonly #turns: (() => void)[] = [];
  readonly #changes = new EventEmitter().setMaxListeners(0);
  #atWork = 0;
  #isClosing = false;

  constructor(parts: BoardParts) {
    this.#parts = parts;
  }

  /** Begins a job, or looks at it only; false where somebody has it, or it cannot be begun. */
  async begin(id: number, looksOnly: boolean): Promise<boolean> {
    const job = await this.hold(id, "waiting");
    if (job === null) return false;
    void this.#work(job, () => this.#parts.work(job, looksOnly));
    return true;
  }

  /** Goes on with a job that is held, in its turn; gives it free at its end. `last` is done in any case, also where its turn never comes. */
  goOn(job: HeldJob, work: () => Promise<void>, last: () => Promise<void>): void {
    void this.#work(job, work, last);
  }

  /** Takes a job and moves it; null where somebody has it, or it cannot be moved. Whoever holds it releases it. */
  async hold(id: number, state: "waiting" | "running"): Promise<HeldJob | null> {
    const { pool, locks, now } = this.#parts;
    if (this.#isClosing) throw stopping();
    const before = this.#held.get(id);
    if (before?.isEnded === true) await before.free.promise;
    const lock = await locks.take(id);
    if (lock === null) return null;
    try {
      if (await moveJob(pool, id, { state }, now(), true)) return this.#holding(id, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
    await lock.release();
    return null;
  }

  #holding(id: number, lock: JobLock): HeldJob {
    const { pool, now, failed } = this.#parts;
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, lock.lost]);
    const own: Held = { stop, isEnded: false, free: Promise.withResolvers<void>() };
    this.#held.set(id, own);
    let latest: Progress | null = null;
    const note = async (): Promise<void> => {
      const news = latest;
      latest = null;
      if (await noteProgress(pool, id, news, now())) stop.abort(cancelled());
      this.#changes.emit(String(id));
    };
    // Where noting fails the lock is lost too, or the next second notes it.
    const timer = setInterval(() => void note().catch((error: unknown) => failed(asMailError(error))), NOTE_MS);
    let releasing: Promise<void> | null = null;
    const release = (): Promise<void> => {
      clearInterval(timer);
      releasing ??= lock.release().finally(() => {
        if (this.#held.get(id) === own) this.#held.delete(id);
        own.free.resolve();
        this.#changes.emit(String(id));
      });
      return releasing;
    };
    const move: HeldJob["move"] = async (change) => {
      if (latest !== null) await note();
      const moved = await moveJob(pool, id, change, now());
      own.isEnded ||= moved && !isAtWork(change.state);
      this.#changes.emit(String(id));
      return moved;
    };
    return {
      id,
      signal,
      progress: (progress) => {
        latest = progress;
      },
      move,
      fail: (error, result = null) => this.#fail(move, signal, error, result).finally(release),
      release,
    };
  }

  async #fail(move: HeldJob["move"], signal: AbortSignal, thrown: unknown, result: unknown): Promise<void> {
    const error = asMailError(signal.aborted ? signal.reason : thrown);
    // Cut off: the row says still that it is at work, and the lock that nobody is.
    if (this.#isClosing || error.code === "DATABASE_LOST") return;
    const isCancelled = signal.aborted && error.code === "INTERRUPTED";
    if (error.code === "BUG") this.#parts.failed(error);
    const text = error.code === "BUG" ? problemOf(error).detail : error.message;
    const told: Job["error"] = { code: error.code, text };
    await move({ state: isCancelled ? "cancelled" : "failed", error: told, result });
  }

  /** Says that a job of this process is to stop now; nothing where it is not of this process. */
  cancel(id: number): void {
    this.#held.get(id)?.stop.abort(cancelled());
  }

  /** Waits until a job of this process changed, at most so many milliseconds: others are at work elsewhere. */
  async change(id: number, mostMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, mostMs);
    this.#changes.once(String(id), resolve);
    await promise;
    clearTimeout(timer);
    this.#changes.off(String(id), resolve);
  }

  async #work(job: HeldJob, work: () => Promise<void>, last?: () => Promise<void>): Promise<void> {
    try {
      try {
        await this.#inTurn(job.signal, work);
      } finally {
        await last?.();
      }
      await job.release();
    } catch (error) {
      await job.fail(error).catch((thrown: unknown) => this.#parts.failed(asMailError(thrown)));
    }
  }

  async #inTurn(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    await this.#turn(signal);
    try {
      signal.throwIfAborted();
      await work();
    } finally {
      this.#atWork--;
      this.#turns.shift()?.();
    }
  }

  /** Waits for a turn. Throws the reason of the signal, having taken none. */
  async #turn(signal: AbortSignal): Promise<void> {
    while (this.#atWork >= AT_ONCE) {
      signal.throwIfAborted();
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#turns.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      const at = this.#turns.indexOf(resolve);
      if (at !== -1) this.#turns.splice(at, 1);
    }
    this.#atWork++;
  }

  /** Ends what is at work, in order: it is told as interrupted and can be begun again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    const all = [...this.#held.values()];
    for (const { stop } of all) stop.abort(stopping());
    await Promise.all(all.map(({ free }) => free.promise));
    await this.#parts.locks.close();
  }
}
