// How long a job that failed waits before it is tried again. Pure: randomness comes in.

export interface Backoff {
  /** After the first failure. Default: 30 s. */
  readonly firstMs: number;
  /** Never longer. Default: one hour. */
  readonly capMs: number;
  /** So many attempts, then the job is dead. Default: 10, which is about three hours. */
  readonly attempts: number;
}

export const DEFAULT_BACKOFF: Backoff = { firstMs: 30_000, capMs: 3_600_000, attempts: 10 };

/**
 * Milliseconds after the `attempt`th failure: twice as long each time up to the cap, of which the second half is left to chance, so that
 * a thousand jobs which failed together do not come back together. `random` is from 0 to 1.
 */
export function backoffMs({ firstMs, capMs }: Backoff, attempt: number, random: number): number {
  const whole = Math.min(capMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(whole / 2 + (whole / 2) * random);
}
