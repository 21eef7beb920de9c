// Leases for a process that takes thousands, one after the other and many at a time: their locks are of one session, and what is taken or given
// back in one moment is one statement. Each is as good as one on a connection of its own (S4): the session's end is the end of all, and each
// holder is told; a lock that is held here already is asked for on another connection, because a session is given its own locks again and again.
// It must never let a lock lie on the session that nobody has a lease of.
import type { Client } from "pg";
import { type Database, processName } from "./connect.ts";
import { type Gathered, gathered } from "./gathered.ts";
import { acquireLease, FREE_SQL, held, interrupted, type Lease, type LeaseOptions, TAKE_SQL } from "./lease.ts";

/** Where leases come from. */
export interface LeaseSource extends AsyncDisposable {
  /** As acquireLease; a worker that holds the account is not asked to make way. */
  readonly acquire: (options: LeaseOptions) => Promise<Lease>;
}

/** A former holder's last transaction is over in less, or its account is asked for by itself. */
const ROW_WAIT_MS = 200;

type Wanted = Pick<LeaseOptions, "accountId" | "holder">;

interface Session {
  readonly client: Client;
  /** Null: it is not to be had at once. */
  readonly take: Gathered<Wanted, bigint | null>["ask"];
  readonly free: Gathered<number, undefined>["ask"];
  hasEnded: boolean;
}

/** What is asked for within `momentMs` is asked for together. */
export function keptLeases(database: Database, momentMs: number): LeaseSource {
  let open: Promise<Session> | null = null;
  /** Accounts that are held, or asked for, on the session. */
  const own = new Set<number>();
  const session = (): Promise<Session> => {
    if (open !== null) return open;
    const opening = openSession(database, momentMs);
    open = opening;
    const forget = (): void => {
      if (open === opening) open = null;
    };
    opening.then(({ client }) => client.once("end", forget), forget);
    return opening;
  };
  const atOnce = async ({ accountId, holder }: LeaseOptions): Promise<Lease | null> => {
    if (own.has(accountId)) return null;
    own.add(accountId);
    let lease: Lease | null = null;
    try {
      const here = await session();
      const token = await here.take({ accountId, holder });
      // What the session was given before it ended is nobody's.
      if (token === null || here.hasEnded) return null;
      lease = held(here.client, { accountId, token }, () => here.free(accountId).finally(() => own.delete(accountId)));
      return lease;
    } finally {
      if (lease === null) own.delete(accountId);
    }
  };
  return {
    acquire: async (options) => {
      const lease = options.signal?.aborted === true ? null : await atOnce(options);
      if (lease === null) return await acquireLease(database, { asks: false, ...options });
      if (options.signal?.aborted !== true) return lease;
      await lease.release();
      throw interrupted(options.signal.reason);
    },
    [Symbol.asyncDispose]: async () => {
      const opened = await open?.catch(() => null);
      await opened?.client.end().catch(() => undefined);
    },
  };
}

async function openSession(database: Database, momentMs: number): Promise<Session> {
  const client = await database.dedicated("lease");
  // Each lease hears of its end.
  client.setMaxListeners(0);
  await client.query("select set_config('lock_timeout', $1, false)", [`${ROW_WAIT_MS}ms`]);
  const free = async (accounts: readonly number[]): Promise<readonly undefined[]> => {
    await client.query({ name: "lease_free", text: FREE_SQL, values: [accounts] });
    return accounts.map(() => undefined);
  };
  const take = async (wanted: readonly Wanted[]): Promise<readonly (bigint | null)[]> => {
    const accounts = wanted.map(({ accountId }) => accountId);
    try {
      const values = [accounts, wanted.map(({ holder }) => processName(holder))];
      const { rows } = await client.query<{ account_id: bigint; token: bigint }>({
        name: "lease_take",
        text: TAKE_SQL,
        values,
      });
      const tokens = new Map(rows.map(({ account_id, token }) => [Number(account_id), token]));
      return accounts.map((account) => tokens.get(account) ?? null);
    } catch {
      // Locks outlive a statement that failed. Each account is asked for by itself then, which also says what is wrong.
      await free(accounts).catch(() => client.end());
      return accounts.map(() => null);
    }
  };
  const opened: Session = {
    client,
    take: gathered(momentMs, take, "one at a time").ask,
    free: gathered(momentMs, free, "one at a time").ask,
    hasEnded: false,
  };
  client.once("end", () => {
    opened.hasEnded = true;
  });
  return opened;
}
