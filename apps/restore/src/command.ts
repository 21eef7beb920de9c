// packetboat restore: its subcommands with their options. What they do is loaded when one of them is run, so that --help stays quick.
import type { Command } from "commander";
import type { DiffOptions } from "./commands/diff.ts";
import type { ExportOptions } from "./commands/export.ts";
import type { ImportOptions } from "./commands/import.ts";
import type { ListOptions } from "./commands/list.ts";
import type { LogOptions } from "./commands/log.ts";
import type { ShowOptions } from "./commands/show.ts";
import type { Frame, RestoreHost } from "./host.ts";
import type { PushOptions } from "./push-options.ts";
import { defineSearch } from "./search-command.ts";

const AT = "as of a time or a revision: 42, 2026-11-20, '2026-11-20 18:30', '3 days ago'";

/** Adds its subcommands to the command `restore`. */
export function defineRestore(command: Command, host: RestoreHost, frame: Frame): void {
  frame.withExamples(
    command.description(
      "Reads an archive back, as it is or as it was at any earlier time, and puts mail back over IMAP. Only push changes anything.",
    ),
    [
      { line: "restore list you@example.com", what: "the mailboxes" },
      { line: "restore diff you@example.com '2 days ago'", what: "what changed since then" },
      { line: "restore search you@example.com 'from:ann invoice'", what: "messages, the newest first" },
      { line: "restore export you@example.com --to eml:mail", what: "all messages as files" },
      { line: "restore push you@example.com --at yesterday --in-place --dry-run", what: "what an undo would do" },
    ],
  );
  defineReading(command, host, frame);
  defineHistory(command, host, frame);
  defineExport(command, host, frame);
  defineSearch(command, host, frame, AT);
  definePush(command, host, frame);
}

function defineReading(command: Command, host: RestoreHost, frame: Frame): void {
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
      .subcommand(command, "show ARCHIVE MESSAGE", "one message: what it is, where it was, what became of it")
      .description(
        "Shows one message of an archive, by the number that list and diff print: its header, flags and mailbox, and everything that became of it since it came. A removed message is shown as well.",
      )
      .option("--at WHEN", AT)
      .option("--headers", "its whole header; control characters are replaced")
      .option("--raw", "its bytes as they are stored, and nothing else")
      .option("--json", "print one JSON object on stdout")
      .action(async (archive: string, message: string, options: ShowOptions) => {
        const { show } = await import("./commands/show.ts");
        await show(host, frame, archive, message, options);
      }),
    [
      { line: "restore show you@example.com 1204", what: "what it is, and what became of it" },
      { line: "restore show you@example.com 1204 --raw > mail.eml", what: "its bytes" },
    ],
  );
}

/** What the commands `log` and `restore log` say. */
const LOG =
  "Says what changed in an archive, the latest first. The revisions of one run are one entry. Any revision, and any time, can be read back: packetboat restore list ARCHIVE --at REVISION.";

/** Makes `command` the log of an archive: packetboat log is the same as packetboat restore log. */
export function defineLog(command: Command, host: RestoreHost, frame: Frame): void {
  command.argument("ARCHIVE", "its name; packetboat archive list shows all");
  logOf(command, host, frame, "log");
}

function logOf(command: Command, host: RestoreHost, frame: Frame, door: string): void {
  command
    .description(LOG)
    .option("--limit N", "how many entries", "20")
    .option("--revision N", "every message that this revision touched")
    .option("--json", "print one JSON object on stdout")
    .action(async (archive: string, options: LogOptions) => {
      const { showLog } = await import("./commands/log.ts");
      await showLog(host, frame, archive, options);
    });
  frame.withExamples(command, [
    { line: `${door} you@mail.example.com`, what: "the last 20 entries" },
    { line: `${door} you@mail.example.com --revision 42`, what: "what revision 42 changed, message by message" },
  ]);
}

