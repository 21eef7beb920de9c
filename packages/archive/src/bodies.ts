// Bodies out of the database, byte for byte, each proved against its SHA-256 before it is believed (C1). A stream of COPY answers, so
// the next bodies are on their way while one is written out; messages over 8 MB come part by part.
// A body is only ever read through a message of an archive: nothing here takes a digest as an address.
import { createHash } from "node:crypto";
import { asId, type Digest, isMailError, MailError, type MessageId, type StoredBytes } from "@packetboat/core";
import { asDatabaseError, connectFrom } from "@packetboat/database";
import type { Pool } from "pg";
import { LARGE_BYTES, SEGMENT_BYTES } from "./blobs.ts";
import type { BodyPlace } from "./body-file.ts";
import { CODEC, isUnpackedInto, type PackedBody, unpackInto } from "./codec.ts";
import { type BinaryRow, readRowGroups } from "./copy-out.ts";
import type { Filing } from "./filing.ts";
import { unpackAll } from "./unpacker.ts";

/** Messages asked for in one statement; the rows are streamed, so it bounds the statement, not the memory. */
const PAGE = 2_000;
/** Bytes of bodies unpacked together, and so many that are asked for at once. */
const GROUP_BYTES = 1_048_576;
const ASKED_BYTES = 3 * GROUP_BYTES;

/** What is stored of a body that is packed whole: its pages in blob_part, then the rest. Null for one in segments. `b` is blob. */
export const STORED = `coalesce((select string_agg(p.bytes, '' order by p.part) from blob_part p where p.blob_id = b.id and b.codec <> ${CODEC.segments}), '') || b.bytes`;

/** A body as it is stored. */
export interface StoredBody {
  readonly messageId: MessageId;
  readonly sha256: Digest;
  readonly size: number;
  /** All of it, proved, where it is in memory. Null: it comes in parts, or is damaged; `chunks` tells. */
  readonly whole: Buffer | null;
  /**
   * Can be walked once, before the next body is asked for. Throws BLOB_MISMATCH, at the latest after the last chunk, when what is stored is not
   * what was stored.
   */
  readonly chunks: AsyncIterable<Buffer>;
  /**
   * Writes it to a new file in a while, proved, beside whoever asks; asked for before the next body is. False: it is damaged, and nothing was
   * written. Null: it comes in parts, or nobody said that files are wanted.
   */
  readonly file: ((place: BodyPlace) => Promise<boolean>) | null;
}

/** Bodies that were unpacked together, in the order of their messages' ids. */
export interface BodyBatch {
  readonly bodies: readonly StoredBody[];
  /** What of them is in memory. */
  readonly bytes: number;
  /** Nobody reads them any more. Whoever forgets it costs memory, nothing else. */
  readonly release: () => void;
}

/**
 * Gives the bodies of these messages, in the order of their ids. Messages whose bytes were erased (forget), and messages of another
 * archive, are left out. For the rest see {@link batchesOf}.
 */
export async function* readBodyBatches(
  pool: Pool,
  archiveId: number,
  ids: readonly MessageId[],
): AsyncGenerator<BodyBatch> {
  yield* batchesOf(pool, packedByIds(pool, archiveId, ids));
}

async function* packedByIds(
  pool: Pool,
  archiveId: number,
  ids: readonly MessageId[],
): AsyncGenerator<readonly PackedMessage[]> {
  for (let at = 0; at < ids.length; at += PAGE)
    for await (const rows of copiedGroups(pool, bodiesStatement(archiveId, ids.slice(at, at + PAGE))))
      yield rows.map(packedOf);
}

/**
 * Gives bodies in the order in which they come. One that comes in parts is a batch of its own, and is walked before the next batch is asked for; of
 * what fits in memory the next batches are unpacked while one is used. With `filing` they are not unpacked, but where they are walked.
 */
export async function* batchesOf(
  pool: Pool,
  packed: AsyncIterable<readonly PackedMessage[]>,
  filing: Filing | null = null,
): AsyncGenerator<BodyBatch> {
  const unpacking = filing === null ? new Unpacking() : new Handing(filing);
  for await (const bodies of packed) {
    for (const body of bodies) {
      if (body.codec === CODEC.segments || body.size > LARGE_BYTES) {
        yield* unpacking.all();
        yield { bodies: [inParts(pool, body)], bytes: 0, release: () => undefined };
      } else {
        unpacking.add(body);
        while (unpacking.isFull) yield await unpacking.next();
      }
    }
  }
  yield* unpacking.all();
}

/** Message by message, whatever Postgres thinks of the tables; ids are sorted before the bodies are joined, so that no body is sorted. */
function bodiesStatement(archiveId: number, ids: readonly MessageId[]): string {
  return `copy (
      select wanted.id, b.id, b.sha256, b.size, b.codec, ${STORED}
      from (select id from unnest(array[${ids.map(sqlInteger).join(",")}]::bigint[]) o(id) order by id) wanted
      cross join lateral (select blob_id from message where id = wanted.id and archive_id = ${sqlInteger(archiveId)} limit 1) m
      cross join lateral (select id, sha256, size, codec, bytes from blob where id = m.blob_id limit 1) b
      order by wanted.id
    ) to stdout with (format binary)`;
}

