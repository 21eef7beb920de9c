// Time as an argument, so that what waits 25 minutes can be tested in none. It must never be read from anywhere else by those who are given one.

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back after so long; gives what takes that back. */
  after(ms: number, run: () => void): () => void;
}

export const SYSTEM_CLOCK: Clock = {
  now: Date.now,
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
