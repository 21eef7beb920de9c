// Binary COPY out of the database: rows without hexadecimal in between (node-postgres reads bytea as text only), and without a copy of what
// lies whole in what came. While a COPY runs, what the server sends is read here and not by node-postgres (docs: "Message Formats"; COPY, "Binary
// Format"; "always one CopyData per row"); anything but rows is handed to it, and ends the reading where it is not about rows.
// It must never hold much more than a consumer has asked for, nor give a row that is cut off.
import type { Connection, PoolClient, Submittable } from "pg";
import { type BinaryRow, cutOff, rowOf } from "./binary-row.ts";

/**
 * Gives the rows of `copy (…) to stdout with (format binary)`, as many together as came together. Whoever leaves early must throw the connection
 * away.
 */
export async function* readRowGroups(client: PoolClient, statement: string): AsyncGenerator<readonly BinaryRow[]> {
  const reading = client.query(new CopyOut(statement));
  try {
    for (;;) {
      const rows = await reading.next();
      if (rows === null) return;
      yield rows;
    }
  } finally {
    reading.leave();
  }
}

const SIGNATURE = Buffer.from("PGCOPY\n\xff\r\n\0", "latin1");
const HEADER_BYTES = SIGNATURE.length + 8;
const TAG_BYTES = 5;
const COPY_DATA = 100;
const COPY_OUT_RESPONSE = 72;
/** What the server may say at any time: a notice, a parameter that changed, a notification. It is passed on. */
const AT_ANY_TIME: readonly number[] = [78, 83, 65];
/** Anything else comes behind the rows, or instead of them. */
const OURS: readonly number[] = [COPY_DATA, COPY_OUT_RESPONSE, ...AT_ANY_TIME];
/** So many bytes wait for the consumer at most, and what the socket had in its hands. */
const WAITING_BYTES = 262_144;

type DataListener = (chunk: Buffer) => void;

/** States: reading (the connection's bytes come here), handed back (the rows are over, or it failed), ended (the server is ready, or it failed). */
class CopyOut implements Submittable {
  readonly #statement: string;
  #connection: Connection | null = null;
  /** Of node-postgres; it gets back what is not ours. */
  #theirs: DataListener | null = null;
  readonly #ours: DataListener = (chunk) => this.#read(chunk);
  #waiting: BinaryRow[] = [];
  #waitingBytes = 0;
  #begun = false;
  /** The beginning of a message that the next chunk goes on with: its tag, or a place for all of it. */
  #part: Buffer | null = null;
  #partBytes = 0;
  #partCode = 0;
  #ended = false;
  #failed: { readonly error: unknown } | null = null;
  #change = Promise.withResolvers<void>();

  constructor(statement: string) {
    this.#statement = statement;
  }

  /** For node-postgres. */
  submit(connection: Connection): void {
    const { stream } = connection;
    const [theirs] = stream.listeners("data");
    this.#connection = connection;
    this.#theirs = theirs as DataListener;
    stream.removeListener("data", this.#theirs);
    stream.on("data", this.#ours);
    connection.query(this.#statement);
  }

  /** For node-postgres: the server refused, or is gone. */
  handleError(error: unknown): void {
    this.#fail(error);
  }

  /** For node-postgres. */
  handleCommandComplete(): void {
    // How many rows there were is of no use here.
  }

  /** For node-postgres. */
  handleReadyForQuery(): void {
    if (this.#part !== null) this.#fail(cutOff());
    this.#ended = true;
    this.#changed();
  }

  /** What came since the last call, as soon as there is any; null at the end. Throws what the server refused. */
  async next(): Promise<readonly BinaryRow[] | null> {
    while (this.#waiting.length === 0) {
      if (this.#failed !== null) throw this.#failed.error;
      if (this.#ended) return null;
      await this.#change.promise;
    }
    const rows = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (this.#theirs !== null) this.#connection?.stream.resume();
    return rows;
  }

  /** Nobody asks for more. Where that is not the end nothing is read any more: half a message would be nonsense to node-postgres. */
  leave(): void {
    if (!this.#ended) this.#connection?.stream.pause();
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
  }

  #fail(error: unknown): void {
    this.#failed ??= { error };
    this.#ended = true;
    this.#changed();
  }

  /** Gives the connection back to node-postgres, and what it has to read first. */
  #handBack(rest: Buffer): void {
    const theirs = this.#theirs;
    if (theirs === null || this.#connection === null) return;
    this.#theirs = null;
    const { stream } = this.#connection;
    stream.removeListener("data", this.#ours);
    stream.on("data", theirs);
    theirs(rest);
    stream.resume();
  }

  #read(chunk: Buffer): void {
    try {
      this.#parse(chunk);
    } catch (error) {
      this.#connection?.stream.pause();
      this.#fail(error);
    }
    if (this.#waiting.length > 0) this.#changed();
    if (this.#waitingBytes >= WAITING_BYTES && this.#theirs !== null) this.#connection?.stream.pause();
  }

  #parse(chunk: Buffer): void {
    for (let at = this.#fillPart(chunk); at < chunk.length; ) {
      const left = chunk.length - at;
      if (left < TAG_BYTES) {
        this.#beginPart(0, TAG_BYTES, chunk.subarray(at));
        return;
      }
      const code = chunk.readUInt8(at);
      if (!OURS.includes(code)) {
        this.#handBack(chunk.subarray(at));
        return;
      }
      const length = chunk.readInt32BE(at + 1) - 4;
      const start = at + TAG_BYTES;
      at = start + length;
      if (at > chunk.length) this.#beginPart(code, length, chunk.subarray(start));
      else this.#take(code, chunk.subarray(start, at));
    }
  }

  #beginPart(code: number, length: number, beginning: Buffer): void {
    this.#part = Buffer.allocUnsafe(length);
    this.#partCode = code;
    this.#partBytes = beginning.copy(this.#part);
  }

  /** Goes on with the message that the chunk before began; gives where the next one begins. */
  #fillPart(chunk: Buffer): number {
    let at = 0;
    while (this.#part !== null) {
      const part = this.#part;
      const copied = chunk.copy(part, this.#partBytes, at);
      this.#partBytes += copied;
      at += copied;
      if (this.#partBytes < part.length) return at;
      this.#part = null;
      if (this.#partCode !== 0) this.#take(this.#partCode, part);
      else if (OURS.includes(part.readUInt8(0))) this.#beginPart(part.readUInt8(0), part.readInt32BE(1) - 4, NOTHING);
      else {
        this.#handBack(Buffer.concat([part, chunk.subarray(at)]));
        return chunk.length;
      }
    }
    return at;
  }

  #take(code: number, message: Buffer): void {
    if (AT_ANY_TIME.includes(code)) this.#theirs?.(Buffer.concat([tagOf(code, message.length), message]));
    if (code !== COPY_DATA) return;
    let start = 0;
    if (!this.#begun) {
      if (!message.subarray(0, SIGNATURE.length).equals(SIGNATURE)) throw cutOff();
      start = HEADER_BYTES + message.readUInt32BE(SIGNATURE.length + 4);
      this.#begun = true;
      if (start === message.length) return;
    }
    const row = rowOf(message, start);
    if (row === null) return;
    this.#waiting.push(row);
    this.#waitingBytes += message.length;
  }
}

const NOTHING = Buffer.alloc(0);

function tagOf(code: number, length: number): Buffer {
  const tag = Buffer.alloc(TAG_BYTES);
  tag.writeUInt8(code);
  tag.writeInt32BE(length + 4, 1);
  return tag;
}
