// What mirror and migrate have in common: two addresses become two signed-in accounts of one archive, then run. It must never make anything
// before both servers have let it in, nor write a password down without being told to.
import { accountName, type LinkInfo } from "@packetboat/archive";
import {
  type AccountId,
  type ArchiveId,
  asId,
  asMailError,
  DEFAULT_POLICY,
  isSelected,
  type LinkId,
  type ListedMailbox,
  MailError,
  type Rights,
} from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { answered, type Connection, signIn } from "../accounts/connect.ts";
import { type Account, accountByAddress, makeAccount } from "../accounts/registry.ts";
import { offerToKeep, passwordSource } from "../accounts/secret.ts";
import { settingsFor, withOptions } from "../accounts/settings.ts";
import type { GivenSide } from "../accounts/side-options.ts";
import { stopSignal } from "../house.ts";
import { setPatterns } from "./backup-link.ts";
import type { Member, Surroundings } from "./open-accounts.ts";
import { findPair, makePair, type PairLinks, type WantedPair, type WantedSide } from "./pair-links.ts";
import { targetOf } from "./targets.ts";

export interface PairOptions {
  readonly archive?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly dryRun?: boolean;
  readonly allowCleartext?: boolean;
}

export interface PairSide extends GivenSide {
  readonly rights: Rights;
}

/** Two accounts, ready to be run. */
export interface Pair {
  readonly links: PairLinks;
  readonly members: readonly [Member, Member];
  /** It was made just now. */
  readonly isNew: boolean;
  /** Asks once for each typed password whether it shall be kept. */
  readonly offerToKeep: () => Promise<void>;
}

/** What a dry run can say of accounts that were never tied together: what both of them list. */
export interface FirstLook {
  readonly listings: readonly [readonly ListedMailbox[], readonly ListedMailbox[]];
}

/** A side with its way in. */
interface Entrance {
  readonly side: WantedSide;
  readonly typed: string | null;
  readonly connect: (signal: AbortSignal) => Promise<Connection>;
  readonly close: () => Promise<void>;
}

/** Finds or makes the pair and hands it to `run`; whatever was opened is closed afterwards. */
export async function withPair<T>(
  around: Surroundings,
  sides: readonly [PairSide, PairSide],
  joint: string,
  options: PairOptions,
  then: { readonly run: (pair: Pair) => Promise<T>; readonly look: (look: FirstLook) => T },
): Promise<T> {
  const { host, database } = around;
  const patterns = { include: options.include, exclude: options.exclude };
  const both = [await wantedOf(database, sides[0]), await wantedOf(database, sides[1])] as const;
  const wanted: WantedPair = { sides: both, archive: options.archive, joint, patterns };
  // Before anybody is asked for a password.
  const found = await findPair(database, wanted);
  const entrances = [
    await entranceOf(around, sides[0], both[0], options),
    await entranceOf(around, sides[1], both[1], options),
  ] as const;
  const [a, b] = entrances;
  try {
    // Known accounts get a run for every try, also for one that never reaches the server. New ones are made when they are let in.
    if (found === null) {
      const signal = stopSignal(host, database);
      const [one, other] = await Promise.all([named(a, signal), named(b, signal)]);
      if (options.dryRun === true)
        return then.look({
          listings: await Promise.all([seenBy(one, a.side, options), seenBy(other, b.side, options)]),
        });
    }
    const made = found === null ? await makePair(database, wanted) : await kept(database, wanted, found, options);
    const [first, second] = made.links;
    const members = [
      { target: await targetOf(database, first), connect: a.connect },
      { target: await targetOf(database, second), connect: b.connect },
    ] as const;
    const offer = async () => {
      for (const [index, { typed }] of entrances.entries()) {
        const account = made.accounts[index];
        if (account !== undefined && !host.signal.aborted) await offerToKeep(host, database, account, typed);
      }
    };
    return await then.run({ links: made.links, members, isNew: found === null, offerToKeep: offer });
  } finally {
    await Promise.all([a.close(), b.close()]);
  }
}

async function wantedOf(database: Database, { url, given, rights }: PairSide): Promise<WantedSide> {
  const known = await accountByAddress(database, url);
  const settings = withOptions({ ...(known?.settings ?? settingsFor(url.security)), security: url.security }, given);
  return { url, known, settings, rights };
}

async function entranceOf(
  { host, database }: Surroundings,
  { name, url, given, rights }: PairSide,
  side: WantedSide,
  options: PairOptions,
): Promise<Entrance> {
  const { settings } = side;
  const way = passwordSource(host, database, side.known, { options: given, url: url.password, side: name });
  const { source, typed } = await answered(url, way);
  let connecting: Promise<Connection> | null = null;
  const connect = (signal: AbortSignal): Promise<Connection> => {
    const login = { database, address: url, settings, allowCleartext: options.allowCleartext === true };
    connecting ??= signIn(host, login, source, signal, rights.push);
    return connecting;
  };
  const close = async (): Promise<void> => {
    await connecting?.then(({ remote }) => remote.close()).catch(() => undefined);
  };
  return { side, typed, connect, close };
}

/** What the link of a side would take part in. */
async function seenBy(
  { remote }: Connection,
  { rights }: WantedSide,
  { include = [], exclude = [] }: PairOptions,
): Promise<readonly ListedMailbox[]> {
  const policy = { ...DEFAULT_POLICY, include, exclude };
  const link = { id: asId<LinkId>(0), accountId: asId<AccountId>(0), archiveId: asId<ArchiveId>(0), rights, policy };
  return (await remote.list()).filter((one) => isSelected(link, one));
}

/** Of two accounts a failure must say which. */
async function named({ connect, side }: Entrance, signal: AbortSignal): Promise<Connection> {
  return await connect(signal).catch((thrown: unknown) => {
    const error = asMailError(thrown);
    if (error.code === "INTERRUPTED") throw error;
    throw new MailError(error.code, `${accountName(side.url)}: ${error.message}`, { cause: thrown });
  });
}

/** The pair as it is to be run; nothing is changed by a dry run. */
async function kept(
  database: Database,
  { sides: [a, b], patterns }: WantedPair,
  [first, second]: PairLinks,
  { dryRun }: PairOptions,
): Promise<{ readonly accounts: readonly Account[]; readonly links: PairLinks }> {
  if (dryRun === true) return { accounts: [], links: [first, second] };
  const settled = async (side: WantedSide, link: LinkInfo) =>
    [await makeAccount(database, side), await setPatterns(database, link, patterns)] as const;
  const [one, other] = [await settled(a, first), await settled(b, second)];
  return { accounts: [one[0], other[0]], links: [one[1], other[1]] };
}
