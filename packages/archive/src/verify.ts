// The archive against itself: every stored body read back and hashed again, every row against those it points to. What does not hold is
// a finding with a name; nothing is mended here. Comparing with servers is the command's part (bindings of an archive: core's port).
import { createHash } from "node:crypto";
import { type ArchiveId, asId, type Digest, digestsOf, isMailError, type MessageId } from "@packetboat/core";
import { databaseCode } from "@packetboat/database";
import type { Pool } from "pg";
import type { BinaryRow } from "./binary-row.ts";
import { SEGMENT_BYTES } from "./blobs.ts";
import { rowsOf } from "./catalog/asking.ts";
import { CODEC } from "./codec.ts";
import { LIVE } from "./session.ts";
import { copiedRows, proved, readSegments, STORED, sqlInteger } from "./stored-rows.ts";

export type ArchiveFindingKind =
  /** What is stored is of the right length and has another SHA-256: a flipped byte. */
  | "bytesDiffer"
  /** What is stored is shorter or longer than it was, or cannot be unpacked. */
  | "bodyTruncated"
  /** The canonical digest or the fingerprint that is kept is not that of the bytes: matching would go wrong. */
  | "digestsDiffer"
  /** A message of which no body is stored. */
  | "bodyMissing"
  /** A message that no revision shows: its version rows are gone. */
  | "messageMissing"
  /** A base row, an intent or an unsent row of a message that is not in the archive. */
  | "placementWithoutMessage"
  /** Two versions of a message hold at the same revision. */
  | "versionsOverlap"
  /** A live message in a mailbox that is removed, or was never there. */
  | "mailboxMissing"
  /** A version of a revision that the archive has not reached. */
  | "revisionUnknown"
  /** A revision number without its row: times before it cannot be resolved. */
  | "revisionMissing";

export interface ArchiveFinding {
  readonly kind: ArchiveFindingKind;
  readonly messageId: MessageId | null;
  readonly sha256: Digest | null;
  readonly text: string;
}

export interface VerifyProgress {
  readonly blobs: number;
  readonly bytes: number;
}

/** Blobs asked for in one statement; rows are streamed, so it bounds the transaction, not the memory. */
const PAGE = 2_000;
/** More of one kind say nothing new; the command says that there are more. */
const MOST_OF_A_KIND = 1_000;

/** Gives all findings of an archive. `onProgress` is told after each page of bodies. Ends early, with its reason, when `signal` is aborted. */
export async function* verifyArchive(
  pool: Pool,
  archiveId: ArchiveId,
  options: { readonly onProgress?: (progress: VerifyProgress) => void; readonly signal?: AbortSignal } = {},
): AsyncGenerator<ArchiveFinding> {
  yield* verifyRows(pool, archiveId);
  yield* verifyBodies(pool, archiveId, options);
}

/** The cheap half: rows only, no body is read. */
export async function* verifyRows(pool: Pool, archiveId: ArchiveId): AsyncGenerator<ArchiveFinding> {
  for (const check of CHECKS) {
    const rows = await rowsOf<{ message_id: bigint | null; detail: string }>(
      pool,
      `${check.sql} limit ${MOST_OF_A_KIND}`,
      [archiveId],
    );
    for (const row of rows) {
      const messageId = row.message_id === null ? null : asId<MessageId>(row.message_id);
      yield { kind: check.kind, messageId, sha256: null, text: check.text(row.detail) };
    }
  }
}

interface Check {
  readonly kind: ArchiveFindingKind;
  /** $1: the archive. Gives message_id and detail. */
  readonly sql: string;
  readonly text: (detail: string) => string;
}

