// What was used of today, by this process and by all others: counted here, written in batches, and every batch brings back what the others
// used meanwhile. It must never lose a byte of today to a failed write (it is written with the next one), nor count one for the wrong day.
import { type DayUsage, dayOf, NOTHING_USED, sumOf, type Used } from "@packetboat/core";

/** A crash forgets at most so much. */
const FLUSH_BYTES = 8 * 1024 * 1024;
const FLUSH_MS = 1_000;

export class Ledger {
  readonly #usage: DayUsage;
  readonly #now: () => number;
  #day: string;
  /** Of today by all, as it was told last. */
  #told: Used = NOTHING_USED;
  /** By us, and not written yet. */
  #own: Used = NOTHING_USED;
  /** By us, being written. */
  #underway: Used = NOTHING_USED;
  #flushedAt: number;
  #flushing: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | null = null;
  #begun: Promise<void> | null = null;

  constructor(usage: DayUsage, now: () => number) {
    this.#usage = usage;
    this.#now = now;
    this.#day = dayOf(now());
    this.#flushedAt = now();
  }

  /** Used of today, as far as it is known: others' use is as old as the last write. Throws what an earlier write threw. */
  async today(): Promise<Used> {
    this.#begun ??= this.flush();
    await this.#begun;
    if (dayOf(this.#now()) !== this.#day) await this.flush();
    if (this.#failure !== null) throw this.#failure.error;
    return sumOf(this.#told, sumOf(this.#own, this.#underway));
  }

  /** Counts; writes when it is worth it, without waiting for it. */
  count(used: Partial<Used>): void {
    // What is counted after midnight must not be written for yesterday.
    if (dayOf(this.#now()) !== this.#day) this.#written(this.flush());
    this.#own = sumOf(this.#own, { ...NOTHING_USED, ...used });
    const { down, up } = this.#own;
    if (down + up >= FLUSH_BYTES || this.#now() - this.#flushedAt >= FLUSH_MS) this.#written(this.flush());
  }

  #written(flush: Promise<void>): void {
    // Told by the next today() or by the end.
    flush.catch(() => undefined);
  }

  /** Writes what was counted, after what is being written. Throws what the database throws. */
  flush(): Promise<void> {
    const [day, today, own] = [this.#day, dayOf(this.#now()), this.#own];
    this.#day = today;
    this.#own = NOTHING_USED;
    this.#underway = sumOf(this.#underway, own);
    this.#flushedAt = this.#now();
    const flushing = this.#flushing.then(() => this.#write(day, today, own));
    this.#flushing = flushing.catch(() => undefined);
    return flushing;
  }

  async #write(day: string, today: string, own: Used): Promise<void> {
    try {
      const told = await this.#usage.add(day, own);
      this.#told = day === today ? told : await this.#usage.add(today, NOTHING_USED);
      this.#failure = null;
    } catch (error) {
      this.#failure = { error };
      if (day === this.#day) this.#own = sumOf(this.#own, own);
      throw error;
    } finally {
      this.#underway = minus(this.#underway, own);
    }
  }
}

const minus = (from: Used, used: Used): Used => ({
  down: from.down - used.down,
  up: from.up - used.up,
  commands: from.commands - used.commands,
  waitedMs: from.waitedMs - used.waitedMs,
});
