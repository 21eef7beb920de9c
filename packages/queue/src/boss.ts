// pg-boss over our own database: its statements run on our pool, in its schema "pgboss", with our settings. The only maker of it.
// It must never be started over a schema of another version but by upgrade.ts, under our lock; nor may it open connections of its own.
import type { AccountId, LinkId } from "@packetboat/core";
import { asDatabaseError, type Database } from "@packetboat/database";
import { type ClientBase, type CustomTypesConfig, types } from "pg";
import { type Db, PgBoss } from "pg-boss";
import type { JobKind } from "./port.ts";

export const BOSS_SCHEMA = "pgboss";
/** All kinds lie in one queue: pg-boss orders by priority, and keeps accounts apart, only within one. */
export const WORK = "work";
export const DEAD = "dead";

/** What our jobs carry. */
export interface Carried {
  readonly kind: JobKind;
  readonly linkId: LinkId;
  readonly accountId: AccountId;
  /** Failures before this job: pg-boss counts only those of the job it gave out. */
  readonly failures: number;
  /** Of a job that was given up. */
  readonly code?: string;
}

// Our pool reads int8 as bigint; pg-boss expects what pg gives everybody.
const PLAIN_TYPES: CustomTypesConfig = {
  getTypeParser: (oid, format) => types.getTypeParser(oid, format as "text"),
};

/**
 * Where pg-boss runs a statement: on any connection of the pool, or in the caller's transaction. Those that take jobs and settle them are
 * prepared: planning one costs Postgres twice what running it does. Their texts differ by how many jobs are taken at most, so there are few.
 */
export function statements(on: Database["pool"] | ClientBase): Db {
  return {
    executeSql: async (text, values) =>
      await on.query({
        text,
        types: PLAIN_TYPES,
        ...(OFTEN.test(text) && { name: nameOf(text) }),
        ...(values && { values }),
      }),
  };
}

/** One statement for sure: what begins otherwise may be several, which cannot be prepared. */
const OFTEN = /^\s*WITH\s+(?:next|results) AS\b/;
const names = new Map<string, string>();

function nameOf(text: string): string {
  const name = names.get(text) ?? `queue_${names.size}`;
  names.set(text, name);
  return name;
}

export interface BossOptions {
  /** Whether this instance keeps the queue up: jobs of dead workers come back, old ones are deleted. */
  readonly upkeep: boolean;
  /** Seconds between two looks for jobs of dead workers, by whoever is alive. */
  readonly upkeepSeconds: number;
  /** Whether it may make the schema itself, where no administrator made it for us. Default: false. */
  readonly createSchema?: boolean;
  /** Told of failures of the upkeep, which goes on; the next look tries again. */
  readonly onProblem: (error: Error) => void;
}

/** Starts pg-boss. It would make or upgrade its schema: whoever is not upgrade.ts has looked that there is nothing to do. */
export async function startBoss(database: Database, options: BossOptions): Promise<PgBoss> {
  const boss = new PgBoss({
    db: statements(database.pool),
    schema: BOSS_SCHEMA,
    // On, because with it workers also build, in the background, the indexes that an upgrade left to be built.
    migrate: true,
    createSchema: options.createSchema ?? false,
    schedule: false,
    registerInstance: false,
    monitorVacuum: false,
    openTelemetry: { enabled: false },
    supervise: options.upkeep,
    // The looks of several workers are one look: whoever comes first after the interval makes it.
    monitorIntervalSeconds: options.upkeepSeconds,
    superviseIntervalSeconds: Math.max(1, Math.floor(options.upkeepSeconds / 2)),
    maintenanceIntervalSeconds: 600,
    bamIntervalSeconds: 10,
    // A queue of many accounts is no reason to warn.
    warningQueueSize: 1_000_000,
  });
  boss.on("error", (error) => options.onProblem(asDatabaseError(error)));
  await boss.start();
  return boss;
}

/** Ends it; the connections are ours. */
export async function stopBoss(boss: PgBoss): Promise<void> {
  await boss.stop({ close: false, graceful: true });
}
