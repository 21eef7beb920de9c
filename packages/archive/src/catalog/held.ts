// What a guard holds back, as a person must see it before it is let through: mailbox by mailbox, with the exact UIDs.
import { asId, type Pending, type RunId, type Uid, type UidSet } from "@packetboat/core";
import type { Pool } from "pg";
import { rowsOf } from "./asking.ts";

export interface HeldMailbox {
  /** The server's name for it. */
  readonly mailbox: string;
  /** `removal`: from the archive. `addition`: to it. `serverRemoval`, `serverAddition`: from and to the server. */
  readonly kind: Exclude<Pending["kind"], "fetch"> | "serverRemoval" | "serverAddition";
  readonly messages: number;
  readonly uids: UidSet;
}

/** A removal on a server, or an addition to it, that a halt holds back; `u` is unsent. */
export const HELD_UNSENT = "u.kind in ('remove', 'append') and u.reason = 'HALTED'";

// By pending_run, unsent_run and placement_message. A held removal whose placement is gone meanwhile has no UID, and counts still.
const HELD = `
  select m.id, m.name, p.kind, p.uid from pending p join remote_mailbox m on m.id = p.remote_mailbox_id
    where p.run_id = $1 and p.kind in ('removal', 'addition')
  union all
  select m.id, m.name, case u.kind when 'append' then 'serverAddition' else 'serverRemoval' end, p.uid from unsent u join remote_mailbox m on m.id = u.remote_mailbox_id
    left join lateral (select uid from placement where message_id = u.message_id and remote_mailbox_id + 0 = u.remote_mailbox_id
      order by uid limit 1) p on true
    where u.run_id = $1 and ${HELD_UNSENT}`;

interface Row {
  readonly name: string;
  readonly kind: HeldMailbox["kind"];
  readonly messages: bigint;
  readonly low: bigint | null;
  readonly high: bigint | null;
}

/** Removals and additions that a run holds, by mailbox; one row for each range of UIDs. */
export async function heldBy(pool: Pool, runId: RunId): Promise<readonly HeldMailbox[]> {
  const rows = await rowsOf<Row>(
    pool,
    `select name, kind, count(*) as messages, min(uid) as low, max(uid) as high
      from (select h.*, h.uid - row_number() over (partition by h.id, h.kind order by h.uid) as island from (${HELD}) h) row
      group by id, name, kind, island order by name, id, kind, low`,
    [runId],
  );
  const held = new Map<string, { mailbox: string; kind: HeldMailbox["kind"]; messages: number; uids: [Uid, Uid][] }>();
  for (const { name, kind, messages, low, high } of rows) {
    const key = JSON.stringify([name, kind]);
    const known = held.get(key) ?? { mailbox: name, kind, messages: 0, uids: [] };
    known.messages += Number(messages);
    if (low !== null && high !== null) known.uids.push([asId<Uid>(low), asId<Uid>(high)]);
    held.set(key, known);
  }
  return [...held.values()];
}
