// One archive with one pull link and its lease on a database of its own: what every test of this room starts from.
import {
  type AccountId,
  type Archive,
  type ArchiveId,
  asId,
  DEFAULT_POLICY,
  type Link,
  type LinkId,
} from "@packetboat/core";
import { acquireLease, type Lease } from "@packetboat/database";
import { type ScratchDatabase, scratchDatabase } from "@packetboat/database/testing";
import type { Pool } from "pg";
import { openArchive } from "../src/postgres-archive.ts";

export interface OpenedArchive extends AsyncDisposable {
  readonly scratch: ScratchDatabase;
  readonly pool: Pool;
  readonly archive: Archive;
  readonly link: Link;
  readonly lease: Lease;
}

/** Makes an account, an archive (or uses one) and a link. */
export async function makeLink(pool: Pool, user = "alice", archive?: ArchiveId): Promise<Link> {
  const one = async (text: string, values: unknown[]): Promise<bigint> =>
    ((await pool.query<{ id: bigint }>(text, values)).rows[0] as { id: bigint }).id;
  const account = await one("insert into account (user_name, host, port) values ($1, 'localhost', 143) returning id", [
    user,
  ]);
  const archiveId = archive ?? (await one("insert into archive (name) values ($1) returning id", [user]));
  const id = await one(
    "insert into link (account_id, archive_id, pull, push, policy) values ($1, $2, true, false, $3) returning id",
    [account, archiveId, JSON.stringify(DEFAULT_POLICY)],
  );
  return {
    id: asId<LinkId>(id),
    accountId: asId<AccountId>(account),
    archiveId: asId<ArchiveId>(archiveId),
    rights: { pull: true, push: false },
    policy: DEFAULT_POLICY,
  };
}

/** A database of its own with one archive in it. */
export async function openScratchArchive(now: () => number = Date.now): Promise<OpenedArchive> {
  const scratch = await scratchDatabase();
  try {
    const opened = await openOn(scratch, "alice", now);
    const dispose = async (): Promise<void> => {
      await opened[Symbol.asyncDispose]();
      await scratch.close();
    };
    return { ...opened, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await scratch.close();
    throw error;
  }
}

/** One more account with an archive of its own on a database that stays. */
export async function openOn(
  scratch: ScratchDatabase,
  user: string,
  now: () => number = Date.now,
): Promise<OpenedArchive> {
  const { pool } = scratch;
  const link = await makeLink(pool, user);
  const lease = await acquireLease(scratch.database, { accountId: link.accountId, holder: "test" });
  const archive = await openArchive({ pool, link, lease, now });
  return { scratch, pool, archive, link, lease, [Symbol.asyncDispose]: () => lease.release() };
}
