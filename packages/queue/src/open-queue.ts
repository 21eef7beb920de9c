// The way to the queue. pg-boss is loaded here, when a worker asks for it: no other command ever pays for it.
// It must never make or upgrade anything: upgradeQueue does, once, when a worker starts.
import { MailError } from "@packetboat/core";
import { asDatabaseError, type Database } from "@packetboat/database";
import { type Backoff, DEFAULT_BACKOFF } from "./backoff.ts";
import { hangBell } from "./bell.ts";
import type { JobQueue } from "./port.ts";
import type { UpgradeQueueOptions } from "./upgrade.ts";

export interface OpenQueueOptions {
  /** Told of failures of the upkeep, which goes on by itself: for the log. */
  readonly onProblem: (error: Error) => void;
  /** Default: 30 s after the first failure, doubled up to an hour, ten attempts. */
  readonly backoff?: Backoff;
  /** Seconds between two looks, by whoever is alive, for jobs whose worker died. Default: 10. */
  readonly upkeepSeconds?: number;
  /** From 0 to 1. Default: Math.random. */
  readonly random?: () => number;
}

/** Makes or upgrades what the queue needs in the database. Throws SCHEMA_TOO_NEW over a newer one. */
export async function upgradeQueue(database: Database, options: UpgradeQueueOptions = {}): Promise<void> {
  await (await import("./upgrade.ts")).upgradeQueue(database, options);
}

/** Opens the queue and begins its upkeep. Throws SCHEMA_CHANGED when upgradeQueue has not been there, SCHEMA_TOO_NEW over a newer one. */
export async function openQueue(database: Database, options: OpenQueueOptions): Promise<JobQueue> {
  const [{ startBoss, stopBoss }, { pgBossQueue }, { BOSS_VERSION, queueVersion, refuseNewer }] = await Promise.all([
    import("./boss.ts"),
    import("./pg-boss-queue.ts"),
    import("./upgrade.ts"),
  ]);
  const version = await queueVersion(database);
  refuseNewer(version);
  if (version !== BOSS_VERSION)
    throw new MailError(
      "SCHEMA_CHANGED",
      "The database is not ready for jobs of this version. Start packetboat worker, which makes it so; nothing was changed.",
    );
  const { onProblem, upkeepSeconds = 10, backoff = DEFAULT_BACKOFF, random = Math.random } = options;
  const boss = await startBoss(database, { upkeep: true, upkeepSeconds, onProblem }).catch((error: unknown) => {
    throw asDatabaseError(error);
  });
  try {
    return pgBossQueue({ database, boss, bell: await hangBell(database), backoff, random });
  } catch (error) {
    await stopBoss(boss);
    throw error;
  }
}
