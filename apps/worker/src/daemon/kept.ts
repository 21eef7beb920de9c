// Connections that outlive a pass: the next pass over the same account goes on with the one of the last, which spares both sides a sign-in.
// One an account, used by one pass at a time (the account's lease sees to that); closed when nobody came back for it. Servers bound their
// connections, so only so many are kept to each.
// It must never keep one that a pass failed on, nor give one out that was opened with other settings.
import type { RemoteWriter } from "@packetboat/core";
import type { Connection } from "../accounts/connect.ts";

/** Opens a connection that lives until the signal is aborted. */
export type Opening = (signal: AbortSignal) => Promise<Connection>;

/** Whose connection it is, and to which server. */
export interface KeptFor {
  readonly accountId: number;
  readonly host: string;
}

export interface KeptConnections extends AsyncDisposable {
  /**
   * Gives a connection of this account; its `close` keeps it, unless `signal` was aborted or the server has enough of ours. `how`: whatever
   * the connection depends on; one that was opened otherwise is closed. Throws what `open` throws.
   */
  readonly connect: (whose: KeptFor, how: string, signal: AbortSignal, open: Opening) => Promise<Connection>;
  /** Closes this account's connection, if one is kept: a pass failed on it. */
  readonly drop: (accountId: number) => Promise<void>;
  /** Closes all that are kept to a server: it may have no room for others because of them. */
  readonly dropHost: (host: string) => Promise<void>;
}

export interface KeepOptions {
  /** Idle connections to one server at most; when there are so many, further ones are closed and those stay. */
  readonly mostPerHost: number;
  /** How long one may wait, in milliseconds. */
  readonly keepMs: number;
}

interface Kept {
  readonly host: string;
  readonly how: string;
  readonly connection: Connection;
  readonly life: AbortController;
  readonly timer: NodeJS.Timeout;
}

export function keepConnections({ mostPerHost, keepMs }: KeepOptions): KeptConnections {
  const idle = new Map<number, Kept>();
  const idleAt = new Map<string, number>();
  const take = (accountId: number): Kept | undefined => {
    const kept = idle.get(accountId);
    if (kept === undefined) return undefined;
    idle.delete(accountId);
    clearTimeout(kept.timer);
    idleAt.set(kept.host, (idleAt.get(kept.host) ?? 1) - 1);
    return kept;
  };
  const drop = async (accountId: number): Promise<void> => {
    await take(accountId)?.connection.remote.close();
  };
  const keep = async ({ accountId, host }: KeptFor, kept: Omit<Kept, "host" | "timer">): Promise<void> => {
    await drop(accountId);
    const there = idleAt.get(host) ?? 0;
    if (there >= mostPerHost) return await kept.connection.remote.close();
    const timer = setTimeout(() => void drop(accountId), keepMs);
    timer.unref();
    idleAt.set(host, there + 1);
    idle.set(accountId, { ...kept, host, timer });
  };
  return {
    connect: async (whose, how, signal, open) => {
      const kept = take(whose.accountId);
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
        else await keep(whose, { how, connection, life });
      });
    },
    drop,
    dropHost: async (host) => {
      const there = [...idle].filter(([, kept]) => kept.host === host);
      await Promise.all(there.map(([accountId]) => drop(accountId)));
    },
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
