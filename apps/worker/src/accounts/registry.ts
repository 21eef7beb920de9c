// Accounts as the database knows them and as people name them. An account is user, host and port; it may be called by its address, with
// or without the port, or by its URL. It must never give an account for a name that fits two.
import {
  type Account as AccountRow,
  type AccountSignIn,
  accountName,
  createAccount,
  findAccount,
  getAccount,
  listAccounts,
  setAccountSettings,
} from "@packetboat/archive";
import { type AccountAddress, accountName as addressName, showAccountUrl } from "@packetboat/config";
import { type AccountId, MailError } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { type AccountSettings, readSettings } from "./settings.ts";

/** An account of the database, ready to be used. */
export interface Account {
  readonly id: AccountId;
  readonly address: AccountAddress;
  readonly settings: AccountSettings;
  /** As it is shown. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** A sealed password is kept. */
  readonly hasSecret: boolean;
  /** The OAuth2 sign-in that is kept, without its tokens. */
  readonly signIn: AccountSignIn | null;
}

/** Gives a row as an account. */
export function accountOf({
  id,
  user,
  host,
  port,
  settings: stored,
  createdAt,
  hasSecret,
  signIn,
}: AccountRow): Account {
  const settings = readSettings(stored);
  const address = { user, host, port, security: settings.security };
  return { id, address, settings, name: accountName(address), createdAt, hasSecret, signIn };
}

/** Everything that an account may be called by. */
function namesOf({ address, name }: Account): readonly string[] {
  const { user, host, port } = address;
  return [name, addressName(address), `${user}@${host}`, `${user}@${host}:${port}`, showAccountUrl(address)];
}

/** Gives the account of a name. Throws CONFIG_INVALID when there is none, or more than one. */
export function accountByName(accounts: readonly Account[], name: string): Account {
  const found = accounts.filter((account) => namesOf(account).includes(name));
  const [account] = found;
  if (account === undefined) {
    throw new MailError("CONFIG_INVALID", `There is no account ${name}. "packetboat account list" shows all.`);
  }
  if (found.length > 1) {
    const choices = found.map((each) => showAccountUrl(each.address)).join(" or ");
    throw new MailError("CONFIG_INVALID", `${name} names ${found.length} accounts. Say which: ${choices}.`);
  }
  return account;
}

/** All accounts, by user, host and port. */
export async function allAccounts(database: Database): Promise<readonly Account[]> {
  return (await listAccounts(database.pool)).map(accountOf);
}

/** The account of an address, or null when it was never met. */
export async function accountByAddress(database: Database, address: AccountAddress): Promise<Account | null> {
  const row = await findAccount(database.pool, address);
  return row === null ? null : accountOf(row);
}

/** The account of an id. Throws CONFIG_INVALID when it was removed meanwhile. */
export async function accountById(database: Database, id: AccountId): Promise<Account> {
  const row = await getAccount(database.pool, id);
  if (row === null) throw new MailError("CONFIG_INVALID", "The account was removed meanwhile. Add it again to use it.");
  return accountOf(row);
}

/** What an account is made of, or changed to. */
export interface WantedAccount {
  readonly url: AccountAddress;
  /** Null: never met. */
  readonly known: Account | null;
  readonly settings: AccountSettings;
}

/** Makes the account, or gives the known one these settings. Safe when two commands do it at once. */
export async function makeAccount({ pool }: Database, { url, known, settings }: WantedAccount): Promise<Account> {
  if (known === null) {
    const made = await createAccount(pool, url, settings).catch(async (error: unknown) => {
      // Another command met the account in the same moment.
      const there = await findAccount(pool, url);
      if (there === null) throw error;
      return there;
    });
    return accountOf(made);
  }
  if (JSON.stringify(settings) !== JSON.stringify(known.settings)) await setAccountSettings(pool, known.id, settings);
  return { ...known, settings };
}
