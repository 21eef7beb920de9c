// packetboat sync: runs the links of some or all archives, one archive after the other in rounds, and reports once. One account that fails
// does not keep the others from running. It must never ask for a password of an account that has none: it says so and goes on.
import { type LinkInfo, listLinks } from "@packetboat/archive";
import type { RunReport } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import type { Command } from "commander";
import { withExamples, withReporting } from "../command-help.ts";
import type { Host, ReportingOptions } from "../host.ts";
import { openHouse } from "../house.ts";
import { endWithReports } from "../runs/end.ts";
import { memberOfLink } from "../runs/members.ts";
import { runRounds } from "../runs/rounds.ts";
import { archiveByName } from "../runs/targets.ts";

interface Options extends ReportingOptions {
  readonly dryRun?: boolean;
}

export function define(command: Command, host: Host): void {
  command
    .description(
      "Runs the links of these archives, or of all archives, and reports once. The accounts of an archive are pulled, then those\n" +
        "that may be written to are brought up to the archive, in rounds until one changes nothing.",
    )
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
  for (const group of groupsOf(links)) {
    if (host.signal.aborted) break;
    const members = await Promise.all(group.map(({ id }) => memberOfLink(host, database, id)));
    const how = { command: "sync", dryRun: options.dryRun === true, pushes: true };
    reports.push(...(await runRounds({ host, database, screen }, members, how)));
  }
  if (links.length === 0) screen.line("Nothing to do: no archive has a link yet. packetboat backup URL makes one.");
  endWithReports(host, screen, reports, started);
}

/** An archive's links make rounds together. Where nothing is pushed they do not need each other, and one after the other holds one lease. */
function groupsOf(links: readonly LinkInfo[]): readonly (readonly LinkInfo[])[] {
  return [...Map.groupBy(links, (link) => link.archiveId).values()].flatMap((group) =>
    group.some(({ rights }) => rights.push) ? [group] : group.map((link) => [link]),
  );
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
