// Message by message, what a run holds back and what is not done on a link: what a person looks at before letting something through, or to
// learn why mail is missing. What the archive has of a message is shown with it; of what only the server has, its place there.
import {
  asId,
  type MailboxPath,
  type MessageId,
  type Pending,
  type RunId,
  type Uid,
  type Unsent,
} from "@packetboat/core";
import type { ShownContent } from "@packetboat/search";
import type { Pool } from "pg";
import { millis, rowsOf } from "./asking.ts";
import { HELD_UNSENT, type HeldMailbox } from "./held.ts";

/** What is to be done: with what a guard holds (HeldMailbox), to fetch it, or to send it, its place, its removal or its flags to the server. */
export type UndoneKind = HeldMailbox["kind"] | "fetch" | "append" | "move" | "remove" | "flags";

export interface UndoneMessage {
  readonly kind: UndoneKind;
  /** On the server. */
  readonly mailbox: MailboxPath;
  /** Null: it is not on the server, or no more. */
  readonly uid: Uid | null;
  /** Null: the archive does not have it. */
  readonly messageId: MessageId | null;
  /** Null: not indexed yet, or the archive does not have it. Texts of foreign origin. */
  readonly shown: Pick<ShownContent, "subject" | "from"> | null;
  /** When it was received; milliseconds since 1970. Null: not known. */
  readonly internalDate: number | null;
  /** Of the message, in bytes. Null: not known. */
  readonly bytes: number | null;
  readonly reason: Pending["reason"] | Unsent["reason"];
  readonly detail: string;
  readonly attempts: number;
  /** That held or last tried it. */
  readonly runId: RunId;
}

export interface UndonePage {
  readonly messages: readonly UndoneMessage[];
  /** Where the next page goes on; null: this is the last. */
  readonly next: string | null;
}

/** `heldBy`: what this run holds (G1, G3). `link`: what every run of it tries again (C6). */
export type UndoneOf = { readonly heldBy: RunId } | { readonly link: number };

interface Row {
  readonly box: bigint;
  readonly side: number;
  readonly key: bigint;
  readonly path: string[];
  readonly kind: UndoneKind;
  readonly uid: bigint | null;
  readonly message_id: bigint | null;
  readonly internal_date: number | null;
  readonly bytes: number | null;
  readonly subject: string | null;
  readonly from: ShownContent["from"] | null;
  readonly reason: UndoneMessage["reason"];
  readonly detail: string;
  readonly attempts: number;
  readonly run_id: bigint;
}

// By pending_run and unsent_run, or by remote_mailbox_name, pending_pkey and unsent_remote_mailbox; first the page, then what belongs to it, row
// by row: placement_uid and placement_message, message_pkey, blob_pkey, content_pkey. $1 run or link, $2 to $4 where the last page ended.
const page = (pending: string, unsent: string): string => `
  with page as materialized (
    select * from (
      select m.id as box, 0 as side, p.uid as key, m.path, p.kind, p.uid, null::bigint as sent, p.bytes, p.reason, p.detail, p.attempts, p.run_id
        from remote_mailbox m join pending p on p.remote_mailbox_id = m.id where ${pending}
      union all
      select m.id, 1, u.message_id, m.path, case when not (${HELD_UNSENT}) then u.kind when u.kind = 'append' then 'serverAddition' else 'serverRemoval' end,
          null, u.message_id, null, u.reason, u.detail, u.attempts, u.run_id
        from remote_mailbox m join unsent u on u.remote_mailbox_id = m.id where ${unsent}
    ) undone
    where $2::bigint is null or (box, side, key) > ($2, $3::int, $4::bigint) order by box, side, key limit $5
  )
  select p.box, p.side, p.key, p.path, p.kind, p.reason, p.detail, p.attempts, p.run_id, at.message_id, coalesce(p.uid, at.uid) as uid,
    ${millis("g.internal_date")} as internal_date, coalesce(b.size, p.bytes)::float8 as bytes, c.shown ->> 'subject' as subject, c.shown -> 'from' as "from"
  from page p
  left join lateral (
    (select l.message_id, l.uid from placement l where p.sent is null and l.remote_mailbox_id = p.box and l.uid = p.uid limit 1)
    union all
    (select p.sent, (select l.uid from placement l where l.message_id = p.sent and l.remote_mailbox_id + 0 = p.box order by l.uid limit 1)
      where p.sent is not null)
  ) at on true
  left join lateral (select internal_date, blob_id from message where id = at.message_id limit 1) g on true
  left join lateral (select size from blob where id = g.blob_id limit 1) b on true
  left join lateral (select shown from content where blob_id = g.blob_id limit 1) c on true
  order by p.box, p.side, p.key`;

const HELD = page("p.run_id = $1 and p.kind in ('removal', 'addition')", `u.run_id = $1 and ${HELD_UNSENT}`);
const WAITING = page("m.link_id = $1 and p.kind = 'fetch'", `m.link_id = $1 and not (${HELD_UNSENT})`);

/** A page of what is not done, by mailbox. `after`: `next` of the page before; one that is none gives the first page. */
export async function undoneMessages(pool: Pool, of: UndoneOf, limit: number, after?: string): Promise<UndonePage> {
  const [, box, side, key] = /^(\d{1,18})\.([01])\.(\d{1,18})$/.exec(after ?? "") ?? [];
  const [text, id] = "heldBy" in of ? [HELD, of.heldBy] : [WAITING, of.link];
  const rows = await rowsOf<Row>(pool, text, [id, box ?? null, side ?? null, key ?? null, limit]);
  const last = rows.at(-1);
  const next = last === undefined || rows.length < limit ? null : `${last.box}.${last.side}.${last.key}`;
  return { messages: rows.map(undoneOf), next };
}

function undoneOf(row: Row): UndoneMessage {
  const { kind, path, uid, message_id, subject, from, internal_date, bytes, reason, detail, attempts, run_id } = row;
  return {
    kind,
    mailbox: path,
    uid: uid === null ? null : asId<Uid>(uid),
    messageId: message_id === null ? null : asId<MessageId>(message_id),
    shown: subject === null ? null : { subject, from: from ?? [] },
    internalDate: internal_date,
    bytes,
    reason,
    detail,
    attempts,
    runId: asId<RunId>(run_id),
  };
}