function defineHistory(command: Command, host: RestoreHost, frame: Frame): void {
  logOf(frame.subcommand(command, "log ARCHIVE", "what changed, the latest first"), host, frame, "restore log");
  frame.withExamples(
    frame
      .subcommand(command, "diff ARCHIVE FROM [TO]", "what differs between two revisions or times")
      .description(
        "Says what differs between two revisions or times of an archive: what was added, removed, moved and flagged, and which mailboxes changed. TO is now when it is not given. What came and went in between is not told: log does.",
      )
      .option("--mailbox PATTERN", "only mailboxes that match at one of both; may be repeated", frame.collect)
      .option("--limit N", "how many messages are told one by one (default: 100, with --json all)")
      .option("--json", "print one JSON object on stdout")
      .action(async (archive: string, from: string, to: string | undefined, options: DiffOptions) => {
        const { diff } = await import("./commands/diff.ts");
        await diff(host, frame, archive, { from, to }, options);
      }),
    [
      { line: "restore diff you@example.com yesterday", what: "what changed since then" },
      { line: "restore diff you@example.com 41 57", what: "between two revisions" },
      { line: "restore diff you@example.com '2026-11-01 12:00' now --mailbox 'Work*'", what: "of some mailboxes" },
    ],
  );
}

function defineExport(command: Command, host: RestoreHost, frame: Frame): void {
  frame.withExamples(
    frame
      .subcommand(command, "export ARCHIVE", "write messages as files, byte for byte, with a manifest")
      .requiredOption(
        "--to PLACE",
        "eml:DIR, mbox:DIR, maildir:DIR (empty, new, or an export to go on with), or zip:FILE",
      )
      .option("--at WHEN", AT)
      .option("--mailbox PATTERN", "only mailboxes that match; * is any text; may be repeated", frame.collect)
      .option("--message ID", "only these messages, by the numbers that list prints; may be repeated", frame.collect)
      .option("--from TEXT", "only what was sent by; any piece of a name or address")
      .option("--subject WORDS", "only with these words in the subject, one after the other")
      .option("--has attachment", "only with an attachment")
      .option("--query QUERY", "only what restore search finds by it at that moment")
      .option("--json", "print one JSON object on stdout")
      .option("-q, --quiet", "print nothing on success (for cron)")
      .action(async (archive: string, options: ExportOptions) => {
        const { exportArchive } = await import("./commands/export.ts");
        await exportArchive(host, archive, options);
      }),
    [
      { line: "restore export you@example.com --to eml:mail", what: "everything" },
      {
        line: "restore export you@example.com --to maildir:old --at 2026-11-01",
        what: "as it was, for Dovecot or mutt",
      },
      { line: "restore export you@example.com --to zip:mail.zip", what: "in one file" },
      { line: "restore export you@example.com --to eml:work --mailbox 'Work*'", what: "some mailboxes" },
      { line: "restore export you@example.com --to mbox:ann --query 'from:ann invoice'", what: "what a search finds" },
    ],
  );
}

const PUSH = [
  "Puts mail back over IMAP, as it is or was, and makes no duplicates when it is run again.",
  "--in-place makes a new revision of the archive that equals an earlier one, for everything or a selection; the pushes of the archive's own links carry it out: what was removed since comes back with its flags and dates, what was moved goes back to its mailbox. What came since is removed, after a question (--keep-new keeps it). Nothing is lost: the archive keeps every revision, so an undo can be undone.",
  "--to puts mail into another account, by a link that only pushes and is kept: later runs bring what is new, and never remove anything. With --at or a selection, and for an account that fills the archive itself, the mail is first put into an archive of its own, which shares the stored bytes.",
].join("\n\n");

