// What is asked for all at once and told one after the other: files that another thread writes, each noted in the manifest behind the one before.
// It must never run a step behind one that failed, nor leave while anything that was asked for is still at work.

/** Steps in the order in which they were added. Made by {@link inOrder}. */
export interface InOrder {
  /** Runs a step when those before it are done, and `ready` is. */
  readonly add: <T>(ready: Promise<T>, step: (value: T) => Promise<void>) => void;
  /** Throws what the first step, or what it waited for, failed with. */
  readonly check: () => void;
}

/** Runs `work`, which adds steps, and then what is left of them. Throws what failed first; all that was waited for has ended then. */
export async function inOrder(work: (order: InOrder) => Promise<void>): Promise<void> {
  let steps: Promise<void> = Promise.resolve();
  let failed: { readonly error: unknown } | null = null;
  const check = (): void => {
    if (failed !== null) throw failed.error;
  };
  const add: InOrder["add"] = (ready, step) => {
    const before = steps;
    // Told below, behind what comes before it.
    ready.catch(() => undefined);
    const done = async (): Promise<void> => {
      await before;
      try {
        const value = await ready;
        if (failed === null) await step(value);
      } catch (error) {
        failed ??= { error };
      }
    };
    steps = done();
  };
  try {
    await work({ add, check });
  } finally {
    await steps;
  }
  check();
}
