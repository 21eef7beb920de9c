// Reads ahead of whoever writes: while one message goes to the disk, the next ones come out of the database. What waits is bounded by
// bytes. A large message is not read ahead but streamed, and nothing behind it is read before it is written.
// It must never reorder, nor keep an error to itself: it is thrown where its message would have been.
import type { ExportedMessage } from "@packetboat/archive";
import { isMailError, type MailError } from "@packetboat/core";

/** Bytes that may wait. */
const WAITING_BYTES = 16 * 1024 * 1024;
/** Messages above this are streamed. Bodies above 8 MB come in parts, and must be walked before the next is asked for. */
const SMALL_BYTES = 1024 * 1024;

/** A message whose bytes are at hand, or can be walked once before the next message is asked for. */
export interface ReadyMessage {
  readonly message: ExportedMessage;
  readonly bytes: () => AsyncIterable<Uint8Array>;
  /** Bytes held in memory. */
  readonly held: number;
}

/** Gives the messages with their bytes, small ones read already. A damaged one gives what could be read of it, then BLOB_MISMATCH. */
export async function* loaded(messages: AsyncIterable<ExportedMessage>): AsyncGenerator<ReadyMessage> {
  for await (const message of messages) {
    const chunks = message.body?.chunks ?? none();
    if ((message.size ?? 0) > SMALL_BYTES) {
      yield { message, bytes: () => chunks, held: 0 };
      continue;
    }
    const whole: Uint8Array[] = [];
    const damage = await collect(chunks, whole);
    yield { message, bytes: () => fromMemory(whole, damage), held: message.size ?? 0 };
  }
}

async function* none(): AsyncGenerator<Buffer> {
  // An erased message has no bytes.
}

async function* fromMemory(chunks: readonly Uint8Array[], damage: MailError | null): AsyncGenerator<Uint8Array> {
  yield* chunks;
  if (damage !== null) throw damage;
}

/** A damaged body is the affair of whoever writes it: thrown here, it would take the place of the message before. */
async function collect(chunks: AsyncIterable<Uint8Array>, into: Uint8Array[]): Promise<MailError | null> {
  try {
    for await (const chunk of chunks) into.push(chunk);
    return null;
  } catch (error) {
    if (!isMailError(error) || error.code !== "BLOB_MISMATCH") throw error;
    return error;
  }
}

/** Gives what `source` gives, reading on while its reader works, up to a bound in bytes. */
export async function* readAhead<T extends { readonly held: number }>(
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
      state.held += item.held;
      // What holds nothing is streamed: the source must not be asked for more until it was walked.
      state.streaming = item.held === 0;
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
      state.held -= item.held;
      if (item.held === 0) state.streaming = false;
      changed();
    }
    await filling;
  } finally {
    state.left = true;
    changed();
    await filling.catch(() => undefined);
  }
}
