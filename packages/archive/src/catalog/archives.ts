// Archives by name. Removing one removes its mail for good; that is the only place where an archive's mail goes as a whole.
import { type ArchiveId, asId, MailError, type Revision } from "@packetboat/core";
import { inTransaction } from "@packetboat/database";
import type { Pool } from "pg";
import { LIVE } from "../session.ts";
import { millis, rowsOf } from "./asking.ts";

export interface ArchiveInfo {
  readonly id: ArchiveId;
  readonly name: string;
  /** The last one. 0: nothing was ever stored. */
  readonly revision: Revision;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** When the last revision was made; null before the first. */
  readonly changedAt: number | null;
}

interface Row {
  readonly id: bigint;
  readonly name: string;
  readonly revision: bigint;
  readonly created_at: number;
  readonly changed_at: number | null;
}

const SELECT = `select a.id, a.name, a.revision, ${millis("a.created_at")} as created_at, ${millis("r.made_at")} as changed_at
  from archive a left join revision r on r.archive_id = a.id and r.number = a.revision`;

function archiveOf({ id, name, revision, created_at, changed_at }: Row): ArchiveInfo {
  return {
    id: asId<ArchiveId>(id),
    name,
    revision: asId<Revision>(revision),
    createdAt: created_at,
    changedAt: changed_at,
  };
}

const MAX_NAME = 200;

/** The archive of a name, made if need be. Safe when two commands do it at once. Throws CONFIG_INVALID for a name that nobody could read. */
export async function ensureArchive(pool: Pool, name: string): Promise<ArchiveInfo> {
  return (await makeArchive(pool, name)).archive;
}

/** The same, saying whether it was made: of many who ask in one moment, one is told so. */
export async function makeArchive(
  pool: Pool,
  name: string,
): Promise<{ readonly archive: ArchiveInfo; readonly isMade: boolean }> {
  if (name.trim() !== name || name === "" || name.length > MAX_NAME || /\p{Cc}/u.test(name)) {
    throw new MailError(
      "CONFIG_INVALID",
      `An archive's name has 1 to ${MAX_NAME} characters, none of them invisible, and no blank at its ends. Choose another one.`,
    );
  }
  const made = await rowsOf(pool, "insert into archive (name) values ($1) on conflict (name) do nothing returning id", [
    name,
  ]);
  const archive = await findArchive(pool, name);
  if (archive === null)
    throw new MailError("ARCHIVE_BUSY", "The archive was removed by another command at the same time. Run it again.");
  return { archive, isMade: made.length > 0 };
}

export async function findArchive(pool: Pool, name: string): Promise<ArchiveInfo | null> {
  const [row] = await rowsOf<Row>(pool, `${SELECT} where a.name = $1`, [name]);
  return row === undefined ? null : archiveOf(row);
}

export async function getArchive(pool: Pool, id: ArchiveId): Promise<ArchiveInfo | null> {
  const [row] = await rowsOf<Row>(pool, `${SELECT} where a.id = $1`, [id]);
  return row === undefined ? null : archiveOf(row);
}

/** All archives, by name. */
export async function listArchives(pool: Pool): Promise<readonly ArchiveInfo[]> {
  return (await rowsOf<Row>(pool, `${SELECT} order by a.name`)).map(archiveOf);
}

/** What an archive holds, and what goes with it when it is removed. */
export interface ArchiveTotals {
  readonly mailboxes: number;
  /** Live ones. */
  readonly messages: number;
  /** With those that are readable at earlier revisions only. */
  readonly everStored: number;
}

export async function archiveTotals(pool: Pool, id: ArchiveId): Promise<ArchiveTotals> {
  const [row] = await rowsOf<{ mailboxes: bigint; messages: bigint; ever: bigint }>(
    pool,
    `select (select count(*) from mailbox_version where archive_id = $1 and to_revision = ${LIVE}) as mailboxes,
      (select count(*) from mailbox b join message_version v on v.mailbox_id = b.id and v.to_revision = ${LIVE}
        where b.archive_id = $1) as messages,
      (select count(*) from message where archive_id = $1) as ever`,
    [id],
  );
  return { mailboxes: Number(row?.mailboxes), messages: Number(row?.messages), everStored: Number(row?.ever) };
}

/**
 * Removes an archive with all its mail, history and links, for good. Accounts stay. Bytes that no other archive shares are orphans
 * then: sweepOrphans takes them. Gives whether it was there.
 */
export async function removeArchive(pool: Pool, id: ArchiveId): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    // The row first, so that a writer waits or finds it gone; then what points to messages, before the messages.
    const found = await client.query("select from archive where id = $1 for update", [id]);
    if (found.rowCount === 0) return false;
    await client.query("delete from link where archive_id = $1", [id]);
    await client.query("delete from mailbox where archive_id = $1", [id]);
    await client.query("delete from archive where id = $1", [id]);
    return true;
  });
}
