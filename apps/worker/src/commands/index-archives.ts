// packetboat index: makes what restore search reads, of everything that is new since the last time. It reads the archive alone, asks no server,
// and can be stopped and killed at will.
import { type ArchiveInfo, indexedPartly, listArchives, rebuildIndex } from "@packetboat/archive";
import { openReader } from "@packetboat/index";
import { count, duration, harmless, plural } from "@packetboat/terminal";
import type { Command } from "commander";
import { withExamples, withReporting } from "../command-help.ts";
import type { Host, ReportingOptions } from "../host.ts";
import { openHouse, reasonOf, stopSignal } from "../house.ts";
import { indexArchive } from "../indexing/index-archive.ts";
import { archiveByName } from "../runs/targets.ts";

interface Options extends ReportingOptions {
  readonly rebuild?: boolean;
}

const PROGRESS_MS = 2_000;

const REASONS: Readonly<Record<string, string>> = {
  parser: "not mail as the parser knows it: headers and the text parts that could be had",
  time: "took the parser too long: headers and the text parts that could be had",
  memory: "took the parser too much memory: headers and the text parts that could be had",
  size: "larger than what is looked at: its beginning",
  damaged: "damaged in the archive: nothing (packetboat verify names them)",
};

export function define(command: Command, host: Host): void {
  command
    .description(
      "Makes new mail of these archives (all, without a name) findable: subjects, addresses, text, names of attachments.\n" +
        "Run it after a backup, or let packetboat worker do it. It can be stopped at any time; the next one goes on.",
    )
    .argument("[ARCHIVE...]")
    .option("--rebuild", "everything anew; what is indexed stays findable meanwhile");
  withReporting(command);
  withExamples(command, [
    { line: "index", what: "whatever is new" },
    { line: "index you@mail.example.com", what: "one archive" },
  ]);
  command.action((names: readonly string[], options: Options) => index(host, names, options));
}

async function index(host: Host, names: readonly string[], options: Options): Promise<void> {
  const screen = host.screen(options);
  host.stopsByItself();
  const database = await openHouse(host, screen);
  const signal = stopSignal(host, database);
  const archives: ArchiveInfo[] = [];
  for (const name of names) archives.push(await archiveByName(database, name));
  if (names.length === 0) archives.push(...(await listArchives(database.pool)));
  const reader = openReader();
  host.onLeave(reader.close);
  const done = [];
  for (const archive of archives) {
    if (options.rebuild === true) await rebuildIndex(database.pool, archive.id);
    const began = host.now();
    let told = began;
    const onProgress = (messages: number, all: number): void => {
      if (host.now() - told < PROGRESS_MS) return;
      told = host.now();
      screen.progress(`${harmless(archive.name)}: ${count(messages)} of ${plural(all, "message")} indexed`);
    };
    try {
      const indexed = await indexArchive(database, archive.id, { reader, signal, onProgress });
      done.push({ archive: archive.name, ...indexed });
      const took = duration(host.now() - began);
      if (indexed.busy) screen.line(`${harmless(archive.name)}: another command is indexing it.`);
      else if (indexed.messages === 0) screen.line(`${harmless(archive.name)}: nothing new.`);
      else screen.line(`${harmless(archive.name)}: ${plural(indexed.messages, "message")} indexed (${took}).`);
      if (indexed.partly > 0)
        for (const { reason, messages } of await indexedPartly(database.pool, archive.id))
          screen.line(
            `  ${plural(messages, "message")} ${REASONS[reason ?? ""] ?? "longer than what is kept of a text: its beginning"}`,
          );
    } catch (error) {
      throw reasonOf(signal) ?? error;
    }
  }
  screen.data({ version: 1, archives: done });
  if (archives.length === 0) screen.line("There is no archive yet: packetboat backup URL makes one.");
}
