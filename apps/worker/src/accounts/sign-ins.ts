// OAuth2 sign-ins of accounts: kept sealed, and renewed when a connection is about to need them. The provider's library is loaded only then.
// It must never let two processes renew one sign-in at once, nor use a new access token before the refresh token beside it is committed.
import { keepSignIn, readSignIn, type SignIn, withSignIn } from "@packetboat/archive";
import { readOrMakeSealingKey, readSealingKey, type SealingKey } from "@packetboat/config";
import { type AccountId, isMailError, MailError } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import type { TokenSource } from "@packetboat/imap";
import type { Granted, Session } from "@packetboat/oauth";
import type { Host } from "../host.ts";
import { keyPath } from "../house.ts";
import { ageOf, endOf, readSecrets, type SignInSecrets, writeSecrets } from "./token-age.ts";

const rowOf = (id: AccountId) => ({ table: "sign_in", id });

/** Makes the key where there is none: before a person signs in, not after. */
export async function ensureKey(host: Host): Promise<void> {
  await readOrMakeSealingKey(keyPath(host));
}

/** Seals and keeps a sign-in, in place of whatever the account had. */
export async function keepGranted(
  host: Host,
  database: Database,
  id: AccountId,
  { provider, clientSecret }: Session,
  granted: Granted & { readonly refreshToken: string },
): Promise<void> {
  const { accessToken, refreshToken, lifetimeSeconds } = granted;
  const key = await readSealingKey(keyPath(host));
  const sealed = key.seal(rowOf(id), writeSecrets({ accessToken, refreshToken, clientSecret }));
  const now = host.now();
  await keepSignIn(database.pool, id, { provider, sealed, expiresAt: endOf(lifetimeSeconds, now), renewedAt: now });
}

/** The provider and the client secret of a kept sign-in. Null: there is none. */
export async function keptSession(host: Host, database: Database, id: AccountId): Promise<Session | null> {
  const signIn = await readSignIn(database.pool, id);
  if (signIn === null) return null;
  const { clientSecret } = opened(await readSealingKey(keyPath(host)), id, signIn);
  return await sessionOf(signIn, clientSecret);
}

/** A kept sign-in that is about to be forgotten, and the way to end it at its provider. */
export interface Farewell {
  readonly provider: string;
  /** False: the provider takes nothing back by itself. Throws what is in its way. */
  readonly revoke: () => Promise<boolean>;
}

/** Read while the account is still there. Null: there is no sign-in. */
export async function farewellOf(host: Host, database: Database, id: AccountId): Promise<Farewell | null> {
  const signIn = await readSignIn(database.pool, id);
  if (signIn === null) return null;
  try {
    const { clientSecret, refreshToken } = opened(await readSealingKey(keyPath(host)), id, signIn);
    const session = await sessionOf(signIn, clientSecret);
    return {
      provider: session.provider.name,
      revoke: async () => (await import("@packetboat/oauth")).revoke(session, refreshToken),
    };
  } catch (error) {
    // Without its key nothing can be given back, and removing it must work all the same.
    return { provider: "its provider", revoke: () => Promise.reject(error) };
  }
}

/** Gives the tokens of an account for its connections, renewed before they end or after a server refused one. */
export function tokensOf(host: Host, database: Database, id: AccountId): TokenSource {
  return async (refused) => {
    // Read before anything is renewed: between the provider's answer and the commit nothing may be left that can fail.
    const key = await readSealingKey(keyPath(host));
    const kept = await readSignIn(database.pool, id);
    if (kept === null) throw noneKept();
    const usable = goodToken(opened(key, id, kept), kept.expiresAt, host.now(), refused);
    if (usable !== null) return usable;
    return await withSignIn(database.pool, id, (signIn) => renewed(host, key, id, signIn, refused));
  };
}

/** The kept token, when it will do; null when it is to be renewed. */
function goodToken({ accessToken }: SignInSecrets, expiresAt: number, now: number, refused: string | null) {
  return accessToken !== refused && ageOf(expiresAt, now) === "fresh" ? accessToken : null;
}

/** Under the lock: another process may have renewed it since it was read. */
async function renewed(host: Host, key: SealingKey, id: AccountId, signIn: SignIn | null, refused: string | null) {
  if (signIn === null) throw noneKept();
  const secrets = opened(key, id, signIn);
  const usable = goodToken(secrets, signIn.expiresAt, host.now(), refused);
  if (usable !== null) return { value: usable, renewed: null };
  const { renew } = await import("@packetboat/oauth");
  const session = await sessionOf(signIn, secrets.clientSecret);
  let granted: Granted;
  try {
    granted = await renew(session, secrets.refreshToken);
  } catch (error) {
    const lasts = refused === null && ageOf(signIn.expiresAt, host.now()) === "due";
    // The provider is out of reach; the token is good for a while yet, and the next connection tries again.
    if (lasts && isMailError(error) && error.retry === "later") return { value: secrets.accessToken, renewed: null };
    throw error;
  }
  const { accessToken, refreshToken, lifetimeSeconds } = granted;
  const next: SignInSecrets = { ...secrets, accessToken, refreshToken: refreshToken ?? secrets.refreshToken };
  const now = host.now();
  const sealed = key.seal(rowOf(id), writeSecrets(next));
  return { value: accessToken, renewed: { sealed, expiresAt: endOf(lifetimeSeconds, now), renewedAt: now } };
}

function opened(key: SealingKey, id: AccountId, { sealed }: SignIn): SignInSecrets {
  try {
    return readSecrets(key.open(rowOf(id), sealed));
  } catch (error) {
    throw new MailError(
      "SECRET_UNREADABLE",
      `The kept sign-in does not open with the key ${key.path}: restore the key file, or sign in again with packetboat account login ACCOUNT.`,
      // Anything else may quote what it could not read.
      isMailError(error) ? { cause: error } : {},
    );
  }
}

async function sessionOf({ provider: stored }: SignIn, clientSecret: string | null): Promise<Session> {
  const { readProvider } = await import("@packetboat/oauth");
  const provider = readProvider(stored);
  if (provider !== null) return { provider, clientSecret };
  throw new MailError(
    "SIGN_IN_EXPIRED",
    "The provider of the kept sign-in cannot be read: sign in again with packetboat account login ACCOUNT, naming it.",
  );
}

function noneKept(): MailError {
  return new MailError(
    "SIGN_IN_EXPIRED",
    "The sign-in of this account was removed meanwhile: sign in again with packetboat account login ACCOUNT.",
  );
}