// Each reads one archive's rows in the order of an index and joins by index; none of them is run by anything but verify.
const CHECKS: readonly Check[] = [
  {
    kind: "bodyMissing",
    // A body that was erased for good leaves a message without versions; one with versions was not erased by us.
    sql: `select m.id as message_id, '' as detail from message m left join blob b on b.id = m.blob_id
      where m.archive_id = $1 and b.id is null and exists (select from message_version v where v.message_id = m.id)`,
    text: () => "A message has no stored body.",
  },
  {
    kind: "messageMissing",
    sql: `select m.id as message_id, '' as detail from message m
      where m.archive_id = $1 and m.blob_id is not null and not exists (select from message_version v where v.message_id = m.id)`,
    text: () => "A message is in no revision of the archive: its version rows are gone.",
  },
  {
    kind: "messageMissing",
    sql: `select v.message_id, b.path::text as detail from mailbox_version b join message_version v on v.mailbox_id = b.mailbox_id
      where b.archive_id = $1 and b.to_revision = ${LIVE} and not exists (select from message m where m.id = v.message_id)`,
    text: () => "A mailbox lists a message that is not there.",
  },
  {
    kind: "placementWithoutMessage",
    sql: `select p.message_id, r.name as detail from link l join remote_mailbox r on r.link_id = l.id
      cross join lateral (
        select message_id from placement where remote_mailbox_id = r.id
        union all select message_id from intent where remote_mailbox_id = r.id
        union all select message_id from unsent where remote_mailbox_id = r.id
      ) p
      left join message m on m.id = p.message_id
      where l.archive_id = $1 and (m.id is null or m.archive_id <> $1)`,
    text: () => "The base holds a message that the archive has not.",
  },
  {
    kind: "versionsOverlap",
    sql: `select v.message_id, v.to_revision::text as detail from mailbox b join message_version v on v.mailbox_id = b.id
      where b.archive_id = $1 and v.to_revision <> ${LIVE} and exists (select from message_version o
        where o.message_id = v.message_id and o.from_revision > v.from_revision and o.from_revision < v.to_revision)`,
    text: () => "Two versions of a message hold at the same revision.",
  },
  {
    kind: "mailboxMissing",
    sql: `select v.message_id, '' as detail from mailbox b join message_version v on v.mailbox_id = b.id and v.to_revision = ${LIVE}
      where b.archive_id = $1
        and not exists (select from mailbox_version x where x.mailbox_id = b.id and x.to_revision = ${LIVE})`,
    text: () => "A live message lies in a mailbox that is no more.",
  },
  {
    kind: "revisionUnknown",
    sql: `select v.message_id, v.from_revision::text as detail from archive a join mailbox b on b.archive_id = a.id
      join message_version v on v.mailbox_id = b.id
      where a.id = $1 and (v.from_revision > a.revision or (v.to_revision > a.revision and v.to_revision <> ${LIVE}))`,
    text: (detail) => `A message belongs to revision ${detail}, which the archive has not reached.`,
  },
  {
    kind: "revisionMissing",
    sql: `select null::bigint as message_id, n::text as detail from archive a cross join generate_series(1, a.revision) n
      left join revision r on r.archive_id = a.id and r.number = n where a.id = $1 and r.number is null`,
    text: (detail) => `Nothing says when revision ${detail} was made.`,
  },
];

/** The other half: every body of the archive, each blob once. */
export async function* verifyBodies(
  pool: Pool,
  archiveId: ArchiveId,
  options: { readonly onProgress?: (progress: VerifyProgress) => void; readonly signal?: AbortSignal } = {},
): AsyncGenerator<ArchiveFinding> {
  let after = 0n;
  let blobs = 0;
  let bytes = 0;
  for (;;) {
    options.signal?.throwIfAborted();
    // A message for each blob, so that a finding can name one. By blob_pkey and message_blob.
    const statement = `copy (
      select b.id, b.sha256, b.canonical, b.fingerprint, b.size, b.codec, ${STORED}, m.id from blob b
      cross join lateral (select id from message where blob_id = b.id and archive_id = ${sqlInteger(archiveId)} order by id limit 1) m
      where b.id > ${sqlInteger(after)} order by b.id limit ${PAGE}
    ) to stdout with (format binary)`;
    let page = 0;
    for await (const row of copiedRows(pool, statement)) {
      const finding = await verifyBlob(pool, row);
      if (finding !== null) yield finding;
      after = row.int8(0);
      bytes += row.int4(4);
      page++;
    }
    blobs += page;
    options.onProgress?.({ blobs, bytes });
    if (page < PAGE) return;
  }
}

async function verifyBlob(pool: Pool, row: BinaryRow): Promise<ArchiveFinding | null> {
  const messageId = asId<MessageId>(row.int8(7));
  const expected = row.hex(1);
  const finding = (kind: ArchiveFindingKind, text: string): ArchiveFinding => ({
    kind,
    messageId,
    sha256: expected,
    text,
  });
  const length = row.int4(4);
  try {
    const stored = { codec: row.int2(5), bytes: row.bytes(6) };
    const whole =
      stored.codec === CODEC.segments ? await joinParts(pool, row.int8(0)) : proved({ messageId }, stored, length);
    if (whole.length !== length) return finding("bodyTruncated", `${whole.length} bytes are stored of ${length}.`);
    if (createHash("sha256").update(whole).digest("hex") !== expected)
      return finding("bytesDiffer", "The stored bytes are not those that were stored.");
    const digests = digestsOf(whole);
    const same = digests.canonical === (row.isNull(2) ? expected : row.hex(2));
    if (!same || digests.fingerprint !== (row.isNull(3) ? null : row.hex(3))) {
      return finding("digestsDiffer", "The kept digests are not those of the bytes.");
    }
    return null;
  } catch (error) {
    if (!isMailError(error) || error.code !== "BLOB_MISMATCH") throw error;
    // zlib's word for a stream that ends too early; whatever else it says is about bytes that are wrong.
    const cutOff = error.cause === undefined || databaseCode(error.cause) === "Z_BUF_ERROR";
    return cutOff
      ? finding("bodyTruncated", "The stored bytes end too early.")
      : finding("bytesDiffer", "The stored bytes cannot be unpacked.");
  }
}

/** The only place that needs a large message whole: its header may lie anywhere in the first part, its line ends everywhere. */
async function joinParts(pool: Pool, blobId: bigint): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const segment of readSegments(pool, blobId))
    parts.push(proved({ messageId: null }, segment, SEGMENT_BYTES));
  return Buffer.concat(parts);
}
