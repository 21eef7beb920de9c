// Dump and load: the same rows and bytes on the other side, ids going on where they stood; anything else is refused whole.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { asId, type MessageId, type Revision } from "@packetboat/core";
import { type ScratchDatabase, scratchDatabase } from "@packetboat/database/testing";
import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  DUMPED_TABLES,
  type Dumped,
  dumpDatabase,
  dumpToFile,
  exportMailbox,
  loadDatabase,
  loadFromFile,
  verifyArchive,
} from "../src/index.ts";
import { add, bodyOf, type Stocked, stockedArchive } from "./stocked-archive.ts";

let stocked: Stocked;
let dumped: Dumped;
let empty: ScratchDatabase;
const directory = mkdtempSync(join(tmpdir(), "packetboat-dump-"));
const file = join(directory, "dump");

beforeAll(async () => {
  stocked = await stockedArchive();
  // Two parts, and frames of more than one chunk.
  await add(stocked, stocked.work, [bodyOf(Buffer.alloc(9_000_000, "Subject: large\n\nx"))], 10);
  await stocked.pool.query("insert into secret (account_id, sealed) select id, '\\x0102' from account");
  await push(stocked);
  // A gap at the end: its id was given out and must not come again.
  await stocked.pool.query("insert into archive (name) values ('removed')");
  await stocked.pool.query("delete from archive where name = 'removed'");
  dumped = await dumpToFile(stocked.pool, file, { now: 1_700_000_000_000 });
  empty = await scratchDatabase();
});
afterAll(async () => {
  await stocked[Symbol.asyncDispose]();
  await empty.close();
  rmSync(directory, { recursive: true, force: true });
});

/** What a push leaves: an intent, what was not sent, what was removed, how far it came. */
async function push({ archive, inbox, work }: Stocked): Promise<void> {
  const { runId } = await archive.beginRun();
  const messageId = asId<MessageId>(1);
  const shape = { kind: "append", remoteMailboxId: work.remote, messageId } as const;
  await archive.commit({
    archive: [],
    base: [
      { kind: "intend", intents: [{ ...shape, uidValidity: 7n, uidNext: null, flags: ["\\Seen"] }] },
      { kind: "unsent", unsent: { ...shape, reason: "OP_REFUSED", detail: "no", attempts: 1, runId } },
      { kind: "expunged", remoteMailboxId: work.remote, runId, messages: 3 },
      { kind: "markGone", remoteMailboxId: inbox.remote, uids: [[2, 2]] },
      { kind: "pushed", mailboxes: [inbox.remote], revision: await archive.revision() },
      { kind: "renaming", remoteMailboxId: work.remote, to: "X" },
    ],
  });
}

/** Every row of every table, and the order of nothing. */
async function contents(pool: Pool): Promise<unknown> {
  const tables = DUMPED_TABLES.map(async (table) => {
    const text = `select count(*), md5(coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '')) from ${table} t`;
    return [table, (await pool.query(text)).rows[0]];
  });
  return Object.fromEntries(await Promise.all(tables));
}

async function rowsIn(pool: Pool): Promise<number> {
  const counts = DUMPED_TABLES.map((table) => `select count(*) from ${table}`);
  const { rows } = await pool.query(`select sum(count)::int as sum from (${counts.join(" union all ")}) all_tables`);
  return rows[0].sum;
}

/** In chunks of an awkward size. */
async function* inPieces(bytes: Buffer, size = 8_191): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe("dump", () => {
  it("holds every table of the schema but leases and sign-ins under way", async () => {
    const { rows } = await stocked.pool.query(
      "select tablename from pg_tables where schemaname = 'packetboat' and tablename not in ('schema_migration', 'lease', 'session', 'invitation', 'sign_in_attempt')",
    );
    expect([...DUMPED_TABLES].sort()).toEqual(rows.map(({ tablename }) => tablename).sort());
  });

  it("is a file for its owner alone, with nothing left beside it", () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(file).size).toBe(dumped.bytes);
    expect(readdirSync(directory)).toEqual(["dump"]);
  });

  it("is loaded as it was, and ids go on", async () => {
    await using scratch = await scratchDatabase();
    const seen: string[] = [];
    const loaded = await loadFromFile(scratch.pool, file, { onProgress: ({ table }) => void seen.push(table) });
    expect(loaded).toEqual(dumped);
    expect(loaded.rows).toMatchObject({
      message: 5,
      blob: 5,
      blob_part: 3,
      archive: 1,
      account: 1,
      secret: 1,
      intent: 1,
      unsent: 1,
    });
    expect(seen).toContain("blob_part");
    expect(await contents(scratch.pool)).toEqual(await contents(stocked.pool));
    const found = [];
    for await (const finding of verifyArchive(scratch.pool, stocked.link.archiveId)) found.push(finding);
    expect(found).toEqual([]);
    const { rows } = await scratch.pool.query("insert into archive (name) values ('next') returning id");
    expect(rows[0].id).toBe(3n);
    const last = asId<Revision>(9);
    const sizes: number[] = [];
    for await (const batch of exportMailbox(scratch.pool, stocked.link.archiveId, stocked.work.mailboxId, last)) {
      for (const { body } of batch.messages) {
        let size = 0;
        for await (const chunk of body?.chunks ?? []) size += chunk.length;
        sizes.push(size);
      }
    }
    expect(sizes).toEqual([bodyOf("two").bytes.length, 9_000_000]);
  });

  it("is one moment, whatever is written meanwhile", async () => {
    const parts: Buffer[] = [];
    let wrote = false;
    const out = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        parts.push(Buffer.from(chunk));
        if (wrote) return done();
        wrote = true;
        stocked.pool
          .query("insert into account (user_name, host, port) values ('late', 'h', 1)")
          .then(() => done(), done);
      },
    });
    const made = await dumpDatabase(stocked.pool, out);
    await stocked.pool.query("delete from account where user_name = 'late'");
    expect(made.rows).toMatchObject({ account: 1 });
    await using scratch = await scratchDatabase();
    expect(await loadDatabase(scratch.pool, inPieces(Buffer.concat(parts)))).toEqual(made);
  });
});

