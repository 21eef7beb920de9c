// The rounds that a restore ends with: those of an archive's links, or of one link into another account, which is found or met here. What
// happened is handed back to be told, so that the command prints one report. It must never make an account that the server has not let in.
import {
  accountName,
  createAccount,
  findAccount,
  type LinkedAccount,
  type LinkInfo,
  setAccountSettings,
} from "@packetboat/archive";
import { type AccountUrl, parseAccountUrl } from "@packetboat/config";
import type { AccountId, LinkId, Policy, RunReport } from "@packetboat/core";
import type { Screen } from "@packetboat/terminal";
import { answered, type Connection, signIn } from "../accounts/connect.ts";
import { type RawAccountOptions, readAccountOptions } from "../accounts/options.ts";
import { type Account, accountByAddress, accountByName, accountOf, allAccounts } from "../accounts/registry.ts";
import { offerToKeep, passwordSource } from "../accounts/secret.ts";
import { settingsFor, withOptions } from "../accounts/settings.ts";
import { commandReport } from "../display/report.ts";
import { stopSignal } from "../house.ts";
import { endWithReports } from "./end.ts";
import { type LookThere, lookThere } from "./look-there.ts";
import { linkedOf, memberOf, memberOfLink } from "./members.ts";
import type { Member, Surroundings } from "./open-accounts.ts";
import { runRounds } from "./rounds.ts";
import { targetOf } from "./targets.ts";

/** Links that may write for this once, and what becomes on their servers of what was removed. */
export type Lent = ReadonlyMap<LinkId, Pick<Policy, "removals">>;

/** Rounds that were made. */
export interface Ran {
  readonly runs: readonly RunReport[];
  /** For --json. */
  readonly report: unknown;
  /** Prints what happened, and states the exit code. */
  readonly tell: () => void;
}

/** An account that mail is to be put back into. */
export interface Destination {
  /** Null: a dry run of an account that was never met. */
  readonly id: AccountId | null;
  readonly name: string;
  /** Signs in, if that is not done, and tells what its server states and holds. */
  readonly look: () => Promise<LookThere>;
  /** Makes the rounds of its link. */
  readonly run: (link: LinkInfo) => Promise<Ran>;
  readonly close: () => Promise<void>;
}

/** Signs in to the account of a link and gives the largest message that its server takes, in bytes; null: not stated. Throws as signIn does. */
export async function appendLimitOf(
  { host, database }: Pick<Surroundings, "host" | "database">,
  link: LinkInfo,
): Promise<number | null> {
  const { connect } = await memberOfLink(host, database, link.id);
  const { remote } = await connect(stopSignal(host, database));
  const { appendLimit } = remote.capabilities;
  await remote.close();
  return appendLimit;
}

/** Makes rounds over these links, all of one archive. */
export async function roundsOf(around: Surroundings, links: readonly LinkInfo[], lent: Lent): Promise<Ran> {
  const { host, database } = around;
  const members = links.map(async ({ id }) => memberOf(host, database, withLent(await linkedOf(database, id), lent)));
  return rounds(around, await Promise.all(members), false);
}

/** The row of the link stays as it is: a process that dies leaves no right behind. */
function withLent(linked: LinkedAccount, lent: Lent): LinkedAccount {
  const { link } = linked;
  const own = lent.get(link.id);
  const archiveIsPushed = linked.archiveIsPushed || lent.size > 0;
  if (own === undefined) return { ...linked, archiveIsPushed };
  const rights = { ...link.rights, push: true };
  return { ...linked, archiveIsPushed, link: { ...link, rights, policy: { ...link.policy, ...own } } };
}

async function rounds(around: Surroundings, members: readonly Member[], dryRun: boolean): Promise<Ran> {
  const { host, screen } = around;
  const started = new Date(host.now()).toISOString();
  const reports = await runRounds(around, members, { command: "restore push", dryRun, pushes: true });
  // The command has an object of its own to print.
  const silent: Screen = { ...screen, data: () => undefined };
  return {
    runs: reports,
    report: commandReport(reports, started, new Date(host.now()).toISOString()),
    tell: () => endWithReports(host, silent, reports, started),
  };
}

/** The account of a name or a URL; a new one is made once its server has let us in, by a dry run not at all. Throws CONFIG_INVALID, and as signIn does. */
export async function destinationOf(
  around: Surroundings,
  text: string,
  raw: RawAccountOptions,
  dryRun: boolean,
): Promise<Destination> {
  const { host, database } = around;
  const given = readAccountOptions(raw);
  const allowCleartext = raw.allowCleartext === true;
  const url = text.includes("://") ? parseAccountUrl(text, { allowCleartext }) : null;
  const known = url === null ? accountByName(await allAccounts(database), text) : await accountByAddress(database, url);
  const address = url ?? (known as Account).address;
  const settings = withOptions(
    { ...(known?.settings ?? settingsFor(address.security)), security: address.security },
    given,
  );
  const way = passwordSource(host, database, known, { options: given, url: url?.password ?? null });
  const { source, typed } = await answered(address, way);
  let signedIn: Connection | null = null;
  const connect = async (signal: AbortSignal): Promise<Connection> => {
    const login = { database, address, settings, allowCleartext: allowCleartext || url === null };
    signedIn ??= await signIn(host, login, source, signal, true);
    return signedIn;
  };
  if (known === null) await connect(stopSignal(host, database));
  const account = known ?? (dryRun ? null : await makeAccount(around, address, settings));
  if (!dryRun && known !== null && JSON.stringify(settings) !== JSON.stringify(known.settings))
    await setAccountSettings(database.pool, known.id, settings);
  return {
    id: account?.id ?? null,
    name: account?.name ?? accountName(address),
    look: async () => lookThere(await connect(stopSignal(host, database))),
    run: async (link) => {
      const ran = await rounds(around, [{ target: await targetOf(database, link), connect }], dryRun);
      if (!dryRun && account !== null && !host.signal.aborted) await offerToKeep(host, database, account, typed);
      return ran;
    },
    close: async () => (signedIn as Connection | null)?.remote.close(),
  };
}

async function makeAccount(
  { database: { pool } }: Surroundings,
  address: Omit<AccountUrl, "password">,
  settings: Account["settings"],
): Promise<Account> {
  const made = await createAccount(pool, address, settings).catch(async (error: unknown) => {
    // Another command met the account in the same moment.
    const there = await findAccount(pool, address);
    if (there === null) throw error;
    return there;
  });
  return accountOf(made);
}
