// How long a request may take to come: a bound for all of them, but for those that bring a file. Node's own bound knows no exception. It must never
// let anybody take long who was not let in: a route says so after the caller was looked at.
import type { IncomingMessage } from "node:http";

const WAITING = new WeakMap<IncomingMessage, NodeJS.Timeout>();

/** Cuts a request off that has not come whole by then. */
export function expectWhole(incoming: IncomingMessage, withinMs: number): void {
  const timer = setTimeout(() => {
    if (!incoming.complete) incoming.destroy();
  }, withinMs);
  WAITING.set(incoming, timer);
  incoming.once("close", () => clearTimeout(timer));
}

const REST_MS = 20_000;
const SILENT_MS = 1_000;

/**
 * Lets go by what is still to come of a request that is not read on: browsers hear an answer only when they have sent all, and a line that is closed
 * before takes the answer with it. So long as something comes, but no longer than somebody waits for a refusal.
 */
export async function letGoBy(incoming: IncomingMessage): Promise<void> {
  if (incoming.complete || incoming.destroyed) return;
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, REST_MS);
  const silence = setTimeout(resolve, SILENT_MS);
  for (const name of ["end", "close", "error"]) incoming.once(name, resolve);
  incoming.on("data", () => void silence.refresh());
  incoming.resume();
  await over;
  clearTimeout(timer);
  clearTimeout(silence);
}

/** From now on only silence ends it. */
export function mayTakeLong(incoming: IncomingMessage): void {
  clearTimeout(WAITING.get(incoming));
}
