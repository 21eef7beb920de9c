// Takes the lease of account 1, says so, then writes one row in a fenced transaction for each line of its input and says how that went.
import { createInterface } from "node:readline";
import { isMailError } from "@packetboat/core";
import { acquireLease, assertFence, inTransaction, openDatabase } from "@packetboat/database";

const [url = ""] = process.argv.slice(2);
await using database = await openDatabase({ url });
await using lease = await acquireLease(database, { accountId: 1, holder: "holder", waitMs: 100 });
process.stdout.write(`token ${lease.token}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const outcome = await inTransaction(database.pool, async (client) => {
    await assertFence(client, lease);
    await client.query("insert into written (what) values ($1)", [line]);
    return "written";
  }).catch((error: unknown) => (isMailError(error) ? error.code : String(error)));
  process.stdout.write(`${outcome}\n`);
}
