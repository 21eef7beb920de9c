// packetboat mirror: two accounts that are to be equal, by one line that can be run again. Each is reconciled with one archive in rounds until
// one changes nothing; --watch stays and follows. It must never bend an archive that serves something else to this purpose.
import { archiveTotals } from "@packetboat/archive";
import { MailError, type RunReport } from "@packetboat/core";
import { plural } from "@packetboat/terminal";
import type { Command } from "commander";
import { type RawSideOptions, readSide, refuseSameAccount, withSideOptions } from "../accounts/side-options.ts";
import { collect, withExamples, withReporting } from "../command-help.ts";
import { lastOfEach } from "../display/per-link.ts";
import { changesOf } from "../display/report.ts";
import { EXIT } from "../exit-codes.ts";
import type { Host, ReportingOptions } from "../host.ts";
import { openHouse } from "../house.ts";
import { readCount } from "../runs/count.ts";
import { endWithReports, sayFirstLook } from "../runs/end.ts";
import type { Surroundings } from "../runs/open-accounts.ts";
import { type Pair, type PairOptions, type PairSide, withPair } from "../runs/pair.ts";
import { runRounds } from "../runs/rounds.ts";
import type { WatchOptions } from "../runs/watch-account.ts";

export interface MirrorOptions extends PairOptions, RawSideOptions, ReportingOptions {
  readonly watch?: boolean;
  readonly watchMailbox?: readonly string[];
  readonly poll?: string;
}

const BOTH = { pull: true, push: true } as const;

export function define(command: Command, host: Host): void {
  command
    .description(
      "Keeps two accounts equal: new mail, flags, moves, removals and mailboxes travel both ways, through an archive that keeps\n" +
        "every earlier state. What both hold already is found by its bytes and not doubled. Run the same line again to catch up.",
    )
    .argument("URL_A", "imaps://you@one.example[:993], or imap://you@one.example[:143] (STARTTLS is required)")
    .argument("URL_B", "the other account")
    .option("--archive NAME", 'the archive between the two (default: "A and B", by their addresses)')
    .option("--include PATTERN", "only mailboxes that match; * is any text; may be repeated", collect)
    .option("--exclude PATTERN", "no mailboxes that match; may be repeated", collect)
    .option("--watch", "stay and follow changes as they come, until Ctrl-C")
    .option("--watch-mailbox PATTERN", "besides INBOX, follow these at once; may be repeated", collect)
    .option("--poll SECONDS", "how often the other mailboxes are asked for changes (default: 60)");
  withSideOptions(command, ["a", "b"]).option("-n, --dry-run", "look and say what would be done, write nothing");
  withReporting(command);
  withExamples(command, [
    { line: "mirror imaps://you@one.example imaps://you@two.example", what: "asks for the passwords" },
    { line: "mirror imaps://you@one.example imaps://you@two.example --dry-run", what: "what both hold" },
    { line: "mirror imaps://you@one.example imaps://you@two.example --watch", what: "stays and follows changes" },
  ]);
  command.action(async (a: string, b: string, options: MirrorOptions) => {
    const sides = [
      { ...readSide("a", a, options), rights: BOTH },
      { ...readSide("b", b, options), rights: BOTH },
    ] as const;
    refuseSameAccount(sides);
    await mirror(host, sides, options);
  });
}

async function mirror(host: Host, sides: readonly [PairSide, PairSide], options: MirrorOptions): Promise<void> {
  const started = new Date(host.now()).toISOString();
  const watching = watchOptions(options);
  const screen = host.screen(options);
  host.stopsByItself();
  const around = { host, database: await openHouse(host, screen), screen };
  await withPair(around, sides, "and", options, {
    look: (look) => sayFirstLook(around, sides, look),
    run: async (pair) => {
      const how = { command: "mirror", dryRun: options.dryRun === true, pushes: true };
      const tell = (reports: readonly RunReport[]) => tellFirst(around, pair, reports, started);
      if (watching === null) return await tell(await runRounds(around, pair.members, how));
      const { runAndWatch } = await import("../runs/watch.ts");
      await runAndWatch(around, pair.members, how, watching, tell);
    },
  });
}

function watchOptions({ watch, watchMailbox = [], poll, dryRun }: MirrorOptions): WatchOptions | null {
  const seconds = poll === undefined ? 60 : readCount("--poll", poll, 86_400);
  if (watch !== true) {
    if (watchMailbox.length > 0 || poll !== undefined)
      throw new MailError("CONFIG_INVALID", "--watch-mailbox and --poll belong to --watch. Add it, or leave them out.");
    return null;
  }
  if (dryRun === true)
    throw new MailError("CONFIG_INVALID", "--watch and --dry-run contradict each other. Give one of them.");
  return { patterns: watchMailbox, pollMs: seconds * 1000 };
}

/** The report, and whether both agree now; then the question whether typed passwords are to be kept. */
async function tellFirst(
  { host, database, screen }: Surroundings,
  pair: Pair,
  reports: readonly RunReport[],
  started: string,
): Promise<void> {
  const { exitCode } = endWithReports(host, screen, reports, started);
  const last = lastOfEach(reports);
  const [first, second] = pair.links;
  const isWell = exitCode === EXIT.done && last.length === 2 && last.every(({ run }) => run !== null);
  const isQuiet = last.every(({ totals }) => changesOf(totals, false).length === 0);
  if (isWell && !isQuiet) screen.line("Mail is still changing; run the same line again, or stay with --watch.");
  if (isWell && isQuiet && !screen.quiet && !screen.json) {
    const { messages, mailboxes } = await archiveTotals(database.pool, first.archiveId);
    const what = `${plural(messages, "message")} in ${plural(mailboxes, "mailbox")}`;
    screen.line(`${first.account} and ${second.account} agree: ${what}.`);
  }
  if (pair.isNew && exitCode === EXIT.done) {
    screen.line(
      `The archive between them is "${first.archive}". The same line again, or packetboat sync, brings both up to date.`,
    );
  }
  await pair.offerToKeep();
}
