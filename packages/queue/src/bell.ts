// What wakes a worker that found nothing to do: NOTIFY, heard on a connection of its own, or two seconds.
// States: listening; deaf (the connection ended: the next wait connects again, and the two seconds do until then); closed.
// It must never be what correctness rests on: a notice may be lost, the two seconds are not.
import { asDatabaseError, type Database } from "@packetboat/database";
import type { Client } from "pg";

/** Rung by send, in the transaction that sends. */
export const CHANNEL = "packetboat_work";
const PATIENCE_MS = 2_000;

export interface Bell {
  /** Resolves when it rang since the last wait ended, after two seconds, or when the signal is aborted. */
  readonly wait: (signal: AbortSignal) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Listens from now on. Throws as database.dedicated does. */
export async function hangBell(database: Pick<Database, "dedicated">): Promise<Bell> {
  let rung = false;
  let closed = false;
  let wake: (() => void) | null = null;
  let client: Client | null = null;
  let connecting: Promise<void> | null = null;
  const ring = (): void => {
    rung = true;
    wake?.();
  };

  const connect = async (): Promise<void> => {
    const fresh = await listen(database, ring);
    client = fresh;
    fresh.once("end", () => {
      if (client === fresh) client = null;
    });
    if (closed) await fresh.end();
    // What rang before it listened was not heard.
    ring();
  };
  const connectAgain = (): void => {
    if (client !== null || closed) return;
    // While the database is away take() says so; for waiting, the two seconds are enough.
    connecting ??= connect()
      .catch(() => undefined)
      .finally(() => {
        connecting = null;
      });
  };

  await connect();
  return {
    wait: async (signal) => {
      connectAgain();
      if (!rung && !closed && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, PATIENCE_MS);
        wake = resolve;
        signal.addEventListener("abort", resolve as () => void, { once: true });
        await promise;
        signal.removeEventListener("abort", resolve as () => void);
        clearTimeout(timer);
        wake = null;
      }
      rung = false;
    },
    close: async () => {
      closed = true;
      wake?.();
      await connecting;
      await client?.end();
    },
  };
}

async function listen(database: Pick<Database, "dedicated">, onRing: () => void): Promise<Client> {
  const client = await database.dedicated("queue");
  client.on("notification", onRing);
  try {
    await client.query(`listen ${CHANNEL}`);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw asDatabaseError(error);
  }
}
