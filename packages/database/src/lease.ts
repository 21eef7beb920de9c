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
  return acquireOn(await database.dedicated("lease"), options);
}

/** Where leases come from: a connection for each, or kept ones. */
export interface LeaseSource extends AsyncDisposable {
  /** As acquireLease. */
  readonly acquire: (options: LeaseOptions) => Promise<Lease>;
}

async function acquireOn(client: Client, options: LeaseOptions): Promise<Lease> {
  const interrupt = (): void => {
    // The wait lies in Postgres: closing the connection is what ends it here and there.
    void client.end().catch(() => undefined);
  };
  options.signal?.addEventListener("abort", interrupt, { once: true });
  try {
    options.signal?.throwIfAborted();
    const token = await lockAndRaise(client, options);
    return held(client, { accountId: options.accountId, token }, () => client.end());
  } catch (error) {
    await client.end().catch(() => undefined);
    if (options.signal?.aborted === true) throw interrupted(error);
    throw asDatabaseError(error);
  } finally {
    options.signal?.removeEventListener("abort", interrupt);
  }
}

/** What is said to whoever was asked to stop while waiting. */
export function interrupted(cause: unknown): MailError {
  return new MailError(
    "INTERRUPTED",
    "Interrupted while waiting for another run of this account; nothing was changed.",
    {
      cause,
    },
  );
}

// A new holder's token is later than any that was ever given, also should a crash of the server have forgotten the last: so nothing waits for
// the disk here. What commits under the token is flushed, and the token with it.
const raised = (from: string): string => `insert into lease as l (account_id, holder, token, acquired_at)
    select account_id, holder, (extract(epoch from clock_timestamp()) * 1000000)::bigint, now() from ${from} where held
    on conflict (account_id) do update set holder = excluded.holder, token = greatest(l.token + 1, excluded.token), acquired_at = excluded.acquired_at
    returning account_id, token, set_config('synchronous_commit', 'off', true)`;

const lockOf = (account: string): string => `hashtextextended('packetboat lease ' || ${account}, 0)`;

/**
 * Locks and tokens in one statement, of those accounts that nobody holds: $1 accounts, $2 holders. The former holder's last transaction may still
 * hold the row. In the order of the accounts: two workers that meet never wait for each other.
 */
export const TAKE_SQL = `with wanted as materialized (
    select account_id, holder from unnest($1::bigint[], $2::text[]) as w(account_id, holder) order by account_id
  ), got as materialized (
    select account_id, holder, pg_try_advisory_lock(${lockOf("account_id")}) as held from wanted
  ) ${raised("got")}`;
/** $1 account. */
const LOCK = `select pg_advisory_lock(${lockOf("$1::bigint")})`;
/** Of accounts whose lock is held already. */
const TAKE_LOCKED = `with got as (select account_id, holder, true as held from unnest($1::bigint[], $2::text[]) as w(account_id, holder))
  ${raised("got")}`;
/** $1 accounts. Gives back what is held, and says of nothing that was not. */
export const FREE_SQL = `select account_id from unnest($1::bigint[]) as w(account_id) where pg_advisory_unlock(${lockOf("account_id")})`;

async function lockAndRaise(client: Client, options: LeaseOptions): Promise<bigint> {
  const { accountId, waitMs = DEFAULT_WAIT_MS } = options;
  const deadline = Date.now() + waitMs;
  const values = [[accountId], [processName(options.holder)]];
  let [taken] = await waitFor(client, options, deadline, { name: "lease_take", text: TAKE_SQL, values });
  if (taken === undefined) {
    options.onWait?.(await holderOf(client, accountId));
    if (options.asks !== false) await askWorkers(client, { kind: "lease", id: accountId });
    await waitFor(client, options, deadline, { text: LOCK, values: [accountId] });
    [taken] = await waitFor(client, options, deadline, { text: TAKE_LOCKED, values });
  }
  const token = taken?.token;
  if (typeof token !== "bigint") throw new MailError("BUG", "The lease has no token. Please report this.");
  return token;
}

async function boundWaits(client: Client, ms: number): Promise<void> {
  await client.query("select set_config('lock_timeout', $1, false)", [`${ms}ms`]);
}

/** Runs a statement that may wait for the holder, until the deadline. */
async function waitFor(
  client: Client,
  options: LeaseOptions,
  deadline: number,
  query: QueryConfig,
): Promise<{ token?: bigint }[]> {
  try {
    // 0 would mean no limit at all.
    await boundWaits(client, Math.max(100, deadline - Date.now()));
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

/** A lease whose lock is of this session; `giveBack` frees it there. */
export function held(client: Client, { accountId, token }: Fence, giveBack: () => Promise<unknown>): Lease {
  const lost = new AbortController();
  let releasing: Promise<void> | null = null;
  const onEnd = (): void => lost.abort(leaseLost(accountId));
  client.once("end", onEnd);
  const release = (): Promise<void> => {
    client.off("end", onEnd);
    // Whatever becomes of the goodbye: the end of the session is the end of the lock.
    releasing ??= giveBack().then(
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
