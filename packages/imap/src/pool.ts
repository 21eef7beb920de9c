// The connections of one account: opened when needed, kept while they live, handed out one user at a time. A connection that died is
// replaced; one that a server may have dropped in silence is asked first. It must never hand a busy connection to a second user.
import { asMailError, MailError, type Release } from "@packetboat/core";
import type { Door, Log } from "./door.ts";
import { interrupted } from "./errors.ts";
import { Gate } from "./gate.ts";
import { monotonicMs } from "./limits.ts";

/** After so much idleness a connection is asked whether it still lives. Servers drop them after minutes, firewalls in silence. */
const DOUBT_AFTER_MS = 20_000;
/** A session that the server puts off is asked for so many times in all, where there is no other to work with. */
const MAX_ATTEMPTS = 3;

interface Place {
  readonly gate: Gate;
  used: boolean;
  since: number;
}

export class Pool {
  readonly #door: Door;
  #places: Place[] = [];
  #closed = false;
  /** Those who wait for a place for a new connection: one that becomes free meanwhile serves them as well. */
  readonly #waiting = new Set<AbortController>();

  constructor(door: Door) {
    this.#door = door;
  }

  get log(): Log | null {
    return this.#door.log;
  }

  /** Shortest round trip that any connection has seen, in milliseconds. */
  get roundTrip(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#places.map(({ gate }) => gate.roundTrip));
  }

  /** Hands out a free connection, one that has `mailbox` open if there is; else a new one. Give it back with `release`. */
  async acquire(mailbox: string | null): Promise<Gate> {
    for (;;) {
      if (this.#door.signal?.aborted) throw interrupted();
      if (this.#closed)
        throw new MailError("BUG", "Packetboat has a defect: the account was closed. Please report this.");
      this.#places = this.#places.filter(({ gate, used }) => used || !gate.closed);
      const free = this.#places.filter(({ used }) => !used);
      const place = free.find(({ gate }) => gate.selected?.name === mailbox) ?? free[0];
      if (place === undefined) {
        const opened = await this.#open();
        if (opened === null) continue;
        return opened;
      }
      place.used = true;
      if (monotonicMs() - place.since < DOUBT_AFTER_MS || (await alive(place.gate))) return place.gate;
      this.release(place.gate);
    }
  }

  /** Opens one more connection; null: another one became free before there was a place for it. */
  async #open(): Promise<Gate | null> {
    for (let attempt = 1; ; attempt++) {
      const place = await this.#place();
      if (place === "freed") return null;
      try {
        const gate = await Gate.open(this.#door, place);
        this.#places.push({ gate, used: true, since: monotonicMs() });
        return gate;
      } catch (error) {
        // With another connection at hand this one is done without; the work must not pause for it.
        const { pacing, signal } = this.#door;
        if (attempt === MAX_ATTEMPTS || this.#places.some(({ gate }) => !gate.closed)) throw error;
        if (!pacing.obeys(asMailError(error))) throw error;
        await pacing.pace?.command(signal);
      }
    }
  }

  async #place(): Promise<Release | null | "freed"> {
    const { pacing, signal } = this.#door;
    const freed = new AbortController();
    this.#waiting.add(freed);
    try {
      return await pacing.place(signal === null ? freed.signal : AbortSignal.any([signal, freed.signal]));
    } catch (error) {
      if (freed.signal.aborted && signal?.aborted !== true) return "freed";
      throw error;
    } finally {
      this.#waiting.delete(freed);
    }
  }

  /** Takes a connection back. One that is still in a command cannot serve another: it is closed. */
  release(gate: Gate): void {
    if (gate.busy) gate.destroy();
    const place = this.#places.find((candidate) => candidate.gate === gate);
    if (place === undefined) return;
    place.used = false;
    place.since = monotonicMs();
    const [next] = this.#waiting;
    next?.abort();
  }

  /** Free connections that have such a mailbox open will open it anew: names change their meaning (RENAME, DELETE). */
  forgetOpen(which: (name: string) => boolean): void {
    for (const { gate, used } of this.#places)
      if (!used && gate.selected && which(gate.selected.name)) gate.selected = null;
  }

  /** Says goodbye on all connections. Never throws. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#places.splice(0).map(({ gate }) => gate.close()));
  }
}

async function alive(gate: Gate): Promise<boolean> {
  try {
    await gate.command("NOOP");
    return true;
  } catch (error) {
    gate.destroy();
    if (asMailError(error).code === "INTERRUPTED") throw error;
    return false;
  }
}
