// What is shown to the server: a password or the tokens of a sign-in, from wherever it comes. A password that is kept is sealed under the key
// file, bound to the account's row, put away only after the server took it and the person said yes. It must never be written anywhere else.

import { keepSecret, readSecret, setAccountSettings } from "@packetboat/archive";
import { choosePassword, readOrMakeSealingKey, readSealingKey } from "@packetboat/config";
import { isMailError, MailError } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import type { Host } from "../host.ts";
import { keyPath } from "../house.ts";
import type { LoginSource } from "./connect.ts";
import type { Account } from "./registry.ts";
import { type AccountOptions, type AuthMethod, isTokenMethod } from "./settings.ts";
import type { SideName } from "./side-options.ts";
import { tokensOf } from "./sign-ins.ts";

const rowOf = (id: number) => ({ table: "secret", id });

/** True for an account whose connections are signed in to by its kept OAuth2 sign-in; `auth`: the method that was asked for. */
export function usesSignIn({ signIn, settings }: Account, auth: AuthMethod | null = settings.auth): boolean {
  const hasPassword = [settings.passwordFile, settings.passwordCommand, settings.passwordEnv].some(
    (way) => way !== null,
  );
  return signIn !== null && (auth === null || isTokenMethod(auth)) && !hasPassword;
}

/** What the account itself says about its password; null when nothing. */
function keptSource(host: Host, database: Database, account: Account, auth: AuthMethod | null): LoginSource | null {
  const { passwordFile, passwordCommand, passwordEnv } = account.settings;
  if (passwordFile !== null) return { kind: "file", path: passwordFile };
  if (passwordCommand !== null) return { kind: "command", command: passwordCommand };
  if (passwordEnv !== null)
    return { kind: "kept", open: async () => passwordOfVariable(host, passwordEnv, account.name) };
  if (usesSignIn(account, auth)) return { kind: "sign-in", give: tokensOf(host, database, account.id) };
  if (!account.hasSecret) return null;
  const open = async () => {
    const sealed = await readSecret(database.pool, account.id);
    const key = await readSealingKey(keyPath(host));
    return key.open(rowOf(account.id), sealed ?? Buffer.alloc(0));
  };
  return { kind: "kept", open };
}

/** Whether a run that is given no password finds one, or a sign-in, by what the account itself says. */
export const hasOwnSource = (host: Host, database: Database, account: Account, auth: AuthMethod | null): boolean =>
  keptSource(host, database, account, auth ?? account.settings.auth) !== null;

/** Read when it is needed: another way may have been given, and then the variable may be missing. */
function passwordOfVariable({ variables }: Pick<Host, "variables">, name: string, account: string): string {
  const password = variables[name] ?? "";
  if (password !== "") return password;
  throw new MailError(
    "CONFIG_INVALID",
    `The environment variable ${name}, which holds the password of ${account}, is not set. Set it for this command and for the worker.`,
  );
}

const waysOf = (side: SideName): string =>
  `Give that of ${side.toUpperCase()} with --password-file-${side} FILE, --password-command-${side} COMMAND, the environment variable PACKETBOAT_PASSWORD_${side.toUpperCase()}, or in the address`;

/** Gives the way to the password of an account, or its tokens; `side`: of which of two. Throws CONFIG_INVALID when there is none. */
export function passwordSource(
  host: Host,
  database: Database,
  account: Account | null,
  given: { readonly options: AccountOptions; readonly url: string | null; readonly side?: SideName },
): LoginSource {
  const { side, options } = given;
  const { password, sidePasswords } = host.environment;
  const variable = side === undefined ? "PACKETBOAT_PASSWORD" : `PACKETBOAT_PASSWORD_${side.toUpperCase()}`;
  const value = side === undefined ? password : sidePasswords[side];
  const kept = account === null ? null : keptSource(host, database, account, options.auth ?? account.settings.auth);
  const chosen = choosePassword<LoginSource>({
    file: options.passwordFile,
    command: options.passwordCommand,
    url: given.url,
    environment: { variable, password: value ?? undefined },
    ...(side === undefined ? {} : { ways: waysOf(side) }),
    kept,
    terminal: host.canAsk,
  });
  const isNew =
    (chosen.kind === "file" && chosen.path !== account?.settings.passwordFile) ||
    (chosen.kind === "command" && chosen.command !== account?.settings.passwordCommand);
  return isNew ? { kind: "new", way: chosen } : chosen;
}

/** Seals and stores a password. */
export async function keepPassword(host: Host, database: Database, account: Account, password: string): Promise<void> {
  const key = await readOrMakeSealingKey(keyPath(host));
  await keepSecret(database.pool, account.id, key.seal(rowOf(account.id), password));
}

/** Asks once whether a typed password shall be kept; gives true when it is kept now. */
export async function offerToKeep(
  host: Host,
  database: Database,
  account: Account,
  typed: string | null,
): Promise<boolean> {
  if (typed === null || !account.settings.mayKeepPassword) return false;
  const { askYesNo } = await import("./ask.ts");
  const yes = await askYesNo("Keep this password, sealed, for the nightly run?", true).catch((error: unknown) => {
    // Ctrl-C here is no answer: what the command was for is done, and the question comes again.
    if (isMailError(error) && error.code === "INTERRUPTED") return null;
    throw error;
  });
  if (yes === null) return false;
  if (yes) await keepPassword(host, database, account, typed);
  else await setAccountSettings(database.pool, account.id, { ...account.settings, mayKeepPassword: false });
  return yes;
}
