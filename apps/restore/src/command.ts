// packetboat restore: its subcommands with their options. What they do is loaded when one of them is run, so that --help stays quick.
import type { Command } from "commander";
import type { ExportOptions } from "./commands/export.ts";
import type { ListOptions } from "./commands/list.ts";
import type { Frame, RestoreHost } from "./host.ts";

const AT = "as of a time or a revision: 42, 2026-11-20, '2026-11-20 18:30', '3 days ago'";

/** Adds `list` and `export` to the command `restore`. */
export function defineRestore(command: Command, host: RestoreHost, frame: Frame): void {
  frame.withExamples(
    command.description("Reads an archive back, as it is or as it was at any earlier time. Nothing is changed."),
    [
      { line: "restore list you@example.com", what: "the mailboxes" },
      { line: "restore export you@example.com --to eml:mail", what: "all messages as files" },
    ],
  );
  frame.withExamples(
    frame
      .subcommand(command, "list ARCHIVE", "the mailboxes of an archive, or the messages of some")
      .option("--at WHEN", AT)
      .option(
        "--mailbox PATTERN",
        "the messages of the mailboxes that match; * is any text; may be repeated",
        frame.collect,
      )
      .option("--json", "print one JSON object on stdout")
      .action(async (archive: string, options: ListOptions) => {
        const { list } = await import("./commands/list.ts");
        await list(host, archive, options);
      }),
    [
      { line: "restore list you@example.com", what: "the mailboxes with their messages" },
      { line: "restore list you@example.com --at yesterday", what: "as they were" },
      { line: "restore list you@example.com --mailbox INBOX", what: "the messages of INBOX" },
    ],
  );
  frame.withExamples(
    frame
      .subcommand(command, "export ARCHIVE", "write messages as files, byte for byte, with a manifest")
      .requiredOption("--to PLACE", "eml:DIR, a directory that is empty, new, or holds an export to go on with")
      .option("--at WHEN", AT)
      .option("--mailbox PATTERN", "only mailboxes that match; * is any text; may be repeated", frame.collect)
      .option("--json", "print one JSON object on stdout")
      .option("-q, --quiet", "print nothing on success (for cron)")
      .action(async (archive: string, options: ExportOptions) => {
        const { exportArchive } = await import("./commands/export.ts");
        await exportArchive(host, archive, options);
      }),
    [
      { line: "restore export you@example.com --to eml:mail", what: "everything" },
      { line: "restore export you@example.com --to eml:old --at 2026-11-01", what: "as it was" },
      { line: "restore export you@example.com --to eml:work --mailbox 'Work*'", what: "some mailboxes" },
    ],
  );
}
