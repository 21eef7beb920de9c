// How fast bodies and commits go into an embedded server with fsync on, without a mail server. A script run by hand, never a test: figures
// depend on the machine.
//   node bench/archive-speed.ts [MAILDIR] [COUNT] [SIZE]   the messages of a Maildir, else COUNT of SIZE bytes
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAccount, createLink, ensureArchive, openArchive } from "@packetboat/archive";
import { type Body, digestsOf, type Uid } from "@packetboat/core";
import { acquireLease, migrateDatabase, openDatabase } from "@packetboat/database";

const [maildir = "", count = "10000", size = "25000"] = process.argv.slice(2);
const BATCH = 200;
const home = mkdtempSync(join(tmpdir(), "packetboat-speed-"));
const database = await openDatabase({ home, env: {} });

/** A Maildir keeps bare LF; a server hands out CRLF. */
function asServed(bytes: Buffer): Buffer {
  maildirBytes += bytes.length;
  return Buffer.from(bytes.toString("latin1").replaceAll("\n", "\r\n"), "latin1");
}
let maildirBytes = 0;

function bodies(): Body[] {
  const files =
    maildir === ""
      ? []
      : [
          maildir,
          ...readdirSync(maildir)
            .filter((name) => name.startsWith("."))
            .map((name) => join(maildir, name)),
        ].flatMap((box) => readdirSync(join(box, "cur")).map((name) => join(box, "cur", name)));
  const made = (i: number): Buffer =>
    Buffer.from(`Subject: ${i}\r\n\r\n${`line ${i} of text, `.repeat(Number(size) / 18)}`);
  const all =
    maildir === ""
      ? Array.from({ length: Number(count) }, (_, i) => made(i))
      : files.map((file) => asServed(readFileSync(file)));
  return all.map((bytes, i) => ({
    kind: "message",
    uid: (i + 1) as Uid,
    flags: ["\\Seen"],
    modseq: BigInt(i + 1),
    internalDate: 1_700_000_000_000 + i * 1000,
    emailId: null,
    bytes,
    digests: digestsOf(bytes),
  }));
}

try {
  await migrateDatabase(database);
  const { pool } = database;
  const account = await createAccount(pool, { user: "alice", host: "localhost", port: 143 }, {});
  const { id: archiveId } = await ensureArchive(pool, "speed");
  const link = await createLink(pool, { accountId: account.id, archiveId, rights: { pull: true, push: false } });
  await using lease = await acquireLease(database, { accountId: link.accountId, holder: "speed" });
  const archive = await openArchive({ pool, link, lease });
  const mail = bodies();
  await archive.commit({
    archive: [{ kind: "createMailbox", path: ["INBOX"], role: "inbox", subscribed: true }],
    base: [
      {
        kind: "bindMailbox",
        archivePath: ["INBOX"],
        name: "INBOX",
        path: ["INBOX"],
        objectId: null,
        role: "inbox",
        subscribed: true,
        uidValidity: 1n,
      },
    ],
  });
  const { mailboxes, bases } = await archive.tree();
  const [mailbox] = mailboxes;
  const [base] = bases;
  if (mailbox === undefined || base === undefined) throw new Error("no mailbox");
  const begun = performance.now();
  const cpu = process.cpuUsage();
  let committing = Promise.resolve<unknown>(undefined);
  let stored = 0;
  let waited = 0;
  for (let at = 0; at < mail.length; at += BATCH) {
    const batch = mail.slice(at, at + BATCH);
    let t = performance.now();
    await archive.storeBodies(batch);
    stored += performance.now() - t;
    t = performance.now();
    await committing;
    waited += performance.now() - t;
    committing = archive.commit({
      archive: batch.map(({ uid, flags, modseq, internalDate, digests }) => ({
        kind: "addMessage",
        mailboxId: mailbox.id,
        sha256: digests.sha256,
        internalDate,
        flags,
        binding: { remoteMailboxId: base.id, uid, flags, modseq, emailId: null },
      })),
      base: [],
    });
  }
  await committing;
  const seconds = (performance.now() - begun) / 1000;
  const used = process.cpuUsage(cpu);
  const bytes = mail.reduce((sum, { bytes: { length } }) => sum + length, 0);
  const { rows } = await pool.query(
    "select coalesce(sum(pg_total_relation_size(oid)), 0)::float8 as size from pg_class where relnamespace = 'packetboat'::regnamespace and relkind = 'r'",
  );
  const tables = await pool.query(
    `select relname, pg_relation_size(oid)::int as heap, pg_indexes_size(oid)::int as indexes, coalesce(pg_total_relation_size(nullif(reltoastrelid, 0)), 0)::int as toast
      from pg_class where relnamespace = 'packetboat'::regnamespace and relkind = 'r' order by pg_total_relation_size(oid) desc limit 4`,
  );
  console.log(
    JSON.stringify({
      messages: mail.length,
      MB: Math.round(bytes / 1e6),
      seconds: Number(seconds.toFixed(2)),
      perSecond: Math.round(mail.length / seconds),
      cpuSeconds: Number(((used.user + used.system) / 1e6).toFixed(2)),
      storedSeconds: Number((stored / 1000).toFixed(2)),
      commitWaitSeconds: Number((waited / 1000).toFixed(2)),
      storedMB: Math.round(rows[0].size / 1e6),
      ofMaildir: maildir === "" ? null : Number((rows[0].size / maildirBytes).toFixed(3)),
    }),
  );
  console.table(tables.rows);
  console.log(`${statSync(home).isDirectory() ? home : ""} removed`);
} finally {
  await database.close();
  rmSync(home, { recursive: true, force: true });
}
