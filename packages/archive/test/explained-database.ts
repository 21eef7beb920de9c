// A database whose every statement is explained as it is run, by Postgres itself (auto_explain): what the tests of plans look at.
import { type Database, openDatabase } from "@packetboat/database";
import type { ScratchDatabase } from "@packetboat/database/testing";

/** Opens the scratch database anew, on one connection; `see` gets the plan of each statement, told when that is closed. */
export async function explainedDatabase(
  scratch: ScratchDatabase,
  settings: readonly string[],
  see: (plan: string, notice: string) => void,
): Promise<Database> {
  const { rows } = await scratch.pool.query<{ name: string }>("select current_database() as name");
  const all = ["session_preload_libraries = 'auto_explain'", "client_min_messages = log", ...settings];
  for (const setting of [...all, "auto_explain.log_min_duration = 0", "auto_explain.log_nested_statements = on"])
    await scratch.pool.query(`alter database "${rows[0]?.name}" set ${setting}`);
  const database = await openDatabase({ url: scratch.url, poolSize: 1 });
  const heard = new WeakSet<object>();
  // Not "connect": opening has made the first connection already.
  database.pool.on("acquire", (client) => {
    if (heard.has(client)) return;
    heard.add(client);
    client.on("notice", ({ message = "" }) => {
      const at = message.indexOf("plan:");
      if (at !== -1) see(message.slice(at + "plan:".length), message);
    });
  });
  return database;
}