/** The same bodies one by one. */
export async function* readBodies(
  pool: Pool,
  archiveId: number,
  ids: readonly MessageId[],
): AsyncGenerator<StoredBody> {
  for await (const { bodies } of readBodyBatches(pool, archiveId, ids)) yield* bodies;
}

/** Gives the body of one message whole, or null when it has none. Throws BLOB_MISMATCH. For messages that may be large, see readBodies. */
export async function readBody(pool: Pool, archiveId: number, id: MessageId): Promise<Buffer | null> {
  for await (const body of readBodies(pool, archiveId, [id])) return joined(body.chunks);
  return null;
}

/**
 * Gives the bodies of these messages whole, ascending, each message once; one that is damaged is told as such and the others go on. Erased
 * messages, and those of another archive, are left out. Memory holds one message beside what is read ahead.
 */
export async function* wholeBodies(
  pool: Pool,
  archiveId: number,
  messages: readonly MessageId[],
): AsyncGenerator<StoredBytes> {
  const ids = [...new Set(messages)].sort((a, b) => a - b);
  for await (const body of readBodies(pool, archiveId, ids)) yield await wholeBody(body);
}

async function wholeBody({ messageId, whole, chunks }: StoredBody): Promise<StoredBytes> {
  try {
    return { kind: "bytes", messageId, bytes: whole ?? (await joined(chunks)) };
  } catch (error) {
    if (!isMailError(error) || error.code !== "BLOB_MISMATCH") throw error;
    return { kind: "damaged", messageId, error };
  }
}

async function joined(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all.length === 1 ? (all[0] as Buffer) : Buffer.concat(all);
}

/** What is stored of a message, as it came. */
export interface PackedMessage extends PackedBody {
  readonly messageId: MessageId;
  readonly blobId: bigint;
}

/** From a row that begins with the message's id, the blob's id, digest, size and codec, and what is stored. */
export function packedOf(row: BinaryRow): PackedMessage {
  return {
    messageId: asId<MessageId>(row.int8(0)),
    blobId: row.int8(1),
    sha256: row.hex(2),
    size: row.int4(3),
    codec: row.int2(4),
    bytes: row.bytes(5) ?? NOTHING,
  };
}

const NOTHING = Buffer.alloc(0);

/** Bodies on their way through the unpacking thread, in the order in which they were added. */
class Unpacking {
  #group: PackedMessage[] = [];
  #groupBytes = 0;
  readonly #asked: { readonly bytes: number; readonly batch: Promise<BodyBatch> }[] = [];
  #askedBytes = 0;

