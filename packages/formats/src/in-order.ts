// What is asked for all at once and told one after the other: files that another thread writes, each noted in the manifest behind the one before.
// It must never run a step behind one that failed, nor leave while anything that was asked for is still at work.

/** Steps in the order in which they were added. Made by {@link inOrder}. */
export interface InOrder {
  /** Runs a step when those before it are done, and `ready` is. */
  readonly add: <T>(ready: Promise<T>, step: (value: T) => Promise<unknown>) => void;
  /** Throws what the first step, or what it waited for, failed with. */
  readonly check: () => void;
}

/** Runs `work`, which adds steps, and then what is left of them. Throws what failed first; all that was waited for has ended then. */
export async function inOrder(work: (order: InOrder) => Promise<void>): Promise<void> {
  const waiting: { readonly ready: Promise<unknown>; readonly run: (value: never) => Promise<unknown> }[] = [];
  let failed: { readonly error: unknown } | null = null;
  let walking: Promise<void> | null = null;
  const check = (): void => {
    if (failed !== null) throw failed.error;
  };
  const walk = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        const value = await next.ready;
        if (failed === null) await next.run(value as never);
      } catch (error) {
        failed ??= { error };
      }
    }
    walking = null;
  };
  const add: InOrder["add"] = (ready, step) => {
    // Told where it is waited for.
    ready.catch(() => undefined);
    waiting.push({ ready, run: step });
    walking ??= walk();
  };
  try {
    await work({ add, check });
  } finally {
    await walking;
  }
  check();
}
