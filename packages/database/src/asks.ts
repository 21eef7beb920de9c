// What commands ask of workers, by NOTIFY: to make way for an account that somebody waits for, to run a link now. Whoever is not there does not
// hear it: an ask is a wish, and without a worker things go as they go without workers.
// It must never be what correctness rests on, nor carry anything but a number.
import { MailError } from "@packetboat/core";
import type { ClientBase, Pool } from "pg";
import type { Database } from "./connect.ts";
import { asDatabaseError } from "./errors.ts";

/** `lease`: a command waits for this account. `pass`: a person wants this link to run now. */
export interface Ask {
  readonly kind: "lease" | "pass";
  readonly id: number;
}

const CHANNEL = "packetboat_ask";
const SESSION = "asks";

/** Asks all workers; gives how many there are. Throws what pg throws. */
export async function askWorkers(on: Pool | ClientBase, { kind, id }: Ask): Promise<number> {
  const { rows } = await on.query<{ workers: number }>(
    `with asked as (select pg_notify($1, $2))
      select (select count(*) from asked, pg_stat_activity
        where datname = current_database() and application_name like $3)::int as workers`,
    [CHANNEL, `${kind} ${id}`, `packetboat % ${SESSION}`],
  );
  return rows[0]?.workers ?? 0;
}

/** Reads what was sent; null for what no command of ours sends. */
export function readAsk(payload: string): Ask | null {
  const [, kind, id] = /^(lease|pass) (\d{1,15})$/.exec(payload) ?? [];
  return kind === undefined ? null : { kind: kind as Ask["kind"], id: Number(id) };
}

/** Hears what is asked from now on. `onLost`: the session ended by itself, and nothing is heard any more. Throws as database.dedicated does. */
export async function hearAsks(
  database: Pick<Database, "dedicated">,
  onAsk: (ask: Ask) => void,
  onLost: (error: MailError) => void,
): Promise<AsyncDisposable> {
  const client = await database.dedicated(SESSION);
  let closed = false;
  client.on("notification", ({ payload = "" }) => {
    const ask = readAsk(payload);
    if (ask !== null) onAsk(ask);
  });
  client.once("end", () => {
    if (!closed) onLost(new MailError("DATABASE_LOST", "The connection to the database was lost."));
  });
  const close = async (): Promise<void> => {
    closed = true;
    await client.end().catch(() => undefined);
  };
  try {
    await client.query(`listen ${CHANNEL}`);
  } catch (error) {
    await close();
    throw asDatabaseError(error);
  }
  return { [Symbol.asyncDispose]: close };
}
