// The options of a command that takes two addresses: the same as of one, each with the letter or word of its side, and the environment's
// variable for it. It must never take one account's password for the other's: PACKETBOAT_PASSWORD alone would go to both servers.
import { type AccountUrl, parseAccountUrl } from "@packetboat/config";
import { MailError } from "@packetboat/core";
import type { Command } from "commander";
import { readAccountOptions } from "./options.ts";
import type { AccountOptions } from "./settings.ts";

export type SideName = "a" | "b" | "from" | "to";

/** As commander gives them: passwordFileA, caFileTo, … */
export interface RawSideOptions {
  readonly allowCleartext?: boolean;
}

/** One account of such a command. */
export interface GivenSide {
  readonly name: SideName;
  readonly url: AccountUrl;
  readonly given: AccountOptions;
}

const KEYS = ["passwordFile", "passwordCommand", "caFile", "auth", "authzid"] as const;

/** Adds the options of both sides. */
export function withSideOptions(command: Command, names: readonly [SideName, SideName]): Command {
  const either = (option: string) => names.map((name) => `--${option}-${name}`).join(" or ");
  for (const name of names) {
    const of = `of ${name.toUpperCase()}`;
    command
      .option(`--password-file-${name} FILE`, `the password ${of} is the first line of this file`)
      .option(`--password-command-${name} COMMAND`, `the password ${of} is the first line that this command prints`)
      .option(`--ca-file-${name} FILE`, `for ${name.toUpperCase()}, trust this certificate authority (PEM)`)
      .option(`--auth-${name} METHOD`, `for ${name.toUpperCase()}: plain, login, oauthbearer or xoauth2`)
      .option(`--authzid-${name} USER`, `sign in to ${name.toUpperCase()} as an administrator, act for this user`);
  }
  command.option("--allow-cleartext", "let ?tls=none through for hosts that are not this machine");
  return command.addHelpText(
    "after",
    `\nPasswords: in the address, by ${either("password-file")},\n${names
      .map((name) => `PACKETBOAT_PASSWORD_${name.toUpperCase()}`)
      .join(" or ")} in the environment, or asked for.`,
  );
}

/** Gives one side, checked. Throws CONFIG_INVALID. */
export function readSide(name: SideName, text: string, raw: RawSideOptions): GivenSide {
  const url = parseAccountUrl(text, { allowCleartext: raw.allowCleartext === true });
  const suffix = name.charAt(0).toUpperCase() + name.slice(1);
  const values = raw as Readonly<Record<string, unknown>>;
  const own = Object.fromEntries(KEYS.map((key) => [key, values[`${key}${suffix}`]]));
  return { name, url, given: readAccountOptions(own) };
}

/** Throws CONFIG_INVALID when both are one account. */
export function refuseSameAccount([one, other]: readonly [GivenSide, GivenSide]): void {
  const same = one.url.user === other.url.user && one.url.host === other.url.host && one.url.port === other.url.port;
  if (same) throw new MailError("CONFIG_INVALID", "Both addresses are the same account. Give two different ones.");
}
