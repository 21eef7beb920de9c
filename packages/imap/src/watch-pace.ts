// When a watch wakes those who listen, and when it tries a lost connection again. Pure: time and chance come in as arguments. It must never
// let a server that announces without end, or drops every connection, set the pace.
import type { MailError } from "@packetboat/core";

/** The first change of a burst waits so long for the others; each later one in the same burst so long after the wake before. */
const GATHER_MS = 250;
const BURST_MS = 1_000;
/** Wakes of one burst before it counts as a server that never stops. */
const MANY_WAKES = 30;
const LONGEST_MS = 5 * 60_000;

/** What is known of the wakes so far. `last`: when the last one was; `wakes`: how many came hard upon each other. */
export interface WakePace {
  readonly last: number;
  readonly wakes: number;
}

export const NO_WAKE: WakePace = { last: Number.NEGATIVE_INFINITY, wakes: 0 };

/** A change came: gives when to wake, and what to remember once that is done. */
export function nextWake(pace: WakePace, now: number): { readonly at: number; readonly pace: WakePace } {
  const gap = pace.wakes <= MANY_WAKES ? BURST_MS : Math.min(LONGEST_MS, BURST_MS * 2 ** (pace.wakes - MANY_WAKES));
  const quiet = now - pace.last > 2 * gap;
  const at = quiet ? now + GATHER_MS : Math.max(now + GATHER_MS, pace.last + gap);
  return { at, pace: { last: at, wakes: quiet ? 1 : pace.wakes + 1 } };
}

const FIRST_DELAY_MS = 1_000;
/** Said by a server that wants a pause. */
const THROTTLED_MS = 60_000;
/** A connection that lived so long was none that is dropped each time. */
const LIVED_MS = 2 * 60_000;

/** How many connections came to a bad end, one after the other, after one more that lived so long. */
export function failuresAfter(failures: number, livedMs: number): number {
  return livedMs >= LIVED_MS ? 1 : failures + 1;
}

/** How long to wait after so many failures: 1 s, twice as long each time, 5 minutes at most; `chance` (0 to 1) takes off up to half. */
export function reconnectDelay(failures: number, error: MailError, chance: number): number {
  const doubled = Math.min(LONGEST_MS, FIRST_DELAY_MS * 2 ** Math.min(20, Math.max(0, failures - 1)));
  const { waitMs } = error.context;
  const asked = error.code === "THROTTLED" ? Math.max(THROTTLED_MS, typeof waitMs === "number" ? waitMs : 0) : 0;
  return Math.max(asked * (1 + chance / 2), doubled * (1 - chance / 2));
}

/**
 * Whether trying again is of no use before somebody changes something. A certificate or a greeting that is not right may be a gateway that is
 * being repaired, and no password was sent to it; a refused sign-in is never repeated.
 */
export function isFinal({ code, retry }: MailError): boolean {
  return code === "INTERRUPTED" || (retry === "never" && code !== "TLS_REFUSED" && code !== "NOT_IMAP");
}