function definePush(command: Command, host: RestoreHost, frame: Frame): void {
  const push = frame
    .subcommand(command, "push ARCHIVE", "put mail back over IMAP: undo, or into another account")
    .description(PUSH)
    .option("--in-place", "make the archive what it was, and its accounts with it")
    .option("--to ACCOUNT", "into this account: its name, or a URL such as imaps://you@mail.example.com")
    .option("--at WHEN", AT)
    .option("--mailbox PATTERN", "only these mailboxes, by the name they had or have; may be repeated", frame.collect)
    .option("--since DATE", "only messages received at or after; local time")
    .option("--before DATE", "only messages received before")
    .option(
      "--message ID",
      "only these messages, by the numbers that diff prints: 96,97; may be repeated",
      frame.collect,
    )
    .option("--from TEXT", "only what was sent by; any piece of a name or address")
    .option("--subject WORDS", "only with these words in the subject, one after the other")
    .option("--has attachment", "only with an attachment")
    .option("--query QUERY", "only what restore search finds by it at that moment")
    .option("--keep-new", "with --in-place: leave what came since where it is")
    .option("--carry-out", "with --in-place: let the archive's links write to their servers for this once")
    .option("--mailbox-prefix PATH", "with --to: below this mailbox of the account, such as 'Old mail'")
    .option("--no-sync", "with --in-place: only make the revision; packetboat sync carries it out")
    .option("-n, --dry-run", "print the plan, change nothing")
    .option("-y, --yes", "do not ask");
  frame
    .withAccountOptions(push)
    .option("--json", "print one JSON object on stdout")
    .option("-q, --quiet", "print nothing on success (for cron)")
    .action(async (archive: string, options: PushOptions) => {
      const { push: run } = await import("./commands/push.ts");
      await run(host, frame, archive, options);
    });
  frame.withExamples(push, [
    { line: "restore push you@example.com --at '2 hours ago' --in-place --dry-run", what: "what an undo would do" },
    { line: "restore push you@example.com --at 41 --in-place --mailbox Work", what: "one mailbox as it was" },
    { line: "restore push you@example.com --at 41 --in-place --message 96,97", what: "two messages" },
    { line: "restore push you@example.com --at 41 --in-place --carry-out", what: "also where a link only backs up" },
    { line: "restore push you@example.com --to imaps://you@new.example.org", what: "everything into another account" },
    {
      line: "restore push you@example.com --to me@new.example.org --at 2026-11-01 --mailbox-prefix 'Old mail'",
      what: "as it was, in a place of its own",
    },
  ]);
}

const IMPORT = [
  "Brings mail from files, or from the stores of other programs, into an archive, which is made when there is none of that name. What the archive holds already is counted, not added again: importing the same source twice adds nothing, and one that was interrupted goes on. Nothing is sent to any account; packetboat restore push and links do that.",
  "SOURCE is a path, or a kind and a path where it is not clear by looking: mbox:FILE (or mboxo, mboxrd, mboxcl, mboxcl2), maildir:DIR, eml:DIR, zip:FILE of any of these, thunderbird:PROFILE, imap-backup:DIR, takeout:FILE.",
].join("\n\n");

/** Fills the command `import`. */
export function defineImport(command: Command, host: RestoreHost, frame: Frame): void {
  frame.withExamples(
    command
      .description(IMPORT)
      .argument("ARCHIVE", "its name; it is made when there is none")
      .argument("SOURCE...", "what to read; several are read one after the other")
      .option("--mailbox MAILBOX", "put all of it into this mailbox")
      .option("--below MAILBOX", "put its mailboxes below this one, such as 'Old mail'")
      .option("--keep-line-ends", "leave LF as it lies in an mbox or a Maildir (default: CRLF, as servers hand it out)")
      .option("-n, --dry-run", "read all, say what would be added, change nothing")
      .option("--json", "print one JSON object on stdout")
      .option("-q, --quiet", "print nothing on success (for cron)")
      .action(async (archive: string, sources: readonly string[], options: ImportOptions) => {
        const { importMail } = await import("./commands/import.ts");
        await importMail(host, archive, sources, options);
      }),
    [
      { line: "import you@example.com Mail/old.mbox --below 'Old mail'", what: "an mbox" },
      { line: "import you@example.com maildir:/var/mail/you", what: "what Dovecot, mbsync or mutt keep" },
      { line: "import gmail takeout-20261101.zip", what: "Google Takeout: labels become mailboxes" },
      { line: "import home ~/.thunderbird/abcd1234.default --dry-run", what: "what a profile holds" },
    ],
  );
}
