// S2: what was about to be sent, committed before it is sent, and gone when it is known what became of it. Few rows: a run that ends well
// leaves none.
import {
  asId,
  type BaseOp,
  type Digest,
  type Intent,
  type MessageId,
  type OpenIntent,
  type RemoteMailboxId,
} from "@packetboat/core";
import type { PoolClient } from "pg";
import { arrayLiteral, int8Parameter } from "../parameters.ts";
import type { Session } from "../session.ts";
import { BODIES, IDENTITY } from "./placements.ts";

type Op<K extends BaseOp["kind"]> = Extract<BaseOp, { kind: K }>;

/** Opens intents; one of the same kind, message and mailbox is replaced. Within one batch the last one counts. */
export async function intend(client: PoolClient, ops: readonly Op<"intend">[]): Promise<void> {
  const key = (intent: Intent): string => `${intent.messageId}/${intent.remoteMailboxId}/${intent.kind}`;
  const last = [...new Map(ops.flatMap((op) => op.intents).map((intent) => [key(intent), intent])).values()];
  await client.query({
    name: "archive_intend",
    text: `insert into intent (message_id, remote_mailbox_id, kind, uid_validity, uid_next, flags)
      select message_id, remote_mailbox_id, kind, uid_validity, uid_next, flags::text[]
      from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::text[])
        o(message_id, remote_mailbox_id, kind, uid_validity, uid_next, flags)
      on conflict (message_id, remote_mailbox_id, kind) do update
        set uid_validity = excluded.uid_validity, uid_next = excluded.uid_next, flags = excluded.flags`,
    values: [
      last.map((one) => one.messageId),
      last.map((one) => one.remoteMailboxId),
      last.map((one) => one.kind),
      last.map((one) => int8Parameter(one.uidValidity)),
      last.map((one) => one.uidNext),
      last.map((one) => arrayLiteral(one.flags)),
    ],
  });
}

/** Those of stale messages stay: their bindings were not entered, so it is not settled what became of them. By intent_pkey. */
export async function settleIntents(
  client: PoolClient,
  ops: readonly Op<"intentsSettled">[],
  stale: ReadonlySet<MessageId>,
): Promise<void> {
  const settled = ops.flatMap((op) =>
    op.messages.filter((id) => !stale.has(id)).map((id) => [id, op.remoteMailboxId] as const),
  );
  await client.query({
    name: "archive_settle_intents",
    text: `delete from intent i using unnest($1::bigint[], $2::bigint[]) o(message_id, remote_mailbox_id)
      where i.message_id = o.message_id and i.remote_mailbox_id = o.remote_mailbox_id`,
    values: [settled.map(([id]) => id), settled.map(([, mailbox]) => mailbox)],
  });
}

interface Row {
  readonly remote_mailbox_id: bigint;
  readonly message_id: bigint;
  readonly kind: Intent["kind"];
  readonly uid_validity: bigint | null;
  readonly uid_next: bigint | null;
  readonly flags: string[];
  readonly size: number;
  readonly internal_date: number | null;
  readonly canonical: Digest;
  readonly fingerprint: Digest | null;
}

/** All of the link, by mailbox, message and kind. By remote_mailbox_name, intent_remote_mailbox, message_pkey, blob_pkey. */
export async function openIntents(session: Session): Promise<readonly OpenIntent[]> {
  const { rows } = await session.pool.query<Row>(
    `select i.remote_mailbox_id, i.message_id, i.kind, i.uid_validity, i.uid_next, i.flags, ${IDENTITY}
      from remote_mailbox r
      cross join lateral (select * from intent where remote_mailbox_id = r.id offset 0) i
      cross join lateral (select id, blob_id, internal_date from message where id = i.message_id limit 1) m
      ${BODIES}
      where r.link_id = $1 order by i.remote_mailbox_id, i.message_id, i.kind`,
    [session.link.id],
  );
  return rows.map((row) => ({
    kind: row.kind,
    remoteMailboxId: asId<RemoteMailboxId>(row.remote_mailbox_id),
    messageId: asId<MessageId>(row.message_id),
    uidValidity: row.uid_validity,
    uidNext: row.uid_next === null ? null : Number(row.uid_next),
    flags: row.flags,
    size: row.size,
    internalDate: row.internal_date,
    canonical: row.canonical,
    fingerprint: row.fingerprint,
  }));
}
