// In which way Postgres is asked: always through the index and then row by row, whatever it thinks of the tables. Their plans are looked at in
// search.db.test.ts. A bitmap that did not fit into memory would have the terms of each row of a page computed anew, so it gets the room.
import { inTransaction } from "@packetboat/database";
import type { Pool, PoolClient } from "pg";

const SETTINGS = [
  ["enable_seqscan", "off"],
  ["enable_hashjoin", "off"],
  ["enable_mergejoin", "off"],
  ["jit", "off"],
  ["work_mem", "65536"],
];

/** Runs questions in one transaction. Throws what asDatabaseError says. */
export async function readHits<T>(pool: Pool, ask: (client: PoolClient) => Promise<T>): Promise<T> {
  return inTransaction(pool, async (client) => {
    await setReading(client);
    return ask(client);
  });
}

/** The same for a transaction that is open. */
export async function setReading(client: PoolClient): Promise<void> {
  const settings = SETTINGS.map(([name, value]) => `set_config('${name}', '${value}', true)`);
  await client.query(`select ${settings.join(", ")}`);
}

/** What the index is over; exactly as in the migration, or it is not used. `c` is content. */
export const TERMS =
  "content_terms(c.subject, c.names, c.words, c.from_line, c.to_line, c.cc_line, c.bcc_line, c.files, c.attached, c.places)";
