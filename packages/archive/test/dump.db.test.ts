// Dump and load: the same rows and bytes on the other side, ids going on where they stood; anything else is refused whole.
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { scratchDatabase } from "@packetboat/database/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DUMPED_TABLES, dumpDatabase, loadDatabase, verifyArchive } from "../src/index.ts";
import { add, bodyOf, type Stocked, stockedArchive } from "./stocked-archive.ts";

let stocked: Stocked;
const directory = mkdtempSync(join(tmpdir(), "packetboat-dump-"));
const file = join(directory, "dump");

beforeAll(async () => {
  stocked = await stockedArchive();
  await add(stocked, stocked.work, [bodyOf(Buffer.alloc(9_000_000, "Subject: large\n\nx"))], 10);
  const out = createWriteStream(file);
  await dumpDatabase(stocked.pool, out, 1_700_000_000_000);
  await new Promise((resolve) => out.end(resolve));
});
afterAll(async () => {
  await stocked[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

const load = async (input: AsyncIterable<Buffer>) => {
  await using scratch = await scratchDatabase();
  return loadDatabase(scratch.pool, input);
};

describe("dump", () => {
  it("holds every table of the schema", async () => {
    const { rows } = await stocked.pool.query(
      "select tablename from pg_tables where schemaname = 'packetboat' and tablename <> 'schema_migration'",
    );
    expect([...DUMPED_TABLES].sort()).toEqual(rows.map(({ tablename }) => tablename).sort());
  });

  it("is loaded as it was, and ids go on", async () => {
    await using scratch = await scratchDatabase();
    const loaded = await loadDatabase(scratch.pool, createReadStream(file));
    expect(loaded.rows).toMatchObject({ message: 5, blob: 5, archive: 1, account: 1 });
    for (const table of DUMPED_TABLES) {
      const text = `select count(*), md5(coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '')) from ${table} t`;
      expect((await scratch.pool.query(text)).rows).toEqual((await stocked.pool.query(text)).rows);
    }
    const found = [];
    for await (const finding of verifyArchive(scratch.pool, stocked.link.archiveId)) found.push(finding);
    expect(found).toEqual([]);
    const { rows } = await scratch.pool.query("insert into archive (name) values ('next') returning id");
    expect(rows[0].id).toBe(2n);
  });

  it("is refused when cut off, damaged, or none of ours", async () => {
    const bytes = readFileSync(file);
    const flipped = Buffer.from(bytes);
    flipped[bytes.length - 40] = (flipped[bytes.length - 40] ?? 0) ^ 1;
    for (const bad of [
      bytes.subarray(0, bytes.length - 1),
      bytes.subarray(0, 1_000),
      flipped,
      Buffer.alloc(0),
      Buffer.from("x".repeat(99)),
    ]) {
      await expect(load(Readable.from([bad]))).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    }
  });

  it("is not loaded over data", async () => {
    await expect(loadDatabase(stocked.pool, createReadStream(file))).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});
