// The account, archive and link of a backup: found again by user, host and port, or made at the first run. It must never tie two
// accounts to one place of an archive: a second one gets a prefix of its own.
import {
  type ArchiveInfo,
  accountName,
  createLink,
  ensureArchive,
  findArchive,
  type LinkInfo,
  listLinks,
  mailboxesAt,
  setLink,
} from "@packetboat/archive";
import { type AccountAddress, accountName as addressName } from "@packetboat/config";
import { MailError, type Policy } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { type Account, makeAccount } from "../accounts/registry.ts";
import type { AccountSettings } from "../accounts/settings.ts";

export interface Patterns {
  readonly include: readonly string[] | undefined;
  readonly exclude: readonly string[] | undefined;
}

/**
 * The link by which an account is backed up, into the archive of that name where one is given; null when there is none yet. Throws
 * CONFIG_INVALID when there are several to choose from.
 */
export async function findBackupLink(
  database: Database,
  account: Account,
  archive: string | undefined,
): Promise<LinkInfo | null> {
  const links = (await listLinks(database.pool, { accountId: account.id })).filter(({ rights }) => rights.pull);
  const fitting = archive === undefined ? links : links.filter((link) => link.archive === archive);
  if (fitting.length > 1) {
    const names = fitting.map((link) => link.archive).join(", ");
    throw new MailError(
      "CONFIG_INVALID",
      `This account fills several archives (${names}). Say which one with --archive.`,
    );
  }
  return fitting[0] ?? null;
}

export interface NewBackup {
  readonly url: AccountAddress;
  readonly known: Account | null;
  readonly settings: AccountSettings;
  readonly archive: string | undefined;
  readonly patterns: Patterns;
}

/** Makes what is missing of account, archive and link. Safe when two commands do it at once: the lease lets one of them run. */
export async function makeBackup(
  database: Database,
  wanted: NewBackup,
): Promise<{ readonly account: Account; readonly link: LinkInfo }> {
  const account = await makeAccount(database, wanted);
  return { account, link: await tieBackup(database, account, wanted.archive, wanted.patterns) };
}

/** The link by which an account is backed up into an archive: that of this name, else one of its own. Made if need be, with these patterns. */
export async function tieBackup(
  database: Database,
  account: Account,
  archiveName: string | undefined,
  patterns: Patterns,
): Promise<LinkInfo> {
  const { pool } = database;
  const archive = await ensureArchive(pool, archiveName ?? (await freeName(database, account)));
  const others = await listLinks(pool, { archiveId: archive.id });
  const own = others.find((link) => link.accountId === account.id);
  if (own !== undefined) return await setPatterns(database, own, patterns);
  const { include = [], exclude = [] } = patterns;
  const prefix = others.length === 0 ? [] : [account.name];
  if (prefix.length > 0) await refuseTaken(database, archive, account.name);
  return await createLink(pool, {
    accountId: account.id,
    archiveId: archive.id,
    rights: { pull: true, push: false },
    policy: { include, exclude, prefix },
    // Below its own name it shares no mailbox with a link that fills the archive from its root: that was just looked at.
    merge: prefix.length > 0,
  });
}

/** Throws CONFIG_INVALID when the archive has a mailbox of that name already: mail of two accounts would be mixed up in it. */
async function refuseTaken({ pool }: Database, archive: ArchiveInfo, name: string): Promise<void> {
  const mailboxes = await mailboxesAt(pool, archive.id, archive.revision);
  if (!mailboxes.some(({ path }) => path[0] === name)) return;
  throw new MailError(
    "CONFIG_INVALID",
    `The archive ${archive.name} has a mailbox ${name} of another account already. Choose another archive with --archive.`,
  );
}

/** The address; with the port where an archive of that name belongs to another account. */
async function freeName({ pool }: Database, account: Account): Promise<string> {
  const plain = addressName(account.address);
  const taken = await findArchive(pool, plain);
  if (taken === null) return plain;
  const links = await listLinks(pool, { archiveId: taken.id });
  const foreign = links.some((link) => link.accountId !== account.id);
  const { user, host, port } = account.address;
  return foreign
    ? accountName(account.address) === plain
      ? `${user}@${host}:${port}`
      : accountName(account.address)
    : plain;
}

/** Gives the link with the patterns that were named; what was not named stays as it is. */
export async function setPatterns({ pool }: Database, link: LinkInfo, patterns: Patterns): Promise<LinkInfo> {
  const change = changeOf(link, patterns);
  return change === null ? link : await setLink(pool, link.id, { policy: change });
}

/** The link as these patterns would make it; nothing is changed. Pure. */
export function underPatterns(link: LinkInfo, patterns: Patterns): LinkInfo {
  return { ...link, policy: { ...link.policy, ...changeOf(link, patterns) } };
}

/** Null: it has them already. */
function changeOf(link: LinkInfo, { include, exclude }: Patterns): Partial<Pick<Policy, "include" | "exclude">> | null {
  const change = { ...(include === undefined ? {} : { include }), ...(exclude === undefined ? {} : { exclude }) };
  const same = (Object.keys(change) as ("include" | "exclude")[]).every(
    (key) => JSON.stringify(change[key]) === JSON.stringify(link.policy[key]),
  );
  return same ? null : change;
}
