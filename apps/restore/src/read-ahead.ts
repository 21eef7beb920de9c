// Reads ahead of whoever writes: while some messages go to the disk, the next ones come out of the database. What waits is bounded by bytes.
// What is not in memory is streamed, and nothing behind it is read before it is written.
// It must never reorder, nor keep an error to itself: it is thrown where its messages would have been.

/** Bytes that may wait. */
const WAITING_BYTES = 8 * 1024 * 1024;

/** Gives what `source` gives, reading on while its reader works, up to a bound in bytes in memory; zero: it is streamed. */
export async function* readAhead<T extends { readonly bytes: number }>(
  source: AsyncIterable<T>,
  limit = WAITING_BYTES,
): AsyncGenerator<T> {
  const waiting: T[] = [];
  const state = { held: 0, streaming: false, left: false, ended: false };
  let change = Promise.withResolvers<void>();
  const changed = (): void => {
    change.resolve();
    change = Promise.withResolvers<void>();
  };
  const fill = async (): Promise<void> => {
    for await (const item of source) {
      waiting.push(item);
      state.held += item.bytes;
      // What holds nothing is streamed: the source must not be asked for more until it was walked.
      state.streaming = item.bytes === 0;
      changed();
      while (!state.left && (state.streaming || state.held >= limit)) await change.promise;
      if (state.left) return;
    }
  };
  const filling = fill().finally(() => {
    state.ended = true;
    changed();
  });
  // Thrown below, after what came before it.
  filling.catch(() => undefined);
  try {
    for (;;) {
      const item = waiting.shift();
      if (item === undefined) {
        if (state.ended) break;
        await change.promise;
        continue;
      }
      yield item;
      state.held -= item.bytes;
      if (item.bytes === 0) state.streaming = false;
      changed();
    }
    await filling;
  } finally {
    state.left = true;
    changed();
    await filling.catch(() => undefined);
  }
}
