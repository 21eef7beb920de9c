// How many live messages of a mailbox are alike, and how many the same: what an import is counted against. M9: a tombstone matches nothing,
// so only open versions are read.
import { alikeKey, type Digest, type HeldAlike, type Incoming } from "@packetboat/core";
import type { PoolClient } from "pg";
import { LIVE } from "../session.ts";

// canonical is null where it equals sha256 (schema.ts), hence two ways into blob: by blob_sha256 and by blob_canonical. Then message_blob and
// message_version_open, digest by digest.
const ALIKE = `
select o.mailbox_id, o.digest, encode(b.sha256, 'hex') as sha256, count(*) as held
from unnest($3::bigint[], $4::text[]) o(mailbox_id, digest)
cross join lateral (
  (select id, sha256 from blob where key_space = $2 and sha256 = decode(o.digest, 'hex') and canonical is null)
  union all
  (select id, sha256 from blob where key_space = $2 and canonical = decode(o.digest, 'hex'))
) b
cross join lateral (select id from message where blob_id = b.id and archive_id = $1 offset 0) m
cross join lateral (select from message_version
  where message_id = m.id and to_revision = ${LIVE} and mailbox_id = o.mailbox_id limit 1) v
group by o.mailbox_id, o.digest, b.sha256`;

interface Row {
  readonly mailbox_id: bigint;
  readonly digest: Digest;
  readonly sha256: Digest;
  readonly held: bigint;
}

/** Asks about a batch; gives what `additions` of core asks. In a transaction that reads by index. */
export async function heldAlike(
  client: PoolClient,
  of: { readonly archiveId: number; readonly keySpace: number },
  batch: readonly Incoming[],
): Promise<(message: Incoming) => HeldAlike> {
  const asked = [...new Map(batch.map((message) => [alikeKey(message), message])).values()];
  const { rows } = await client.query<Row>({
    name: "archive_held_alike",
    text: ALIKE,
    values: [
      of.archiveId,
      of.keySpace,
      asked.map(({ mailboxId }) => mailboxId),
      asked.map(({ digests }) => digests.canonical),
    ],
  });
  const alike = new Map<string, number>();
  const same = new Map<string, number>();
  for (const { mailbox_id, digest, sha256, held } of rows) {
    const key = `${mailbox_id} ${digest}`;
    alike.set(key, (alike.get(key) ?? 0) + Number(held));
    same.set(`${mailbox_id} ${sha256}`, Number(held));
  }
  return (message) => ({
    alike: alike.get(alikeKey(message)) ?? 0,
    same: same.get(`${message.mailboxId} ${message.digests.sha256}`) ?? 0,
  });
}
