// packetboat migrate: all mail of one account to another, by one line that can be run again to catch up. The source is pulled into an archive and
// never written to; the target is pushed while that goes on. It must never say that mail is there which the target has not confirmed.
import { linkStatuses, sentMailboxes } from "@packetboat/archive";
import type { RunReport } from "@packetboat/core";
import type { Command } from "commander";
import { type RawSideOptions, readSide, refuseSameAccount, withSideOptions } from "../accounts/side-options.ts";
import { collect, withExamples, withReporting } from "../command-help.ts";
import { type Migrated, migratedLines, migratedTotals } from "../display/migrated.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Host, ReportingOptions } from "../host.ts";
import { openHouse } from "../house.ts";
import { endWithReports, sayFirstLook } from "../runs/end.ts";
import { endWithFinal, type FinalOptions, finalStep, refuseLoneOptions } from "../runs/final-end.ts";
import type { Surroundings } from "../runs/open-accounts.ts";
import { type Pair, type PairOptions, type PairSide, withPair } from "../runs/pair.ts";
import { runRounds } from "../runs/rounds.ts";

export interface MigrateOptions extends PairOptions, RawSideOptions, ReportingOptions, FinalOptions {}

export function define(command: Command, host: Host): void {
  command
    .description(
      "Brings all mail of one account to another: mailboxes, messages byte for byte, dates, flags, keywords. Nothing is changed on\n" +
        "the first server. What the second one holds already is found and not sent again, and nothing is removed there.\n" +
        "Run the same line again to catch up with what changed meanwhile.",
    )
    .argument("URL_FROM", "imaps://you@old.example[:993], or imap://you@old.example[:143] (STARTTLS is required)")
    .argument("URL_TO", "the account that the mail goes to")
    .option("--archive NAME", 'the archive in between (default: "FROM to TO", by their addresses)')
    .option("--include PATTERN", "only mailboxes that match; * is any text; may be repeated", collect)
    .option("--exclude PATTERN", "no mailboxes that match; may be repeated", collect);
  withSideOptions(command, ["from", "to"]).option("-n, --dry-run", "look and say what would be done, write nothing");
  command
    .option("--final", "then ask both servers anew and compare message by message; exit code 3 while one is not proved")
    .option("--deep", "with --final: download everything from both servers and compare every byte")
    .option("--verbose", "with --final: show every mailbox, also where nothing differs");
  withReporting(command);
  withExamples(command, [
    { line: "migrate imaps://you@old.example imaps://you@new.example", what: "asks for the passwords" },
    { line: "migrate imaps://you@old.example imaps://you@new.example --dry-run", what: "what both hold" },
    { line: "migrate imaps://you@old.example imaps://you@new.example --exclude 'Junk*'", what: "without spam" },
    { line: "migrate imaps://you@old.example imaps://you@new.example --final", what: "catch up, and prove it" },
  ]);
  command.action(async (from: string, to: string, options: MigrateOptions) => {
    const sides = [
      { ...readSide("from", from, options), rights: { pull: true, push: false } },
      { ...readSide("to", to, options), rights: { pull: false, push: true } },
    ] as const;
    refuseSameAccount(sides);
    refuseLoneOptions(options);
    await migrate(host, sides, options);
  });
}

async function migrate(host: Host, sides: readonly [PairSide, PairSide], options: MigrateOptions): Promise<void> {
  const started = new Date(host.now()).toISOString();
  const screen = host.screen(options);
  host.stopsByItself();
  const around = { host, database: await openHouse(host, screen), screen };
  await withPair(around, sides, "to", options, {
    look: (look) => sayFirstLook(around, sides, look),
    run: async (pair) => {
      const how = { command: "migrate", dryRun: options.dryRun === true, pushes: true };
      if (options.final !== true) {
        await tell(around, pair, await runRounds(around, pair.members, how), started);
        return;
      }
      const final = finalStep(around, pair, options);
      const reports = await runRounds(around, pair.members, how, final.afterwards);
      endWithFinal(around, { reports, started, compared: final.compared(), verbose: options.verbose === true });
      await pair.offerToKeep();
    },
  });
}

/** Ends from which it is known how much of the mail is there. */
const KNOWN: ReadonlySet<ExitCode> = new Set([EXIT.done, EXIT.partial, EXIT.halted]);

async function tell(around: Surroundings, pair: Pair, reports: readonly RunReport[], started: string): Promise<void> {
  const { host, screen } = around;
  const isDry = reports.every(({ run }) => run === null);
  const isAsked = screen.json || !screen.quiet;
  const migrated = isDry || !isAsked ? null : await migratedOf(around, pair);
  const more = migrated === null ? {} : { target: migratedTotals(migrated) };
  const { exitCode } = endWithReports(host, screen, reports, started, more);
  if (migrated !== null && KNOWN.has(exitCode)) for (const line of migratedLines(migrated)) screen.line(line);
  await pair.offerToKeep();
}

async function migratedOf({ database: { pool } }: Surroundings, { links: [from, to] }: Pair): Promise<Migrated> {
  const [mailboxes, statuses] = await Promise.all([sentMailboxes(pool, to.archiveId, to.id), linkStatuses(pool)]);
  const notFetched = statuses.find(({ link }) => link.id === from.id)?.notFetched ?? 0;
  return { source: from.account, target: to.account, mailboxes, notFetched };
}
