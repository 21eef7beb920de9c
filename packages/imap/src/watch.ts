// Waits for a change of one mailbox on a connection of its own, opened read-only: IDLE, asked anew before servers grow tired of it; else
// NOOP. The connection stays between two waits, so nothing between them is missed. It must never change the mailbox.
import type { ListedMailbox, Marks } from "@packetboat/core";
import type { Door } from "./door.ts";
import { interrupted } from "./errors.ts";
import { examine } from "./examine.ts";
import { Gate } from "./gate.ts";

/** RFC 2177: a server may end a connection after 30 minutes of silence. */
const IDLE_MS = 25 * 60_000;
const POLL_MS = 30_000;

export class Watcher {
  readonly #door: Door;
  readonly #ask: (mailbox: ListedMailbox) => Promise<Marks | null>;
  readonly #gates = new Map<string, Gate>();
  #closed = false;

  /** `ask`: for the state of a mailbox, by connections of the account's pool. */
  constructor(door: Door, ask: (mailbox: ListedMailbox) => Promise<Marks | null>) {
    this.#ask = ask;
    // IDLE is silence by intent.
    this.#door = { ...door, writes: false, limits: { ...door.limits, silenceMs: IDLE_MS + 5 * 60_000 } };
  }

  /** Settles when the mailbox changed since the last wait (at first: since it was listed), or `signal` ends it. */
  async wait(mailbox: ListedMailbox, wire: string, signal: AbortSignal): Promise<void> {
    const kept = this.#gates.get(mailbox.name);
    const known = kept?.closed ? undefined : kept;
    const gate = known ?? (await this.#open(mailbox.name, signal));
    if (gate === "refused") return await this.#poll(mailbox, signal);
    if (gate === null || signal.aborted) return;
    const stop = () => gate.destroy();
    // Whatever runs is cut off: nothing is lost with this connection.
    signal.addEventListener("abort", stop, { once: true });
    try {
      if (gate !== known && (await differs(gate, mailbox, wire))) return;
      while (gate.changes === 0) await this.#once(gate, signal);
      gate.changes = 0;
    } catch (error) {
      gate.destroy();
      this.#gates.delete(mailbox.name);
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Without a connection to spare: the account's others ask for the mailbox' state now and then. */
  async #poll(mailbox: ListedMailbox, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#closed) {
      const now = await this.#ask(mailbox);
      if (now === null || !isAsListed(now, mailbox)) return;
      await pause(POLL_MS, signal);
    }
  }

  /** A new connection; null when `signal` ended the wait for it; `refused`: the account may have no more. */
  async #open(name: string, signal: AbortSignal): Promise<Gate | null | "refused"> {
    if (signal.aborted) return null;
    const place = await this.#door.pacing.sparePlace();
    if (place === "refused") return place;
    const opening = Gate.open(this.#door, place);
    const { promise: ended, resolve: end } = Promise.withResolvers<null>();
    const stop = () => end(null);
    signal.addEventListener("abort", stop, { once: true });
    const gate = await Promise.race([opening, ended]).finally(() => signal.removeEventListener("abort", stop));
    if (gate === null || this.#closed) {
      // Nobody waits for it any more, whether it comes or fails.
      opening.then(
        (late) => late.destroy(),
        () => undefined,
      );
      return null;
    }
    this.#gates.set(name, gate);
    return gate;
  }

  async #once(gate: Gate, signal: AbortSignal): Promise<void> {
    if (gate.capabilities.has("IDLE")) return await idle(gate);
    await gate.command("NOOP", { onFetch: () => void gate.changes++ });
    if (gate.changes === 0) await pause(POLL_MS, signal);
    if (signal.aborted) throw interrupted();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#gates.values()].map((gate) => (gate.busy ? gate.destroy() : gate.close())));
    this.#gates.clear();
  }
}

/** Opens the mailbox and compares with what was listed: what came between counts. */
async function differs(gate: Gate, mailbox: ListedMailbox, wire: string): Promise<boolean> {
  const { marks } = await examine(gate, mailbox.name, wire);
  return !isAsListed(marks, mailbox);
}

function isAsListed(marks: Marks, { status }: ListedMailbox): boolean {
  if (status === null) return true;
  if (marks.uidNext !== status.uidNext || marks.messages !== status.messages) return false;
  return status.highestModseq === null || marks.highestModseq === status.highestModseq;
}

/** One IDLE: until something changes, or it is time to ask anew. */
async function idle(gate: Gate): Promise<void> {
  let done: (() => void) | null = null;
  let over = false;
  const stop = (): void => {
    over = true;
    done?.();
    done = null;
  };
  const timer = setTimeout(stop, IDLE_MS);
  const changed = (): void => stop();
  try {
    await gate.command("IDLE", {
      onContinue: (say) => {
        done = () => say("DONE");
        if (over) stop();
      },
      on: { EXISTS: changed, EXPUNGE: changed, VANISHED: changed },
      onFetch: () => {
        gate.changes++;
        stop();
      },
    });
  } finally {
    clearTimeout(timer);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
  });
}
