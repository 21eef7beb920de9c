// What the database keeps of an account beside user, host and port: how to connect and how to get the password. Pure. Read back with
// care: the column is JSON, and an older or newer version may have written it. It must never hold a secret.
import type { DeclaredSignIn, Security } from "@packetboat/config";
import type { ChosenLimits } from "@packetboat/core";
import { readLimits, withLimits } from "./limits.ts";

export type AuthMethod = "plain" | "login" | "oauthbearer" | "xoauth2";

/** The methods that show a token instead of a password. */
export type TokenMethod = Extract<AuthMethod, "oauthbearer" | "xoauth2">;

export interface AccountSettings {
  readonly security: Security;
  /** Null: whatever the server offers. */
  readonly auth: AuthMethod | null;
  /** Whom an administrator's login acts for. */
  readonly authzid: string | null;
  /** Absolute paths. */
  readonly caFile: string | null;
  readonly passwordFile: string | null;
  readonly passwordCommand: string | null;
  /** The name of an environment variable. */
  readonly passwordEnv: string | null;
  /** OAuth2 instead of a password, as it was declared. */
  readonly signIn: DeclaredSignIn | null;
  /** False: the person was asked once and does not want the password kept. */
  readonly mayKeepPassword: boolean;
  /** What a person chose instead of the provider's limits; null: nothing. */
  readonly limits: ChosenLimits | null;
  /** What the server called itself when it was last asked (docs/decisions/0011-server-names.md); null: it was not, or does not say. */
  readonly serverName: string | null;
}

const METHODS: readonly AuthMethod[] = ["plain", "login", "oauthbearer", "xoauth2"];
const SECURITIES: readonly Security[] = ["tls", "starttls", "none"];

/** The settings of an account that was just met. */
export function settingsFor(security: Security): AccountSettings {
  return {
    security,
    auth: null,
    authzid: null,
    caFile: null,
    passwordFile: null,
    passwordCommand: null,
    passwordEnv: null,
    signIn: null,
    mayKeepPassword: true,
    limits: null,
    serverName: null,
  };
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

function readSignIn(value: unknown): DeclaredSignIn | null {
  const { provider, clientId } = recordOf(value);
  return typeof provider === "string" && typeof clientId === "string" ? { provider, clientId } : null;
}

/** Reads the column. What is missing or of another kind takes its default; TLS is the default of security. */
export function readSettings(value: unknown): AccountSettings {
  const found = recordOf(value);
  const text = (key: string) => (typeof found[key] === "string" && found[key] !== "" ? (found[key] as string) : null);
  return {
    security: SECURITIES.find((one) => one === found.security) ?? "tls",
    auth: METHODS.find((one) => one === found.auth) ?? null,
    authzid: text("authzid"),
    caFile: text("caFile"),
    passwordFile: text("passwordFile"),
    passwordCommand: text("passwordCommand"),
    passwordEnv: text("passwordEnv"),
    signIn: readSignIn(found.signIn),
    mayKeepPassword: found.mayKeepPassword !== false,
    limits: readLimits(found.limits),
    serverName: text("serverName"),
  };
}

/** Options of a command that concern the account; undefined where they were not given. */
export interface AccountOptions {
  readonly auth?: AuthMethod | undefined;
  readonly authzid?: string | undefined;
  readonly caFile?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly passwordCommand?: string | undefined;
  /** NAME=VALUE each. */
  readonly limit?: readonly string[] | undefined;
}

/** Gives the settings with what the options say; naming one way to the password replaces the others. */
export function withOptions(settings: AccountSettings, options: AccountOptions): AccountSettings {
  const { auth, authzid, caFile, passwordFile, passwordCommand, limit } = options;
  const way =
    passwordFile !== undefined || passwordCommand !== undefined
      ? { passwordFile: passwordFile ?? null, passwordCommand: passwordCommand ?? null, passwordEnv: null }
      : {};
  return {
    ...settings,
    ...(auth === undefined ? {} : { auth }),
    ...(authzid === undefined ? {} : { authzid: authzid === "" ? null : authzid }),
    ...(caFile === undefined ? {} : { caFile: caFile === "" ? null : caFile }),
    ...way,
    ...(limit === undefined ? {} : { limits: withLimits(settings.limits, limit) }),
  };
}

export function isAuthMethod(text: string): text is AuthMethod {
  return METHODS.some((one) => one === text);
}

export function isTokenMethod(method: AuthMethod | null): method is TokenMethod {
  return method === "oauthbearer" || method === "xoauth2";
}
