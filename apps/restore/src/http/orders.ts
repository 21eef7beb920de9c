// The order of mailboxes that somebody looks at, kept while there is room: whoever scrolls asks for page after page of the same mailbox at the same
// revision, and what a revision holds never changes, but for what is erased for good. It must never hold much more than it has room for.

/** Messages, of 8 bytes each. */
const MOST_KEPT = 4_000_000;

export interface Orders {
  /** The order under this name, made by `make` unless it is kept; who asks while it is made waits for the same. Rejects as `make` does. */
  readonly of: (name: string, make: () => Promise<Float64Array>) => Promise<Float64Array>;
}

interface Kept {
  readonly order: Promise<Float64Array>;
  /** 0 while it is made. */
  length: number;
}

/** Room for so many messages; the last order that was asked for stays, whatever its length. */
export function openOrders(most = MOST_KEPT): Orders {
  // The one that was asked for last stands last.
  const kept = new Map<string, Kept>();
  const makeRoom = (): void => {
    let sum = [...kept.values()].reduce((total, { length }) => total + length, 0);
    for (const [name, { length }] of [...kept].slice(0, -1)) {
      if (sum <= most) return;
      kept.delete(name);
      sum -= length;
    }
  };
  const of: Orders["of"] = (name, make) => {
    const found = kept.get(name);
    if (found !== undefined) {
      kept.delete(name);
      kept.set(name, found);
      return found.order;
    }
    const entry: Kept = { order: make(), length: 0 };
    kept.set(name, entry);
    entry.order.then(
      ({ length }) => {
        entry.length = length;
        makeRoom();
      },
      () => kept.get(name) === entry && kept.delete(name),
    );
    return entry.order;
  };
  return { of };
}
