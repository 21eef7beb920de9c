// How failed sign-ins slow the next ones. Pure: states and the time come in. Each attempt counts before its password is looked at, so that a
// thousand at once are no more than a thousand in turn; one that succeeds is taken back.
// It must never lock anybody out for good: the longest lock is an hour, and a name is locked only by many more failures than one source may have.

/** What is counted: a name from one source, a source with whatever names, a name from wherever. */
export type Counted = "pair" | "source" | "name";

/** Failures that lock. */
const LIMITS: Readonly<Record<Counted, number>> = { pair: 5, source: 30, name: 100 };

const FIRST_LOCK_MS = 60_000;
const LONGEST_LOCK_MS = 3_600_000;
/** After so long without an attempt nothing is held against anybody. */
export const QUIET_MS = 86_400_000;

export interface Attempts {
  readonly failures: number;
  /** Milliseconds since 1970. */
  readonly lastAt: number;
  /** Milliseconds since 1970; null: not locked. */
  readonly lockedUntil: number | null;
}

export type Verdict =
  | { readonly kind: "counted"; readonly next: Attempts }
  | { readonly kind: "locked"; readonly until: number };

/** Counts an attempt as failed, before it is known whether it is. `before` null: none yet. Locks are a minute, doubled by each failure more. */
export function attempted(counted: Counted, before: Attempts | null, now: number): Verdict {
  const known = before !== null && now - before.lastAt <= QUIET_MS ? before : null;
  if (known !== null && known.lockedUntil !== null && known.lockedUntil > now)
    return { kind: "locked", until: known.lockedUntil };
  const failures = (known?.failures ?? 0) + 1;
  const beyond = failures - LIMITS[counted];
  const lock = beyond < 0 ? null : now + Math.min(LONGEST_LOCK_MS, FIRST_LOCK_MS * 2 ** Math.min(beyond, 20));
  return { kind: "counted", next: { failures, lastAt: now, lockedUntil: lock } };
}

/** Takes an attempt back that succeeded. Null: nothing is held any more, as for a name from the source that proved it is its owner's. */
export function succeeded(counted: Counted, { failures, lastAt, lockedUntil }: Attempts): Attempts | null {
  if (counted === "pair" || failures <= 1) return null;
  const left = failures - 1;
  return { failures: left, lastAt, lockedUntil: left < LIMITS[counted] ? null : lockedUntil };
}
