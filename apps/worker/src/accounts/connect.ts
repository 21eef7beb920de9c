// From an account and its options to a signed-in connection: the certificate authority, the password, the method. What the password is
// stays in here. It must never connect in clear text to a host that is not loopback unless it was told to, nor try a password twice.
import { type AccountAddress, isLoopback, type PasswordSource, readPassword, showAccountUrl } from "@packetboat/config";
import { MailError, type Remote, type RemoteWriter } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import type { AccountFacts, ConnectOptions, TokenSource } from "@packetboat/imap";
import type { Host } from "../host.ts";
import { readAuthority } from "./authority.ts";
import { notedSignIn } from "./holds.ts";
import { paceOf } from "./pace.ts";
import { type AccountSettings, isTokenMethod } from "./settings.ts";

/** What an account is signed in to with: a password (or one token) from somewhere, or the tokens of a kept sign-in. */
export type LoginSource = PasswordSource | NewSource | { readonly kind: "sign-in"; readonly give: TokenSource };

/** A way that the account does not have yet: it is tried before it is kept. */
interface NewSource {
  readonly kind: "new";
  readonly way: PasswordSource;
}

/** An account as it is about to be used. */
export interface Login {
  /** Where the account's use and holds are kept. */
  readonly database: Database;
  readonly address: AccountAddress;
  readonly settings: AccountSettings;
  readonly allowCleartext: boolean;
}

/** A connection: to be read from, and to be written to where that was asked for; then both are one. */
export interface Connection {
  readonly remote: Remote;
  readonly writer: RemoteWriter | null;
  /** Gives what another connection needs, with secrets read anew. */
  readonly again: () => Promise<ConnectOptions>;
}

/**
 * Asks for a password that is to be asked for, before a display is drawn. `typed` may be kept, if the person wants. A new way to it is gone once
 * here, so that a mistyped one fails before the account has it. Throws CONFIG_INVALID where there is no password that way.
 */
export async function answered(
  address: AccountAddress,
  source: LoginSource,
): Promise<{ readonly source: LoginSource; readonly typed: string | null }> {
  if (source.kind === "new") return { source: await triedSource(source.way, address), typed: null };
  if (source.kind !== "prompt") return { source, typed: null };
  const { askPassword } = await import("./ask.ts");
  const typed = await askPassword(showAccountUrl(address));
  return { source: { kind: "url", password: typed }, typed };
}

/** What was read serves the first connection: a command may ask a person, or give out a token only once. Each further one reads anew. */
async function triedSource(way: PasswordSource, address: AccountAddress): Promise<PasswordSource> {
  let unused: string | null = await passwordOf(way, address);
  return {
    kind: "kept",
    open: async () => {
      const password = unused ?? (await passwordOf(way, address));
      unused = null;
      return password;
    },
  };
}

async function passwordOf(way: PasswordSource, address: AccountAddress): Promise<string> {
  return await readPassword(way, async () => {
    const { askPassword } = await import("./ask.ts");
    return await askPassword(showAccountUrl(address));
  });
}

/** Reads what is needed and signs in. Throws CONFIG_INVALID before anything is sent, else as connectRemote does. */
export async function signIn(
  host: Host,
  login: Login,
  source: LoginSource,
  signal: AbortSignal,
  writes = false,
): Promise<Connection> {
  const { options } = await prepare(host, login, source, signal);
  const { connectRemote, connectWriter } = await import("@packetboat/imap");
  const again = () => connectOptions(host, login, source, signal);
  return await notedSignIn(login.database, login.address, host.now, async () => {
    if (!writes) return { remote: await connectRemote(options), writer: null, again };
    const writer = await connectWriter(options);
    return { remote: writer, writer, again };
  });
}

/** What a connection needs, with secrets read now, for whoever opens it. Throws CONFIG_INVALID. */
export async function connectOptions(
  host: Host,
  login: Login,
  source: LoginSource,
  signal: AbortSignal,
): Promise<ConnectOptions> {
  return (await prepare(host, login, source, signal)).options;
}

/** The same for one look at the account itself. */
export async function lookAt(
  host: Host,
  login: Login,
  source: LoginSource,
): Promise<{ readonly facts: AccountFacts; readonly typed: string | null }> {
  const { options, secret } = await prepare(host, login, source, host.signal);
  const { describeAccount } = await import("@packetboat/imap");
  const facts = await notedSignIn(login.database, login.address, host.now, () => describeAccount(options));
  return { facts, typed: source.kind === "prompt" ? secret : null };
}

async function prepare(
  host: Host,
  login: Login,
  source: LoginSource,
  signal: AbortSignal,
): Promise<{ readonly options: ConnectOptions; readonly secret: string | null }> {
  const { address, settings, database } = login;
  refuseCleartext(login);
  const ca = settings.caFile === null ? undefined : readAuthority(settings.caFile);
  const { auth, secret } = await authOf(login, source);
  const options: ConnectOptions = {
    host: address.host,
    port: address.port,
    security: address.security,
    user: address.user,
    authzid: settings.authzid ?? undefined,
    auth,
    ca,
    log: await host.log(),
    signal,
    paceFor: paceOf(host, database, address, settings),
  };
  return { options, secret };
}

async function authOf(
  { address, settings: { auth } }: Login,
  source: LoginSource,
): Promise<{ readonly auth: ConnectOptions["auth"]; readonly secret: string | null }> {
  const mechanism = isTokenMethod(auth) ? { mechanism: auth } : {};
  if (source.kind === "sign-in") return { auth: { kind: "tokens", give: source.give, ...mechanism }, secret: null };
  const secret = await passwordOf(source.kind === "new" ? source.way : source, address);
  if (isTokenMethod(auth)) return { auth: { kind: "token", token: secret, ...mechanism }, secret };
  return { auth: { kind: "password", password: secret, ...(auth === null ? {} : { mechanism: auth }) }, secret };
}

function refuseCleartext({ address, allowCleartext }: Login): void {
  if (address.security !== "none" || isLoopback(address.host) || allowCleartext) return;
  throw new MailError(
    "CONFIG_INVALID",
    `Clear text to ${address.host} would show the password and all mail to the network. Use imaps://, or add --allow-cleartext if you are sure.`,
  );
}
