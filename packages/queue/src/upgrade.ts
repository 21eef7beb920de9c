// Brings pg-boss's schema up to the version this code uses, with our queues and their settings in it: explicitly, under the lock of our own
// migrations, by whoever starts a worker. Opening a queue never does.
// It must never run over a schema that is newer than the code.
import { createRequire } from "node:module";
import { MailError } from "@packetboat/core";
import { asDatabaseError, type Database, withMigrationLock } from "@packetboat/database";
import type { PgBoss } from "pg-boss";
import { BOSS_SCHEMA, DEAD, startBoss, stopBoss, WORK } from "./boss.ts";

/** The version of its schema that pg-boss writes, as it says itself. */
export const BOSS_VERSION: number = createRequire(import.meta.url)("pg-boss/package.json").pgboss.schema;

const DAY = 86_400;
/** A job that kills its worker so many times is given up. */
const DEATHS = 5;

export interface UpgradeQueueOptions {
  /** A job that nobody kept alive for so long has lost its worker. At least 10. Default: 30 s. */
  readonly heartbeatSeconds?: number;
  /** Told before the schema is changed. Default: silent. */
  readonly onNotice?: (sentence: string) => void;
}

/** The version of pg-boss's schema in the database, or null. */
export async function queueVersion(database: Pick<Database, "pool">): Promise<number | null> {
  try {
    const { rows } = await database.pool.query<{ there: boolean }>("select to_regclass($1) is not null as there", [
      `${BOSS_SCHEMA}.version`,
    ]);
    if (rows[0]?.there !== true) return null;
    const versions = await database.pool.query<{ version: number }>(`select version from ${BOSS_SCHEMA}.version`);
    return versions.rows[0]?.version ?? null;
  } catch (error) {
    throw asDatabaseError(error);
  }
}

/** Makes or upgrades what the queue needs. Throws SCHEMA_TOO_NEW over a newer one. Several may call it at once. */
export async function upgradeQueue(database: Database, options: UpgradeQueueOptions = {}): Promise<void> {
  await withMigrationLock(database, async () => {
    const version = await queueVersion(database);
    refuseNewer(version);
    if (version !== BOSS_VERSION) options.onNotice?.("Upgrading the database for jobs.");
    await install(database, options.heartbeatSeconds ?? 30);
  });
}

/** Throws SCHEMA_TOO_NEW. */
export function refuseNewer(version: number | null): void {
  if (version === null || version <= BOSS_VERSION) return;
  throw new MailError(
    "SCHEMA_TOO_NEW",
    `The jobs in the database were upgraded by a newer Packetboat (${version}, this one knows ${BOSS_VERSION}). Use that version or a later one; nothing was changed.`,
    { context: { databaseSchema: version, knownSchema: BOSS_VERSION } },
  );
}

async function install(database: Database, heartbeatSeconds: number): Promise<void> {
  let problem: Error | null = null;
  try {
    const boss = await startBoss(database, {
      upkeep: false,
      upkeepSeconds: 10,
      createSchema: !(await hasSchema(database)),
      onProblem: (error) => {
        problem ??= error;
      },
    });
    try {
      await setQueues(boss, heartbeatSeconds);
    } finally {
      await stopBoss(boss);
    }
    if (problem !== null) throw problem;
  } catch (error) {
    throw asDatabaseError(error);
  }
}

/** "if not exists" would ask for CREATE on the database also where an administrator made the schema. */
async function hasSchema({ pool }: Database): Promise<boolean> {
  const { rows } = await pool.query<{ there: boolean }>("select to_regnamespace($1) is not null as there", [
    BOSS_SCHEMA,
  ]);
  return rows[0]?.there === true;
}

async function setQueues(boss: PgBoss, heartbeatSeconds: number): Promise<void> {
  // A waiting job is kept for a year, the longest there is: nothing is dropped for having waited.
  const dead = { retentionSeconds: 90 * DAY, retryLimit: 0 };
  const work = {
    deadLetter: DEAD,
    heartbeatSeconds,
    // The longest there is. A pass of more than a day is given out again, finds the account's lease held, and waits.
    expireInSeconds: DAY,
    retentionSeconds: 365 * DAY,
    deleteAfterSeconds: 3_600,
    // Only for workers that died: what fails is sent anew, with our own back-off.
    retryLimit: DEATHS,
    retryDelay: 0,
    retryBackoff: false,
  };
  for (const [name, settings] of [
    [DEAD, dead],
    [WORK, work],
  ] as const) {
    if ((await boss.getQueue(name)) === null) await boss.createQueue(name, { policy: policyOf(name), ...settings });
    else await boss.updateQueue(name, settings);
  }
}

/** `stately`: one job of a key waits, and one runs. */
const policyOf = (name: string): string => (name === WORK ? "stately" : "standard");
