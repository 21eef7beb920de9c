// packetboat link: which accounts are tied to which archives, with which rights, mailboxes and limits. It must never give a right that was
// not named, nor let removals travel by default where mail only goes out (M7).
import {
  createLink,
  ensureArchive,
  getLink,
  type LinkInfo,
  listLinks,
  listSchedules,
  removeLink,
  removeSchedule,
  type ScheduleSettings,
  setLink,
  setSchedule,
} from "@packetboat/archive";
import {
  asId,
  defaultRemovals,
  type LinkId,
  MailError,
  type Policy,
  type Removals,
  type Rights,
  removalsAfter,
} from "@packetboat/core";
import type { Command } from "commander";
import { confirmRemoval } from "../accounts/confirm.ts";
import { accountByName, allAccounts } from "../accounts/registry.ts";
import { collect, subcommand, withExamples, withReporting } from "../command-help.ts";
import type { Host, ReportingOptions } from "../host.ts";
import { openHouse } from "../house.ts";
import { readCount } from "../runs/count.ts";
import { archiveByName } from "../runs/targets.ts";
import {
  type ScheduleOptions,
  scheduleAmong,
  scheduleOf,
  scheduleReport,
  scheduleWords,
  withScheduleOptions,
} from "./link-schedule.ts";
import { linkLines, linkWords } from "./link-words.ts";

const REMOVALS: readonly Removals[] = ["mirror", "trash", "never"];

interface PolicyOptions extends ReportingOptions {
  readonly pull?: boolean;
  readonly push?: boolean;
  readonly removals?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly watchMailbox?: readonly string[];
  readonly allMailboxes?: boolean;
  readonly prefix?: string;
  readonly guardMessages?: string;
  readonly guardShare?: string;
  readonly completeEvery?: string;
  readonly flagScanEvery?: string;
  readonly merge?: boolean;
}

export function define(command: Command, host: Host): void {
  withExamples(
    command.description(
      "Ties accounts to archives. A link pulls its account into the archive; with --push it also brings the server up to the\n" +
        "archive, and only then is anything written there. Several links that pull and push keep their accounts equal.",
    ),
    [
      { line: "link list", what: "all links" },
      { line: "link add you@work.example work --prefix Work", what: "a second account, in a place of its own" },
      { line: "link add you@third.example both --push", what: "a third account that is kept equal" },
      { line: "link set 3 --push --removals trash", what: "what is removed elsewhere goes to this server's trash" },
      { line: "link set 3 --exclude 'Junk*' --exclude Trash", what: "leave mailboxes out" },
      { line: "link set 3 --schedule '0 3 * * *' --spread 30m", what: "packetboat worker runs it every night" },
    ],
  );
  withPolicyOptions(subcommand(command, "add ACCOUNT ARCHIVE", "tie an account to an archive")).action(add(host));
  withScheduleOptions(withPolicyOptions(subcommand(command, "set LINK", "change a link; what is not named stays")))
    .option("--all-mailboxes", "take every pattern off")
    .action(set(host));
  withReporting(subcommand(command, "list", "all links"))
    .option("--archive NAME", "only of this archive")
    .action(list(host));
  withReporting(subcommand(command, "remove LINK", "untie; the archive keeps its mail, the account stays"))
    .option("--yes", "without asking")
    .action(remove(host));
}

function withPolicyOptions(command: Command): Command {
  return withReporting(command)
    .option("--pull", "bring the archive up to the server (default)")
    .option("--no-pull", "do not take anything from the server")
    .option("--push", "bring the server up to the archive")
    .option("--no-push", "never write to the server (default)")
    .option(
      "--removals HOW",
      "on the server, of what was removed elsewhere: mirror, trash or never\n" +
        "(default: mirror for a link that pulls and pushes, else never)",
    )
    .option("--include PATTERN", "only mailboxes that match; * is any text; may be repeated", collect)
    .option("--exclude PATTERN", "no mailboxes that match; may be repeated", collect)
    .option(
      "--watch-mailbox PATTERN",
      "besides INBOX, follow these at once where the link is watched: the first two; may be repeated\n" +
        "(default: those that --include names)",
      collect,
    )
    .option("--prefix PATH", "below which mailbox of the archive its mailboxes lie, such as Work/Old")
    .option("--guard-messages N", "removals of a run halt above this many (default: 100)")
    .option("--guard-share PERCENT", "and above this share of a mailbox or the account (default: 50)")
    .option("--complete-every DAYS", "days between two complete looks at a mailbox (default: 7)")
    .option(
      "--flag-scan-every MINUTES",
      "least time between two flag scans where the server has no CONDSTORE (default: 0)",
    )
    .option("--merge", "let the link share mailboxes with other accounts");
}

/** The rights with what options name. Throws CONFIG_INVALID when nothing would be left of the link. */
function rightsOf({ pull, push }: PolicyOptions, before: Rights): Rights {
  const rights = { pull: pull ?? before.pull, push: push ?? before.push };
  if (!rights.pull && !rights.push)
    throw new MailError("CONFIG_INVALID", "A link that neither pulls nor pushes does nothing. Use link remove.");
  return rights;
}

