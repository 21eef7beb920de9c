// Mail from elsewhere into an archive: a writer like any other (M10). Bodies first, in a transaction of their own, then what is missing, counted
// under the archive's lock, one revision a batch. Killed at any moment, the same import goes on: what is there is counted, not added again.
// It must never touch what the archive holds: flags, places and dates of messages that are met stay as they are.
import {
  type ArchiveId,
  additions,
  type Digests,
  type Flags,
  type Incoming,
  isMailError,
  type MailboxId,
  type MailboxPath,
  pathKey,
  type Revision,
  type Role,
} from "@packetboat/core";
import { asDatabaseError, inTransaction } from "@packetboat/database";
import type { Pool, PoolClient } from "pg";
import { storeBodies } from "./blobs.ts";
import { commitAdditions, commitEdits } from "./commit.ts";
import { countAtTheEnd, countOnTheWay } from "./counts.ts";
import { NOTHING_OWN, type OwnCounts } from "./own-counts.ts";
import { settingsOf } from "./postgres-archive.ts";
import { heldAlike } from "./queries/alike.ts";
import { liveMailboxes } from "./queries/mailboxes.ts";
import type { Session } from "./session.ts";
import { refreshStatistics } from "./statistics.ts";
import { noIds } from "./stored-ids.ts";

/** A message to be brought in. */
export interface ImportMessage extends Incoming {
  readonly bytes: Buffer;
  readonly digests: Digests;
  readonly internalDate: number | null;
  readonly flags: Flags;
}

export interface ImportMailbox {
  readonly path: MailboxPath;
  /** Taken where the archive's mailboxes have none of this role (B3). */
  readonly role: Role | null;
  readonly subscribed: boolean;
}

export interface Imported {
  /** Of the batch, in its order. */
  readonly added: readonly ImportMessage[];
  /** Null: nothing was missing. */
  readonly revision: Revision | null;
}

/** One import at work. */
export interface ArchiveImport {
  /** The archive's mailboxes of these paths, made where there is none of that name; by pathKey. */
  readonly mailboxes: (wanted: readonly ImportMailbox[]) => Promise<ReadonlyMap<string, MailboxId>>;
  /** Live mailboxes, by pathKey. */
  readonly known: () => Promise<ReadonlyMap<string, MailboxId>>;
  /** What of a batch would be added. Changes nothing. */
  readonly missing: (batch: readonly ImportMessage[]) => Promise<readonly ImportMessage[]>;
  readonly add: (batch: readonly ImportMessage[]) => Promise<Imported>;
  /** Lets Postgres look at what was written. */
  readonly finish: () => Promise<void>;
}

type Importing = Pick<Session, "pool" | "archiveId" | "keySpace" | "provesKeys" | "storedIds" | "now"> & {
  readonly link: null;
  changes: number;
  uncounted: number;
  underWay: boolean;
  own: OwnCounts;
};

/** Begins an import. Throws ARCHIVE_UNKNOWN. */
export async function openImport(pool: Pool, archiveId: ArchiveId, now: () => number): Promise<ArchiveImport> {
  const settings = await settingsOf(pool, archiveId).catch((error: unknown) => {
    throw asDatabaseError(error);
  });
  const counting = { changes: 0, uncounted: 0, underWay: false, own: NOTHING_OWN };
  const importing: Importing = { pool, archiveId, ...settings, storedIds: noIds(), now, link: null, ...counting };
  const known = () => knownMailboxes(importing);
  const missing = (batch: readonly ImportMessage[]) =>
    batch.length === 0 ? Promise.resolve([]) : byIndex(pool, (client) => missingOf(client, importing, batch));
  return {
    mailboxes: (wanted) => ensureMailboxes(importing, wanted),
    known,
    missing,
    add: async (batch) => {
      const imported = await addBatch(importing, await missing(batch));
      await countOnTheWay(importing);
      return imported;
    },
    finish: async () => {
      await refreshStatistics(importing);
      await countAtTheEnd(importing);
    },
  };
}

async function byIndex<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return inTransaction(pool, async (client) => {
    await client.query("select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)");
    return work(client);
  });
}

async function missingOf(
  client: PoolClient,
  importing: Importing,
  batch: readonly ImportMessage[],
): Promise<readonly ImportMessage[]> {
  return additions(batch, await heldAlike(client, importing, batch));
}

/** `candidates`: what was missing a moment ago. Somebody else may have added some of it since. */
async function addBatch(importing: Importing, candidates: readonly ImportMessage[]): Promise<Imported> {
  if (candidates.length === 0) return { added: [], revision: null };
  const { pool } = importing;
  const writeAhead = <T>(work: (client: PoolClient) => Promise<T>): Promise<T> =>
    byIndex(pool, async (client) => {
      // Nothing before the commit below refers to it, which is flushed, and this before it (session.ts).
      await client.query("set local synchronous_commit = off");
      return work(client);
    });
  await storeBodies({ ...importing, writeAhead }, candidates);
  let added: readonly ImportMessage[] = [];
  const { revision } = await commitAdditions(pool, importing, async (client) => {
    added = await missingOf(client, importing, candidates);
    return added.map(({ mailboxId, digests, internalDate, flags }) => ({
      kind: "addMessage" as const,
      mailboxId,
      sha256: digests.sha256,
      internalDate,
      flags,
      binding: null,
    }));
  });
  importing.changes += added.length;
  importing.uncounted += added.length;
  return { added, revision };
}

async function knownMailboxes(importing: Importing): Promise<ReadonlyMap<string, MailboxId>> {
  const live = await liveMailboxes(importing).catch((error: unknown) => {
    throw asDatabaseError(error);
  });
  return new Map(live.map(({ id, path }) => [pathKey(path), id]));
}

/** Another command that makes the same mailbox at the same moment is asked again for what it made; more often, something else is wrong. */
const TRIES = 5;

async function ensureMailboxes(
  importing: Importing,
  wanted: readonly ImportMailbox[],
): Promise<ReadonlyMap<string, MailboxId>> {
  for (let tries = 1; ; tries++) {
    const live = await liveMailboxes(importing).catch((error: unknown) => {
      throw asDatabaseError(error);
    });
    const known = new Map(live.map(({ id, path }) => [pathKey(path), id]));
    const taken = new Set(live.map(({ role }) => role));
    const fresh = new Map(wanted.map((mailbox) => [pathKey(mailbox.path), mailbox]));
    const ops = [...fresh].flatMap(([key, { path, role, subscribed }]) => {
      if (known.has(key)) return [];
      const own = role === null || taken.has(role) ? null : role;
      taken.add(own);
      return [{ kind: "createMailbox" as const, path, role: own, subscribed }];
    });
    if (ops.length === 0) return known;
    try {
      await commitEdits(importing.pool, importing, ops);
    } catch (error) {
      if (!isMailError(error) || error.code !== "ARCHIVE_BUSY" || tries >= TRIES) throw error;
    }
  }
}
