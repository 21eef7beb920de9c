// A token bucket that may go into debt: what was taken is paid for by waiting afterwards, so a message larger than the bucket passes too.
// Pure: the clock is an argument. It must never give more than `rate` over any time longer than its burst.

export interface Bucket {
  /** Below zero: owed. */
  readonly tokens: number;
  /** Milliseconds since 1970, when `tokens` was true. */
  readonly at: number;
}

/** A full bucket: one second's worth. */
export const fullBucket = (rate: number, now: number): Bucket => ({ tokens: rate, at: now });

/** Takes from a bucket that is refilled by `rate` a second. `waitMs`: before anything more is taken. */
export function take(
  bucket: Bucket,
  amount: number,
  rate: number,
  now: number,
): { readonly bucket: Bucket; readonly waitMs: number } {
  // A clock that was set back gives nothing and takes nothing.
  const passed = Math.max(0, now - bucket.at);
  const tokens = Math.min(rate, bucket.tokens + (passed * rate) / 1_000) - amount;
  return { bucket: { tokens, at: now }, waitMs: tokens >= 0 ? 0 : Math.ceil((-tokens * 1_000) / rate) };
}
