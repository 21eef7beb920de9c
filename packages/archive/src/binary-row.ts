// A row as COPY sends it in binary (docs: COPY, "Binary Format"). Its fields are read where they lie.
// It must never read beyond what came.
import { MailError } from "@packetboat/core";

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

/** Gives the row that begins there. Null: it is the trailer. Throws BUG where it is cut off. */
export function rowOf(message: Buffer, start: number): BinaryRow | null {
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

/** What came of a COPY ends before it should. */
export function cutOff(): MailError {
  return new MailError("BUG", "Packetboat has a defect: the database's COPY answer is cut off. Please report this.");
}
