// Waits, for whoever has nothing to wait for but time. It must never keep a command from ending: the signal ends the wait, without an error.
import { setTimeout as sleep } from "node:timers/promises";

/** Resolves after so many milliseconds, or at once when the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  // The one thing that it can throw is that it was ended.
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
