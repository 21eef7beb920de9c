// Connections that outlive a pass: the next pass over the same account goes on with the one of the last, which spares both sides a sign-in.
// One an account, used by one pass at a time (the account's lease sees to that); closed when nobody came back for it, or too many are kept.
// It must never keep one that a pass failed on, nor give one out that was opened with other settings.
import type { RemoteWriter } from "@packetboat/core";
import type { Connection } from "../accounts/connect.ts";

/** Opens a connection that lives until the signal is aborted. */
export type Opening = (signal: AbortSignal) => Promise<Connection>;

export interface KeptConnections extends AsyncDisposable {
  /**
   * Gives a connection of this account; its `close` keeps it, unless `signal` was aborted. `how`: whatever the connection depends on; one
   * that was opened otherwise is closed. Throws what `open` throws.
   */
  readonly connect: (accountId: number, how: string, signal: AbortSignal, open: Opening) => Promise<Connection>;
  /** Closes what this account's connection is, if one is kept: it failed, or is not to be used any more. */
  readonly drop: (accountId: number) => Promise<void>;
}

export interface KeepOptions {
  /** Idle connections at most; the one that waits longest goes first. */
  readonly most: number;
  /** How long one may wait, in milliseconds. */
  readonly keepMs: number;
}

interface Kept {
  readonly how: string;
  readonly connection: Connection;
  readonly life: AbortController;
  readonly timer: NodeJS.Timeout;
}

export function keepConnections({ most, keepMs }: KeepOptions): KeptConnections {
  /** In the order of their waiting. */
  const idle = new Map<number, Kept>();
  const take = (accountId: number): Kept | undefined => {
    const kept = idle.get(accountId);
    idle.delete(accountId);
    clearTimeout(kept?.timer);
    return kept;
  };
  const drop = async (accountId: number): Promise<void> => {
    await take(accountId)?.connection.remote.close();
  };
  const keep = async (accountId: number, how: string, connection: Connection, life: AbortController) => {
    await drop(accountId);
    const timer = setTimeout(() => void drop(accountId), keepMs);
    timer.unref();
    idle.set(accountId, { how, connection, life, timer });
    const [oldest] = idle.keys();
    if (idle.size > most && oldest !== undefined) await drop(oldest);
  };
  return {
    connect: async (accountId, how, signal, open) => {
      const kept = take(accountId);
      if (kept !== undefined && kept.how !== how) await kept.connection.remote.close();
      const same = kept?.how === how ? kept : undefined;
      const life = same?.life ?? new AbortController();
      const end = (): void => life.abort(signal.reason);
      signal.addEventListener("abort", end, { once: true });
      if (signal.aborted) end();
      const connection = same?.connection ?? (await open(life.signal));
      return lent(connection, async () => {
        signal.removeEventListener("abort", end);
        if (life.signal.aborted) await connection.remote.close();
        else await keep(accountId, how, connection, life);
      });
    },
    drop,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...idle.keys()].map(drop));
    },
  };
}

/** The same connection, but that its `close` gives it back. */
function lent({ remote, writer, again }: Connection, giveBack: () => Promise<void>): Connection {
  const given = new Proxy(writer ?? remote, {
    get: (target, name) => {
      if (name === "close") return giveBack;
      const value: unknown = Reflect.get(target, name, target);
      // Its own fields are private to the object itself.
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { remote: given, writer: writer === null ? null : (given as RemoteWriter), again };
}
