// What the suites of watching share: a watch of a test server, and a clock that stands until it is put forward. It must never hide what goes
// wrong with a watch that is to go well.
import type { AccountWatch } from "@packetboat/core";
import { PASSWORD, type WatchUnderTest } from "@packetboat/testkit";
import { type Clock, type ConnectOptions, Lookout, type LookoutOptions, type WatchWish } from "../src/index.ts";

export interface Watched {
  readonly lookout: Lookout;
  readonly troubles: string[];
  readonly ends: string[];
  readonly watch: AccountWatch;
}

/** Watches an account of a test server, in clear text on loopback. */
export function watchOf(
  target: { readonly port: number },
  wish: Partial<WatchWish> & { readonly user?: string },
  options: LookoutOptions = {},
  more: Partial<ConnectOptions> = {},
): Watched {
  const lookout = new Lookout(options);
  const troubles: string[] = [];
  const ends: string[] = [];
  const watch = lookout.watch({
    connect: async () => ({
      host: "127.0.0.1",
      port: target.port,
      security: "none",
      user: wish.user ?? "alice",
      auth: { kind: "password", password: PASSWORD },
      ...more,
    }),
    onChange: () => undefined,
    onTrouble: ({ code }) => troubles.push(code),
    onEnd: ({ code }) => ends.push(code),
    ...wish,
  });
  return { lookout, troubles, ends, watch };
}

/** The `watch` of a contract: asked often, and a trouble fails the test when it ends. */
export function watching(
  target: { readonly port: number },
  user: string,
): Pick<WatchUnderTest, "watch"> & { readonly must: () => void } {
  const all: Watched[] = [];
  return {
    watch: (asked) => {
      const watched = watchOf(target, { user, pollMs: 300, ...asked });
      all.push(watched);
      return watched.watch;
    },
    must: () => {
      const wrong = all.flatMap(({ troubles, ends }) => [...troubles, ...ends]);
      if (wrong.length > 0) throw new Error(`the watch met ${wrong.join(", ")}`);
    },
  };
}

/** A clock that goes only when it is told to. */
export class StandingClock implements Clock {
  #now = Date.UTC(2026, 0, 1);
  readonly #due = new Set<{ readonly at: number; readonly run: () => void }>();

  now = (): number => this.#now;

  after(ms: number, run: () => void): () => void {
    const entry = { at: this.#now + ms, run };
    this.#due.add(entry);
    return () => void this.#due.delete(entry);
  }

  /** Milliseconds until the next call that somebody waits for; null: nobody does. */
  get next(): number | null {
    return this.#due.size === 0 ? null : Math.min(...[...this.#due].map(({ at }) => at)) - this.#now;
  }

  /** What was asked for in this time is called, in its order. */
  forward(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [first] = [...this.#due].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (first === undefined) break;
      this.#due.delete(first);
      this.#now = Math.max(this.#now, first.at);
      first.run();
    }
    this.#now = end;
  }
}
