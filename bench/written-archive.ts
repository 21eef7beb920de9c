// An archive of made mail for the cases of searching: written as a pull writes, without a mail server. It must never write past the archive's own port.
import { createAccount, createLink, ensureArchive, openArchive } from "@packetboat/archive";
import { type ArchiveId, asId, type Body, digestsOf, type Revision, type Uid } from "@packetboat/core";
import { acquireLease, type Database } from "@packetboat/database";

const BATCH = 500;

export interface BenchMail {
  readonly bytes: Buffer;
  /** Milliseconds since 1970. */
  readonly internalDate: number;
  /** Bytes of the text and the subject, as UTF-8, where they are known: what sizes are compared with. */
  readonly text: number;
}

/** An archive that was written, and what is known of it. */
export interface Written {
  readonly archiveId: ArchiveId;
  /** A third of all revisions. */
  readonly old: Revision;
  readonly textBytes: number;
}

/** Writes mail through the port of the archive, batch by batch, as a pull does. */
export async function writeArchive(
  database: Database,
  mail: Iterable<BenchMail> | AsyncIterable<BenchMail>,
): Promise<Written> {
  const { pool } = database;
  const account = await createAccount(pool, { user: "alice", host: "localhost", port: 143 }, {});
  const { id: archiveId } = await ensureArchive(pool, "search");
  const link = await createLink(pool, { accountId: account.id, archiveId, rights: { pull: true, push: false } });
  await using lease = await acquireLease(database, { accountId: link.accountId, holder: "bench" });
  const archive = await openArchive({ pool, link, lease });
  const shape = { role: null, subscribed: true } as const;
  const remote = { name: "INBOX", path: ["INBOX"], objectId: null, uidValidity: 1n };
  await archive.commit({
    archive: [{ kind: "createMailbox", path: ["INBOX"], ...shape }],
    base: [{ kind: "bindMailbox", archivePath: ["INBOX"], ...shape, ...remote }],
  });
  const { mailboxes, bases } = await archive.tree();
  const [mailbox] = mailboxes;
  const [base] = bases;
  if (mailbox === undefined || base === undefined) throw new Error("no mailbox");
  let textBytes = 0;
  let batch: Body[] = [];
  let uid = 0;
  const flush = async (): Promise<void> => {
    await archive.storeBodies(batch);
    await archive.commit({
      archive: batch.map((body) => ({
        kind: "addMessage",
        mailboxId: mailbox.id,
        sha256: body.digests.sha256,
        internalDate: body.internalDate,
        flags: body.flags,
        binding: { remoteMailboxId: base.id, uid: body.uid, flags: body.flags, modseq: null, emailId: null },
      })),
      base: [],
    });
    batch = [];
  };
  for await (const { bytes, internalDate, text } of mail) {
    textBytes += text;
    const flags = uid % 5 === 0 ? [] : ["\\Seen"];
    const shared = { kind: "message", modseq: null, emailId: null } as const;
    batch.push({ ...shared, uid: ++uid as Uid, flags, internalDate, bytes, digests: digestsOf(bytes) });
    if (batch.length === BATCH) await flush();
  }
  await flush();
  return { archiveId, old: asId<Revision>(Math.ceil(uid / BATCH / 3)), textBytes };
}