describe("load refuses, and leaves the database empty", () => {
  const refused = async (input: AsyncIterable<Buffer>, words: RegExp): Promise<void> => {
    await expect(loadDatabase(empty.pool, input)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(words),
    });
    expect(await rowsIn(empty.pool)).toBe(0);
  };

  it("a dump that is cut off, wherever", async () => {
    const bytes = readFileSync(file);
    for (const length of [0, 5, 30, 1_000, Math.floor(bytes.length / 2), bytes.length - 40, bytes.length - 1])
      await refused(Readable.from([bytes.subarray(0, length)]), /^The dump is cut off/);
  });

  it("a dump with a flipped bit, wherever", async () => {
    const bytes = readFileSync(file);
    const steps = Array.from({ length: 12 }, (_, i) => Math.floor((i * (bytes.length - 1)) / 11));
    for (const at of [20, 25, 40, bytes.length - 1, bytes.length - 33, ...steps]) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 4;
      await refused(inPieces(flipped, 1_000_003), /^The dump (is damaged|is none of Packetboat|is cut off)/);
    }
  });

  it("what goes on after its end, and what is none of ours", async () => {
    const bytes = readFileSync(file);
    await refused(Readable.from([bytes, Buffer.from("x")]), /goes on after its end/);
    await refused(Readable.from([Buffer.from("x".repeat(99))]), /none of Packetboat/);
  });

  it("a dump of another schema, naming the version that made it", async () => {
    await using other = await scratchDatabase();
    await other.pool.query("update schema_migration set number = number + 100");
    await expect(loadFromFile(other.pool, file)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/made by Packetboat 0\.\d+\.\d+ with schema \d+; this one has schema 1\d\d/),
    });
    const newer = join(directory, "newer");
    await dumpToFile(other.pool, newer);
    await expect(loadFromFile(empty.pool, newer)).rejects.toMatchObject({ code: "SCHEMA_TOO_NEW" });
    rmSync(newer);
    expect(await rowsIn(empty.pool)).toBe(0);
  });

  it("a file that is not there", async () => {
    await expect(loadFromFile(empty.pool, join(directory, "none"))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(join(directory, "none")),
    });
  });

  it("a load that is interrupted, or whose connection ends, in its middle", async () => {
    const stop = new AbortController();
    const onProgress = ({ table }: { table: string }): void => {
      if (table === "blob_part") stop.abort(new Error("interrupted here"));
    };
    await expect(loadFromFile(empty.pool, file, { onProgress, signal: stop.signal })).rejects.toThrow(
      "interrupted here",
    );
    expect(await rowsIn(empty.pool)).toBe(0);
    async function* killed(): AsyncGenerator<Buffer> {
      const bytes = readFileSync(file);
      yield bytes.subarray(0, bytes.length / 2);
      await empty.pool.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()",
      );
      yield bytes.subarray(bytes.length / 2);
    }
    await expect(loadDatabase(empty.pool, killed())).rejects.toMatchObject({ code: "DATABASE_LOST" });
    expect(await rowsIn(empty.pool)).toBe(0);
  });

  it("to load over data", async () => {
    const before = await contents(stocked.pool);
    await expect(loadFromFile(stocked.pool, file)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/not empty/),
    });
    expect(await contents(stocked.pool)).toEqual(before);
  });
});

describe("a dump that cannot be written", () => {
  it("leaves yesterday's as it was", async () => {
    const target = join(directory, "nightly");
    writeFileSync(target, "yesterday's");
    const stop = new AbortController();
    stop.abort(new Error("interrupted here"));
    await expect(dumpToFile(stocked.pool, target, { signal: stop.signal })).rejects.toThrow("interrupted here");
    expect(readFileSync(target, "utf8")).toBe("yesterday's");
    expect(readdirSync(directory).sort()).toEqual(["dump", "nightly"]);
    await dumpToFile(stocked.pool, target);
    expect(statSync(target).size).toBe(dumped.bytes);
    expect(statSync(target).mode & 0o777).toBe(0o600);
  });

  it("takes the place of no device, and follows a symbolic link", async () => {
    // A FIFO of our own: should this ever fail, no device of the machine is lost by it.
    const fifo = join(directory, "fifo");
    execFileSync("mkfifo", [fifo]);
    await expect(dumpToFile(stocked.pool, fifo)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(statSync(fifo).isFIFO()).toBe(true);
    const link = join(directory, "link");
    symlinkSync(join(directory, "nightly"), link);
    writeFileSync(join(directory, "nightly"), "yesterday's");
    await dumpToFile(stocked.pool, link);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(statSync(join(directory, "nightly")).size).toBe(dumped.bytes);
  });

  it("says why", async () => {
    mkdirSync(join(directory, "sub"));
    for (const path of [join(directory, "sub"), join(directory, "missing", "dump"), join(file, "dump")]) {
      await expect(dumpToFile(stocked.pool, path)).rejects.toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringContaining(path),
      });
    }
    const full = new Writable({
      write: (_chunk, _encoding, done) =>
        done(Object.assign(new Error("no room"), { code: "ENOSPC", syscall: "write" })),
    });
    const seen = once(full, "error");
    await expect(dumpDatabase(stocked.pool, full)).rejects.toMatchObject({ code: "DISK_FULL" });
    await seen;
    await expect(stocked.pool.query("select 1")).resolves.toMatchObject({ rowCount: 1 });
  });
});
