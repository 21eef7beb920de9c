// Which links a command runs, as targets with their names. It must never leave out a link of an archive that was asked for.
import {
  type ArchiveInfo,
  type ArchiveSettings,
  findArchive,
  type LinkInfo,
  listArchives,
  listLinks,
} from "@packetboat/archive";
import { type Link, MailError } from "@packetboat/core";
import type { Database } from "@packetboat/database";

/** A link with the names that people know it by. */
export interface Target {
  readonly link: Link;
  readonly names: { readonly archive: string; readonly account: string };
  readonly archiveIsPushed: boolean;
  /** Where they are known already. */
  readonly archiveSettings?: ArchiveSettings;
}

/** The archive of a name. Throws ARCHIVE_UNKNOWN, naming those there are. */
export async function archiveByName(database: Database, name: string): Promise<ArchiveInfo> {
  const archive = await findArchive(database.pool, name);
  if (archive !== null) return archive;
  const names = (await listArchives(database.pool)).map((each) => each.name);
  const known =
    names.length === 0
      ? "There is none yet: packetboat backup URL makes one."
      : `There is ${names.slice(0, 5).join(", ")}${names.length > 5 ? " and others" : ""}.`;
  throw new MailError("ARCHIVE_UNKNOWN", `There is no archive ${name}. ${known}`);
}

/** A link as a target. */
export async function targetOf(database: Database, link: LinkInfo): Promise<Target> {
  const siblings = await listLinks(database.pool, { archiveId: link.archiveId });
  return {
    link,
    names: { archive: link.archive, account: link.account },
    archiveIsPushed: siblings.some(({ rights }) => rights.push),
  };
}
