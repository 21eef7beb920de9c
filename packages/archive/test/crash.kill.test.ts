// S1 where Postgres itself is killed: what a commit has promised is there with its bodies, although bodies do not wait for the disk
// (session.ts, writeAhead); what was only stored is whole or not there, and is stored again.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acquireLease, type Database, layoutOf, migrateDatabase, openDatabase } from "@packetboat/database";
import { until } from "@packetboat/testkit";
import { expect, it } from "vitest";
import { openArchive, readBody, verifyArchive } from "../src/index.ts";
import { makeLink } from "./open-archive.ts";
import { add, bodyOf, pair, rows } from "./stocked-archive.ts";

const NEVER = { env: {}, settings: { wal_writer_delay: "10s", wal_writer_flush_after: "1GB" } };

/** Ends the server as a lost machine would: nothing is flushed, nothing is said. */
async function killServer(home: string, database: Database): Promise<void> {
  const { dataDirectory } = layoutOf(home, process.getuid?.() ?? 0);
  const pid = Number((await readFile(join(dataDirectory, "postmaster.pid"), "utf8")).split("\n")[0]);
  process.kill(pid, "SIGQUIT");
  await until(
    async () => {
      try {
        process.kill(pid, 0);
        // Where nobody reaps it, it stays as a shadow of itself.
        return / Z /.test(await readFile(`/proc/${pid}/stat`, "utf8"));
      } catch {
        return true;
      }
    },
    "the server is gone",
    20_000,
  );
  await database.close();
}

it("S1: a server that dies after a commit has its messages and their bodies", async () => {
  const home = await mkdtemp(join(tmpdir(), "pb-crash-"));
  try {
    const large = bodyOf(Buffer.from(`Subject: large\r\n\r\n${"A line of it.\r\n".repeat(3_000)}`));
    const committed = [...Array.from({ length: 300 }, (_, n) => bodyOf(`committed ${n}`)), large];
    const stored = Array.from({ length: 300 }, (_, n) => bodyOf(`only stored ${n}`));
    const before = await openDatabase({ home, ...NEVER });
    await migrateDatabase(before);
    const link = await makeLink(before.pool);
    const lease = await acquireLease(before, { accountId: link.accountId, holder: "test" });
    const archive = await openArchive({ pool: before.pool, link, lease });
    const inbox = await pair({ archive }, ["INBOX"]);
    await add({ archive }, inbox, committed);
    await archive.storeBodies(stored);
    await killServer(home, before);

    await using after = await openDatabase({ home, ...NEVER });
    await using again = await acquireLease(after, { accountId: link.accountId, holder: "test" });
    const next = await openArchive({ pool: after.pool, link, lease: again });
    const found = await rows({ archive: next }, inbox);
    expect(found).toHaveLength(committed.length);
    for (const [n, row] of found.entries())
      expect(await readBody(after.pool, link.archiveId, row.messageId)).toEqual(committed[n]?.bytes);
    await add({ archive: next }, inbox, stored, 1_000);
    const wrong = [];
    for await (const finding of verifyArchive(after.pool, link.archiveId)) wrong.push(finding);
    expect(wrong).toEqual([]);
    expect(await rows({ archive: next }, inbox)).toHaveLength(committed.length + stored.length);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}, 60_000);
