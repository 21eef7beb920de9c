// packetboat log, which is packetboat restore log too: what changed in an archive, the latest first, run by run; with --revision each message that one revision touched.
// Large entries, such as the first backup, are summarised: nothing is read for them but their counts.
import { type ArchiveInfo, type Changes, changesIn, type LogEntry, log, resolveRevision } from "@packetboat/archive";
import type { Revision } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { harmless, instant, plural, type Screen } from "@packetboat/terminal";
import { changeLines, groupLines, groupsOf, type LogGroup, weightOf } from "../change-lines.ts";
import type { Frame, RestoreHost } from "../host.ts";

export interface LogOptions {
  readonly limit: string;
  readonly revision?: string;
  readonly json?: boolean;
}

const PAGE = 1_000;
/** Entries with more changes than this, or in more revisions, are told in one line. */
const DETAILED_CHANGES = 1_000;
const DETAILED_REVISIONS = 25;

/** Prints the log of an archive. Throws CONFIG_INVALID and ARCHIVE_UNKNOWN. */
export async function showLog(
  host: RestoreHost,
  { readCount }: Pick<Frame, "readCount">,
  name: string,
  options: LogOptions,
): Promise<void> {
  const limit = readCount("--limit", options.limit, 1_000_000);
  const revision =
    options.revision === undefined ? null : readCount("--revision", options.revision, Number.MAX_SAFE_INTEGER);
  const screen = host.screen(options);
  const database = await host.open(screen);
  const archive = await host.archiveByName(database, name);
  if (revision === null) await list(screen, database, archive, limit);
  else await show(screen, database, archive, revision);
}

async function list(screen: Screen, database: Database, archive: ArchiveInfo, limit: number): Promise<void> {
  const { groups, more } = await latest(database, archive, limit);
  screen.data({
    version: 1,
    archive: archive.name,
    revisions: groups.flatMap(({ entries }) => entries).map(plainEntry),
  });
  if (screen.json) return;
  if (groups.length === 0) screen.line("Nothing was ever stored in this archive.");
  for (const group of groups) {
    const details = isDetailed(group) ? await detailsOf(database, archive, group) : null;
    for (const line of groupLines(group, details, screen, screen.width())) screen.line(line);
  }
  if (more) screen.line(screen.dim("There is more: --limit N."));
}

/** The latest groups, each of them whole. */
async function latest(
  database: Database,
  archive: ArchiveInfo,
  limit: number,
): Promise<{ readonly groups: readonly LogGroup[]; readonly more: boolean }> {
  const entries: LogEntry[] = [];
  for (let to: number = archive.revision; to > 0; ) {
    const page = await log(database.pool, archive.id, { to, limit: 200 });
    entries.push(...page);
    const last = page.at(-1);
    if (last === undefined || groupsOf(entries).length > limit) break;
    to = last.revision - 1;
  }
  const groups = groupsOf(entries);
  return { groups: groups.slice(0, limit), more: groups.length > limit };
}

const isDetailed = (group: LogGroup): boolean =>
  weightOf(group) <= DETAILED_CHANGES && group.entries.length <= DETAILED_REVISIONS;

async function detailsOf(database: Database, archive: ArchiveInfo, group: LogGroup): Promise<readonly Changes[]> {
  const details: Changes[] = [];
  for (const { revision } of group.entries)
    details.push(await changesIn(database.pool, archive.id, revision, 0, DETAILED_CHANGES));
  return details;
}

function plainEntry({ madeAt, runId, ...entry }: LogEntry) {
  return { ...entry, made: new Date(madeAt).toISOString(), run: runId };
}

async function show(screen: Screen, database: Database, archive: ArchiveInfo, asked: number): Promise<void> {
  const { pool } = database;
  const { revision, madeAt } = await resolveRevision(pool, archive.id, { kind: "revision", revision: asked });
  const made = madeAt === null ? null : new Date(madeAt).toISOString();
  const first = await changesIn(pool, archive.id, revision, 0, PAGE);
  const forgotten = (await log(pool, archive.id, { from: revision, to: revision }))[0]?.forgotten ?? 0;
  const head = { version: 1, archive: archive.name, revision, made, forgotten, mailboxes: first.mailboxes };
  if (screen.json) screen.value(`${JSON.stringify(head).slice(0, -1)},"messages":[`);
  screen.line(
    screen.bold(`${harmless(archive.name)}, revision ${revision}${madeAt === null ? "" : `, ${instant(madeAt)}`}`),
  );
  let messages = 0;
  for await (const page of pagesFrom(database, archive, revision, first)) {
    // One object, written as it is read: a revision may touch any number of messages.
    const rows = page.messages.map((change) => JSON.stringify(change)).join(",\n");
    if (screen.json && rows !== "") screen.value(`${messages === 0 ? "" : ","}${rows}`);
    for (const line of changeLines(page, screen.width() - 2)) screen.line(`  ${line}`);
    messages += page.messages.length;
  }
  if (screen.json) screen.value("]}");
  const erased =
    forgotten === 0 ? "" : ` ${plural(forgotten, "message")} erased for good: no revision shows them any more.`;
  screen.line(`${plural(messages, "message")} and ${plural(first.mailboxes.length, "mailbox")}.${erased}`);
}

async function* pagesFrom(
  { pool }: Database,
  archive: ArchiveInfo,
  revision: Revision,
  first: Changes,
): AsyncGenerator<Changes> {
  yield first;
  for (let page = first; page.messages.length === PAGE; ) {
    page = await changesIn(pool, archive.id, revision, page.messages.at(-1)?.messageId ?? 0, PAGE);
    // The mailboxes come with every page; they are told once.
    yield { ...page, mailboxes: [] };
  }
}
