// A mailbox of a snapshot with the bodies of its messages, as an export wants it: one stream of rows that bring both, read in pages, so that no
// statement is long and nothing waits between a list of messages and their bodies.
// It must never leave out a message, nor give one the body of another.
import { type ArchiveId, asId, type Flags, type MailboxId, type MessageId, type Revision } from "@packetboat/core";
import type { Pool } from "pg";
import type { BinaryRow } from "./binary-row.ts";
import { batchesOf, type StoredBody } from "./body-batches.ts";
import { millis } from "./catalog/asking.ts";
import type { Filing } from "./filing.ts";
import type { MessageAt } from "./reader.ts";
import { copiedGroups, type PackedMessage, packedOf, STORED, sqlInteger } from "./stored-rows.ts";

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
  // Messages that were read, and not given yet: those without a body are given with what follows them.
  const read: MessageAt[] = [];
  const packed = packedIn({ pool, archiveId, mailboxId, revision, among }, (message) => read.push(message));
  for await (const { bodies, bytes, release } of batchesOf(pool, packed, filing)) {
    const messages: ExportedMessage[] = [];
    for (const body of bodies) {
      const at = read.findIndex(({ id }) => id === body.messageId);
      for (const message of read.splice(0, at)) messages.push({ ...message, body: null });
      for (const message of read.splice(0, 1)) messages.push({ ...message, body });
    }
    yield { messages, bytes, release };
  }
  const rest = read.map((message) => ({ ...message, body: null }));
  if (rest.length > 0) yield { messages: rest, bytes: 0, release: () => undefined };
}

interface Wanted {
  readonly pool: Pool;
  readonly archiveId: ArchiveId;
  readonly mailboxId: MailboxId;
  readonly revision: Revision;
  readonly among: readonly MessageId[] | null;
}

/** Messages of a statement: it bounds the statement, not the memory. Of a search, most may lie elsewhere. */
const PAGE = 2_000;

/** The bodies that are there; `each` is told of every message, before its body is given. */
async function* packedIn(wanted: Wanted, each: (message: MessageAt) => void): AsyncGenerator<readonly PackedMessage[]> {
  const { pool, among } = wanted;
  let last = 0;
  for (let asked = 0, rows = PAGE; among === null ? rows === PAGE : asked < among.length; asked += PAGE) {
    const statement = pageStatement(wanted, among === null ? last : 0, among?.slice(asked, asked + PAGE) ?? null);
    rows = 0;
    for await (const group of copiedGroups(pool, statement)) {
      const packed: PackedMessage[] = [];
      for (const row of group) {
        const { message, body } = readRow(row);
        each(message);
        last = message.id;
        if (body !== null) packed.push(body);
      }
      rows += group.length;
      yield packed;
    }
  }
}

/** First the page, then what belongs to it, message by message, as messagesAt does; no body is sorted. By message_version_page. */
function pageStatement(
  { archiveId, mailboxId, revision }: Wanted,
  after: number,
  among: readonly MessageId[] | null,
): string {
  const only = among === null ? "" : `and message_id = any(array[${among.map(sqlInteger).join(",")}]::bigint[])`;
  return `copy (
      select v.message_id, b.id, b.sha256, b.size, b.codec, ${STORED}, v.flags, ${millis("m.internal_date")}
      from (
        select message_id, flags from message_version
        where mailbox_id = ${sqlInteger(mailboxId)} and message_id > ${sqlInteger(after)}
          and from_revision <= ${sqlInteger(revision)} and to_revision > ${sqlInteger(revision)} ${only}
        order by message_id limit ${PAGE}
      ) v
      cross join lateral (select internal_date, blob_id from message where id = v.message_id and archive_id = ${sqlInteger(archiveId)} limit 1) m
      left join lateral (select id, sha256, size, codec, bytes from blob where id = m.blob_id limit 1) b on true
      order by v.message_id
    ) to stdout with (format binary)`;
}

function readRow(row: BinaryRow): { readonly message: MessageAt; readonly body: PackedMessage | null } {
  const body = row.isNull(1) ? null : packedOf(row);
  const flags = row.bytes(6);
  const message = {
    id: body?.messageId ?? asId<MessageId>(row.int8(0)),
    flags: flags === null ? [] : flagsOf(flags),
    internalDate: row.isNull(7) ? null : row.float8(7),
    size: body?.size ?? null,
    sha256: body?.sha256 ?? null,
  };
  return { message, body };
}

/** What was read last, by its bytes: most messages have the flags of another. Bounded. */
const knownFlags = new Map<string, Flags>();
const MOST_KNOWN = 1_000;

/** A text[] as Postgres sends it in binary: dimensions, whether there are nulls, the type; of each dimension its length and bound; the elements. */
export function flagsOf(array: Buffer): Flags {
  const key = array.toString("latin1");
  const known = knownFlags.get(key);
  if (known !== undefined) return known;
  const flags: string[] = [];
  const count = array.readInt32BE(0) === 0 ? 0 : array.readInt32BE(12);
  for (let i = 0, at = 20; i < count; i++) {
    const length = array.readInt32BE(at);
    flags.push(array.toString("utf8", at + 4, at + 4 + length));
    at += 4 + length;
  }
  if (knownFlags.size >= MOST_KNOWN) knownFlags.clear();
  knownFlags.set(key, flags);
  return flags;
}
