// Core's Archive over Postgres: one archive as one link sees it, under one lease. Every method is one query or one transaction of its
// own; all state is in the database, so a killed process leaves nothing to clean up (S1).
// It must never write outside `write` of session.ts, which proves the lease.
import {
  type Archive,
  type ArchiveId,
  type BaseIdentity,
  type BaseRow,
  type Link,
  MailError,
  type RemoteMailboxId,
  type UidSet,
} from "@packetboat/core";
import { asDatabaseError, type Fence, leaseLost, processName } from "@packetboat/database";
import type { Pool } from "pg";
import { storeBodies } from "./blobs.ts";
import { wholeBodies } from "./bodies.ts";
import { commitBatch } from "./commit.ts";
import { countAtTheEnd, countOnTheWay } from "./counts.ts";
import { type Desk, openDesk } from "./desk.ts";
import { NOTHING_OWN } from "./own-counts.ts";
import { appendHabits } from "./queries/append-habits.ts";
import { openIntents } from "./queries/intents.ts";
import { baseIdentityOf, baseRowOf, baseRows, boundCounts, boundUids, digestsByEmailId } from "./queries/placements.ts";
import { changedMessages, currentRevision, pushRows } from "./queries/pushes.ts";
import { pendingOf, requireOwn } from "./queries/remote-mailboxes.ts";
import { approvedRemovals, noSuchRun, removedSince, useApproval } from "./queries/runs.ts";
import { unboundIn, unboundMessages } from "./queries/unbound.ts";
import { approvedPushes, expungedSince } from "./queries/unsent.ts";
import { versionsSince } from "./queries/versions.ts";
import { type ArchiveSettings, PROVES_KEYS, type Session, writeAhead } from "./session.ts";
import { refreshStatistics } from "./statistics.ts";
import { noIds } from "./stored-ids.ts";

export interface OpenArchiveOptions {
  readonly pool: Pool;
  readonly link: Link;
  /** The account's lease as it was taken: every write checks its token (S4). */
  readonly lease: Fence;
  /** Milliseconds since 1970. Default: Date.now. */
  readonly now?: () => number;
  /** Where it asks what every pass asks. Default: its own. */
  readonly desk?: Desk;
  /** As linkedAccount read them. Default: read now. */
  readonly settings?: ArchiveSettings;
}

/** Opens an archive for a link. Throws ARCHIVE_UNKNOWN when it is not there (any more). */
export async function openArchive(options: OpenArchiveOptions): Promise<Archive> {
  const { pool, link, lease, now = Date.now, desk = openDesk(pool) } = options;
  if (lease.accountId !== link.accountId)
    throw new MailError("BUG", "Packetboat has a defect: the lease is of another account.");
  const session: Session = {
    pool,
    link,
    archiveId: link.archiveId,
    lease,
    ...(options.settings ?? (await read(settingsOf(pool, link.archiveId)))),
    storedIds: noIds(),
    now,
    run: null,
    changes: 0,
    uncounted: 0,
    underWay: false,
    own: NOTHING_OWN,
  };
  return {
    tree: async () => {
      const { mailboxes: live, bases: own } = desk;
      const [mailboxes, bases] = await read(Promise.all([live(session.archiveId), own(link.id)]));
      return { mailboxes, bases };
    },
    known: async (mailbox, from) => {
      await read(requireOwn(pool, session, new Set([mailbox])));
      const [bound, pending] = await read(
        Promise.all([boundUids(session, mailbox, from), pendingOf(session, mailbox)]),
      );
      return { bound, pending };
    },
    base: (mailbox, uids) => basePages(session, mailbox, uids),
    identities: (mailbox, uids) => identityPages(session, mailbox, uids),
    bound: () => read(boundCounts(session)),
    unbound: (mailbox, canonical) => read(unboundMessages(session, mailbox, canonical)),
    unboundIn: (mailbox) => unboundIn(session, mailbox),
    byEmailId: (emailIds) => read(digestsByEmailId(session, emailIds)),
    storeBodies: (bodies) => storeBodies({ ...session, writeAhead: (work) => writeAhead(session, work) }, bodies),
    commit: async (batch) => {
      const committed = await commitBatch(session, batch);
      await countOnTheWay(session);
      return committed;
    },
    revision: () => read(currentRevision(session)),
    changed: () => read(changedMessages(session)),
    pushRows: (messages) => pushRows(session, messages),
    versionsSince: (messages, since, atLeast) => read(versionsSince(session, messages, since, atLeast)),
    bytes: (messages) => wholeBodies(pool, session.archiveId, messages),
    intents: () => read(openIntents(session)),
    appendHabits: () => read(appendHabits(session)),
    expungedSince: (since) => read(expungedSince(session, since)),
    approvedPushes: (at) => read(approvedPushes(session, at)),
    removedSince: (since) => read(removedSince(session, since)),
    beginRun: async () => {
      const holder = processName("packetboat");
      const begun = await read(desk.begin({ lease, linkId: link.id, archiveId: link.archiveId, holder, at: now() }));
      if (begun === null) throw leaseLost(lease.accountId);
      session.run = begun.runId;
      return begun;
    },
    finishRun: async (runId, outcome, report) => {
      const became = await read(desk.finish({ lease, linkId: link.id, runId, outcome, report, at: now() }));
      if (became === "lost") throw leaseLost(lease.accountId);
      if (became === "unknown") throw noSuchRun(runId);
      await refreshStatistics(session);
      await countAtTheEnd(session);
    },
    approved: (at) => read(approvedRemovals(session, at)),
    useApproval: (run) => useApproval(session, run),
  };
}

export async function settingsOf(pool: Pool, archiveId: ArchiveId): Promise<ArchiveSettings> {
  const { rows } = await pool.query<{ key_space: number; proves_keys: boolean }>({
    name: "archive_settings",
    text: `select key_space, ${PROVES_KEYS} as proves_keys from archive where id = $1`,
    values: [archiveId],
  });
  const [row] = rows;
  if (row === undefined) {
    throw new MailError(
      "ARCHIVE_UNKNOWN",
      "The archive of this link is gone. Run the command again to make a new one.",
    );
  }
  return { keySpace: row.key_space, provesKeys: row.proves_keys };
}

/** Maps what pg throws. Transactions map their own. */
async function read<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw asDatabaseError(error);
  }
}

async function* basePages(
  session: Session,
  mailbox: RemoteMailboxId,
  uids: UidSet,
): AsyncGenerator<readonly BaseRow[]> {
  try {
    for await (const page of baseRows(session, mailbox, uids, false)) yield page.map((row) => baseRowOf(mailbox, row));
  } catch (error) {
    throw asDatabaseError(error);
  }
}

async function* identityPages(
  session: Session,
  mailbox: RemoteMailboxId,
  uids: UidSet,
): AsyncGenerator<readonly BaseIdentity[]> {
  try {
    for await (const page of baseRows(session, mailbox, uids, true)) {
      yield page.map((row) => baseIdentityOf(mailbox, row));
    }
  } catch (error) {
    throw asDatabaseError(error);
  }
}
