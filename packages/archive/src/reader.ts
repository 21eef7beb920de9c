// Snapshots: the archive as of a revision or a time, read with the same indexes whether it is now or long ago (`from <= R < to`).
// Nothing here changes anything, and nothing is replayed from a log.
import {
  type ArchiveId,
  asId,
  type Digest,
  type Flags,
  type MailboxId,
  type MailboxPath,
  MailError,
  type MessageId,
  type Revision,
  type Role,
} from "@packetboat/core";
import type { Pool } from "pg";
import { readBodyBatches, type StoredBody } from "./bodies.ts";
import { millis, moment, rowsOf } from "./catalog/asking.ts";
import { countsAt } from "./counts.ts";
import type { Filing } from "./filing.ts";
import type { Counts } from "./own-counts.ts";

/** Which moment of an archive is meant. */
export type At =
  | { readonly kind: "now" }
  | { readonly kind: "revision"; readonly revision: number }
  /** Milliseconds since 1970: the last revision made until then. */
  | { readonly kind: "time"; readonly time: number };

export interface Resolved {
  readonly revision: Revision;
  /** Milliseconds since 1970; null for revision 0, the empty archive. */
  readonly madeAt: number | null;
}

/** Gives the revision that a moment means. Throws CONFIG_INVALID for a revision that is not there yet, ARCHIVE_UNKNOWN for no archive. */
export async function resolveRevision(pool: Pool, archiveId: ArchiveId, at: At): Promise<Resolved> {
  const [archive] = await rowsOf<{ revision: bigint }>(pool, "select revision from archive where id = $1", [archiveId]);
  if (archive === undefined)
    throw new MailError("ARCHIVE_UNKNOWN", 'There is no such archive. "packetboat archive list" shows them.');
  const newest = Number(archive.revision);
  const asked = at.kind === "revision" ? at.revision : newest;
  if (!Number.isSafeInteger(asked) || asked < 0 || asked > newest) {
    throw new MailError("CONFIG_INVALID", `The archive has revisions 0 to ${newest}; there is no revision ${asked}.`);
  }
  // By revision_made_at; times never go back within an archive.
  const condition =
    at.kind === "time" ? `made_at <= ${moment("$2")} order by made_at desc, number desc` : "number = $2";
  const [row] = await rowsOf<{ number: bigint; made_at: number }>(
    pool,
    `select number, ${millis("made_at")} as made_at from revision where archive_id = $1 and ${condition} limit 1`,
    [archiveId, at.kind === "time" ? at.time : asked],
  );
  if (row === undefined) return { revision: asId<Revision>(at.kind === "time" ? 0 : asked), madeAt: null };
  return { revision: asId<Revision>(row.number), madeAt: row.made_at };
}

export interface MailboxAt extends Counts {
  readonly id: MailboxId;
  readonly path: MailboxPath;
  readonly role: Role | null;
  readonly subscribed: boolean;
}

/** Every mailbox of a snapshot with its counts, by path. Counted from the nearest revision whose counts are kept (counts.ts). */
export async function mailboxesAt(pool: Pool, archiveId: ArchiveId, revision: Revision): Promise<readonly MailboxAt[]> {
  const counts = await countsAt(pool, archiveId, revision);
  const rows = await rowsOf<{ id: bigint; path: string[]; role: Role | null; subscribed: boolean }>(
    pool,
    // Grows with mailboxes.
    `select mailbox_id as id, path, role, subscribed from mailbox_version
      where archive_id = $1 and from_revision <= $2 and to_revision > $2 order by path`,
    [archiveId, revision],
  );
  return rows.map((row) => {
    const id = asId<MailboxId>(row.id);
    return { ...row, id, ...(counts.get(id) ?? EMPTY) };
  });
}

/** Whether a mailbox is, or was, one of an archive. Asked before a mailbox is read that somebody named. By mailbox_pkey. */
export async function isMailboxOf(pool: Pool, archiveId: ArchiveId, mailboxId: MailboxId): Promise<boolean> {
  const rows = await rowsOf(pool, "select from mailbox where id = $2 and archive_id = $1", [archiveId, mailboxId]);
  return rows.length > 0;
}

const EMPTY: Counts = { messages: 0, unread: 0, bytes: 0 };

export interface MessageAt {
  readonly id: MessageId;
  readonly flags: Flags;
  /** Milliseconds since 1970; null: the server gave none (C2). */
  readonly internalDate: number | null;
  /** Null, like the digest: the bytes were erased for good (forget). */
  readonly size: number | null;
  readonly sha256: Digest | null;
}

/**
 * A page of a mailbox as of a revision, by message id, after `afterId` (0 for the first); `among`: only of these messages. By
 * message_version_page.
 */
