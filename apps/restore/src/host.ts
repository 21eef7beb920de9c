// What the restore commands are given by the command line that runs them: the same house, screen and words on every command. The two
// apps do not import each other, so it is handed in. It must never offer anything that writes to an archive.
import type { ArchiveInfo } from "@packetboat/archive";
import type { Database } from "@packetboat/database";
import type { Screen } from "@packetboat/terminal";
import type { Command } from "commander";

/** The words that all commands share. */
export interface Frame {
  readonly subcommand: (parent: Command, usage: string, summary: string) => Command;
  readonly withExamples: (
    command: Command,
    examples: readonly { readonly line: string; readonly what: string }[],
  ) => Command;
  readonly collect: (value: string, earlier?: readonly string[]) => readonly string[];
}

export interface RestoreHost {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly screen: (options: { readonly json?: boolean | undefined; readonly quiet?: boolean | undefined }) => Screen;
  /** States the exit code: 0, or 3 where something is listed as failed. */
  readonly end: (code: 0 | 3) => void;
  /** From now on the command ends by itself when `signal` is aborted. */
  readonly stopsByItself: () => void;
  /** Opens the database; it is closed when the command ends. */
  readonly open: (screen: Screen) => Promise<Database>;
  /** Throws ARCHIVE_UNKNOWN, naming those there are. */
  readonly archiveByName: (database: Database, name: string) => Promise<ArchiveInfo>;
}
