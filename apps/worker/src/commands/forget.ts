// packetboat forget: erases messages for good, from every revision. A plan is printed, confirmed, and then exactly that is done; the audit
// keeps how many, when and by whom, and nothing of the content. It must never erase anything that was not in the plan.
import { executeForget, type ForgetPlan, planForget, type Selection } from "@packetboat/archive";
import { asId, MailError, type MessageId } from "@packetboat/core";
import { type QueryOptions, queryOfOptions } from "@packetboat/search";
import { bytes, harmless, plural } from "@packetboat/terminal";
import type { Command } from "commander";
import { collect, withExamples, withReporting } from "../command-help.ts";
import { forgetLines, NOT_REACHED } from "../display/forget.ts";
import type { Host, ReportingOptions } from "../host.ts";
import { openHouse, stopSignal } from "../house.ts";
import { askConsent } from "../runs/consent.ts";
import { readDate } from "../runs/date.ts";
import { archiveByName } from "../runs/targets.ts";

interface Options extends ReportingOptions, QueryOptions {
  readonly mailbox?: string;
  readonly since?: string;
  readonly before?: string;
  readonly message?: readonly string[];
  readonly only?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export function define(command: Command, host: Host): void {
  command
    .description(
      "Erases messages for good: their bytes, flags, dates and history in every revision. Everything that is named must hold.\n" +
        "Nothing on a server is touched. This cannot be undone; packetboat restore export keeps a copy first.",
    )
    .argument("ARCHIVE", "its name; packetboat archive list shows all")
    .option("--mailbox PATTERN", "messages that are, or were last, in mailboxes that match; * is any text")
    .option("--since DATE", "received at or after; local time")
    .option("--before DATE", "received before")
    .option("--from TEXT", "sent by; any piece of a name or address")
    .option("--to TEXT", "sent to, also by Cc and Bcc")
    .option("--subject WORDS", "with these words in the subject, one after the other")
    .option("--has attachment", "with an attachment")
    .option("--query QUERY", "what restore search finds by it, now or as it was last")
    .option("--message NUMBER", "this message, as restore list --mailbox shows it; may be repeated", collect)
    .option("--only STATE", "live: only what the archive holds now; removed: only what earlier revisions hold")
    .option("-n, --dry-run", "print the plan, erase nothing")
    .option("-y, --yes", "do not ask");
  withReporting(command);
  withExamples(command, [
    { line: "forget you@example.com --mailbox Junk --dry-run", what: "what would go" },
    { line: "forget you@example.com --mailbox Trash --before 2020-01-01", what: "lists it and asks" },
    { line: "forget you@example.com --query 'from:news larger:1M' --before 2020-01-01", what: "what a search finds" },
    { line: "forget you@example.com --mailbox '*' --only removed --yes", what: "all that is in no mailbox any more" },
  ]);
  command.action((name: string, options: Options) => forget(host, name, options));
}

async function forget(host: Host, name: string, options: Options): Promise<void> {
  const selection = selectionFrom(options, host.now());
  const screen = host.screen(options);
  const database = await openHouse(host, screen);
  const archive = await archiveByName(database, name);
  const plan = await planForget(database.pool, archive.id, selection);
  const dryRun = options.dryRun === true;
  if (plan.messages === 0 || dryRun) {
    screen.data({ version: 1, archive: archive.name, dryRun, plan: plainPlan(plan), erased: null });
    if (plan.messages === 0) screen.line("No message is meant by this; nothing was erased.");
    else for (const line of forgetLines(archive.name, plan)) screen.line(line);
    return;
  }
  for (const line of forgetLines(archive.name, plan)) screen.line(line);
  await askConsent(host, `Erase ${plural(plan.messages, "message")} for good?`, options.yes === true);
  host.stopsByItself();
  const erased = await executeForget(database.pool, plan, { now: host.now(), signal: stopSignal(host, database) });
  screen.data({ version: 1, archive: archive.name, dryRun, plan: plainPlan(plan), erased });
  const revision = erased.revision === null ? "" : ` Revision ${erased.revision} of the log says so.`;
  screen.line(
    `Erased ${plural(erased.messages, "message")} (${bytes(erased.bytes)}) from ${harmless(archive.name)}.${revision}`,
  );
  screen.line(NOT_REACHED);
}

function selectionFrom(options: Options, now: number): Selection {
  const { mailbox, since, before, message, only } = options;
  if (only !== undefined && only !== "live" && only !== "removed")
    throw new MailError("CONFIG_INVALID", "--only is live or removed.");
  const query = queryOfOptions(options, now);
  return {
    ...(mailbox === undefined ? {} : { mailbox }),
    ...(query === null ? {} : { query }),
    ...(since === undefined ? {} : { since: readDate("--since", since) }),
    ...(before === undefined ? {} : { before: readDate("--before", before) }),
    ...(message === undefined ? {} : { messageIds: message.map(readMessageId) }),
    ...(only === undefined ? {} : { state: only }),
  };
}

function readMessageId(text: string): MessageId {
  if (/^[1-9]\d{0,14}$/.test(text)) return asId<MessageId>(text);
  throw new MailError("CONFIG_INVALID", "--message is the number of a message, such as 1042.");
}

function plainPlan({ messages, bytes: size, live, kept, mailboxes }: ForgetPlan) {
  return { messages, bytes: size, live, kept, mailboxes };
}
