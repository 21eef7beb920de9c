// What a server's wish for a pause comes to: how long nothing is asked of it. Its own number is obeyed, however long; where it names none,
// the kind of the wish decides, and the wait doubles each time it is repeated. Pure. It must never make a wait shorter than the server said.
import type { MailError } from "../errors.ts";

/** Why a server wants a pause: its number, a response code (RFC 5530), its words. */
export type HintKind = "backoff" | "limit" | "unavailable" | "inuse" | "bandwidth" | "connections" | "other";

export interface Hint {
  readonly kind: HintKind;
  /** The server's own number; null: it named none. */
  readonly waitMs: number | null;
}

const MINUTE = 60_000;

/** Where the server names no time. Gmail gives bandwidth back within hours; a mailbox in use is free again soon. */
const FIRST_WAIT: Readonly<Record<HintKind, number>> = {
  backoff: MINUTE,
  limit: 5 * MINUTE,
  unavailable: MINUTE,
  inuse: MINUTE / 2,
  bandwidth: 60 * MINUTE,
  connections: 2 * MINUTE,
  other: 2 * MINUTE,
};

/** Longer is not waited on our own account. */
const LONGEST_WAIT = 24 * 60 * MINUTE;

/** How long to leave a server alone. `before`: hints of the same spell that came before this one. */
export function pauseOf({ kind, waitMs }: Hint, before: number): number {
  const own = Math.min(LONGEST_WAIT, FIRST_WAIT[kind] * 2 ** Math.min(before, 20));
  // A number that is repeated was too small; but it is the server's own, so it is never made larger than ours would be.
  return waitMs === null ? own : Math.max(waitMs, before === 0 ? 0 : Math.min(own, waitMs * 2 ** Math.min(before, 20)));
}

const KINDS: readonly HintKind[] = ["backoff", "limit", "unavailable", "inuse", "bandwidth", "connections", "other"];

/** The hint in an error of the imap room; null when it is none. */
export function hintIn({ code, context }: MailError): Hint | null {
  if (code !== "THROTTLED") return null;
  const waitMs = typeof context.waitMs === "number" ? context.waitMs : null;
  return { kind: KINDS.find((kind) => kind === context.hint) ?? "other", waitMs };
}

/** Until when an account is to be left alone after such an error (milliseconds since 1970); null: no reason to. */
export function pausedUntil(error: MailError, now: number): number | null {
  if (typeof error.context.until === "number") return error.context.until;
  const hint = hintIn(error);
  return hint === null ? null : now + pauseOf(hint, 0);
}
