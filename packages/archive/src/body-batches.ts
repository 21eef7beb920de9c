// Bodies out of the database, byte for byte, each proved against its SHA-256 before it is believed (C1): unpacked together on a thread while
// others are on their way, or handed on as they are to be written to files; messages over 8 MB come part by part.
// It must never give them in another order than that in which they came, nor hold more than a few megabytes of them.
import { createHash } from "node:crypto";
import { type Digest, MailError, type MessageId } from "@packetboat/core";
import type { Pool } from "pg";
import { LARGE_BYTES, SEGMENT_BYTES } from "./blobs.ts";
import type { BodyPlace } from "./body-file.ts";
import { CODEC, isUnpackedInto } from "./codec.ts";
import type { Filing } from "./filing.ts";
import { mismatch, type PackedMessage, proved, readSegments } from "./stored-rows.ts";
import { unpackAll } from "./unpacker.ts";

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

/** Bytes of bodies unpacked together, and so many that are asked for at once. */
const GROUP_BYTES = 1_048_576;

const ASKED_BYTES = 3 * GROUP_BYTES;

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
