// The lease of an account (S4): runs over one account never overlap, on one machine or several. Two things hold it together:
//   a session lock on the holder's own connection, which ends with the connection, so a killed or vanished holder frees it by itself;
//   a fencing token in table lease, raised by each new holder and checked first in every transaction that writes (assertFence), so that
//   a holder that was frozen or cut off cannot write after another took over.
// It must never be taken on a connection of the pool, and no writing transaction may do anything before assertFence.
import { MailError } from "@packetboat/core";
import type { Client, ClientBase, QueryConfig } from "pg";
import { askWorkers } from "./asks.ts";
import { type Database, processName } from "./connect.ts";
import { asDatabaseError, databaseCode } from "./errors.ts";

const DEFAULT_WAIT_MS = 30_000;

/** What assertFence asks: $1 account, $2 token. The share lock keeps a new holder from raising the token until the writer commits. */
export const FENCE_SQL = "select 1 from lease where account_id = $1 and token = $2 for share";

/** What a writer must show: the account and the token it was given. */
export interface Fence {
  readonly accountId: number;
  readonly token: bigint;
}

/** A lease that is held. Release it when the run is over. */
export interface Lease extends Fence, AsyncDisposable {
  /** Aborted with LEASE_LOST when the lock's connection ends: stop, another may be working already. */
  readonly lost: AbortSignal;
  readonly release: () => Promise<void>;
}

export interface LeaseOptions {
  readonly accountId: number;
  /** The command for the holder's text, such as "backup": host, pid and time are added. Never an address. */
  readonly holder: string;
  /** How long to wait for a holder whose connection still stands. Default: 30,000 ms. */
  readonly waitMs?: number;
  /** Told once, when waiting begins, who holds it. Default: silent. */
  readonly onWait?: (holder: string) => void;
  /** Whether a worker that holds it is asked to make way. Default: true; a worker itself waits for its turn. */
  readonly asks?: boolean;
  /** Ends the wait (Ctrl-C). Default: none. */
  readonly signal?: AbortSignal;
}

/**
 * Takes the lease of an account, waiting for its holder. Throws LEASE_HELD naming the holder when the wait is over, INTERRUPTED when the
 * signal ends it. S4.
 */
export async function acquireLease(database: Database, options: LeaseOptions): Promise<Lease> {
  return acquireOn(await database.dedicated("lease"), options, (client) => client.end());
}

/** Where leases come from: a connection for each, or kept ones. */
export interface LeaseSource extends AsyncDisposable {
  /** As acquireLease. */
  readonly acquire: (options: LeaseOptions) => Promise<Lease>;
}

/**
 * Leases one after the other on connections that are kept, at most so many idle ones: for a process that takes thousands. A lock is given back
 * by Postgres' own word; a connection that cannot say so is ended, which gives it back too.
 */
export function keptLeases(database: Database, mostIdle: number): LeaseSource {
  const idle: Client[] = [];
  let closed = false;
  const giveBack = async (client: Client, accountId: number): Promise<void> => {
    const freed = await client
      .query<{ freed: boolean }>({
        name: "lease_free",
        text: `select pg_advisory_unlock(${LOCK_NAME}) as freed`,
        values: [accountId],
      })
      .then(({ rows }) => rows[0]?.freed === true)
      .catch(() => false);
    if (!freed || closed || idle.length >= mostIdle) return void (await client.end());
    idle.push(client);
  };
  const open = async (): Promise<Client> => {
    const client = await database.dedicated("lease");
    client.once("end", () => {
      const at = idle.indexOf(client);
      if (at >= 0) idle.splice(at, 1);
    });
    return client;
  };
  return {
    acquire: async (options) => acquireOn(idle.pop() ?? (await open()), { asks: false, ...options }, giveBack),
    [Symbol.asyncDispose]: async () => {
      closed = true;
      await Promise.all(idle.splice(0).map((client) => client.end().catch(() => undefined)));
    },
  };
}

type GiveBack = (client: Client, accountId: number) => Promise<unknown>;

async function acquireOn(client: Client, options: LeaseOptions, giveBack: GiveBack): Promise<Lease> {
  const interrupt = (): void => {
    // The wait lies in Postgres: closing the connection is what ends it here and there.
    void client.end().catch(() => undefined);
  };
  options.signal?.addEventListener("abort", interrupt, { once: true });
  try {
    options.signal?.throwIfAborted();
    const token = await lockAndRaise(client, options);
    return held(client, options.accountId, token, giveBack);
  } catch (error) {
    await client.end().catch(() => undefined);
    if (options.signal?.aborted === true) {
      throw new MailError(
        "INTERRUPTED",
        "Interrupted while waiting for another run of this account; nothing was changed.",
        { cause: error },
      );
    }
    throw asDatabaseError(error);
  } finally {
    options.signal?.removeEventListener("abort", interrupt);
  }
}

