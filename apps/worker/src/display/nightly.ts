// From the line that was typed to the line for every night: the same options, paths made absolute, no password. Pure.
import { resolve } from "node:path";
import { type AccountAddress, type EnvironmentVariables, showAccountUrl } from "@packetboat/config";
import type { FirstNight } from "./first-night.ts";

interface Typed {
  readonly archive?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly passwordFile?: string;
  readonly passwordCommand?: string;
  readonly caFile?: string;
  readonly authzid?: string;
  readonly auth?: string;
  readonly allowCleartext?: boolean;
}

export interface NightFacts {
  readonly url: AccountAddress;
  readonly options: Typed;
  readonly archive: string;
  readonly hasPassword: boolean;
  readonly program: string;
  readonly where: string;
  readonly variables: EnvironmentVariables;
}

/** Variables that decide where things lie; cron and systemd do not have a login shell's. None of them holds a secret. */
const PLACES = ["PACKETBOAT_HOME", "PACKETBOAT_KEY_FILE", "XDG_DATA_HOME"] as const;

/** Gives what the page after the first backup needs. */
export function nightOf({ url, options, archive, hasPassword, program, where, variables }: NightFacts): FirstNight {
  const option = (name: string, value: string | undefined) => (value === undefined ? [] : [name, value]);
  const path = (value: string | undefined) => (value === undefined ? undefined : resolve(value));
  const args = [
    showAccountUrl(url),
    ...option("--archive", options.archive),
    ...(options.include ?? []).flatMap((pattern) => ["--include", pattern]),
    ...(options.exclude ?? []).flatMap((pattern) => ["--exclude", pattern]),
    ...option("--password-file", path(options.passwordFile)),
    ...option("--password-command", options.passwordCommand),
    ...option("--ca-file", path(options.caFile)),
    ...option("--auth", options.auth),
    ...option("--authzid", options.authzid),
    ...(options.allowCleartext === true ? ["--allow-cleartext"] : []),
  ];
  const set = PLACES.flatMap((name) => {
    const value = variables[name];
    return value === undefined || value === "" ? [] : [[name, value] as const];
  });
  const foreignDatabase = (variables.PACKETBOAT_DATABASE_URL ?? "") !== "";
  const call = variables.PACKETBOAT_CALL ?? "";
  return {
    program,
    archive,
    where,
    args,
    hasPassword,
    variables: Object.fromEntries(set),
    foreignDatabase,
    call: call === "" ? null : call,
  };
}
