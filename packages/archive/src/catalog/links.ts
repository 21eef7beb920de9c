// Links: which account is tied to which archive, with which rights and policy. Accounts that are not meant to be equal never share a
// mailbox (semantics.md): the check for that is here, under a lock, so that two commands cannot get around it together.
import {
  type AccountId,
  type ArchiveId,
  asId,
  DEFAULT_POLICY,
  type Link,
  type LinkId,
  type MailboxPath,
  MailError,
  type Policy,
  type Rights,
  sharesMailboxes,
  showPath,
} from "@packetboat/core";
import { inTransaction } from "@packetboat/database";
import type { Pool, PoolClient } from "pg";
import { type Asked, rowsOf } from "./asking.ts";

/** A link with the names that people know it by. */
export interface LinkInfo extends Link {
  readonly archive: string;
  /** user@host, as messages and reports show it; the port only where it is not the usual one. */
  readonly account: string;
}

/** As SELECT gives it. */
export interface LinkRow {
  readonly id: bigint;
  readonly account_id: bigint;
  readonly archive_id: bigint;
  readonly pull: boolean;
  readonly push: boolean;
  readonly policy: Partial<Policy>;
  readonly archive: string;
  readonly user_name: string;
  readonly host: string;
  readonly port: number;
}

export const LINK_COLUMNS =
  "l.id, l.account_id, l.archive_id, l.pull, l.push, l.policy, a.name as archive, c.user_name, c.host, c.port";

const SELECT = `select ${LINK_COLUMNS}
  from link l join archive a on a.id = l.archive_id join account c on c.id = l.account_id`;

export function linkOf(row: LinkRow): LinkInfo {
  return {
    id: asId<LinkId>(row.id),
    accountId: asId<AccountId>(row.account_id),
    archiveId: asId<ArchiveId>(row.archive_id),
    rights: { pull: row.pull, push: row.push },
    // What a later version adds to the policy has its default in rows written before.
    policy: { ...DEFAULT_POLICY, ...row.policy },
    archive: row.archive,
    account: accountName({ user: row.user_name, host: row.host, port: row.port }),
  };
}

/** How an account is called: its user, with the host where that is no part of it. */
export function accountName({
  user,
  host,
  port,
}: {
  readonly user: string;
  readonly host: string;
  readonly port: number;
}): string {
  const name = user.includes("@") ? user : `${user}@${host}`;
  return port === 993 || port === 143 ? name : `${name}:${port}`;
}

export interface NewLink {
  readonly accountId: AccountId;
  readonly archiveId: ArchiveId;
  readonly rights: Rights;
  /** Default: DEFAULT_POLICY. */
  readonly policy?: Partial<Policy>;
  /** Lets the link share mailboxes with others that do not push. Default: false. */
  readonly merge?: boolean;
}

/** Makes a link. Throws CONFIG_INVALID when there is one already, or when it would share mailboxes without being meant to. */
export async function createLink(pool: Pool, wanted: NewLink): Promise<LinkInfo> {
  const policy = { ...DEFAULT_POLICY, ...wanted.policy };
  return inTransaction(pool, async (client) => {
    await lockArchive(client, wanted.archiveId);
    const others = await linksOf(client, wanted.archiveId);
    if (others.some((link) => link.accountId === wanted.accountId)) {
      throw new MailError(
        "CONFIG_INVALID",
        'This account is linked to this archive already. "packetboat link set" changes the link.',
      );
    }
    if (wanted.merge !== true) refuseOverlap({ rights: wanted.rights, policy }, others);
    const [made] = await rowsOf<{ id: bigint }>(
      client,
      "insert into link (account_id, archive_id, pull, push, policy) values ($1, $2, $3, $4, $5) returning id",
      [wanted.accountId, wanted.archiveId, wanted.rights.pull, wanted.rights.push, JSON.stringify(policy)],
    );
    return linkById(client, asId<LinkId>((made as { id: bigint }).id));
  });
}

export interface LinkChange {
  readonly rights?: Rights;
  /** Only what changes. */
  readonly policy?: Partial<Policy>;
  readonly merge?: boolean;
}

