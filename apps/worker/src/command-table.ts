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

/** A command of the restore app, with the house and words of this one. */
async function restoreModule(
  pick: (app: typeof import("@packetboat/restore")) => typeof import("@packetboat/restore")["defineRestore"],
): Promise<CommandModule> {
  const [app, { FRAME, restoreHost }] = await Promise.all([
    import("@packetboat/restore"),
    import("./restore-frame.ts"),
  ]);
  return { define: (command, host) => pick(app)(command, restoreHost(host), FRAME) };
}

export const COMMANDS: readonly TableRow[] = [
  {
    name: "backup",
    summary: "pull an account into an archive; the same line every night",
    group: DAILY,
    load: () => import("./commands/backup.ts"),
  },
  {
    name: "migrate",
    summary: "bring all mail of one account to another; again to catch up",
    group: DAILY,
    load: () => import("./commands/migrate.ts"),
  },
  {
    name: "mirror",
    summary: "keep two accounts equal; --watch follows changes live",
    group: DAILY,
    load: () => import("./commands/mirror.ts"),
  },
  {
    name: "sync",
    summary: "run the links of some or all archives",
    group: DAILY,
    load: () => import("./commands/sync.ts"),
  },
  {
    name: "status",
    summary: "what is up to date, and what is overdue",
    group: DAILY,
    load: () => import("./commands/status.ts"),
  },
  {
    name: "worker",
    summary: "the daemon: runs links at their times, follows watched ones",
    group: DAILY,
    load: () => import("./commands/worker.ts"),
  },
  { name: "runs", summary: "what ran, and its report", group: DAILY, load: () => import("./commands/runs.ts") },
  {
    name: "approve",
    summary: "let through the removals that a run holds back",
    group: DAILY,
    load: () => import("./commands/approve.ts"),
  },
  {
    name: "account",
    summary: "add, list, show, test or remove an account",
    group: SETTINGS,
    load: () => import("./commands/account.ts"),
  },
  {
    name: "archive",
    summary: "list, show or remove an archive",
    group: SETTINGS,
    load: () => import("./commands/archive.ts"),
  },
  {
    name: "link",
    summary: "tie accounts to archives: rights, mailboxes, limits",
    group: SETTINGS,
    load: () => import("./commands/link.ts"),
  },
  {
    name: "apply",
    summary: "make all of these what a file declares",
    group: SETTINGS,
    load: () => import("./commands/apply.ts"),
  },
  {
    name: "restore",
    summary: "read an archive as it is or was: list, show, compare, export; put mail back",
    group: READ,
    load: () => restoreModule(({ defineRestore }) => defineRestore),
  },
  {
    name: "web",
    summary: "serve the archives over HTTP: the API",
    group: READ,
    load: () => restoreModule(({ defineWeb }) => defineWeb),
  },
  {
    name: "import",
    summary: "bring mail from files and other programs into an archive",
    group: READ,
    load: () => restoreModule(({ defineImport }) => defineImport),
  },
  {
    name: "log",
    summary: "what changed in an archive",
    group: READ,
    load: () => restoreModule(({ defineLog }) => defineLog),
  },
  {
    name: "verify",
    summary: "prove an archive against itself and its servers",
    group: READ,
    load: () => import("./commands/verify.ts"),
  },
  {
    name: "index",
    summary: "make new mail findable by restore search",
    group: UPKEEP,
    load: () => import("./commands/index-archives.ts"),
  },
  {
    name: "forget",
    summary: "erase messages of an archive for good",
    group: UPKEEP,
    load: () => import("./commands/forget.ts"),
  },
  {
    name: "database",
    summary: "where the database is; start, stop, upgrade, dump, load",
    group: UPKEEP,
    load: () => import("./commands/database.ts"),
  },
];
