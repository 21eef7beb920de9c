// Which accounts are to be watched, and how many workers share them. A watched account is held by a session lock of the worker that watches it,
// so that two never do; the lock is no lease: it lets nobody write.
import { type AccountId, asId, DEFAULT_POLICY, type LinkId, type MailboxPath, type Policy } from "@packetboat/core";
import type { ClientBase, Pool } from "pg";
import { rowsOf } from "./asking.ts";

/** An account with the links that run when something changes there. */
export interface WatchedAccount {
  readonly accountId: AccountId;
  readonly links: readonly LinkId[];
  /** Of the links, in their order. */
  readonly policies: readonly Policy[];
}

/** All accounts with a watched link, by id. */
export async function watchedAccounts(pool: Pool): Promise<readonly WatchedAccount[]> {
  const rows = await rowsOf<{ account_id: bigint; links: bigint[]; policies: Partial<Policy>[] }>(
    pool,
    `select l.account_id, array_agg(l.id order by l.id) as links, jsonb_agg(l.policy order by l.id) as policies from schedule s join link l on l.id = s.link_id
      where s.watch group by l.account_id order by l.account_id`,
  );
  return rows.map(({ account_id, links, policies }) => ({
    accountId: asId<AccountId>(account_id),
    links: links.map((id) => asId<LinkId>(id)),
    policies: policies.map((policy) => ({ ...DEFAULT_POLICY, ...policy })),
  }));
}

/** A mailbox of a server that a link takes part in, as the last run found it. */
export interface MetMailbox {
  readonly linkId: LinkId;
  readonly name: string;
  readonly path: MailboxPath;
}

/** The mailboxes of these links that do not rest, by name. By remote_mailbox' unique key, which begins with the link. */
export async function metMailboxes(pool: Pool, links: readonly LinkId[]): Promise<readonly MetMailbox[]> {
  const rows = await rowsOf<{ link_id: bigint; name: string; path: string[] }>(
    pool,
    "select link_id, name, path from remote_mailbox where link_id = any($1) and not resting order by link_id, name",
    [links],
  );
  return rows.map(({ link_id, name, path }) => ({ linkId: asId<LinkId>(link_id), name, path }));
}

const KEY = "hashtextextended('packetboat watch ' || $1::bigint, 0)";

/** Takes the watch of an account for this session. Gives false when another session has it. */
export async function takeWatch(session: ClientBase, id: AccountId): Promise<boolean> {
  const { rows } = await session.query<{ taken: boolean }>({
    name: "watch_take",
    text: `select pg_try_advisory_lock(${KEY}) as taken`,
    values: [id],
  });
  return rows[0]?.taken === true;
}

/** Gives it back. */
export async function leaveWatch(session: ClientBase, id: AccountId): Promise<void> {
  await session.query({ name: "watch_leave", text: `select pg_advisory_unlock(${KEY})`, values: [id] });
}

/** How many workers watch, this one included: their sessions are named `packetboat PID watch`. */
export async function watchingWorkers(session: ClientBase): Promise<number> {
  const { rows } = await session.query<{ workers: bigint }>({
    name: "watch_workers",
    text: `select count(*) as workers from pg_stat_activity
      where datname = current_database() and application_name ~ '^packetboat \\d+ watch$'`,
  });
  return Math.max(1, Number(rows[0]?.workers ?? 1));
}
