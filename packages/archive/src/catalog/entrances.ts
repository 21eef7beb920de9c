// Who signs in to an account at this moment: one at a time, of all processes that ask here, so that the second learns of a refused password before
// it shows the same one to the server (trap 27). Session locks, which end with their connection; no lease: they let nobody write.
// It must never keep anybody out for longer than a sign-in can take.
import type { AccountId } from "@packetboat/core";
import { asDatabaseError, type Database, databaseCode } from "@packetboat/database";
import type { Client, QueryConfig, QueryResult, QueryResultRow } from "pg";

export interface Entrances extends AsyncDisposable {
  /** Does `enter` while nobody else does so for this account; after half a minute of waiting, all the same. Throws what `enter` and the database throw. */
  readonly through: <T>(id: AccountId, enter: () => Promise<T>) => Promise<T>;
}

type Leave = () => Promise<unknown>;

/** A server that takes longer to let somebody in is given up by whoever waits there. */
const PATIENCE_MS = 30_000;

const KEY = "hashtextextended('packetboat entrance ' || $1::bigint, 0)";

/** Opens the entrances of a process: one connection for all of them, made when the first is needed; who has to wait does so on one of its own. */
export function openEntrances(database: Pick<Database, "dedicated">, patienceMs = PATIENCE_MS): Entrances {
  const session = openSession(database);
  // The same session is given the same lock twice.
  const own = new Set<AccountId>();
  const free = async (id: AccountId): Promise<Leave | null> => {
    if (own.has(id)) return null;
    own.add(id);
    let taken = false;
    try {
      const text = `select pg_try_advisory_lock(${KEY}) as taken`;
      const { rows } = await session.ask<{ taken: boolean }>({ name: "entrance_take", text, values: [id] });
      taken = rows[0]?.taken === true;
    } finally {
      if (!taken) own.delete(id);
    }
    if (!taken) return null;
    const text = `select pg_advisory_unlock(${KEY})`;
    return () => session.ask({ name: "entrance_leave", text, values: [id] }).finally(() => own.delete(id));
  };
  const waited = async (id: AccountId): Promise<Leave> => {
    const client = await database.dedicated("entrance");
    try {
      await client.query("select set_config('lock_timeout', $1, false)", [`${patienceMs}ms`]);
      await client.query(`select pg_advisory_lock(${KEY})`, [id]);
    } catch (error) {
      // 55P03: it took too long.
      if (databaseCode(error) !== "55P03") {
        await client.end().catch(() => undefined);
        throw error;
      }
    }
    return () => client.end();
  };
  const take = async (id: AccountId): Promise<Leave> => {
    try {
      return (await free(id)) ?? (await waited(id));
    } catch (error) {
      throw asDatabaseError(error);
    }
  };
  return {
    through: async (id, enter) => {
      const leave = await take(id);
      try {
        return await enter();
      } finally {
        // The end of the connection is the end of the lock, too.
        await leave().catch(() => undefined);
      }
    },
    [Symbol.asyncDispose]: session.close,
  };
}

/** A connection that is asked one thing at a time, and made anew when it was lost. */
function openSession(database: Pick<Database, "dedicated">) {
  let client: Promise<Client> | null = null;
  let last: Promise<unknown> = Promise.resolve();
  const connected = (): Promise<Client> => {
    if (client !== null) return client;
    const opening = database.dedicated("entrance");
    client = opening;
    const forget = (): void => {
      if (client === opening) client = null;
    };
    opening.then((opened) => opened.once("end", forget), forget);
    return opening;
  };
  return {
    ask: <Row extends QueryResultRow>(query: QueryConfig): Promise<QueryResult<Row>> => {
      const answer = last.then(async () => (await connected()).query<Row>(query));
      last = answer.catch(() => undefined);
      return answer;
    },
    close: async (): Promise<void> => {
      await last;
      const opened = await client?.catch(() => null);
      await opened?.end().catch(() => undefined);
    },
  };
}