  add(body: PackedMessage): void {
    this.#group.push(body);
    this.#groupBytes += body.size;
    if (this.#groupBytes >= GROUP_BYTES) this.#ask();
  }

  #ask(): void {
    if (this.#group.length === 0) return;
    const batch = unpackedBatch(this.#group);
    // Told where it is awaited.
    batch.catch(() => undefined);
    this.#asked.push({ bytes: this.#groupBytes, batch });
    this.#askedBytes += this.#groupBytes;
    this.#group = [];
    this.#groupBytes = 0;
  }

  /** So much is asked for that the thread need not wait for us. */
  get isFull(): boolean {
    return this.#askedBytes >= ASKED_BYTES;
  }

  async next(): Promise<BodyBatch> {
    const first = this.#asked.shift();
    if (first === undefined) throw new MailError("BUG", "Packetboat has a defect: no body waits. Please report this.");
    this.#askedBytes -= first.bytes;
    return await first.batch;
  }

  async *all(): AsyncGenerator<BodyBatch> {
    this.#ask();
    while (this.#asked.length > 0) yield await this.next();
  }
}

/** Bodies that whoever reads them has written to files: handed on as they are. */
class Handing {
  readonly #filing: Filing;
  #group: PackedMessage[] = [];
  #groupBytes = 0;

  constructor(filing: Filing) {
    this.#filing = filing;
  }

  add(body: PackedMessage): void {
    this.#group.push(body);
    this.#groupBytes += body.size;
  }

  get isFull(): boolean {
    return this.#groupBytes >= GROUP_BYTES;
  }

  async next(): Promise<BodyBatch> {
    const filing = this.#filing;
    const bodies = this.#group.map((packed) => new HandedBody(packed, filing));
    const bytes = this.#groupBytes;
    this.#group = [];
    this.#groupBytes = 0;
    await filing.room();
    return { bodies, bytes, release: () => filing.flush() };
  }

  async *all(): AsyncGenerator<BodyBatch> {
    if (this.#group.length > 0) yield await this.next();
  }
}

/** A body that can become a file, or be walked, once. What is stored of it is let go of with that, whoever still knows of the body. */
class HandedBody implements StoredBody {
  readonly messageId: MessageId;
  readonly sha256: Digest;
  readonly size: number;
  readonly whole = null;
  readonly file = (place: BodyPlace): Promise<boolean> => this.#filing.file(this.#taken(), place);
  readonly #filing: Filing;
  #packed: PackedMessage | null;

  constructor(packed: PackedMessage, filing: Filing) {
    this.messageId = packed.messageId;
    this.sha256 = packed.sha256;
    this.size = packed.size;
    this.#packed = packed;
    this.#filing = filing;
  }

  get chunks(): AsyncIterable<Buffer> {
    return unpackedHere(this.#taken());
  }

  #taken(): PackedMessage {
    const packed = this.#packed;
    if (packed === null)
      throw new MailError("BUG", "Packetboat has a defect: a body is read twice. Please report this.");
    this.#packed = null;
    return packed;
  }
}

async function* unpackedHere(packed: PackedMessage): AsyncGenerator<Buffer> {
  const body = Buffer.allocUnsafe(packed.size);
  if (!isUnpackedInto(packed, body)) throw mismatch(packed);
  yield body;
}

async function unpackedBatch(group: readonly PackedMessage[]): Promise<BodyBatch> {
  const bytes = group.reduce((sum, { size }) => sum + size, 0);
  const { bodies, release } = await unpackAll(group);
  const stored = group.map(({ messageId, sha256, size }, i) => {
    const whole = bodies[i] ?? null;
    return { messageId, sha256, size, whole, chunks: wholeChunks(messageId, whole), file: null };
  });
  return { bodies: stored, bytes, release };
}

async function* wholeChunks(messageId: MessageId, whole: Buffer | null): AsyncGenerator<Buffer> {
  if (whole === null) throw mismatch({ messageId });
  yield whole;
}

function inParts(pool: Pool, { messageId, sha256, size, blobId }: PackedMessage): StoredBody {
  const chunks = partsOf(pool, { messageId, sha256, size, blobId });
  return { messageId, sha256, size, whole: null, chunks, file: null };
}

async function* partsOf(
  pool: Pool,
  body: Pick<PackedMessage, "messageId" | "blobId" | "sha256" | "size">,
): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  let length = 0;
  for await (const segment of readSegments(pool, body.blobId)) {
    const chunk = proved(body, segment, SEGMENT_BYTES);
    hash.update(chunk);
    length += chunk.length;
    yield chunk;
  }
  if (length !== body.size || hash.digest("hex") !== body.sha256) throw mismatch(body);
}

interface Segment {
  readonly blobId: bigint;
  readonly codec: number;
  readonly bytes: Buffer | null;
}

/** The segments of a large body, packed as they are stored, in order. */
export async function* readSegments(pool: Pool, blobId: bigint): AsyncGenerator<Segment> {
  const statement = `copy (select codec, bytes from blob_part where blob_id = ${sqlInteger(blobId)} order by part) to stdout with (format binary)`;
  let codec: number = CODEC.raw;
  let pages: Buffer[] = [];
  for await (const row of copiedRows(pool, statement)) {
    const begins = row.int2(0);
    const bytes = row.bytes(1);
    if (begins !== CODEC.continued) {
      if (pages.length > 0) yield { blobId, codec, bytes: Buffer.concat(pages) };
      codec = begins;
      pages = [];
    }
    if (bytes) pages.push(bytes);
  }
  if (pages.length > 0) yield { blobId, codec, bytes: Buffer.concat(pages) };
}

/** Undoes the codec. `limit`: no more than this is ever made of it, whatever is stored. Throws BLOB_MISMATCH. */
export function proved(
  body: { readonly messageId: MessageId | null },
  { codec, bytes }: Pick<Segment, "codec" | "bytes">,
  limit: number,
): Buffer {
  if (bytes === null) throw mismatch(body);
  try {
    const into = Buffer.allocUnsafe(limit);
    return into.subarray(0, unpackInto({ codec, bytes }, into));
  } catch (error) {
    throw mismatch(body, error);
  }
}

/** Rows of a COPY on a connection of their own. A consumer that leaves early costs the connection, which is thrown away. */
export async function* copiedRows(pool: Pool, statement: string): AsyncGenerator<BinaryRow> {
  for await (const rows of copiedGroups(pool, statement)) yield* rows;
}

/** The same, as many together as came together. */
export async function* copiedGroups(pool: Pool, statement: string): AsyncGenerator<readonly BinaryRow[]> {
  const client = await connectFrom(pool);
  let whole = false;
  try {
    yield* readRowGroups(client, statement);
    whole = true;
  } catch (error) {
    throw asDatabaseError(error);
  } finally {
    client.release(!whole);
  }
}

/** For COPY, which takes no parameters: nothing but digits gets into the statement. */
export function sqlInteger(value: number | bigint): string {
  if (typeof value === "number" && !Number.isSafeInteger(value))
    throw new MailError("BUG", "An id is no integer. Please report this.");
  return value.toString();
}

function mismatch({ messageId }: { readonly messageId: MessageId | null }, cause?: unknown): MailError {
  return new MailError(
    "BLOB_MISMATCH",
    `The stored bytes of message ${messageId ?? "?"} are damaged. Run "packetboat verify --deep"; the server's copy, if it is still there, can be pulled again.`,
    { context: { messageId }, ...(cause === undefined ? {} : { cause }) },
  );
}
