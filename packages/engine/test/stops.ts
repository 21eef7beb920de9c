// Places in the write path where a process can be killed: a trigger in the scratch database counts the statements that write a table and
// holds the backend at the one that is asked for. No production code knows of it.
import { until } from "@packetboat/testkit";
import type { Nightly } from "./nightly.ts";

/** A statement that begins; or `commit`: the COMMIT of a transaction that inserted into the table. Then it is done, and nobody hears of it. */
export interface Stop {
  readonly table: string;
  readonly at: "insert" | "update" | "delete" | "commit";
  /** The n-th of them in the run, from 1. */
  readonly n: number;
}

export interface Stopped {
  /** Waits until a backend stands there; rejects when `ended` is first: the place was never reached. */
  readonly reached: (ended: Promise<unknown>) => Promise<void>;
  /** Lets it go on, and takes the place away. */
  readonly release: () => Promise<void>;
}

const KEY = 4_711;
const WAITING =
  "select 1 from pg_locks where locktype = 'advisory' and objid = $1 and not granted and database = (select oid from pg_database where datname = current_database())";

/** Prepares a place to stop at, for the next process that comes by. */
export async function stopAt({ scratch, rows }: Nightly, { table, at, n }: Stop): Promise<Stopped> {
  const holder = await scratch.database.dedicated("stop");
  await holder.query("select pg_advisory_lock($1)", [KEY]);
  await rows("create sequence stop_passed");
  await rows(`create function stop_here() returns trigger language plpgsql as $$ begin
    if nextval('stop_passed') = ${n} then perform pg_advisory_xact_lock_shared(${KEY}); end if;
    return null; end $$`);
  await rows(
    at === "commit"
      ? `create constraint trigger stop_here after insert on ${table} deferrable initially deferred for each row execute function stop_here()`
      : `create trigger stop_here before ${at} on ${table} for each statement execute function stop_here()`,
  );
  // Also in the statement that proves its keys itself, which runs without ordinary triggers (decision 0007).
  await rows(`alter table ${table} enable always trigger stop_here`);
  return {
    reached: async (ended) => {
      let over = false;
      void ended.finally(() => {
        over = true;
      });
      await until(
        async () => {
          if ((await rows(WAITING, [KEY])).length > 0) return true;
          if (over) throw new Error(`never stopped at ${at} ${n} of ${table}`);
          return false;
        },
        `${at} ${n} of ${table}`,
        30_000,
      );
    },
    release: async () => {
      await holder.end();
      await rows("drop function stop_here cascade");
      await rows("drop sequence stop_passed");
    },
  };
}
