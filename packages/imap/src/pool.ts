// The connections of one account: opened when needed, kept while they live, handed out one user at a time. A connection that died is
// replaced; one that a server may have dropped in silence is asked first. It must never hand a busy connection to a second user.
import { asMailError, MailError } from "@packetboat/core";
import { interrupted } from "./errors.ts";
import { type Door, Gate, type Log, monotonicMs } from "./gate.ts";

/** After so much idleness a connection is asked whether it still lives. Servers drop them after minutes, firewalls in silence. */
const DOUBT_AFTER_MS = 20_000;

interface Place {
  readonly gate: Gate;
  used: boolean;
  since: number;
}

export class Pool {
  readonly #door: Door;
  #places: Place[] = [];
  #closed = false;

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
      if (place === undefined) return await this.#open();
      place.used = true;
      if (monotonicMs() - place.since < DOUBT_AFTER_MS || (await alive(place.gate))) return place.gate;
      this.release(place.gate);
    }
  }

  async #open(): Promise<Gate> {
    const gate = await Gate.open(this.#door);
    this.#places.push({ gate, used: true, since: monotonicMs() });
    return gate;
  }

  /** Takes a connection back. One that is still in a command cannot serve another: it is closed. */
  release(gate: Gate): void {
    if (gate.busy) gate.destroy();
    const place = this.#places.find((candidate) => candidate.gate === gate);
    if (place === undefined) return;
    place.used = false;
    place.since = monotonicMs();
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
