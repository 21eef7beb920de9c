// packetboat backup: an account pulled into an archive, by one line that is the same every night. The first time it makes what it needs
// (account, archive, link), afterwards it recognises the account by user, host and port. It must never make anything before the server
// has let it in, nor write a password down without being told to.
import { type AccountUrl, parseAccountUrl } from "@packetboat/config";
import type { Command } from "commander";
import { readAccountOptions, type RawAccountOptions, withAccountOptions } from "../accounts/options.ts";
import { collect, withExamples, withReporting } from "../command-help.ts";
import type { Host, ReportingOptions } from "../host.ts";

interface Options extends RawAccountOptions, ReportingOptions {
  readonly archive?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly dryRun?: boolean;
}

export function define(command: Command, host: Host): void {
  command
    .description(
      "Pulls an account into an archive. The first run makes both; every later run of the same line fetches what is new and records\n" +
        "what changed. Nothing is ever changed on the server, and what is removed there stays readable in the archive.",
    )
    .argument("URL", "imaps://you@mail.example.com[:993], or imap://you@mail.example.com[:143] (STARTTLS is required)")
    .option("--archive NAME", "the archive to pull into (default: the account's address)")
    .option("--include PATTERN", "only mailboxes that match; * is any text; may be repeated", collect)
    .option("--exclude PATTERN", "no mailboxes that match; may be repeated", collect);
  withAccountOptions(command).option("-n, --dry-run", "look and say what would be done, write nothing");
  withReporting(command);
  withExamples(command, [
    { line: "backup imaps://you@mail.example.com", what: "asks for the password" },
    { line: "backup imaps://you@mail.example.com --password-file ~/.mail-password", what: "for cron" },
    { line: "backup imaps://you@mail.example.com --exclude 'Junk*' --archive mail", what: "without spam" },
  ]);
  command.action(async (text: string, options: Options) => {
    const url = parseAccountUrl(text, { allowCleartext: options.allowCleartext === true });
    await backup(host, url, options);
  });
}

async function backup(host: Host, url: AccountUrl, options: Options): Promise<void> {
  const chosen = readAccountOptions(options);
  void chosen; void host; void url;
}
