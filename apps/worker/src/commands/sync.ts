// packetboat sync: runs the links of some or all archives, one after the other, and reports once. One account that fails does not keep
// the others from running. It must never ask for a password of an account that has none: it says so and goes on.
import { type LinkInfo, listLinks } from "@packetboat/archive";
import { asMailError, type MailError, NO_COUNTS, type RunReport } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import type { Screen } from "@packetboat/terminal";
import type { Command } from "commander";
import { signIn } from "../accounts/connect.ts";
import { accountById } from "../accounts/registry.ts";
import { passwordSource } from "../accounts/secret.ts";
import { withExamples, withReporting } from "../command-help.ts";
import { exitCodeOfError } from "../exit-codes.ts";
import type { Host, ReportingOptions } from "../host.ts";
import { openHouse } from "../house.ts";
import { endWithReports } from "../runs/end.ts";
import { runTarget } from "../runs/run-link.ts";
import { archiveByName, revisionOf, targetOf } from "../runs/targets.ts";

interface Options extends ReportingOptions {
  readonly dryRun?: boolean;
}

export function define(command: Command, host: Host): void {
  command
    .description("Runs the links of these archives, or of all archives, and reports once.")
    .argument("[ARCHIVE...]", "archives by name (default: all)")
    .option("-n, --dry-run", "look and say what would be done, write nothing");
  withReporting(command);
  withExamples(command, [
    { line: "sync", what: "everything, for example every hour" },
    { line: "sync you@mail.example.com --dry-run", what: "what would be done" },
  ]);
  command.action(async (names: readonly string[], options: Options) => {
    await sync(host, names, options);
  });
}

async function sync(host: Host, names: readonly string[], options: Options): Promise<void> {
  const started = new Date(host.now()).toISOString();
  const screen = host.screen(options);
  host.stopsByItself();
  const database = await openHouse(host, screen);
  const links = await linksOf(database, names);
  const reports: RunReport[] = [];
  for (const link of links) {
    if (host.signal.aborted) break;
    reports.push(...(await runOne(host, database, screen, link, options.dryRun === true)));
  }
  if (links.length === 0) screen.line("Nothing to do: no archive has a link yet. packetboat backup URL makes one.");
  endWithReports(host, screen, reports, started);
}

async function linksOf(database: Database, names: readonly string[]): Promise<readonly LinkInfo[]> {
  if (names.length === 0) return await listLinks(database.pool);
  const links: LinkInfo[] = [];
  for (const name of new Set(names)) {
    const archive = await archiveByName(database, name);
    links.push(...(await listLinks(database.pool, { archiveId: archive.id })));
  }
  return links;
}

async function runOne(
  host: Host,
  database: Database,
  screen: Screen,
  link: LinkInfo,
  dryRun: boolean,
): Promise<readonly RunReport[]> {
  const target = await targetOf(database, link);
  const started = new Date(host.now()).toISOString();
  try {
    const account = await accountById(database, link.accountId);
    return await runTarget(host, database, screen, target, {
      command: "sync",
      dryRun,
      revision: () => revisionOf(database, link.archiveId),
      connect: async (signal) => {
        const source = passwordSource(host, database, account, { options: {}, url: null });
        // That the account takes clear text was allowed when it was added.
        const login = { address: account.address, settings: account.settings, allowCleartext: true };
        return (await signIn(host, login, source, signal)).remote;
      },
    });
  } catch (thrown) {
    const error = asMailError(thrown);
    if (error.scope !== "account") throw thrown;
    // The lease was held, or lost: this account waits for the next time, the others do not.
    return [unstarted(link, started, new Date(host.now()).toISOString(), error)];
  }
}

function unstarted(link: LinkInfo, started: string, finished: string, error: MailError): RunReport {
  const revision = 0;
  return {
    version: 1,
    run: null,
    link: link.id,
    archive: link.archive,
    account: link.account,
    outcome: exitCodeOfError(error.code) === 130 ? "interrupted" : "failed",
    started,
    finished,
    revisionBefore: revision,
    revisionAfter: revision,
    mailboxes: [],
    totals: NO_COUNTS,
    failures: [],
    notes: [],
    halts: [],
    error: { code: error.code, text: error.message },
  };
}
