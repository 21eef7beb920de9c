// A zip file that is given out while it is made, for a download: nothing of it is gone back to. What is large, or grows, is streamed, with its sizes
// behind it; the directory for the end is spooled. It must never hold more than one small entry, nor end well when an entry did not.
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { crc32, createDeflateRaw, deflateRaw } from "node:zlib";
import { AppendedFile } from "./appended-file.ts";
import {
  centralRecord,
  DEFLATED,
  dataDescriptor,
  endOfZip,
  localHeader,
  STORED,
  type ZipEntry,
} from "./zip-records.ts";

const deflated = promisify(deflateRaw);
const READ_BYTES = 1_048_576;

/** Made by `begin`; walk what each method gives before the next is called. */
export class ZipStream {
  readonly #directory: AppendedFile;
  #position = 0;
  #count = 0;

  private constructor(directory: AppendedFile) {
    this.#directory = directory;
  }

  /** `spool`: a file for the directory; whoever gave it removes it. */
  static async begin(spool: string): Promise<ZipStream> {
    return new ZipStream(await AppendedFile.open(spool, false));
  }

  /** A directory; its name ends with "/". */
  async *directory(name: string): AsyncGenerator<Uint8Array> {
    const entry = { name, modified: null, method: STORED, crc: 0, packed: 0, size: 0 };
    yield* this.#give(entry, [localHeader(entry)]);
  }

  /** A small file, packed in one go where that makes it smaller. */
  async *small(name: string, modified: number | null, bytes: Buffer): AsyncGenerator<Uint8Array> {
    const packed = await deflated(bytes);
    const body = packed.length < bytes.length ? packed : bytes;
    const method = body === packed ? DEFLATED : STORED;
    const entry = { name, modified, method, crc: crc32(bytes), packed: body.length, size: bytes.length };
    yield* this.#give(entry, [localHeader(entry), body]);
  }

  /** A file of any size. Throws what its bytes throw: the zip is of no use then. */
  async *large(name: string, modified: number | null, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const sums = { crc: 0, packed: 0, size: 0 };
    const blank: ZipEntry = { name, modified, method: DEFLATED, ...sums, streamed: true };
    const offset = this.#position;
    yield this.#counted(localHeader(blank));
    for await (const packed of deflatedOf(summed(bytes, sums))) {
      sums.packed += packed.length;
      yield this.#counted(packed);
    }
    yield this.#counted(dataDescriptor(sums));
    await this.#list({ ...blank, ...sums }, offset);
  }

  async *#give(entry: ZipEntry, parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
    const offset = this.#position;
    for (const part of parts) yield this.#counted(part);
    await this.#list(entry, offset);
  }

  #counted<B extends Uint8Array>(bytes: B): B {
    this.#position += bytes.length;
    return bytes;
  }

  async #list(entry: ZipEntry, offset: number): Promise<void> {
    this.#count++;
    await this.#directory.append(centralRecord(entry, offset));
  }

  /** What ends it. */
  async *finish(): AsyncGenerator<Uint8Array> {
    const offset = this.#position;
    await this.#directory.flush();
    const size = this.#directory.position;
    for (let at = 0; at < size; at += READ_BYTES)
      yield this.#counted(await this.#directory.read(at, Math.min(READ_BYTES, size - at)));
    yield endOfZip(this.#count, size, offset);
  }

  async close(): Promise<void> {
    await this.#directory.close();
  }
}

async function* summed(
  bytes: AsyncIterable<Uint8Array>,
  sums: { crc: number; size: number },
): AsyncGenerator<Uint8Array> {
  for await (const slice of bytes) {
    if (slice.length === 0) continue;
    sums.crc = crc32(slice, sums.crc);
    sums.size += slice.length;
    yield slice;
  }
}

/** Gives what is packed as it comes; a reader that leaves ends the source too. */
async function* deflatedOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const packer = createDeflateRaw();
  const fed = pipeline(Readable.from(bytes, { objectMode: false }), packer);
  // Thrown where it is waited for.
  fed.catch(() => undefined);
  try {
    for await (const packed of packer) yield packed as Buffer;
    await fed;
  } finally {
    packer.destroy();
    await fed.catch(() => undefined);
  }
}