/** Changes a link. Throws CONFIG_INVALID as createLink does, when rights or prefix change: what was allowed to share mailboxes stays so. */
export async function setLink(pool: Pool, id: LinkId, change: LinkChange): Promise<LinkInfo> {
  return inTransaction(pool, async (client) => {
    const before = await linkById(client, id);
    await lockArchive(client, before.archiveId);
    const rights = change.rights ?? before.rights;
    const policy = { ...before.policy, ...change.policy };
    const others = (await linksOf(client, before.archiveId)).filter((link) => link.id !== id);
    const moves = rights.push !== before.rights.push || !samePrefix(policy.prefix, before.policy.prefix);
    if (moves && change.merge !== true) refuseOverlap({ rights, policy }, others);
    await rowsOf(client, "update link set pull = $2, push = $3, policy = $4 where id = $1", [
      id,
      rights.pull,
      rights.push,
      JSON.stringify(policy),
    ]);
    return linkById(client, id);
  });
}

/** Removes a link with its base. The archive keeps its mail, the account stays. Gives whether it was there. */
export async function removeLink(pool: Pool, id: LinkId): Promise<boolean> {
  return (await rowsOf(pool, "delete from link where id = $1 returning id", [id])).length > 0;
}

/** All links, or those of an archive or an account, by archive name and id: the order of a round. */
export async function listLinks(
  pool: Pool,
  of: { readonly archiveId?: ArchiveId; readonly accountId?: AccountId } = {},
): Promise<readonly LinkInfo[]> {
  const rows = await rowsOf<LinkRow>(
    pool,
    `${SELECT} where ($1::bigint is null or l.archive_id = $1) and ($2::bigint is null or l.account_id = $2) order by a.name, l.id`,
    [of.archiveId ?? null, of.accountId ?? null],
  );
  return rows.map(linkOf);
}

/** The link of an account to an archive, or null. */
export async function findLink(pool: Pool, accountId: AccountId, archiveId: ArchiveId): Promise<LinkInfo | null> {
  return (await listLinks(pool, { accountId, archiveId }))[0] ?? null;
}

/** Throws CONFIG_INVALID when there is none. */
export async function getLink(pool: Pool, id: LinkId): Promise<LinkInfo> {
  return linkById(pool, id);
}

async function linkById(asked: Asked, id: LinkId): Promise<LinkInfo> {
  const [row] = await rowsOf<LinkRow>(asked, `${SELECT} where l.id = $1`, [id]);
  if (row === undefined)
    throw new MailError("CONFIG_INVALID", `There is no link ${id}. "packetboat link list" shows them.`);
  return linkOf(row);
}

async function linksOf(client: PoolClient, archiveId: ArchiveId): Promise<readonly LinkInfo[]> {
  return (await rowsOf<LinkRow>(client, `${SELECT} where l.archive_id = $1 order by l.id`, [archiveId])).map(linkOf);
}

async function lockArchive(client: PoolClient, id: ArchiveId): Promise<void> {
  const rows = await rowsOf(client, "select from archive where id = $1 for no key update", [id]);
  if (rows.length === 0)
    throw new MailError(
      "ARCHIVE_UNKNOWN",
      "The archive was removed meanwhile. Run the command again to make a new one.",
    );
}

/** Pure. Links share mailboxes only if one of them has `push`. Throws CONFIG_INVALID naming the account that is in the way. */
function refuseOverlap(wanted: Pick<Link, "rights" | "policy">, others: readonly LinkInfo[]): void {
  const other = others.find((link) => sharesMailboxes(wanted, link));
  if (other === undefined) return;
  const place =
    other.policy.prefix.length === 0 ? "all of the archive" : `everything under ${showPath(other.policy.prefix)}`;
  throw new MailError(
    "CONFIG_INVALID",
    wanted.policy.prefix.length > other.policy.prefix.length
      ? `The account ${other.account} already fills ${place}, where ${showPath(wanted.policy.prefix)} lies. --merge allows it: choose a prefix that no mailbox of that account has.`
      : `The account ${other.account} already fills ${place}, and two accounts would be mixed up. Give this one a prefix of its own, or say --merge.`,
  );
}

const samePrefix = (a: MailboxPath, b: MailboxPath): boolean =>
  a.length === b.length && a.every((segment, i) => segment === b[i]);
