// The order of mailboxes that somebody looks at, kept while there is room: whoever scrolls asks for page after page of the same mailbox at the same
// revision, and what a revision holds never changes, but for what is erased for good. It must never hold much more than it has room for, nor make
// more than one that nobody waits for at a time.

/** Messages, of 8 bytes each. */
const MOST_KEPT = 4_000_000;

type Make = () => Promise<Float64Array>;

export interface Orders extends AsyncDisposable {
  /** The order under this name, made by `make` unless it is kept; who asks while it is made waits for the same. Rejects as `make` does. */
  readonly of: (name: string, make: Make) => Promise<Float64Array>;
  /** The order under this name, if it is made. */
  readonly made: (name: string) => Float64Array | null;
  /** Makes it soon, for whoever may ask for it. Of several that wait only the last is made: whoever drags the time line has left the others. */
  readonly soon: (name: string, make: Make) => void;
}

interface Kept {
  readonly order: Promise<Float64Array>;
  /** Null while it is made. */
  made: Float64Array | null;
}

/**
 * Room for so many messages; the last order that was asked for stays, whatever its length. `failed`: told of what nobody waited for. Closed, it waits
 * for what it is at.
 */
export function openOrders(failed: (error: unknown) => void, most = MOST_KEPT): Orders {
  // The one that was asked for last stands last.
  const kept = new Map<string, Kept>();
  const makeRoom = (): void => {
    let sum = [...kept.values()].reduce((total, { made }) => total + (made?.length ?? 0), 0);
    for (const [name, { made }] of [...kept].slice(0, -1)) {
      if (sum <= most) return;
      kept.delete(name);
      sum -= made?.length ?? 0;
    }
  };
  /** Asked for now. */
  const touch = (name: string): Kept | undefined => {
    const found = kept.get(name);
    if (found === undefined) return undefined;
    kept.delete(name);
    kept.set(name, found);
    return found;
  };
  const of: Orders["of"] = (name, make) => {
    const found = touch(name);
    if (found !== undefined) return found.order;
    const entry: Kept = { order: make(), made: null };
    kept.set(name, entry);
    entry.order.then(
      (order) => {
        entry.made = order;
        makeRoom();
      },
      () => kept.get(name) === entry && kept.delete(name),
    );
    return entry.order;
  };
  let wanted: (() => Promise<unknown>) | null = null;
  let making: Promise<void> | null = null;
  const makeWanted = (): void => {
    const next = wanted;
    if (making !== null || next === null) return;
    wanted = null;
    making = next()
      .then(() => {}, failed)
      .finally(() => {
        making = null;
        makeWanted();
      });
  };
  const soon: Orders["soon"] = (name, make) => {
    wanted = () => of(name, make);
    // After the answer that is on its way.
    setImmediate(makeWanted);
  };
  const close = async (): Promise<void> => {
    wanted = null;
    await making;
  };
  return { of, made: (name) => touch(name)?.made ?? null, soon, [Symbol.asyncDispose]: close };
}
