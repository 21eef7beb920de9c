// Binary COPY into a table, without a copy of each body. The format is Postgres' own (docs: COPY, "Binary Format").
// It must never hold more than a page of rows: it is paced by the slower side.
import { once } from "node:events";
import { finished } from "node:stream/promises";
import type { Digest } from "@packetboat/core";
import type { PoolClient } from "pg";
import { from as copyFrom } from "pg-copy-streams";

const SIGNATURE = Buffer.from("PGCOPY\n\xff\r\n\0", "latin1");
const STAGING_BYTES = 65_536;
/** Larger values are not copied into the staging buffer. */
const DIRECT_BYTES = 16_384;
const NULL = -1;
const DIGEST_BYTES = 32;

/** Writes rows field by field. Made by {@link copyRows} only. */
export class RowWriter {
  private readonly send: (chunk: Buffer) => void;
  private staging = Buffer.allocUnsafe(STAGING_BYTES);
  private length = 0;

  constructor(send: (chunk: Buffer) => void) {
    this.send = send;
    this.length = SIGNATURE.copy(this.staging);
    this.length = this.staging.writeInt32BE(0, this.length);
    this.length = this.staging.writeInt32BE(0, this.length);
  }

  row(fields: number): void {
    this.room(2);
    this.length = this.staging.writeInt16BE(fields, this.length);
  }

  int2(value: number): void {
    this.room(6);
    this.length = this.staging.writeInt32BE(2, this.length);
    this.length = this.staging.writeInt16BE(value, this.length);
  }

  int4(value: number): void {
    this.room(8);
    this.length = this.staging.writeInt32BE(4, this.length);
    this.length = this.staging.writeInt32BE(value, this.length);
  }

  int8(value: bigint): void {
    this.room(12);
    this.length = this.staging.writeInt32BE(8, this.length);
    this.length = this.staging.writeBigInt64BE(value, this.length);
  }

  bytea(value: Buffer | null): void {
    this.room(4);
    this.length = this.staging.writeInt32BE(value === null ? NULL : value.length, this.length);
    if (value === null) return;
    if (value.length > DIRECT_BYTES) {
      this.flush();
      this.send(value);
      return;
    }
    this.room(value.length);
    this.length += value.copy(this.staging, this.length);
  }

  /** As bytea. */
  digest(value: Digest | null): void {
    this.room(4 + DIGEST_BYTES);
    this.length = this.staging.writeInt32BE(value === null ? NULL : DIGEST_BYTES, this.length);
    if (value !== null) this.length += this.staging.write(value, this.length, DIGEST_BYTES, "hex");
  }

  /** Ends the rows. */
  end(): void {
    this.room(2);
    this.length = this.staging.writeInt16BE(-1, this.length);
    this.flush();
  }

  private room(bytes: number): void {
    if (this.length + bytes > STAGING_BYTES) this.flush();
  }

  private flush(): void {
    if (this.length === 0) return;
    this.send(this.staging.subarray(0, this.length));
    this.staging = Buffer.allocUnsafe(STAGING_BYTES);
    this.length = 0;
  }
}

/** Where the bytes of a COPY go. */
export interface CopyTarget {
  /** Throws what the server refused meanwhile. */
  readonly send: (chunk: Buffer) => void;
  /** Waits where the server is slower. */
  readonly ready: () => Promise<void>;
}

/**
 * Runs a `copy … from stdin` and gives how many rows the server took. What `feed` throws cancels the COPY; what the server refuses is
 * thrown as pg gave it, also when it comes while nothing is sent.
 */
export async function copyIn(
  client: PoolClient,
  statement: string,
  feed: (target: CopyTarget) => Promise<void>,
): Promise<number> {
  const stream = client.query(copyFrom(statement));
  const done = finished(stream);
  // pg-copy-streams forgets its connection at the first error: a write or a destroy after that fails with a TypeError of its own.
  let refusal: { readonly error: unknown } | null = null;
  done.catch((error: unknown) => {
    refusal ??= { error };
  });
  const send = (chunk: Buffer): void => {
    if (refusal !== null) throw refusal.error;
    stream.write(chunk);
  };
  const ready = async (): Promise<void> => {
    if (stream.writableNeedDrain) await Promise.race([once(stream, "drain"), done]);
  };
  try {
    await feed({ send, ready });
    if (refusal === null) stream.end();
  } catch (error) {
    if (refusal !== null) throw (refusal as { readonly error: unknown }).error;
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
    await done.catch(() => undefined);
    throw error;
  }
  await done;
  return stream.rowCount;
}

/** Runs a `copy … from stdin with (format binary)`: `rows` writes, and is told to wait by `ready`. Throws like {@link copyIn}. */
export async function copyRows(
  client: PoolClient,
  statement: string,
  rows: (writer: RowWriter, ready: () => Promise<void>) => Promise<void>,
): Promise<void> {
  await copyIn(client, statement, async ({ send, ready }) => {
    const writer = new RowWriter(send);
    await rows(writer, ready);
    writer.end();
  });
}
