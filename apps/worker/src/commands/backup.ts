// packetboat backup: an account pulled into an archive, by one line that is the same every night. The first time it makes what it needs
// (account, archive, link), afterwards it recognises the account by user, host and port. It must never make anything before the server
// has let it in, nor write a password down without being told to.
import type { LinkInfo } from "@packetboat/archive";
import { type AccountUrl, parseAccountUrl } from "@packetboat/config";
import { MailError } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { harmless, type Screen } from "@packetboat/terminal";
import type { Command } from "commander";
import { answered, type Connection, signIn } from "../accounts/connect.ts";
import { type RawAccountOptions, readAccountOptions, withAccountOptions } from "../accounts/options.ts";
import { type Account, accountByAddress, makeAccount } from "../accounts/registry.ts";
import { hasOwnSource, offerToKeep, passwordSource } from "../accounts/secret.ts";
import { type AccountSettings, settingsFor, withOptions } from "../accounts/settings.ts";
import { collect, withExamples, withReporting } from "../command-help.ts";
import { firstNightLines } from "../display/first-night.ts";
import { nightOf } from "../display/nightly.ts";
import type { Host, ReportingOptions } from "../host.ts";
import { openHouse, placeOfData, stopSignal } from "../house.ts";
import { findBackupLink, makeBackup, setPatterns, underPatterns } from "../runs/backup-link.ts";
import { endWithReports } from "../runs/end.ts";
import { runRounds } from "../runs/rounds.ts";
import { targetOf } from "../runs/targets.ts";

export interface BackupOptions extends RawAccountOptions, ReportingOptions {
  readonly archive?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly dryRun?: boolean;
}

export function define(command: Command, host: Host): void {
  command
    .description(
      "Pulls an account into an archive. The first run makes both; every later run of the same line fetches what is new and\n" +
        "records what changed. Nothing is ever changed on the server, and what is removed there stays readable in the archive.",
    )
    .argument("URL", "imaps://you@mail.example.com[:993], or imap://you@mail.example.com[:143] (STARTTLS is required)")
    .option("--archive NAME", "the archive to pull into (default: the account's address)")
    .option("--include PATTERN", "only mailboxes that match; * is any text; may be repeated", collect)
    .option("--exclude PATTERN", "no mailboxes that match; may be repeated", collect);
  withAccountOptions(command).option("-n, --dry-run", "look and say what would be done, write nothing");
  withReporting(command);
  withExamples(command, [
    { line: "backup imaps://you@mail.example.com", what: "asks for the password" },
    { line: "backup imaps://you@mail.example.com --password-file ~/.mail-password --quiet", what: "for cron" },
    { line: "backup imaps://you@mail.example.com --exclude 'Junk*' --archive mail", what: "without spam" },
  ]);
  command.action(async (text: string, options: BackupOptions) => {
    const url = parseAccountUrl(text, { allowCleartext: options.allowCleartext === true });
    await backup(host, url, options);
  });
}

async function backup(host: Host, url: AccountUrl, options: BackupOptions): Promise<void> {
  const given = readAccountOptions(options);
  const started = new Date(host.now()).toISOString();
  const screen = host.screen(options);
  host.stopsByItself();
  const database = await openHouse(host, screen);
  const known = await accountByAddress(database, url);
  const settings = withOptions({ ...(known?.settings ?? settingsFor(url.security)), security: url.security }, given);
  const way = passwordSource(host, database, known, { options: given, url: url.password });
  const { source, typed } = await answered(url, way);
  let signedIn: Connection | null = null;
  const connect = async (signal: AbortSignal): Promise<Connection> => {
    const login = { database, address: url, settings, allowCleartext: options.allowCleartext === true };
    signedIn ??= await signIn(host, login, source, signal);
    return signedIn;
  };
  const link = known === null ? null : await findBackupLink(database, known, options.archive);
  // A known account gets a run for every try, also for one that never reaches the server. A new one is made when it is let in.
  if (link === null) await connect(stopSignal(host, database));
  try {
    const made = await prepare(database, { url, known, link, settings, options });
    sayNarrowed(screen, link, made.link, options.dryRun === true);
    const target = await targetOf(database, made.link);
    // Whatever the link may do: a backup never writes to the server.
    const how = { command: "backup", dryRun: options.dryRun === true, pushes: false };
    const reports = await runRounds({ host, database, screen }, [{ target, connect }], how);
    endWithReports(host, screen, reports, started);
    const kept = host.signal.aborted ? false : await offerToKeep(host, database, made.account, typed);
    const { outcome = "failed" } = reports.at(-1) ?? {};
    if (link === null && outcome !== "failed" && outcome !== "interrupted") {
      // What was given for this run alone, in the address, the environment or by hand, is not there at night; what the account keeps is.
      const isNamed = given.passwordFile !== undefined || given.passwordCommand !== undefined;
      const hasPassword = kept || isNamed || hasOwnSource(host, database, made.account, given.auth ?? null);
      sayFirstNight(host, database, screen, { url, options, archive: made.link.archive, hasPassword });
    }
  } finally {
    await (signedIn as Connection | null)?.remote.close();
  }
}

interface Wanted {
  readonly url: AccountUrl;
  readonly known: Account | null;
  readonly link: LinkInfo | null;
  readonly settings: AccountSettings;
  readonly options: BackupOptions;
}

/** The account and the link as they are to be run; nothing is changed by a dry run. */
async function prepare(
  database: Database,
  wanted: Wanted,
): Promise<{ readonly account: Account; readonly link: LinkInfo }> {
  const { url, known, link, settings, options } = wanted;
  const patterns = { include: options.include, exclude: options.exclude };
  if (known !== null && link !== null) {
    if (options.dryRun === true) return { account: known, link: underPatterns(link, patterns) };
    const account = await makeAccount(database, { url, known, settings });
    return { account, link: await setPatterns(database, link, patterns) };
  }
  if (options.dryRun === true) {
    throw new MailError(
      "CONFIG_INVALID",
      "The password is right. There is no archive of this account yet to compare with; run the same line without --dry-run.",
    );
  }
  return await makeBackup(database, { url, known, settings, archive: options.archive, patterns });
}

/** What is given once stays: whoever leaves it out the next night would think that everything is backed up again. */
function sayNarrowed(screen: Screen, before: LinkInfo | null, after: LinkInfo, isDry: boolean): void {
  const { include, exclude } = after.policy;
  const same =
    before !== null &&
    JSON.stringify([before.policy.include, before.policy.exclude]) === JSON.stringify([include, exclude]);
  if (same || include.length + exclude.length === 0) return;
  const words = [
    ...(include.length > 0 ? [`only mailboxes that match ${include.join(", ")}`] : []),
    ...(exclude.length > 0 ? [`none that match ${exclude.join(", ")}`] : []),
  ].join(", and ");
  const how = before === null ? "" : ` packetboat link set ${after.id} --all-mailboxes takes all again.`;
  screen.line(
    harmless(
      `${isDry ? "It would take" : "From now on it takes"} ${words}; this stays, also where it is not said again.${how}`,
    ),
  );
}

function sayFirstNight(
  host: Host,
  database: Database,
  screen: Screen,
  about: {
    readonly url: AccountUrl;
    readonly options: BackupOptions;
    readonly archive: string;
    readonly hasPassword: boolean;
  },
): void {
  screen.line();
  const night = nightOf({
    ...about,
    program: host.program,
    variables: host.variables,
    where: placeOfData(host, database),
  });
  for (const line of firstNightLines(night)) screen.line(line);
}