export async function messagesAt(
  pool: Pool,
  mailboxId: MailboxId,
  revision: Revision,
  afterId = 0,
  limit = 1_000,
  among: readonly MessageId[] | null = null,
): Promise<readonly MessageAt[]> {
  const rows = await rowsOf<{
    id: bigint;
    flags: string[];
    internal_date: number | null;
    size: number | null;
    sha256: string | null;
  }>(
    pool,
    // First the page, then what belongs to it, message by message (see placements.ts). Statistics are kept by finishRun (statistics.ts).
    `select v.message_id as id, v.flags, ${millis("m.internal_date")} as internal_date, b.size, encode(b.sha256, 'hex') as sha256
      from (
        select message_id, flags from message_version
        where mailbox_id = $1 and message_id > $3 and from_revision <= $2 and to_revision > $2
          ${among === null ? "" : "and message_id = any($5::bigint[])"}
        order by message_id limit $4
      ) v
      cross join lateral (select internal_date, blob_id from message where id = v.message_id limit 1) m
      left join lateral (select size, sha256 from blob where id = m.blob_id limit 1) b on true
      order by v.message_id`,
    [mailboxId, revision, afterId, limit, ...(among === null ? [] : [among])],
  );
  return rows.map(({ id, flags, internal_date, size, sha256 }) => ({
    id: asId<MessageId>(id),
    flags,
    internalDate: internal_date,
    size,
    sha256,
  }));
}

export interface ExportedMessage extends MessageAt {
  /** Null: the bytes were erased for good. Walk its chunks before asking for the next message. */
  readonly body: StoredBody | null;
}

/** Messages whose bodies were unpacked together, by message id. */
export interface ExportedBatch {
  readonly messages: readonly ExportedMessage[];
  /** What of the bodies is in memory. Zero: they are walked before the next batch is asked for. */
  readonly bytes: number;
  /** Nobody reads the bodies any more. Whoever forgets it costs memory, nothing else. */
  readonly release: () => void;
}

export interface ExportedAs {
  /** Only these, by number. Default: all. */
  readonly among?: readonly MessageId[] | null;
  /** Bodies are to be written to files: `file` of each does it. Default: they are unpacked here. */
  readonly filing?: Filing | null;
}

/** Every message of a mailbox as of a revision with its body, by message id. Memory is bounded by a few megabytes, or 4 MB of a large message. */
export async function* exportMailbox(
  pool: Pool,
  archiveId: ArchiveId,
  mailboxId: MailboxId,
  revision: Revision,
  { among = null, filing = null }: ExportedAs = {},
): AsyncGenerator<ExportedBatch> {
  const pages = among === null ? allPages(pool, mailboxId, revision) : pagesAmong(pool, mailboxId, revision, among);
  for await (const messages of pages) {
    const ids = messages.map(({ id }) => id);
    let at = 0;
    for await (const { bodies, bytes, release } of readBodyBatches(pool, archiveId, ids, filing)) {
      const last = bodies.at(-1)?.messageId ?? 0;
      const end = messages.findIndex(({ id }) => id > last);
      const upTo = end === -1 ? messages.length : end;
      yield { messages: withBodies(messages.slice(at, upTo), bodies), bytes, release };
      at = upTo;
    }
    const rest = withBodies(messages.slice(at), []);
    if (rest.length > 0) yield { messages: rest, bytes: 0, release: () => undefined };
  }
}

/** Those of messages that were erased are missing among the bodies. */
function withBodies(messages: readonly MessageAt[], bodies: readonly StoredBody[]): readonly ExportedMessage[] {
  const byId = new Map(bodies.map((body) => [body.messageId, body]));
  return messages.map((message) => ({ ...message, body: byId.get(message.id) ?? null }));
}

/** Ids that one question is asked with: most of a search may lie elsewhere. */
const ASKED = 2_000;

async function* allPages(pool: Pool, mailboxId: MailboxId, revision: Revision): AsyncGenerator<readonly MessageAt[]> {
  const page = (after: number): Promise<readonly MessageAt[]> => messagesAt(pool, mailboxId, revision, after, ASKED);
  let messages = await page(0);
  while (messages.length > 0) {
    // The next page is on its way while this one is written out.
    const next = page(messages.at(-1)?.id ?? 0);
    next.catch(() => undefined);
    yield messages;
    messages = await next;
  }
}

async function* pagesAmong(
  pool: Pool,
  mailboxId: MailboxId,
  revision: Revision,
  among: readonly MessageId[],
): AsyncGenerator<readonly MessageAt[]> {
  for (let at = 0; at < among.length; at += ASKED) {
    const messages = await messagesAt(pool, mailboxId, revision, 0, ASKED, among.slice(at, at + ASKED));
    if (messages.length > 0) yield messages;
  }
}
