// One link's view of one archive, and the only way in which it writes: a transaction that first proves the lease (S4). A frozen process
// that wakes up after another took over finds its token outdated and fails before it changes anything.
// It must never be bypassed by a statement that writes state, nor hold its transaction over a network read of a mail server.
import type { ArchiveId, Link, RunId } from "@packetboat/core";
import { type Fence, inTransaction, leaseLost } from "@packetboat/database";
import type { Pool, PoolClient } from "pg";
import type { OwnCounts } from "./own-counts.ts";
import type { StoredIds } from "./stored-ids.ts";

/** What every statement of an open archive needs. */
export interface Session {
  readonly pool: Pool;
  readonly link: Link;
  readonly archiveId: ArchiveId;
  readonly lease: Fence;
  /** Blobs are shared within it and never across. */
  readonly keySpace: number;
  /** Postgres lets this role leave foreign keys unasked where we prove them ourselves (addMessages); the embedded server does. */
  readonly provesKeys: boolean;
  /** Of bodies that this session stored lately. */
  readonly storedIds: StoredIds;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The run that changes are recorded under; null before beginRun. */
  run: RunId | null;
  /** Ops that were committed since Postgres was last made to look at the tables (statistics.ts). */
  changes: number;
  /** Ops that were committed since this session last kept the counts of mailboxes (counts.ts). */
  uncounted: number;
  /** Counts were kept on the way of what it is at, and nothing at an end since (counts.ts). */
  underWay: boolean;
  /** What it knows of how much mailboxes hold (own-counts.ts). */
  own: OwnCounts;
}

/** What holds for an archive as long as it is there. */
export type ArchiveSettings = Pick<Session, "keySpace" | "provesKeys">;

/** SQL: whether this role may leave foreign keys unasked. */
export const PROVES_KEYS = "has_parameter_privilege('session_replication_role', 'set')";

/** The end of an open version: 2^63 - 1. As text, because it goes into SQL. */
export const LIVE = "9223372036854775807";

// The share lock makes a takeover wait until this transaction ends; the timeout ends it should this process be frozen meanwhile.
// Prepared plans may date from an empty table; without sequential scans they stay right while it grows. jit would take those as costly.
const FENCE = `select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true),
    set_config('idle_in_transaction_session_timeout', '60000', true)
  from lease where account_id = $1 and token = $2 for share`;

/**
 * The same without waiting for the disk, for what is nothing before a later transaction refers to it: that one is flushed, and what was
 * written before it in the log with it. A crash in between loses both, and the next run does them again (S1).
 */
export async function writeAhead<T>(session: Session, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return write(session, async (client) => {
    await client.query("set local synchronous_commit = off");
    return work(client);
  });
}

/**
 * Runs `work` in one transaction that holds the lease. Throws LEASE_LOST when another process took over, ARCHIVE_BUSY when a concurrent
 * writer won; in both cases nothing was changed.
 */
export async function write<T>(session: Session, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return inTransaction(session.pool, async (client) => {
    const { accountId, token } = session.lease;
    const held = await client.query({ name: "archive_fence", text: FENCE, values: [accountId, token] });
    if (held.rowCount === 0) throw leaseLost(accountId);
    return work(client);
  });
}

/** Reads by index, whatever Postgres thinks of the tables: for questions that are asked beside tables of any size (I2). Throws what asDatabaseError says. */
export async function readByIndex<T>(session: Session, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return inTransaction(session.pool, async (client) => {
    await client.query("select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)");
    return work(client);
  });
}

/** The same for one page of many: a bitmap or a sort would read all of them for each. */
export async function readPage<T>(session: Session, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return readByIndex(session, async (client) => {
    await client.query("select set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true)");
    return work(client);
  });
}
