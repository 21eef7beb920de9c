// What could not be pushed and what a halt holds back on the server (C6, G1): one row a message on a link, the last word on it. With the
// count of what was removed there, which outlives the mailbox that it was removed from.
import { asId, type BaseOp, type MessageId, type RemoteMailboxId, type RunId } from "@packetboat/core";
import type { PoolClient } from "pg";
import { storable } from "../parameters.ts";
import type { Session } from "../session.ts";
import { APPROVAL_MS } from "./runs.ts";

type Op<K extends BaseOp["kind"]> = Extract<BaseOp, { kind: K }>;

/** Longer reasons are cut. */
const MAX_DETAIL = 500;

/** The last word on a message wins, also over one about another mailbox of the link. */
export async function setUnsent(client: PoolClient, session: Session, ops: readonly Op<"unsent">[]): Promise<void> {
  const last = [...new Map(ops.map(({ unsent }) => [unsent.messageId, unsent])).values()];
  await dropUnsent(
    client,
    session,
    last.map((one) => one.messageId),
  );
  await client.query({
    name: "archive_unsent",
    text: `insert into unsent (message_id, remote_mailbox_id, kind, reason, detail, attempts, run_id)
      select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::int[], $7::bigint[])`,
    values: [
      last.map((one) => one.messageId),
      last.map((one) => one.remoteMailboxId),
      last.map((one) => one.kind),
      last.map((one) => one.reason),
      last.map((one) => storable(one.detail).slice(0, MAX_DETAIL)),
      last.map((one) => one.attempts),
      last.map((one) => one.runId),
    ],
  });
}

/** Takes the rows of these messages on this link. By unsent_pkey. */
export async function dropUnsent(client: PoolClient, session: Session, messages: readonly MessageId[]): Promise<void> {
  await client.query({
    name: "archive_sent",
    text: `delete from unsent u using unnest($1::bigint[]) o(message_id)
      where u.message_id = o.message_id and exists (select from remote_mailbox r where r.id = u.remote_mailbox_id + 0 and r.link_id = $2)`,
    values: [messages, session.link.id],
  });
}

/** Removals on the server and additions to it that a person let through: not used yet, not expired (G1, G3). By run_link and unsent_run. */
export async function approvedPushes(session: Session, now: number): Promise<ReadonlyMap<MessageId, RunId>> {
  const { rows } = await session.pool.query<{ message: bigint; run: bigint }>(
    `select u.message_id as message, r.id as run from run r
      join unsent u on u.run_id = r.id and u.kind in ('remove', 'append') and u.reason = 'HALTED'
      where r.link_id = $1 and r.approved_at >= to_timestamp($2::float8 / 1000) and r.approval_used_at is null
      order by u.message_id`,
    [session.link.id, now - APPROVAL_MS],
  );
  return new Map(rows.map(({ message, run }) => [asId<MessageId>(message), asId<RunId>(run)]));
}

/** Adds to what a run removed from each mailbox. */
export async function addExpunged(client: PoolClient, session: Session, ops: readonly Op<"expunged">[]): Promise<void> {
  await client.query({
    name: "archive_expunged",
    text: `insert into server_removal (run_id, remote_mailbox_id, messages, removed_at)
      select run_id, remote_mailbox_id, sum(messages), to_timestamp($4::float8 / 1000)
      from unnest($1::bigint[], $2::bigint[], $3::int[]) o(run_id, remote_mailbox_id, messages) group by 1, 2
      on conflict (run_id, remote_mailbox_id) do update
        set messages = server_removal.messages + excluded.messages, removed_at = excluded.removed_at`,
    values: [
      ops.map((op) => op.runId),
      ops.map((op) => op.remoteMailboxId),
      ops.map((op) => op.messages),
      session.now(),
    ],
  });
}

/** What this link's runs removed on the server since then, also from mailboxes that the base has no more. By server_removal_removed_at. */
export async function expungedSince(session: Session, since: number): Promise<ReadonlyMap<RemoteMailboxId, number>> {
  const { rows } = await session.pool.query<{ id: bigint; messages: bigint }>(
    `select s.remote_mailbox_id as id, sum(s.messages)::bigint as messages from server_removal s
      join run r on r.id = s.run_id and r.link_id = $1
      where s.removed_at >= to_timestamp($2::float8 / 1000) group by s.remote_mailbox_id`,
    [session.link.id, since],
  );
  return new Map(rows.map(({ id, messages }) => [asId<RemoteMailboxId>(id), Number(messages)]));
}
