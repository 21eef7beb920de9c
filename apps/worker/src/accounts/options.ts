// The options that every command takes that signs in to an account. The same words, the same meaning, in one place.
import { resolve } from "node:path";
import { MailError } from "@packetboat/core";
import type { Command } from "commander";
import { collect } from "../command-help.ts";
import { readAuthority } from "./authority.ts";
import { withLimits } from "./limits.ts";
import { type AccountOptions, isAuthMethod } from "./settings.ts";

/** As commander gives them. */
export interface RawAccountOptions {
  readonly passwordFile?: string;
  readonly passwordCommand?: string;
  readonly caFile?: string;
  readonly authzid?: string;
  readonly auth?: string;
  readonly allowCleartext?: boolean;
  readonly limit?: readonly string[];
}

/** Adds the options. */
export function withAccountOptions(command: Command): Command {
  return command
    .option("--password-file FILE", "the password is the first line of this file")
    .option("--password-command COMMAND", "the password is the first line that this command prints")
    .option("--ca-file FILE", "trust this certificate authority (PEM) instead of the system's")
    .option("--auth METHOD", "plain, login, oauthbearer or xoauth2 (default: what the server offers)")
    .option("--authzid USER", "sign in as an administrator, act for this user")
    .option(
      "--limit LIMIT",
      "NAME=VALUE, instead of what its provider is known to allow; the names are connections,\n" +
        "commands-per-minute, bytes-per-second, down-per-day, up-per-day; a value is 4, 500MB, none or default; may be repeated",
      collect,
    )
    .option("--allow-cleartext", "let ?tls=none through for hosts that are not this machine");
}

/** Gives them checked, with absolute paths: they are kept for the nightly run. Throws CONFIG_INVALID. */
export function readAccountOptions(raw: RawAccountOptions): AccountOptions {
  const { auth, passwordFile, caFile } = raw;
  if (auth !== undefined && !isAuthMethod(auth)) {
    throw new MailError("CONFIG_INVALID", "--auth is none of plain, login, oauthbearer and xoauth2.");
  }
  if (passwordFile !== undefined && raw.passwordCommand !== undefined) {
    throw new MailError("CONFIG_INVALID", "Give either --password-file or --password-command, not both.");
  }
  // A wrong one is told before anything is asked or sent.
  if (raw.limit !== undefined) withLimits(null, raw.limit);
  const authority = caFile === undefined || caFile === "" ? caFile : resolve(caFile);
  if (authority) readAuthority(authority);
  return {
    auth,
    authzid: raw.authzid,
    caFile: authority,
    passwordFile: passwordFile === undefined ? undefined : resolve(passwordFile),
    passwordCommand: raw.passwordCommand,
    limit: raw.limit,
  };
}
