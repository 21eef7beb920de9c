// Decision 0007: whatever an added message points to is there, and stays until the commit; with a role for which Postgres leaves its own
// questions away and with one for which it asks them.
import { type Batch, isMailError, type MailboxId, type RemoteMailboxId, type Uid } from "@packetboat/core";
import { type Database, openDatabase } from "@packetboat/database";
import { until } from "@packetboat/testkit";
import { describe, expect, it } from "vitest";
import { openArchive, sweepOrphans } from "../src/index.ts";
import { keepBodies, takeBodies } from "../src/queries/blob-lock.ts";
import { bodyOf, type Stocked, stockedArchive } from "./stocked-archive.ts";

const NOWHERE = 999_999;
const ROLES = ["that proves the keys", "that Postgres asks"] as const;
type Role = (typeof ROLES)[number];

async function openAs(role: Role, { scratch }: Stocked): Promise<Database> {
  if (role === "that proves the keys") return openDatabase({ url: scratch.url });
  // Roles belong to the server, which other tests use too.
  await scratch.pool
    .query("create role packetboat_plain login")
    .catch((error: { code?: string }) => expect(["42710", "23505"]).toContain(error.code));
  for (const grant of [
    "usage on schema packetboat",
    "all on all tables in schema packetboat",
    "all on all sequences in schema packetboat",
  ])
    await scratch.pool.query(`grant ${grant} to packetboat_plain`);
  const database = await openDatabase({ url: scratch.url.replace(/\/\/[^@/]*@/, "//packetboat_plain@") });
  const { rows } = await database.pool.query(
    "select has_parameter_privilege('session_replication_role', 'set') as may",
  );
  expect(rows).toEqual([{ may: false }]);
  return database;
}

function adding(stocked: Stocked, change: { mailboxId?: number; remote?: number; stored?: boolean }): Batch {
  const { digests, internalDate } = bodyOf(change.stored === false ? "never stored" : "stored");
  return {
    archive: [
      {
        kind: "addMessage",
        mailboxId: (change.mailboxId ?? stocked.inbox.mailboxId) as MailboxId,
        sha256: digests.sha256,
        internalDate,
        flags: [],
        binding: {
          remoteMailboxId: (change.remote ?? stocked.inbox.remote) as RemoteMailboxId,
          uid: 50 as Uid,
          flags: [],
          modseq: null,
          emailId: null,
        },
      },
    ],
    base: [],
  };
}

const WAITING =
  "select from pg_locks l join pg_stat_activity a using (pid) where not l.granted and a.datname = current_database()";

const ORPHANS = `select
  (select count(*) from placement p where not exists (select from remote_mailbox r where r.id = p.remote_mailbox_id)) +
  (select count(*) from placement p where not exists (select from message m where m.id = p.message_id)) +
  (select count(*) from message m where m.blob_id is not null and not exists (select from blob b where b.id = m.blob_id)) +
  (select count(*) from message_version v where not exists (select from message m where m.id = v.message_id)) +
  (select count(*) from message_version v where not exists (select from mailbox b where b.id = v.mailbox_id)) as orphans`;

