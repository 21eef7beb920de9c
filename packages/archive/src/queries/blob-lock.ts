// Who adds messages and who takes bodies away keep out of each other's way by one lock, not by a lock of every body: in a first pull that was a
// tenth of all that Postgres did, and a record in its log for each message. It must be taken before any row is locked: in this order nobody waits in a circle.
import type { PoolClient } from "pg";

const KEY = "hashtextextended('packetboat bodies', 0)";

/** Until the transaction ends no body goes. Any number of writers hold it together. */
export async function keepBodies(client: PoolClient): Promise<void> {
  await client.query({ name: "archive_keep_bodies", text: `select pg_advisory_xact_lock_shared(${KEY})` });
}

/** Until the transaction ends no message is added, so that what no message has now stays so. */
export async function takeBodies(client: PoolClient): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(${KEY})`);
}
