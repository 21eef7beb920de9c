// A sign-in by OAuth2 from the provider's page to the kept tokens, for whoever shows the page: the command line on a terminal, the restore app
// in a browser. It must never keep a sign-in that the mail server does not take, nor end with a known account that has neither its old way nor
// the new one.
import { createAccount, releaseAccount, setAccountSettings } from "@packetboat/archive";
import type { AccountAddress } from "@packetboat/config";
import { MailError } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import type { AccountFacts } from "@packetboat/imap";
import type { DeviceCode, Granted, ProviderOptions, Session, Way } from "@packetboat/oauth";
import type { Host } from "../host.ts";
import { lookAt } from "./connect.ts";
import { type Account, accountOf } from "./registry.ts";
import { type AccountSettings, isTokenMethod, settingsFor } from "./settings.ts";
import { ensureKey, keepGranted, keptSession } from "./sign-ins.ts";

/** How a person is shown what to do. */
export interface SignInScreen {
  readonly code: (code: DeviceCode) => void;
  readonly page: (url: string) => void;
  /** The provider is content; the mail server is tried. */
  readonly trying: () => void;
}

export interface SignInRequest {
  readonly address: AccountAddress;
  /** Null: never met. */
  readonly known: Account | null;
  readonly settings: AccountSettings;
  readonly allowCleartext: boolean;
  readonly session: Session;
  /** Null: whatever the provider has, by code first. */
  readonly way: Way | null;
  readonly signal: AbortSignal;
}

/** What an account is from now on: its ways to a password are gone. */
export function withoutPassword(known: Account | null, { security }: AccountAddress): AccountSettings {
  const before = known?.settings ?? settingsFor(security);
  return {
    ...before,
    security,
    auth: isTokenMethod(before.auth) ? before.auth : null,
    passwordFile: null,
    passwordCommand: null,
  };
}

/** The provider that was named; without one that of the sign-in before, whose client secret is kept beside the tokens. */
export async function sessionOf(
  host: Host,
  database: Database,
  known: Account | null,
  server: string,
  named: ProviderOptions,
  secret: () => Promise<string>,
): Promise<Session> {
  const { chooseProvider, discovered } = await import("@packetboat/oauth");
  const { scopes, hasSecret, ...texts } = named;
  const saysNothing = scopes.length === 0 && !hasSecret && Object.values(texts).every((one) => one === undefined);
  const before = saysNothing && known?.signIn ? await keptSession(host, database, known.id) : null;
  if (before !== null) return before;
  const draft = chooseProvider(named, server);
  const clientSecret = hasSecret ? await secret() : null;
  return { provider: await discovered(draft), clientSecret };
}

/** Waits for the person, tries what was given on the mail server, and keeps it. Throws what the signal says, and as a sign-in does. */
export async function signInByOAuth(
  host: Host,
  database: Database,
  request: SignInRequest,
  screen: SignInScreen,
): Promise<{ readonly account: Account; readonly facts: AccountFacts }> {
  const { address, known, session, settings: chosen, allowCleartext } = request;
  await ensureKey(host);
  const granted = await granting(request, screen);
  screen.trying();
  const give = async (refused: string | null) => (refused === null ? granted.accessToken : null);
  const entrance = { database, address, settings: chosen, allowCleartext };
  const { facts } = await lookAt(host, entrance, { kind: "sign-in", give });
  const settings = { ...chosen, serverName: facts.serverName };
  const account = known ?? accountOf(await createAccount(database.pool, address, settings));
  // First the tokens: a known account then has either its old way or the new one, whenever this is ended.
  await keepGranted(host, database, account.id, session, granted);
  await setAccountSettings(database.pool, account.id, settings);
  await releaseAccount(database.pool, account.id);
  return { account, facts };
}

async function granting(
  { session, way, signal, address }: SignInRequest,
  screen: SignInScreen,
): Promise<Granted & { readonly refreshToken: string }> {
  const { chooseWay, signInByBrowser, signInByDevice } = await import("@packetboat/oauth");
  if (chooseWay(session.provider, way) === "device")
    return await signInByDevice(session, { signal, show: screen.code });
  return await signInByBrowser(session, { signal, user: address.user, show: screen.page });
}

/** Throws CONFIG_INVALID for a method that shows no token. */
export function mustShowTokens(auth: AccountSettings["auth"] | undefined): void {
  if (auth !== undefined && !isTokenMethod(auth))
    throw new MailError("CONFIG_INVALID", "--auth of a sign-in by OAuth2 is oauthbearer or xoauth2.");
}
