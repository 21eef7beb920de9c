// COPY out as the server sends it, cut anywhere: the rows are those that were sent, and all else reaches node-postgres, whole and in order.
import { EventEmitter } from "node:events";
import fc from "fast-check";
import type { PoolClient, Submittable } from "pg";
import { expect, it } from "vitest";
import { readRowGroups } from "../src/copy-out.ts";

type Query = Submittable & { handleReadyForQuery(): void; handleError(error: unknown): void };

/** A connection whose server says these chunks; what reaches node-postgres is kept. It knows of the end by a Z, of a refusal by an E. */
function clientOf(chunks: readonly Buffer[]): { readonly client: PoolClient; readonly theirs: () => Buffer } {
  const stream = Object.assign(new EventEmitter(), { pause: () => undefined, resume: () => undefined });
  const got: Buffer[] = [];
  let query: Query | null = null;
  stream.on("data", (chunk: Buffer) => {
    got.push(chunk);
    const all = Buffer.concat(got);
    if (all.includes("Z\0\0\0\x05I")) query?.handleReadyForQuery();
    if (all.includes("refused")) query?.handleError(new Error("refused"));
  });
  const say = (): void => chunks.forEach((chunk) => void stream.emit("data", chunk));
  const connection = { stream, query: () => setImmediate(say) };
  const client = {
    query: (asked: Query) => {
      query = asked;
      asked.submit(connection as never);
      return asked;
    },
  };
  return { client: client as never, theirs: () => Buffer.concat(got) };
}

function message(code: string, content: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(code);
  head.writeInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}

function rowBytes(fields: readonly (Buffer | null)[]): Buffer {
  const int2 = Buffer.alloc(2);
  int2.writeInt16BE(fields.length);
  const parts = fields.flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(field?.length ?? -1);
    return [length, field ?? Buffer.alloc(0)];
  });
  return Buffer.concat([int2, ...parts]);
}

const HEADER = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
const TRAILER = Buffer.from([255, 255]);
const NOTICE = message("N", Buffer.from("SNOTICE\0Mplan\0\0"));
const END = Buffer.concat([
  message("c", Buffer.alloc(0)),
  message("C", Buffer.from("COPY 2\0")),
  message("Z", Buffer.from("I")),
]);

function cut(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const at = [0, ...cuts.map((each) => each % bytes.length).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

const field = fc.option(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)));
const rows = fc.array(fc.array(field, { maxLength: 4 }), { maxLength: 6 });

async function read(client: PoolClient): Promise<readonly (readonly (Buffer | null)[])[]> {
  const found: (Buffer | null)[][] = [];
  for await (const group of readRowGroups(client, "copy")) {
    for (const row of group) {
      const fields: (Buffer | null)[] = [];
      // How many there are is the statement's to know.
      while (fields.length < 4) fields.push(row.bytes(fields.length));
      found.push(fields);
    }
  }
  return found;
}

it("gives the rows that were sent, wherever they are cut, and passes on a notice and the end", async () => {
  const property = fc.asyncProperty(rows, fc.array(fc.nat(), { maxLength: 12 }), async (sent, cuts) => {
    const [first = TRAILER, ...rest] = [...sent.map(rowBytes), TRAILER];
    const data = [Buffer.concat([HEADER, first]), ...rest].map((bytes) => message("d", bytes));
    const said = Buffer.concat([message("H", Buffer.from([1, 0, 0])), ...data, NOTICE, END]);
    const { client, theirs } = clientOf(cut(said, cuts));
    expect(await read(client)).toEqual(
      sent.map((fields) => [0, 1, 2, 3].map((i) => (fields[i] === undefined ? null : fields[i]))),
    );
    expect(theirs()).toEqual(Buffer.concat([NOTICE, END]));
  });
  await fc.assert(property);
});

it("gives the rows before a refusal, then throws it", async () => {
  const data = message("d", Buffer.concat([HEADER, rowBytes([Buffer.from("one")])]));
  const { client } = clientOf([Buffer.concat([data, message("E", Buffer.from("refused"))])]);
  const groups: number[] = [];
  const walk = async (): Promise<void> => {
    for await (const group of readRowGroups(client, "copy")) groups.push(group.length);
  };
  await expect(walk()).rejects.toThrow("refused");
  expect(groups).toEqual([1]);
});

it("takes a row that says more than was sent for a defect", async () => {
  const bytes = rowBytes([Buffer.from("one")]);
  const said = message("d", Buffer.concat([HEADER, bytes.subarray(0, bytes.length - 1)]));
  await expect(read(clientOf([said]).client)).rejects.toMatchObject({ code: "BUG" });
});
