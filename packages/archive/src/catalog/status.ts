// What `status` is printed from: for each link what ran last, when it last went well, what it holds and what is not done.
import { asId, type LinkId, type MessageId, type Pending, type RunId, type Uid, type Unsent } from "@packetboat/core";
import type { Pool } from "pg";
import { millis, rowsOf } from "./asking.ts";
import { HELD_UNSENT } from "./held.ts";
import { type LinkInfo, listLinks } from "./links.ts";
import { listRuns, type RunInfo } from "./runs.ts";

export interface LinkStatus {
  readonly link: LinkInfo;
  readonly lastRun: RunInfo | null;
  /** When a run last ended with `ok` or `partial`; null: never. Milliseconds since 1970. */
  readonly lastGoodAt: number | null;
  /** The archive is as that run left it. */
  readonly isSettled: boolean;
  readonly mailboxes: number;
  /** The mailbox whose last complete look is the longest ago; null: one was never looked at completely, or there is none (I5). */
  readonly completeSince: number | null;
  /** Messages that the last run which knew left on the server, because it was stopped. */
  readonly left: number;
  /** Messages that could not be fetched (C6). */
  readonly notFetched: number;
  /** Messages whose place, flags or removal could not be sent to the server (C6). */
  readonly notSent: number;
  /** Removals, from the archive or the server, and additions that a guard holds (G1, G3). */
  readonly held: number;
  /** The latest run that holds any of them: the one to approve. */
  readonly heldBy: RunId | null;
}

interface Row {
  readonly id: bigint;
  readonly last_good_at: number | null;
  readonly is_settled: boolean | null;
  readonly mailboxes: bigint;
  readonly complete_since: number | null;
  readonly remaining: bigint | null;
  readonly not_fetched: bigint;
  readonly not_sent: bigint;
  readonly held: bigint;
  readonly held_by: bigint | null;
}

/** One row a link, in the order of listLinks. Reads no table that grows with mail. */
export async function linkStatuses(pool: Pool): Promise<readonly LinkStatus[]> {
  const links = await listLinks(pool);
  const rows = await rowsOf<Row>(
    pool,
    `select l.id,
        (select ${millis("max(r.finished_at)")} from run r where r.link_id = l.id and r.outcome in ('ok', 'partial')) as last_good_at,
        (select (r.report->>'revisionAfter')::bigint = a.revision from run r join archive a on a.id = l.archive_id
          where r.link_id = l.id and r.outcome in ('ok', 'partial') order by r.id desc limit 1) as is_settled,
        (select count(*) from remote_mailbox m where m.link_id = l.id and not m.resting) as mailboxes,
        (select case when count(*) = count(m.complete_at) then ${millis("min(m.complete_at)")} end
          from remote_mailbox m where m.link_id = l.id and not m.resting) as complete_since,
        (select (r.report->>'left')::bigint from run r where r.link_id = l.id and r.report->>'left' is not null
          order by r.id desc limit 1) as remaining,
        (select count(*) from remote_mailbox m join pending p on p.remote_mailbox_id = m.id and p.kind = 'fetch'
          where m.link_id = l.id) as not_fetched,
        (select count(*) from remote_mailbox m join unsent u on u.remote_mailbox_id = m.id and not (${HELD_UNSENT})
          where m.link_id = l.id) as not_sent,
        h.held, h.held_by
      from link l
      cross join lateral (
        select count(*) as held, max(run_id) as held_by from (
          select p.run_id from remote_mailbox m join pending p on p.remote_mailbox_id = m.id and p.kind <> 'fetch' where m.link_id = l.id
          union all
          select u.run_id from remote_mailbox m join unsent u on u.remote_mailbox_id = m.id and ${HELD_UNSENT} where m.link_id = l.id
        ) row
      ) h`,
  );
  const byId = new Map(rows.map((row) => [Number(row.id), row]));
  return Promise.all(
    links.map(async (link) => {
      const row = byId.get(link.id);
      const [lastRun = null] = await listRuns(pool, { linkId: link.id, limit: 1 });
      return {
        link,
        lastRun,
        lastGoodAt: row?.last_good_at ?? null,
        isSettled: row?.is_settled ?? false,
        mailboxes: Number(row?.mailboxes ?? 0),
        completeSince: row?.complete_since ?? null,
        left: Number(row?.remaining ?? 0),
        notFetched: Number(row?.not_fetched ?? 0),
        notSent: Number(row?.not_sent ?? 0),
        held: Number(row?.held ?? 0),
        heldBy: row?.held_by == null ? null : asId<RunId>(row.held_by),
      };
    }),
  );
}

/** A pending row with the mailbox that people know it by. */
export interface PendingInfo {
  readonly mailbox: string;
  readonly uid: Uid;
  readonly kind: Pending["kind"];
  readonly reason: Pending["reason"];
  readonly detail: string;
  readonly bytes: number | null;
  readonly attempts: number;
  readonly runId: RunId;
}

/** What is not done on a link, by mailbox and UID. Default limit: 100. */
export async function listPending(pool: Pool, linkId: LinkId, limit = 100): Promise<readonly PendingInfo[]> {
  const rows = await rowsOf<
    Omit<PendingInfo, "uid" | "bytes" | "runId"> & { uid: bigint; bytes: bigint | null; run_id: bigint }
  >(
    pool,
    `select m.name as mailbox, p.uid, p.kind, p.reason, p.detail, p.bytes, p.attempts, p.run_id
      from remote_mailbox m join pending p on p.remote_mailbox_id = m.id
      where m.link_id = $1 order by m.name, p.uid limit $2`,
    [linkId, limit],
  );
  return rows.map(({ uid, bytes, run_id, ...row }) => ({
    ...row,
    uid: asId<Uid>(uid),
    bytes: bytes === null ? null : Number(bytes),
    runId: asId<RunId>(run_id),
  }));
}

/** An unsent row with the mailbox that people know it by. */
export interface UnsentInfo extends Omit<Unsent, "remoteMailboxId"> {
  readonly mailbox: string;
}

/** What could not be sent on a link, or is held, by mailbox and message. Default limit: 100. By unsent_remote_mailbox. */
export async function listUnsent(pool: Pool, linkId: LinkId, limit = 100): Promise<readonly UnsentInfo[]> {
  const rows = await rowsOf<Omit<UnsentInfo, "messageId" | "runId"> & { message_id: bigint; run_id: bigint }>(
    pool,
    `select m.name as mailbox, u.message_id, u.kind, u.reason, u.detail, u.attempts, u.run_id
      from remote_mailbox m join unsent u on u.remote_mailbox_id = m.id
      where m.link_id = $1 order by m.name, u.message_id limit $2`,
    [linkId, limit],
  );
  return rows.map(({ message_id, run_id, ...row }) => ({
    ...row,
    messageId: asId<MessageId>(message_id),
    runId: asId<RunId>(run_id),
  }));
}
