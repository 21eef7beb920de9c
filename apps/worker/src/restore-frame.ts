// What the restore app is handed: this command line's house and words. The two apps do not import each other; only the command table
// brings them together. It must never hand out anything that writes to an archive.
import type { Database } from "@packetboat/database";
import type { Screen } from "@packetboat/terminal";
import { collect, subcommand, withExamples } from "./command-help.ts";
import type { Host } from "./host.ts";
import { openHouse } from "./house.ts";
import { archiveByName } from "./runs/targets.ts";

/** The words that all commands share. */
export const FRAME = { subcommand, withExamples, collect };

/** Gives the host with what opens the database and finds an archive. */
export function restoreHost(host: Host) {
  return {
    ...host,
    open: (screen: Screen): Promise<Database> => openHouse(host, screen),
    archiveByName,
  };
}
