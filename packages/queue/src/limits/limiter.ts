// Paces everything that uses one account: connections and commands by p-queue, bytes by a token bucket, the day by its ledger, pauses as the
// server asks for them. One for an account and process. It must never hold a command back without counting the time, nor past its signal.
import {
  type AccountLimits,
  type Bucket,
  budgetSpent,
  type DayUsage,
  fullBucket,
  type Hint,
  MailError,
  mayDownload,
  mayUpload,
  type Pace,
  pauseOf,
  type Release,
  take,
} from "@packetboat/core";
import PQueue from "p-queue";
import { type Clock, clockOf, interrupted } from "./clock.ts";
import { Ledger } from "./ledger.ts";

export interface LimiterOptions {
  readonly limits: AccountLimits;
  readonly usage: DayUsage;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A pause that the server asks for and that is longer than this ends the work instead. Default: two minutes. */
  readonly patienceMs?: number | undefined;
  /** Default: timers. */
  readonly wait?: Clock["wait"] | undefined;
}

/** A pace with an end: what was counted is written then. */
export interface AccountLimiter extends Pace {
  /** Writes what is not written yet. Throws what the database throws. */
  close(): Promise<void>;
}

const PATIENCE_MS = 2 * 60_000;
const MINUTE_MS = 60_000;
/** A minute's commands are let out in so many bursts, where there are enough of them: smoother, and no server sees a minute's worth at once. */
const BURSTS = 10;
/** Connections that can be done without leave so many for those that cannot. */
const KEPT_FREE = 2;

/** Gives the pace of an account. */
export function accountLimiter(options: LimiterOptions): AccountLimiter {
  return new Limiter(options);
}

class Limiter implements AccountLimiter {
  readonly #limits: AccountLimits;
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #ledger: Ledger;
  readonly #commands: PQueue | null;
  readonly #places: PQueue | null;
  #down: Bucket | null;
  #up: Bucket | null;
  #pausedUntil = 0;
  #hints = 0;
  #lastHint: Hint | null = null;

  constructor({ limits, usage, now, patienceMs, wait }: LimiterOptions) {
    this.#limits = limits;
    this.#clock = { ...clockOf(now), ...(wait === undefined ? {} : { wait }) };
    this.#patienceMs = patienceMs ?? PATIENCE_MS;
    this.#ledger = new Ledger(usage, now);
    this.#commands = limits.commandsPerMinute === null ? null : new PQueue(rateOf(limits.commandsPerMinute));
    this.#places = limits.connections === null ? null : new PQueue({ concurrency: limits.connections });
    const { bytesPerSecond: rate } = limits;
    this.#down = rate === null ? null : fullBucket(rate, now());
    this.#up = this.#down;
  }

  get connections(): number | null {
    return this.#limits.connections;
  }

  async command(signal: AbortSignal | null): Promise<void> {
    await this.#counted(async () => {
      await this.#pause(signal);
      if (this.#commands === null) return;
      await turn(this.#commands, async () => undefined, signal);
      // The server may have asked for a pause while this one stood in line.
      await this.#pause(signal);
    });
    this.#ledger.count({ commands: 1 });
  }

  async #pause(signal: AbortSignal | null): Promise<void> {
    const left = this.#pausedUntil - this.#clock.now();
    if (left <= 0) return;
    if (left > this.#patienceMs) throw this.#longPause();
    await this.#clock.wait(left, signal);
  }

  #longPause(): MailError {
    const until = this.#pausedUntil;
    return new MailError(
      "THROTTLED",
      `The server asks for a pause until ${new Date(until).toISOString().slice(0, 16).replace("T", " ")} UTC: run it again then. Nothing is lost.`,
      { context: { until, hint: this.#lastHint?.kind ?? null, waitMs: this.#lastHint?.waitMs ?? null } },
    );
  }

  told(hint: Hint): boolean {
    const until = this.#clock.now() + pauseOf(hint, this.#hints++);
    this.#lastHint = hint;
    this.#pausedUntil = Math.max(this.#pausedUntil, until);
    return this.#pausedUntil - this.#clock.now() <= this.#patienceMs;
  }

  fine(): void {
    if (this.#clock.now() >= this.#pausedUntil) this.#hints = 0;
  }

  async mayFetch(): Promise<void> {
    const { downPerDay } = this.#limits;
    if (downPerDay === null || mayDownload(await this.#ledger.today(), downPerDay)) return;
    throw budgetSpent("down", downPerDay, this.#clock.now());
  }

  async down(bytes: number, signal: AbortSignal | null): Promise<void> {
    this.#ledger.count({ down: bytes });
    await this.mayFetch();
    if (this.#down === null) return;
    const { bucket, waitMs } = this.#taken(this.#down, bytes);
    this.#down = bucket;
    await this.#rest(waitMs, signal);
  }

  async up(bytes: number, signal: AbortSignal | null): Promise<void> {
    const { upPerDay } = this.#limits;
    if (upPerDay !== null && !mayUpload(await this.#ledger.today(), bytes, upPerDay))
      throw budgetSpent("up", upPerDay, this.#clock.now());
    this.#ledger.count({ up: bytes });
    if (this.#up === null) return;
    const { bucket, waitMs } = this.#taken(this.#up, bytes);
    this.#up = bucket;
    await this.#rest(waitMs, signal);
  }

  #taken(bucket: Bucket, bytes: number) {
    return take(bucket, bytes, this.#limits.bytesPerSecond ?? 1, this.#clock.now());
  }

  async #rest(ms: number, signal: AbortSignal | null): Promise<void> {
    if (ms > 0) await this.#counted(() => this.#clock.wait(ms, signal));
  }

  /** Adds what was waited to the day's account. */
  async #counted(wait: () => Promise<void>): Promise<void> {
    const began = this.#clock.now();
    await wait();
    const waitedMs = this.#clock.now() - began;
    if (waitedMs > 0) this.#ledger.count({ waitedMs });
  }

  async connection(signal: AbortSignal | null): Promise<Release> {
    if (this.#places === null) return () => undefined;
    if (signal?.aborted) throw interrupted();
    const granted = Promise.withResolvers<Release>();
    const held = Promise.withResolvers<void>();
    // Only while it stands in line: a place that was given is given back by its holder alone.
    const cancelled = new AbortController();
    const cancel = (): void => cancelled.abort();
    signal?.addEventListener("abort", cancel, { once: true });
    const task = (): Promise<void> => {
      signal?.removeEventListener("abort", cancel);
      granted.resolve(() => held.resolve());
      return held.promise;
    };
    turn(this.#places, task, cancelled.signal).catch(granted.reject);
    return await granted.promise;
  }

  async spareConnection(): Promise<Release | null> {
    const { connections } = this.#limits;
    if (this.#places === null || connections === null) return () => undefined;
    const { size, pending } = this.#places;
    return size + pending + KEPT_FREE < connections ? await this.connection(null) : null;
  }

  close(): Promise<void> {
    return this.#ledger.flush();
  }
}

/** Bursts of p-queue for a rate. */
function rateOf(perMinute: number): { readonly intervalCap: number; readonly interval: number } {
  if (perMinute < BURSTS) return { intervalCap: perMinute, interval: MINUTE_MS };
  return { intervalCap: Math.floor(perMinute / BURSTS), interval: MINUTE_MS / BURSTS };
}

async function turn(queue: PQueue, task: () => Promise<void>, signal: AbortSignal | null): Promise<void> {
  try {
    await queue.add(task, signal === null ? {} : { signal });
  } catch (error) {
    if (signal?.aborted) throw interrupted();
    throw error;
  }
}
