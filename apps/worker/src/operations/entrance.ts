// Signing in to an account for the restore app: to look, and to keep what let us in. The rules are those of `account test` and `account add`: TLS
// or this machine, a password tried once, nothing kept that the server did not take.
// It must never run a command or read a file that came over HTTP: a password is all that is taken from there.
import { dropSignIn, setAccountSettings } from "@packetboat/archive";
import { type AccountAddress, parseAccountUrl } from "@packetboat/config";
import { type AccountId, MailError } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import type { AccountFacts } from "@packetboat/imap";
import { type Login, type LoginSource, lookAt } from "../accounts/connect.ts";
import { type Account, accountByAddress, accountById, makeAccount } from "../accounts/registry.ts";
import { keepPassword, passwordSource } from "../accounts/secret.ts";
import { type AccountSettings, settingsFor } from "../accounts/settings.ts";
import type { Host } from "../host.ts";

/** A new address with its password, or an account with what it keeps, or with a new password. */
export type Entrance =
  | { readonly address: string; readonly password: string }
  | { readonly account: AccountId; readonly password?: string | undefined };

interface Way {
  readonly login: Login;
  readonly source: LoginSource;
  readonly known: Account | null;
}

/** The address of an account as the API takes it. Throws CONFIG_INVALID, also for a password in it. */
export function readAddress(text: string): AccountAddress {
  const { password, ...address } = parseAccountUrl(text);
  if (password === null) return address;
  throw new MailError("CONFIG_INVALID", "Leave the password out of the address: send it by itself.");
}

async function wayOf(host: Host, database: Database, entrance: Entrance): Promise<Way> {
  const { password } = entrance;
  if ("account" in entrance) {
    const known = await accountById(database, entrance.account);
    const { address, settings } = known;
    const given: LoginSource | null = password === undefined ? null : { kind: "url", password };
    const source = given ?? passwordSource(host, database, known, { options: {}, url: null });
    // That it takes clear text was allowed when it was added.
    return {
      login: { database, address, settings: given ? byPassword(settings) : settings, allowCleartext: true },
      source,
      known,
    };
  }
  const address = readAddress(entrance.address);
  const known = await accountByAddress(database, address);
  const settings = byPassword({ ...(known?.settings ?? settingsFor(address.security)), security: address.security });
  return {
    login: { database, address, settings, allowCleartext: false },
    source: { kind: "url", password: entrance.password },
    known,
  };
}

/** One way in at a time: who gives a password no longer wants the tokens, the file or the command. */
function byPassword(settings: AccountSettings): AccountSettings {
  const { auth } = settings;
  return {
    ...settings,
    auth: auth === "oauthbearer" || auth === "xoauth2" ? null : auth,
    passwordFile: null,
    passwordCommand: null,
    passwordEnv: null,
    signIn: null,
    mayKeepPassword: true,
  };
}

/** Signs in, asks and leaves. Throws as lookAt does. */
export async function tested(host: Host, database: Database, entrance: Entrance): Promise<AccountFacts> {
  const { login, source, known } = await wayOf(host, database, entrance);
  const { facts } = await lookAt(host, login, source);
  if (known !== null && known.settings.serverName !== facts.serverName)
    await setAccountSettings(database.pool, known.id, { ...known.settings, serverName: facts.serverName });
  return facts;
}

/** The same, and then the account is kept with its password, sealed. */
export async function kept(
  host: Host,
  database: Database,
  entrance: Entrance & { readonly password: string },
): Promise<{ readonly account: Account; readonly facts: AccountFacts }> {
  const { login, source, known } = await wayOf(host, database, entrance);
  const { facts } = await lookAt(host, login, source);
  const settings = { ...login.settings, serverName: facts.serverName };
  const account = await makeAccount(database, { url: login.address, known, settings });
  await keepPassword(host, database, account, entrance.password);
  if (account.signIn !== null) await dropSignIn(database.pool, account.id);
  return { account, facts };
}
