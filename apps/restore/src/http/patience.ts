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

/** From now on only silence ends it. */
export function mayTakeLong(incoming: IncomingMessage): void {
  clearTimeout(WAITING.get(incoming));
}