function readRemovals(text: string): Removals {
  const removals = REMOVALS.find((one) => one === text);
  if (removals === undefined) throw new MailError("CONFIG_INVALID", "--removals is none of mirror, trash and never.");
  return removals;
}

/** The part of a policy that options name. */
function policyOf(options: PolicyOptions): Partial<Policy> {
  const { removals, include, exclude, watchMailbox, prefix, guardMessages, guardShare, completeEvery, flagScanEvery } =
    options;
  return {
    ...(options.allMailboxes === true ? { include: [], exclude: [], watchMailboxes: [] } : {}),
    ...(removals === undefined ? {} : { removals: readRemovals(removals) }),
    ...(include === undefined ? {} : { include }),
    ...(exclude === undefined ? {} : { exclude }),
    ...(watchMailbox === undefined ? {} : { watchMailboxes: watchMailbox }),
    ...(prefix === undefined ? {} : { prefix: prefix.split("/").filter((segment) => segment !== "") }),
    ...(guardMessages === undefined ? {} : { guardMessages: readCount("--guard-messages", guardMessages, 1e9) }),
    ...(guardShare === undefined ? {} : { guardShare: readCount("--guard-share", guardShare, 100) / 100 }),
    ...(completeEvery === undefined
      ? {}
      : { completeEvery: readCount("--complete-every", completeEvery, 365) * 86_400_000 }),
    ...(flagScanEvery === undefined
      ? {}
      : { flagScanEvery: readCount("--flag-scan-every", flagScanEvery, 525_600) * 60_000 }),
  };
}

function readLinkId(text: string): LinkId {
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new MailError("CONFIG_INVALID", "LINK is the number of a link, such as 3. packetboat link list shows them.");
  return asId<LinkId>(text);
}

const add = (host: Host) => async (name: string, archiveName: string, options: PolicyOptions) => {
  const rights = rightsOf(options, { pull: true, push: false });
  const policy = { removals: defaultRemovals(rights), ...policyOf(options) };
  const screen = host.screen(options);
  const database = await openHouse(host, screen);
  const account = accountByName(await allAccounts(database), name);
  const archive = await ensureArchive(database.pool, archiveName);
  const link = await createLink(database.pool, {
    accountId: account.id,
    archiveId: archive.id,
    rights,
    policy,
    merge: options.merge === true,
  });
  screen.data(link);
  screen.line(`Link ${link.id} of ${archive.name}: ${linkWords(link)}. packetboat sync ${archive.name} runs it.`);
};

const set = (host: Host) => async (text: string, options: PolicyOptions & ScheduleOptions) => {
  const id = readLinkId(text);
  const policy = policyOf(options);
  const screen = host.screen(options);
  const { pool } = await openHouse(host, screen);
  const before = await getLink(pool, id);
  const rights = rightsOf(options, before.rights);
  const [scheduled = null] = await listSchedules(pool, { linkId: id });
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const changed = scheduleOf(id, options, scheduled, { now: host.now(), timeZone });
  const removals = removalsAfter(before, rights);
  const link = await setLink(pool, id, { rights, policy: { removals, ...policy }, merge: options.merge === true });
  if (changed === null) await removeSchedule(pool, id);
  else if (changed !== undefined) await setSchedule(pool, id, changed);
  const schedule = changed === undefined ? scheduled : changed;
  screen.data({ ...link, schedule: scheduleReport(schedule) });
  screen.line(`Link ${link.id} of ${link.archive}: ${allWords(link, schedule)}.`);
};

/** What a link does, and when. */
function allWords(link: LinkInfo, schedule: ScheduleSettings | null): string {
  return [linkWords(link), ...(schedule === null ? [] : [scheduleWords(schedule)])].join("; ");
}

const list = (host: Host) => async (options: ReportingOptions & { readonly archive?: string }) => {
  const screen = host.screen(options);
  const database = await openHouse(host, screen);
  const of = options.archive === undefined ? {} : { archiveId: (await archiveByName(database, options.archive)).id };
  const links: readonly LinkInfo[] = await listLinks(database.pool, of);
  const schedules = await listSchedules(database.pool);
  const all = links.map((link) => ({ link, schedule: scheduleAmong(schedules, link.id) }));
  screen.data({
    version: 1,
    links: all.map(({ link, schedule }) => ({ ...link, schedule: scheduleReport(schedule) })),
  });
  if (links.length === 0) screen.line("There is no link yet: packetboat backup URL makes one.");
  if (links.length === 0) return;
  const rows = all.map(({ link, schedule }) => ({
    id: link.id,
    archive: link.archive,
    words: allWords(link, schedule),
  }));
  for (const line of linkLines(rows, screen.width())) screen.line(line);
};

const remove = (host: Host) => async (text: string, options: ReportingOptions & { readonly yes?: boolean }) => {
  const id = readLinkId(text);
  const screen = host.screen(options);
  const { pool } = await openHouse(host, screen);
  const link = await getLink(pool, id);
  await confirmRemoval(
    host,
    `the link of ${link.account} to ${link.archive} and what it knows of the server`,
    options.yes === true,
  );
  await removeLink(pool, id);
  screen.data({ removed: id });
  screen.line(`Removed link ${id}. The archive ${link.archive} keeps its mail.`);
};
