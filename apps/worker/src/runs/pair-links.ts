// The archive and the two links of a command that takes two accounts: found again, or made at the first run. It must never bend an archive
// that serves something else to its purpose, nor mix the mail of a third account into the two.
import {
  type ArchiveInfo,
  accountName,
  createLink,
  ensureArchive,
  findArchive,
  findLink,
  type LinkInfo,
  listLinks,
} from "@packetboat/archive";
import { defaultRemovals, MailError, type Rights } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { type Account, makeAccount, type WantedAccount } from "../accounts/registry.ts";
import { type Patterns, setPatterns } from "./backup-link.ts";

export interface WantedSide extends WantedAccount {
  readonly rights: Rights;
}

export interface WantedPair {
  readonly sides: readonly [WantedSide, WantedSide];
  /** As it was given. */
  readonly archive: string | undefined;
  /** Between the two names, where none was given: "and", "to". */
  readonly joint: string;
  readonly patterns: Patterns;
}

export type PairLinks = readonly [LinkInfo, LinkInfo];

/** The links of these accounts in one archive; null when they are to be made. Throws CONFIG_INVALID when the archive serves something else. */
export async function findPair(database: Database, wanted: WantedPair): Promise<PairLinks | null> {
  if (wanted.archive === undefined) {
    const found = await pairsOf(database, wanted);
    if (found.length > 1) {
      const names = found.map(([link]) => link.archive).join(", ");
      throw new MailError(
        "CONFIG_INVALID",
        `These accounts share several archives (${names}). Say which with --archive.`,
      );
    }
    if (found[0] !== undefined) return found[0];
  }
  const archive = await findArchive(database.pool, nameOf(wanted));
  return archive === null ? null : await fittingLinks(database, archive, wanted);
}

/** Every archive in which both have links with these rights. */
async function pairsOf({ pool }: Database, { sides }: WantedPair): Promise<readonly PairLinks[]> {
  const [a, b] = sides;
  if (a.known === null || b.known === null) return [];
  const [ofA, ofB] = await Promise.all([
    listLinks(pool, { accountId: a.known.id }),
    listLinks(pool, { accountId: b.known.id }),
  ]);
  return ofA.flatMap((one): PairLinks[] => {
    const other = ofB.find((link) => link.archiveId === one.archiveId);
    return other !== undefined && fits(one, a) && fits(other, b) ? [[one, other]] : [];
  });
}

const fits = ({ rights, policy }: LinkInfo, side: WantedSide): boolean =>
  rights.pull === side.rights.pull &&
  rights.push === side.rights.push &&
  policy.prefix.length === 0 &&
  policy.below.length === 0;

function nameOf({ archive, sides: [a, b], joint }: WantedPair): string {
  return archive ?? `${accountName(a.url)} ${joint} ${accountName(b.url)}`;
}

/** The links in an archive of that name; null when it may be used and something is missing. */
async function fittingLinks(database: Database, archive: ArchiveInfo, wanted: WantedPair): Promise<PairLinks | null> {
  const links = await listLinks(database.pool, { archiveId: archive.id });
  const own = wanted.sides.map((side) => links.find((link) => link.accountId === side.known?.id));
  for (const [index, link] of own.entries()) {
    const side = wanted.sides[index];
    if (link !== undefined && side !== undefined && !fits(link, side)) throw otherPurpose(link, side);
  }
  const [one, other] = own;
  if (one !== undefined && other !== undefined) return [one, other];
  const foreign = links.find((link) => !own.includes(link));
  if (foreign !== undefined)
    throw new MailError(
      "CONFIG_INVALID",
      `The archive ${archive.name} is linked to ${foreign.account}, whose mail would come along. Choose another name with --archive.`,
    );
  if (links.length === 0 && archive.revision > 0)
    throw new MailError(
      "CONFIG_INVALID",
      `The archive ${archive.name} holds mail already, and is linked to neither account. Choose another name with --archive.`,
    );
  return null;
}

function otherPurpose({ id, archive, account, rights, policy }: LinkInfo, side: WantedSide): MailError {
  const under = policy.prefix.length > 0 ? `, below ${policy.prefix.join("/")}` : "";
  const is = rights.pull && rights.push ? "pulls and pushes" : rights.push ? "only pushes" : "only pulls";
  const options = [
    ...(rights.pull === side.rights.pull ? [] : [side.rights.pull ? "--pull" : "--no-pull"]),
    ...(rights.push === side.rights.push ? [] : [side.rights.push ? "--push" : "--no-push"]),
    ...(policy.prefix.length > 0 ? ["--prefix ''"] : []),
  ];
  const there = policy.below.length > 0 ? `, below ${policy.below.join("/")} on the server` : "";
  const change = there === "" ? `, or change the link: packetboat link set ${id} ${options.join(" ")}` : "";
  return new MailError(
    "CONFIG_INVALID",
    `In the archive ${archive} the link of ${account} ${is}${under}${there}. Choose another name with --archive${change}.`,
  );
}

/** Makes what is missing of accounts, archive and links. Safe when two commands do it at once: the leases let one of them run. */
export async function makePair(
  database: Database,
  wanted: WantedPair,
): Promise<{ readonly accounts: readonly [Account, Account]; readonly links: PairLinks }> {
  const [a, b] = wanted.sides;
  const accounts = [await makeAccount(database, a), await makeAccount(database, b)] as const;
  const archive = await ensureArchive(database.pool, nameOf(wanted));
  const first = await makeLink(database, archive, accounts[0], a, wanted.patterns);
  return { accounts, links: [first, await makeLink(database, archive, accounts[1], b, wanted.patterns)] };
}

async function makeLink(
  database: Database,
  archive: ArchiveInfo,
  account: Account,
  { rights }: WantedSide,
  patterns: Patterns,
): Promise<LinkInfo> {
  const known = await findLink(database.pool, account.id, archive.id);
  if (known !== null) return await setPatterns(database, known, patterns);
  const { include = [], exclude = [] } = patterns;
  const policy = { include, exclude, prefix: [], removals: defaultRemovals(rights) };
  return await createLink(database.pool, { accountId: account.id, archiveId: archive.id, rights, policy });
}
