// What a guard holds back, as a person must see it before it is let through: mailbox by mailbox, with the exact UIDs.
import { asId, type Pending, type RunId, type Uid, type UidSet } from "@packetboat/core";
import type { Pool } from "pg";
import { rowsOf } from "./asking.ts";

export interface HeldMailbox {
  /** The server's name for it. */
  readonly mailbox: string;
  readonly kind: Exclude<Pending["kind"], "fetch">;
  readonly messages: number;
  readonly uids: UidSet;
}

/** Removals and additions that a run holds, by mailbox. By pending_run; one row for each range of UIDs. */
export async function heldBy(pool: Pool, runId: RunId): Promise<readonly HeldMailbox[]> {
  const rows = await rowsOf<{ name: string; kind: HeldMailbox["kind"]; low: bigint; high: bigint }>(
    pool,
    `select name, kind, min(uid) as low, max(uid) as high
      from (select m.id, m.name, p.kind, p.uid, p.uid - row_number() over (partition by m.id, p.kind order by p.uid) as island
        from pending p join remote_mailbox m on m.id = p.remote_mailbox_id
        where p.run_id = $1 and p.kind in ('removal', 'addition')) row
      group by id, name, kind, island order by name, id, kind, low`,
    [runId],
  );
  const held = new Map<string, { mailbox: string; kind: HeldMailbox["kind"]; messages: number; uids: [Uid, Uid][] }>();
  for (const { name, kind, low, high } of rows) {
    const key = JSON.stringify([name, kind]);
    const known = held.get(key) ?? { mailbox: name, kind, messages: 0, uids: [] };
    known.messages += Number(high - low) + 1;
    known.uids.push([asId<Uid>(low), asId<Uid>(high)]);
    held.set(key, known);
  }
  return [...held.values()];
}
