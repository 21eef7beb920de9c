// What wakes a worker that found nothing to do: NOTIFY, heard on a connection of its own, or two seconds.
// States: listening; deaf (the connection ended: the next wait connects again, and the two seconds do until then); closed.
// It must never be what correctness rests on: a notice may be lost, the two seconds are not.
import type { Database } from "@packetboat/database";
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
  const ring = (): void => {
    rung = true;
    wake?.();
  };
  let client: Client | null = await listen(ring);

  async function listen(onRing: () => void): Promise<Client> {
    const connected = await database.dedicated("queue");
    connected.on("notification", onRing);
    connected.once("end", () => {
      if (client === connected) client = null;
    });
    await connected.query(`listen ${CHANNEL}`);
    return connected;
  }

  async function listenAgain(): Promise<void> {
    // While the database is away take() says so; here the two seconds are enough.
    const fresh = await listen(ring).catch(() => null);
    if (!closed) client = fresh;
    else await fresh?.end();
    // What rang meanwhile was not heard.
    if (fresh !== null) ring();
  }

  const wait = async (signal: AbortSignal): Promise<void> => {
    if (client === null && !closed) void listenAgain();
    if (!rung && !closed && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, PATIENCE_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        signal.addEventListener("abort", wake, { once: true });
      });
      if (wake !== null) signal.removeEventListener("abort", wake);
      wake = null;
    }
    rung = false;
  };

  const close = async (): Promise<void> => {
    closed = true;
    wake?.();
    await client?.end();
  };
  return { wait, close };
}
