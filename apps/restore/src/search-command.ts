// packetboat restore search: its options, and the query language in short. What it does is loaded when it is run.
import type { Command } from "commander";
import type { SearchOptions } from "./commands/search.ts";
import type { Frame, RestoreHost } from "./host.ts";

const SEARCH = [
  "Finds messages by words and fields; everything that is written must hold. Put the query in single quotes.",
  `from: to: cc: bcc: filename:   any piece of a name or address
subject: body:                 words; "order 7" is a phrase
since: before: on:             2024-06-01, 2024-06, 2024
newer: older:                  2w, 6m, 1y
larger: smaller:               20k, 1M
in:Sent   is:unread   has:attachment   keyword:$Forwarded
-word   a OR b   (a b) OR c   "these words"   invoi*`,
  "docs/search.md has all of it.",
].join("\n\n");

/** Adds the subcommand; `at` says what --at takes. */
export function defineSearch(command: Command, host: RestoreHost, frame: Frame, at: string): void {
  const search = frame
    .subcommand(command, "search ARCHIVE QUERY...", "find messages, now or in the past")
    .description(SEARCH)
    .allowUnknownOption()
    .option("--at WHEN", at)
    .option("--removed", "also messages that were removed by then")
    .option("--sort ORDER", "date: the newest first; rank: the best first. Default: date")
    .option("--limit NUMBER", "messages of a page. Default: 50")
    .option("--after PAGE", "go on behind a page, as its last line says")
    .option("--json", "print one JSON object on stdout")
    .action(async (archive: string, words: readonly string[], options: SearchOptions) => {
      const { search: run } = await import("./commands/search.ts");
      await run(host, archive, words, options);
    });
  frame.withExamples(search, [
    { line: "restore search you@example.com 'from:ann subject:\"order 7\"'", what: "the newest first" },
    {
      line: "restore search you@example.com 'has:attachment filename:pdf before:2024-06-01 -newsletter'",
      what: "attachments",
    },
    { line: "restore search you@example.com 'invoice in:Work' --at 2026-05-01 --removed", what: "as it was then" },
  ]);
}
