// How often servers are signed in to because somebody asked over HTTP: a few at a time, so many a minute, whoever asks. The API must never be a
// way to try ports or passwords of other machines at speed. Pure but for its clock, which is handed in.
import { MailError } from "@packetboat/core";

const MOST_AT_ONCE = 2;
const MOST_A_MINUTE = 20;
const MINUTE_MS = 60_000;

export interface Tries {
  /** Does it, in its turn. Throws THROTTLED with the seconds to wait in its context. */
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Seconds to wait until one may begin; null: now. `began`: when the last ones did, the earliest first. */
export function waitOf(began: readonly number[], atWork: number, now: number): number | null {
  if (atWork >= MOST_AT_ONCE) return 5;
  const lately = began.filter((at) => now - at < MINUTE_MS);
  const oldest = lately.at(-MOST_A_MINUTE);
  return oldest === undefined ? null : Math.max(1, Math.ceil((oldest + MINUTE_MS - now) / 1_000));
}

/** Makes the gate of one server. */
export function openTries(now: () => number): Tries {
  let began: readonly number[] = [];
  let atWork = 0;
  return {
    async turn(work) {
      const seconds = waitOf(began, atWork, now());
      if (seconds !== null)
        throw new MailError("THROTTLED", `Mail servers were tried often just now. Try again in ${seconds} seconds.`, {
          context: { seconds },
        });
      began = [...began.slice(1 - MOST_A_MINUTE), now()];
      atWork++;
      try {
        return await work();
      } finally {
        atWork--;
      }
    },
  };
}
