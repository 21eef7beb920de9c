// Watches accounts, thousands of them in one process: a connection for INBOX with IDLE, or NOTIFY for all of an account where it can be had; at
// most two more for chosen mailboxes; the state of the rest asked for now and then on the first one. What all share is in Lookout: TLS
// contexts, and a bound on sign-ins at once. It must never try a refused password again, nor take part in what is done about a change.
import { createSecureContext, type SecureContext } from "node:tls";
import type { AccountWatch } from "@packetboat/core";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import { AccountWatching } from "./watch-account.ts";
import type { WatchShared, WatchWish } from "./watch-wish.ts";

export interface LookoutOptions {
  /** Sign-ins at the same time. Default: 16. */
  readonly signIns?: number;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** From 0 to 1: spreads polls and reconnects over time. Default: Math.random. */
  readonly chance?: () => number;
}

/** What the watches of one process share. */
export class Lookout implements WatchShared {
  readonly clock: Clock;
  readonly chance: () => number;
  readonly #contexts = new Map<string | null, SecureContext>();
  readonly #queue: (() => void)[] = [];
  readonly #watches = new Set<AccountWatching>();
  #free: number;

  constructor(options: LookoutOptions = {}) {
    this.clock = options.clock ?? SYSTEM_CLOCK;
    this.chance = options.chance ?? Math.random;
    this.#free = options.signIns ?? 16;
  }

  /** Begins to watch an account; returns at once. */
  watch(wish: WatchWish): AccountWatch {
    const watch = new AccountWatching(this, wish, () => this.#watches.delete(watch));
    this.#watches.add(watch);
    return watch;
  }

  contextOf(ca: string | null): SecureContext {
    const known = this.#contexts.get(ca);
    if (known !== undefined) return known;
    const made = createSecureContext({ minVersion: "TLSv1.2", ...(ca === null ? {} : { ca }) });
    this.#contexts.set(ca, made);
    return made;
  }

  async turn(): Promise<() => void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = this.#queue.shift();
      if (next === undefined) this.#free++;
      else next();
    };
  }

  /** Ends every watch. */
  async close(): Promise<void> {
    await Promise.all([...this.#watches].map((watch) => watch.close()));
  }
}
