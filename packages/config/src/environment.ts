// The environment as typed values: every variable that Packetboat reads, in one place. Pure, and without a schema library: it is read by
// every command, and start-up is a budget. It must never hold a value in a message: some of these are secrets.
import { MailError } from "@packetboat/core";

export type LogLevel = "silent" | "error" | "warn" | "info" | "debug" | "trace";
const LEVELS: readonly LogLevel[] = ["silent", "error", "warn", "info", "debug", "trace"];

export interface Environment {
  /** Null: the embedded server. */
  readonly databaseUrl: string | null;
  /** PACKETBOAT_DATABASE_KEEP=1: the embedded server stays up. */
  readonly keepDatabase: boolean;
  /** Null: the home's own. */
  readonly keyFile: string | null;
  readonly password: string | null;
  /** PACKETBOAT_PASSWORD_A and so on, of commands that take two addresses. */
  readonly sidePasswords: Readonly<Record<"a" | "b" | "from" | "to", string | null>>;
  /** PACKETBOAT_OIDC_CLIENT_SECRET: what proves the page to a provider of sign-ins. */
  readonly oidcClientSecret: string | null;
  /** Default: silent. */
  readonly logLevel: LogLevel;
  /** Null: stderr. */
  readonly logFile: string | null;
  /** Where the worker's metrics port listens. Default: 127.0.0.1. */
  readonly metricsHost: string;
  /** NO_COLOR (no-color.org): set and not empty. FORCE_COLOR wins on request of tests and recordings. */
  readonly color: "auto" | "never" | "always";
}

export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

/** Reads the variables. Throws CONFIG_INVALID naming the variable that cannot be understood. */
export function readEnvironment(env: EnvironmentVariables): Environment {
  return {
    databaseUrl: databaseUrl(text(env.PACKETBOAT_DATABASE_URL)),
    keepDatabase: flag(env, "PACKETBOAT_DATABASE_KEEP"),
    keyFile: text(env.PACKETBOAT_KEY_FILE),
    password: text(env.PACKETBOAT_PASSWORD),
    sidePasswords: {
      a: text(env.PACKETBOAT_PASSWORD_A),
      b: text(env.PACKETBOAT_PASSWORD_B),
      from: text(env.PACKETBOAT_PASSWORD_FROM),
      to: text(env.PACKETBOAT_PASSWORD_TO),
    },
    oidcClientSecret: text(env.PACKETBOAT_OIDC_CLIENT_SECRET),
    logLevel: logLevel(text(env.PACKETBOAT_LOG)),
    logFile: text(env.PACKETBOAT_LOG_FILE),
    metricsHost: text(env.PACKETBOAT_METRICS_HOST) ?? "127.0.0.1",
    color: text(env.NO_COLOR) !== null ? "never" : text(env.FORCE_COLOR) !== null ? "always" : "auto",
  };
}

const text = (value: string | undefined): string | null => (value === undefined || value === "" ? null : value);

function flag(env: EnvironmentVariables, name: string): boolean {
  const value = text(env[name])?.toLowerCase() ?? "0";
  if (["1", "true", "yes", "on"].includes(value)) return true;
  if (["0", "false", "no", "off"].includes(value)) return false;
  throw new MailError("CONFIG_INVALID", `${name} is neither 1 nor 0.`);
}

function logLevel(value: string | null): LogLevel {
  const level = LEVELS.find((name) => name === (value ?? "silent").toLowerCase());
  if (level === undefined) throw new MailError("CONFIG_INVALID", `PACKETBOAT_LOG is none of ${LEVELS.join(", ")}.`);
  return level;
}

function databaseUrl(value: string | null): string | null {
  if (value !== null && !/^postgres(ql)?:\/\//.test(value)) {
    throw new MailError(
      "CONFIG_INVALID",
      "PACKETBOAT_DATABASE_URL does not start with postgres://, as in postgres://user@host:5432/packetboat.",
    );
  }
  return value;
}
