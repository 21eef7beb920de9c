// Binary COPY out of the database: rows without hexadecimal in between (node-postgres reads bytea as text only), and without a copy of what
// lies whole in what came. While a COPY runs, what the server sends is read here and not by node-postgres (docs: "Message Formats"; COPY, "Binary
// Format"; "always one CopyData per row"); anything but rows is handed to it, and ends the reading where it is not about rows.
// It must never hold much more than a consumer has asked for, nor give a row that is cut off.
import { MailError } from "@packetboat/core";
import type { Connection, PoolClient, Submittable } from "pg";

/** A row of binary fields, as Postgres sends them. What is not asked for is not taken out: a view of bytes costs more than a number. */
export class BinaryRow {
  readonly #message: Buffer;
  /** Where each field begins, and its length; -1 is null. */
  readonly #fields: readonly number[];

  /** Made by what reads a COPY only. */
  constructor(message: Buffer, fields: readonly number[]) {
    this.#message = message;
    this.#fields = fields;
  }

  isNull(field: number): boolean {
    return this.#lengthOf(field) < 0;
  }

  int2(field: number): number {
    return this.#message.readInt16BE(this.#startOf(field));
  }

  int4(field: number): number {
    return this.#message.readInt32BE(this.#startOf(field));
  }

  int8(field: number): bigint {
    return this.#message.readBigInt64BE(this.#startOf(field));
  }

  float8(field: number): number {
    return this.#message.readDoubleBE(this.#startOf(field));
  }

  /** Bytes as text of hexadecimal digits. */
  hex(field: number): string {
    const start = this.#startOf(field);
    return this.#message.toString("hex", start, start + this.#lengthOf(field));
  }

  /** The bytes where they lie; null stays null. */
  bytes(field: number): Buffer | null {
    if (this.isNull(field)) return null;
    const start = this.#startOf(field);
    return this.#message.subarray(start, start + this.#lengthOf(field));
  }

  /** A null, or no such field, is a defect of the statement. */
  #startOf(field: number): number {
    if (this.isNull(field)) throw new MailError("BUG", "A stored message lacks a value. Please report this.");
    return this.#fields[2 * field] as number;
  }

  #lengthOf(field: number): number {
    return this.#fields[2 * field + 1] ?? -1;
  }
}

/** Gives the rows of `copy (…) to stdout with (format binary)` one by one. Whoever leaves early must throw the connection away. */
export async function* readRows(client: PoolClient, statement: string): AsyncGenerator<BinaryRow> {
  for await (const rows of readRowGroups(client, statement)) yield* rows;
}

/** The same rows, as many together as came together. */
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
const COPY_DONE = 99;
const COPY_OUT_RESPONSE = 72;
/** What the server may say at any time: a notice, a parameter that changed, a notification. */
const AT_ANY_TIME: readonly number[] = [78, 83, 65];
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
      if (!isOurs(code)) {
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
      else if (isOurs(part.readUInt8(0))) this.#beginPart(part.readUInt8(0), part.readInt32BE(1) - 4, NOTHING);
      else {
        this.#handBack(Buffer.concat([part, chunk.subarray(at)]));
        return chunk.length;
      }
    }
    return at;
  }

  #take(code: number, message: Buffer): void {
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

const isOurs = (code: number): boolean =>
  code === COPY_DATA || code === COPY_DONE || code === COPY_OUT_RESPONSE || AT_ANY_TIME.includes(code);

/** Null: the trailer. */
function rowOf(message: Buffer, start: number): BinaryRow | null {
  if (message.length < start + 2) throw cutOff();
  const count = message.readInt16BE(start);
  if (count < 0) return null;
  let at = start + 2;
  const fields: number[] = [];
  for (let i = 0; i < count; i++) {
    if (message.length < at + 4) throw cutOff();
    const length = message.readInt32BE(at);
    at += 4;
    fields.push(at, length);
    at += Math.max(0, length);
    if (message.length < at) throw cutOff();
  }
  return new BinaryRow(message, fields);
}

function cutOff(): MailError {
  return new MailError("BUG", "Packetboat has a defect: the database's COPY answer is cut off. Please report this.");
}
