// packetboat log: what changed in an archive, revision by revision, the latest first; with --revision each message that it touched.
import { type ArchiveInfo, type Changes, changesIn, type LogEntry, log, resolveRevision } from "@packetboat/archive";
import { type Flags, type MailboxPath, showPath, withoutFlags } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { count, instant, plural, type Screen, tableLines } from "@packetboat/terminal";
import type { Command } from "commander";
import { withExamples, withReporting } from "../command-help.ts";
import type { Host, ReportingOptions } from "../host.ts";
import { openHouse } from "../house.ts";
import { readCount } from "../runs/count.ts";
import { archiveByName } from "../runs/targets.ts";

interface Options extends ReportingOptions {
  readonly limit: string;
  readonly revision?: string;
}

const PAGE = 1_000;

export function define(command: Command, host: Host): void {
  command
    .description("Says what changed in an archive, the latest revision first.")
    .argument("ARCHIVE")
    .option("--limit N", "how many revisions", "20")
    .option("--revision N", "every message that this revision touched");
  withReporting(command);
  withExamples(command, [
    { line: "log you@mail.example.com", what: "the last 20 revisions" },
    { line: "log you@mail.example.com --revision 42", what: "what revision 42 changed" },
  ]);
  command.action(async (name: string, options: Options) => {
    const limit = readCount("--limit", options.limit, 1_000_000);
    const screen = host.screen(options);
    const database = await openHouse(host, screen);
    const archive = await archiveByName(database, name);
    if (options.revision === undefined) return list(screen, archive, await log(database.pool, archive.id, { limit }));
    await show(screen, database, archive, readCount("--revision", options.revision, Number.MAX_SAFE_INTEGER));
  });
}

/** "12 added, 3 moved, 1 mailbox". */
function whatChanged({ added, removed, moved, flagged, mailboxes }: LogEntry): string {
  const parts = [
    ...(added > 0 ? [`${count(added)} added`] : []),
    ...(flagged > 0 ? [plural(flagged, "flag change")] : []),
    ...(moved > 0 ? [`${count(moved)} moved`] : []),
    ...(removed > 0 ? [`${count(removed)} removed`] : []),
    ...(mailboxes > 0 ? [plural(mailboxes, "mailbox")] : []),
  ];
  return parts.join(", ");
}

function list(screen: Screen, archive: ArchiveInfo, entries: readonly LogEntry[]): void {
  const revisions = entries.map(({ madeAt, runId, ...entry }) => ({
    ...entry,
    made: new Date(madeAt).toISOString(),
    run: runId,
  }));
  screen.data({ version: 1, archive: archive.name, revisions });
  if (entries.length === 0) {
    screen.line("Nothing was ever stored in this archive.");
    return;
  }
  const columns = [
    { title: "revision", align: "right" },
    { title: "made", align: "left" },
    { title: "run", align: "right" },
    { title: "what", align: "left" },
  ] as const;
  const rows = entries.map((entry) => [
    String(entry.revision),
    instant(entry.madeAt),
    entry.runId === null ? "" : String(entry.runId),
    whatChanged(entry),
  ]);
  for (const line of tableLines(columns, rows)) screen.line(line);
}

async function show(screen: Screen, database: Database, archive: ArchiveInfo, asked: number): Promise<void> {
  const { pool } = database;
  const { revision, madeAt } = await resolveRevision(pool, archive.id, { kind: "revision", revision: asked });
  screen.line(screen.bold(`${archive.name}, revision ${revision}${madeAt === null ? "" : ` of ${instant(madeAt)}`}`));
  for (let after = 0; ; ) {
    const page = await changesIn(pool, archive.id, revision, after, PAGE);
    screen.data({ version: 1, archive: archive.name, revision, ...page });
    // The mailboxes come with every page; they are told once.
    for (const line of changeLines(after === 0 ? page : { ...page, mailboxes: [] })) screen.line(`  ${line}`);
    const last = page.messages.at(-1);
    if (last === undefined || page.messages.length < PAGE) return;
    after = last.messageId;
  }
}

const shown = (path: MailboxPath | null): string => (path === null ? "" : showPath(path));

function changeLines({ mailboxes, messages }: Changes): readonly string[] {
  const column = { title: "", align: "left" } as const;
  const boxes = mailboxes.map(({ kind, before, after }) => {
    const name =
      before !== null && after !== null && shown(before) !== shown(after)
        ? `${shown(before)} → ${shown(after)}`
        : shown(after ?? before);
    return ["mailbox", kind, name];
  });
  const rows = messages.map(({ kind, messageId, before, after }) => {
    const where =
      kind === "moved"
        ? `${shown(before?.path ?? null)} → ${shown(after?.path ?? null)}`
        : shown((after ?? before)?.path ?? null);
    return [`message ${messageId}`, kind, `${where}${flagChange(before?.flags ?? [], after?.flags ?? [], kind)}`];
  });
  return tableLines([column, column, column], [...boxes, ...rows]);
}

function flagChange(before: Flags, after: Flags, kind: string): string {
  if (kind === "removed") return "";
  const changes = [
    ...withoutFlags(after, before).map((flag) => `+${flag}`),
    ...withoutFlags(before, after).map((flag) => `-${flag}`),
  ];
  return changes.length === 0 ? "" : `  ${changes.join(" ")}`;
}