// A new holder's token is later than any that was ever given, also should a crash of the server have forgotten the last: so nothing waits for
// the disk here. What commits under the token is flushed, and the token with it.
const RAISE = `insert into lease as l (account_id, holder, token, acquired_at)
    select $1::bigint, $2, (extract(epoch from clock_timestamp()) * 1000000)::bigint, now() from got where held
    on conflict (account_id) do update set holder = excluded.holder, token = greatest(l.token + 1, excluded.token), acquired_at = excluded.acquired_at
    returning token, set_config('synchronous_commit', 'off', true)`;

const LOCK_NAME = "hashtextextended('packetboat lease ' || $1::bigint, 0)";

/** Lock and token in one statement where nobody holds the account. The former holder's last transaction may still hold the row. */
const TAKE = `with got as materialized (select pg_try_advisory_lock(${LOCK_NAME}) as held) ${RAISE}`;
const TAKE_LOCKED = `with got as (select true as held) ${RAISE}`;

async function lockAndRaise(client: Client, options: LeaseOptions): Promise<bigint> {
  const { accountId, waitMs = DEFAULT_WAIT_MS } = options;
  const deadline = Date.now() + waitMs;
  const values = [accountId, processName(options.holder)];
  let [taken] = await waitFor(client, options, deadline, { name: "lease_take", text: TAKE, values });
  if (taken === undefined) {
    options.onWait?.(await holderOf(client, accountId));
    if (options.asks !== false) await askWorkers(client, { kind: "lease", id: accountId });
    await waitFor(client, options, deadline, { text: `select pg_advisory_lock(${LOCK_NAME})`, values: [accountId] });
    [taken] = await waitFor(client, options, deadline, { text: TAKE_LOCKED, values });
  }
  const token = taken?.token;
  if (typeof token !== "bigint") throw new MailError("BUG", "The lease has no token. Please report this.");
  return token;
}

/** In milliseconds; what each connection's statements wait at most. */
const lockTimeouts = new WeakMap<Client, number>();

async function boundWaits(client: Client, ms: number): Promise<void> {
  if (lockTimeouts.get(client) === ms) return;
  await client.query("select set_config('lock_timeout', $1, false)", [`${ms}ms`]);
  lockTimeouts.set(client, ms);
}

/** Runs a statement that may wait for the holder, until the deadline. */
async function waitFor(
  client: Client,
  options: LeaseOptions,
  deadline: number,
  query: QueryConfig,
): Promise<{ token?: bigint }[]> {
  try {
    // 0 would mean no limit at all. To a tenth of a second, or every statement would set it anew.
    await boundWaits(client, Math.max(100, Math.round((deadline - Date.now()) / 100) * 100));
    const { rows } = await client.query<{ token?: bigint }>(query);
    return rows;
  } catch (error) {
    // 55P03: lock_timeout.
    if (databaseCode(error) !== "55P03") throw error;
    const holder = await holderOf(client, options.accountId);
    throw new MailError(
      "LEASE_HELD",
      `This account is being worked on by ${holder}. Wait until that has ended, or end it, and run this again; nothing was changed.`,
      {
        context: { accountId: options.accountId },
        cause: error,
      },
    );
  }
}

async function holderOf(client: Client, accountId: number): Promise<string> {
  const { rows } = await client.query<{ holder: string; since: string }>(
    `select holder, to_char(acquired_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') as since from lease where account_id = $1`,
    [accountId],
  );
  const [row] = rows;
  return row === undefined ? "another command that has just begun" : `${row.holder}, since ${row.since}`;
}

function held(client: Client, accountId: number, token: bigint, giveBack: GiveBack): Lease {
  const lost = new AbortController();
  let releasing: Promise<void> | null = null;
  const onEnd = (): void => lost.abort(leaseLost(accountId));
  client.once("end", onEnd);
  const release = (): Promise<void> => {
    client.off("end", onEnd);
    // Whatever becomes of the goodbye: the end of the session is the end of the lock.
    releasing ??= giveBack(client, accountId).then(
      () => undefined,
      () => undefined,
    );
    return releasing;
  };
  return { accountId, token, lost: lost.signal, release, [Symbol.asyncDispose]: release };
}

/** The first statement of every writing transaction. Throws LEASE_LOST when another holder has taken over (S4). */
export async function assertFence(client: ClientBase, fence: Fence): Promise<void> {
  const { rowCount } = await client.query(FENCE_SQL, [fence.accountId, fence.token]);
  if (rowCount !== 1) throw leaseLost(fence.accountId);
}

/** What a writer is told whose token is outdated, or whose lock is gone: it changed nothing. */
export function leaseLost(accountId: number): MailError {
  return new MailError(
    "LEASE_LOST",
    "Another command has taken over this account meanwhile; this one stops and writes nothing more. Run it again later.",
    {
      context: { accountId },
    },
  );
}
