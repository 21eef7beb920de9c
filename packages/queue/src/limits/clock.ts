// Time as the limiter needs it: what it is, and how to wait. Given from outside so that tests own it.
// It must never keep a process alive that has been told to end.
import { MailError } from "@packetboat/core";

export interface Clock {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Throws INTERRUPTED as soon as the signal says so. */
  readonly wait: (ms: number, signal: AbortSignal | null) => Promise<void>;
}

/** Ctrl-C while something waited for its turn. */
export const interrupted = () =>
  new MailError("INTERRUPTED", "Interrupted: what was done is safe, run again to continue.");

/** Longest delay of a timer. */
const LONGEST = 2_147_483_647;

/** Waits by the timers of Node, with a clock of whoever asks. */
export function clockOf(now: () => number): Clock {
  return {
    now,
    wait: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(interrupted());
        const abort = (): void => {
          clearTimeout(timer);
          reject(interrupted());
        };
        const timer = setTimeout(
          () => {
            signal?.removeEventListener("abort", abort);
            resolve();
          },
          Math.min(ms, LONGEST),
        );
        signal?.addEventListener("abort", abort, { once: true });
      }),
  };
}