describe.each(ROLES)("a message added by a role %s", (role) => {
  it.each([
    ["mailbox", { mailboxId: NOWHERE }],
    ["mailbox of the server", { remote: NOWHERE }],
    ["body", { stored: false }],
  ])("needs its %s", async (_what, change) => {
    await using stocked = await stockedArchive();
    await using database = await openAs(role, stocked);
    const archive = await openArchive({ pool: database.pool, link: stocked.link, lease: stocked.lease });
    await archive.storeBodies([bodyOf("stored")]);
    const before = await stocked.pool.query("select count(*) from message");
    await expect(archive.commit(adding(stocked, change))).rejects.toSatisfy(isMailError);
    expect((await stocked.pool.query("select count(*) from message")).rows).toEqual(before.rows);
    expect((await stocked.pool.query(ORPHANS)).rows).toEqual([{ orphans: 0n }]);
    // And with all of them it is added.
    expect((await archive.commit(adding(stocked, {}))).revision).not.toBeNull();
  });

  it.each([
    ["mailbox of the server", "delete from remote_mailbox where id = $1", ({ inbox }: Stocked) => inbox.remote],
    ["link", "delete from link where id = $1", ({ link }: Stocked) => link.id],
    [
      "body",
      "delete from blob b where not exists (select from message m where m.blob_id = b.id) and b.id > $1",
      () => 0,
    ],
  ])("waits for whoever takes its %s away, and then fails", async (what, sql, id) => {
    await using stocked = await stockedArchive();
    await using database = await openAs(role, stocked);
    const archive = await openArchive({ pool: database.pool, link: stocked.link, lease: stocked.lease });
    await archive.storeBodies([bodyOf("stored")]);
    const other = await stocked.pool.connect();
    await other.query("begin");
    // As whoever takes bodies does first; rows of the other tables are locked one by one.
    if (what === "body") await takeBodies(other);
    expect((await other.query(sql, [id(stocked)])).rowCount).toBe(1);
    const committed = archive.commit(adding(stocked, {})).then(
      () => "added",
      (error: unknown) => (isMailError(error) ? "refused" : String(error)),
    );
    await until(async () => (await stocked.pool.query(WAITING)).rowCount !== 0, "the commit waits", 10_000);
    await other.query("commit");
    other.release();
    expect(await committed).toBe("refused");
    expect((await stocked.pool.query(ORPHANS)).rows).toEqual([{ orphans: 0n }]);
  });
});

it("whoever takes bodies away waits for those who are adding messages, and sees what they added", async () => {
  await using stocked = await stockedArchive();
  const archive = await openArchive({ pool: stocked.pool, link: stocked.link, lease: stocked.lease });
  await archive.storeBodies([bodyOf("stored"), bodyOf("an orphan")]);
  const adding = await stocked.pool.connect();
  await adding.query("begin");
  await keepBodies(adding);
  const swept = sweepOrphans(stocked.pool, -60_000);
  await until(async () => (await stocked.pool.query(WAITING)).rowCount !== 0, "the sweep waits", 10_000);
  await adding.query(
    `insert into message (archive_id, blob_id, internal_date)
      select $1, id, now() from blob where sha256 = decode($2, 'hex')`,
    [stocked.link.archiveId, bodyOf("stored").digests.sha256],
  );
  await adding.query("commit");
  adding.release();
  expect((await swept).blobs).toBe(1);
  expect((await stocked.pool.query(ORPHANS)).rows).toEqual([{ orphans: 0n }]);
});

it("a body that went and came again since it was stored is found by its digest", async () => {
  await using stocked = await stockedArchive();
  const archive = await openArchive({ pool: stocked.pool, link: stocked.link, lease: stocked.lease });
  const again = await openArchive({ pool: stocked.pool, link: stocked.link, lease: stocked.lease });
  const used = await stocked.pool.query<{ id: bigint }>("select last_value as id from blob_id_seq");
  await archive.storeBodies([bodyOf("stored")]);
  await sweepOrphans(stocked.pool, -60_000);
  // As after a crash of the server that took the body and the number it was given: another body has that number now.
  await stocked.pool.query("select setval('blob_id_seq', $1)", [used.rows[0]?.id]);
  await again.storeBodies([bodyOf("another")]);
  await expect(archive.commit(adding(stocked, {}))).rejects.toMatchObject({ code: "ARCHIVE_BUSY" });
  await again.storeBodies([bodyOf("stored")]);
  expect((await archive.commit(adding(stocked, {}))).revision).not.toBeNull();
  const { rows } = await stocked.pool.query<{ sha256: string }>(
    "select encode(b.sha256, 'hex') as sha256 from placement p join message m on m.id = p.message_id join blob b on b.id = m.blob_id where p.uid = 50",
  );
  expect(rows).toEqual([{ sha256: bodyOf("stored").digests.sha256 }]);
});
