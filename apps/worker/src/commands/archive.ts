// packetboat archive: what archives there are, what one holds, and removing one for good, with a question that cannot be missed.
import { archiveTotals, listArchives, listLinks, removeArchive } from "@packetboat/archive";
import { count, instant, plural, tableLines } from "@packetboat/terminal";
import type { Command } from "commander";
import { confirmRemoval } from "../accounts/confirm.ts";
import { subcommand, withExamples, withReporting } from "../command-help.ts";
import type { Host, ReportingOptions } from "../host.ts";
import { openHouse } from "../house.ts";
import { archiveByName } from "../runs/targets.ts";
import { linkWords } from "./link-words.ts";

export function define(command: Command, host: Host): void {
  withExamples(command.description("Lists, shows and removes archives."), [
    { line: "archive list", what: "all archives" },
    { line: "archive show you@mail.example.com", what: "what it holds, and from where" },
  ]);
  withReporting(subcommand(command, "list", "all archives")).action(list(host));
  withReporting(subcommand(command, "show ARCHIVE", "what an archive holds, and from where")).action(show(host));
  withReporting(subcommand(command, "remove ARCHIVE", "remove an archive with all its mail, for good"))
    .option("--yes", "without asking")
    .action(remove(host));
}

const iso = (time: number | null) => (time === null ? null : new Date(time).toISOString());

const list = (host: Host) => async (options: ReportingOptions) => {
  const screen = host.screen(options);
  const { pool } = await openHouse(host, screen);
  const archives = await Promise.all(
    (await listArchives(pool)).map(async (archive) => ({ archive, totals: await archiveTotals(pool, archive.id) })),
  );
  screen.data({
    version: 1,
    archives: archives.map(({ archive, totals }) => ({
      ...archive,
      createdAt: iso(archive.createdAt),
      changedAt: iso(archive.changedAt),
      ...totals,
    })),
  });
  if (archives.length === 0) {
    screen.line("There is no archive yet: packetboat backup URL makes one.");
    return;
  }
  const columns = ["archive", "mailboxes", "messages", "revision", "changed"].map((title) => ({
    title,
    align: title === "archive" || title === "changed" ? ("left" as const) : ("right" as const),
  }));
  const rows = archives.map(({ archive, totals }) => [
    archive.name,
    count(totals.mailboxes),
    count(totals.messages),
    count(archive.revision),
    archive.changedAt === null ? "never" : instant(archive.changedAt),
  ]);
  for (const line of tableLines(columns, rows, screen.width())) screen.line(line);
};

const show = (host: Host) => async (name: string, options: ReportingOptions) => {
  const screen = host.screen(options);
  const database = await openHouse(host, screen);
  const archive = await archiveByName(database, name);
  const totals = await archiveTotals(database.pool, archive.id);
  const links = await listLinks(database.pool, { archiveId: archive.id });
  screen.data({
    version: 1,
    ...archive,
    createdAt: iso(archive.createdAt),
    changedAt: iso(archive.changedAt),
    ...totals,
    links,
  });
  screen.line(screen.bold(archive.name));
  screen.line(
    `  ${plural(totals.messages, "message")} in ${plural(totals.mailboxes, "mailbox")}, ${count(totals.everStored)} with those of earlier revisions`,
  );
  screen.line(
    `  revision ${count(archive.revision)}${archive.changedAt === null ? "" : `, changed ${instant(archive.changedAt)}`}, made ${instant(archive.createdAt)}`,
  );
  for (const link of links) screen.line(`  link ${link.id}: ${linkWords(link)}`);
};

const remove = (host: Host) => async (name: string, options: ReportingOptions & { readonly yes?: boolean }) => {
  const screen = host.screen(options);
  const database = await openHouse(host, screen);
  const archive = await archiveByName(database, name);
  const { everStored } = await archiveTotals(database.pool, archive.id);
  const what = `the archive ${name} with ${plural(everStored, "message")} and all its history`;
  await confirmRemoval(host, what, options.yes === true);
  await removeArchive(database.pool, archive.id);
  screen.data({ removed: name, messages: everStored });
  screen.line(`Removed ${what}. The accounts stay; packetboat account list shows them.`);
};
