// Every command with one line of what it does, and where its code is. The list is all that `packetboat --help` needs; a command's module
// is loaded when it is asked for. It must never name a command that does not work yet.
import type { Command } from "commander";
import type { Host } from "./host.ts";

/** What a command's module exports: it adds arguments, options, examples and actions to the command it is given. */
export interface CommandModule {
  readonly define: (command: Command, host: Host) => void;
}

export interface TableRow {
  readonly name: string;
  readonly summary: string;
  readonly group: string;
  readonly load: () => Promise<CommandModule>;
}

const DAILY = "Every day:";
const SETTINGS = "What is kept in step:";
const READ = "Reading the archive:";
const UPKEEP = "Upkeep:";

export const COMMANDS: readonly TableRow[] = [
  {
    name: "backup",
    summary: "pull an account into an archive; the same line every night",
    group: DAILY,
    load: () => import("./commands/backup.ts"),
  },
  {
    name: "database",
    summary: "where the database is; start, stop, upgrade, dump, load",
    group: UPKEEP,
    load: () => import("./commands/database.ts"),
  },
];
