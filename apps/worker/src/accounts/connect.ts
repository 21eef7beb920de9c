// From an account and its options to a signed-in connection: the certificate authority, the password, the method. What the password is
// stays in here. It must never connect in clear text to a host that is not loopback unless it was told to, nor try a password twice.
import { readFile } from "node:fs/promises";
import { type AccountAddress, isLoopback, type PasswordSource, readPassword, showAccountUrl } from "@packetboat/config";
import { MailError, type Remote, type RemoteWriter } from "@packetboat/core";
import type { AccountFacts, ConnectOptions } from "@packetboat/imap";
import type { Host } from "../host.ts";
import type { AccountSettings } from "./settings.ts";

/** An account as it is about to be used. */
export interface Login {
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

/** Asks for a password that is to be asked for, before a display is drawn. `typed` may be kept, if the person wants. */
export async function answered(
  address: AccountAddress,
  source: PasswordSource,
): Promise<{ readonly source: PasswordSource; readonly typed: string | null }> {
  if (source.kind !== "prompt") return { source, typed: null };
  const { askPassword } = await import("./ask.ts");
  const typed = await askPassword(showAccountUrl(address));
  return { source: { kind: "url", password: typed }, typed };
}

/** Reads what is needed and signs in. Throws CONFIG_INVALID before anything is sent, else as connectRemote does. */
export async function signIn(
  host: Host,
  login: Login,
  source: PasswordSource,
  signal: AbortSignal,
  writes = false,
): Promise<Connection> {
  const { options } = await prepare(host, login, source, signal);
  const { connectRemote, connectWriter } = await import("@packetboat/imap");
  const again = async () => (await prepare(host, login, source, signal)).options;
  if (!writes) return { remote: await connectRemote(options), writer: null, again };
  const writer = await connectWriter(options);
  return { remote: writer, writer, again };
}

/** The same for one look at the account itself. */
export async function lookAt(
  host: Host,
  login: Login,
  source: PasswordSource,
): Promise<{ readonly facts: AccountFacts; readonly typed: string | null }> {
  const { options, secret } = await prepare(host, login, source, host.signal);
  const { describeAccount } = await import("@packetboat/imap");
  return { facts: await describeAccount(options), typed: source.kind === "prompt" ? secret : null };
}

async function prepare(
  host: Host,
  login: Login,
  source: PasswordSource,
  signal: AbortSignal,
): Promise<{ readonly options: ConnectOptions; readonly secret: string }> {
  const { address, settings } = login;
  refuseCleartext(login);
  const ca = settings.caFile === null ? undefined : await readAuthority(settings.caFile);
  const secret = await readPassword(source, async () => {
    const { askPassword } = await import("./ask.ts");
    return await askPassword(showAccountUrl(address));
  });
  const options: ConnectOptions = {
    host: address.host,
    port: address.port,
    security: address.security,
    user: address.user,
    authzid: settings.authzid ?? undefined,
    auth:
      settings.auth === "xoauth2"
        ? { kind: "xoauth2", token: secret }
        : { kind: "password", password: secret, ...(settings.auth === null ? {} : { mechanism: settings.auth }) },
    ca,
    log: await host.log(),
    signal,
  };
  return { options, secret };
}

function refuseCleartext({ address, allowCleartext }: Login): void {
  if (address.security !== "none" || isLoopback(address.host) || allowCleartext) return;
  throw new MailError(
    "CONFIG_INVALID",
    `Clear text to ${address.host} would show the password and all mail to the network. Use imaps://, or add --allow-cleartext if you are sure.`,
  );
}

async function readAuthority(path: string): Promise<string> {
  try {
    const text = await readFile(path, "utf8");
    if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new MailError("CONFIG_INVALID", `The certificate file ${path} cannot be read (${code}).`, { cause: error });
  }
  throw new MailError("CONFIG_INVALID", `The file ${path} holds no certificate in PEM form (BEGIN CERTIFICATE).`);
}
