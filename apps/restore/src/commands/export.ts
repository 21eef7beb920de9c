// packetboat restore export: an archive, as it is or was, as files. The database is read ahead of the disk; what is in memory is a few
// megabytes, whatever the archive holds. An interrupted export goes on where it was, at the revision that it began with.
import { homesOf } from "@packetboat/archive";
import type { MessageId } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import {
  type ExportOutcome,
  exportEml,
  exportMaildir,
  exportMbox,
  exportZip,
  SUMS,
  unfinishedExport,
} from "@packetboat/formats";
import type { Query } from "@packetboat/search";
import { queryOfOptions } from "@packetboat/search";
import { bytes, duration, harmless, plural, type Screen } from "@packetboat/terminal";
import { type ExportFormat, type ExportPlace, readDestination } from "../destination.ts";
import { startDisplay } from "../export-progress.ts";
import { exportedMessages } from "../exported.ts";
import type { RestoreHost } from "../host.ts";
import { readMessages } from "../push-options.ts";
import { searchedSelection } from "../searched.ts";
import { shellWord } from "../shell-word.ts";
import { narrowed, type Snapshot, snapshotOf, whenOf } from "../snapshot.ts";

export interface ExportOptions {
  readonly to: string;
  readonly at?: string;
  readonly mailbox?: readonly string[];
  readonly message?: readonly string[];
  readonly from?: string;
  readonly subject?: string;
  readonly has?: string;
  readonly query?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const EXPORTS = {
  eml: exportEml,
  mbox: exportMbox,
  maildir: exportMaildir,
  zip: exportZip,
} as const satisfies Record<ExportFormat, typeof exportEml>;

/** Exports an archive. Throws as snapshotOf and the exports do, and INTERRUPTED. */
export async function exportArchive(host: RestoreHost, name: string, options: ExportOptions): Promise<void> {
  const place = readDestination(options.to, host.variables.HOME);
  const wanted = wantedOf(options, host.now());
  const screen = host.screen(options);
  host.stopsByItself();
  const database = await host.open(screen);
  const signal = AbortSignal.any([host.signal, database.lost]);
  const snapshot = await chosenOf(
    database,
    await snapshotOf(host, database, name, await goingOn(place.path, name, options)),
    wanted,
  );
  const all = {
    messages: snapshot.mailboxes.reduce((sum, { messages }) => sum + messages, 0),
    bytes: snapshot.mailboxes.reduce((sum, mailbox) => sum + mailbox.bytes, 0),
  };
  const started = host.now();
  const display = startDisplay(screen, all, host.now, (text) => process.stderr.write(text));
  const erased = { messages: 0 };
  let outcome: ExportOutcome;
  try {
    const subject = {
      archive: snapshot.archive.name,
      revision: snapshot.revision,
      time: snapshot.madeAt,
      selection: selectionOf(options),
    };
    const ownFiles = place.format === "eml" || place.format === "maildir";
    const messages = exportedMessages(database.pool, snapshot, erased, ownFiles ? "files" : "anything");
    const how = { onProgress: display.advance, signal };
    outcome = await EXPORTS[place.format](place.path, subject, snapshot.mailboxes, messages, how);
  } finally {
    display.stop();
  }
  tell(screen, snapshot, { place, outcome, erased: erased.messages, took: host.now() - started });
  host.end(outcome.damaged.length > 0 ? 3 : 0);
}

interface WantedMessages {
  /** Null: whatever the query finds. */
  readonly messages: readonly MessageId[] | null;
  /** Null: all. */
  readonly query: Query | null;
}

/** Throws CONFIG_INVALID for a query that is not understood. `--to` is the place here. */
function wantedOf({ message, from, subject, has, query }: ExportOptions, now: number): WantedMessages {
  const messages = message === undefined ? null : readMessages(message);
  return { messages, query: queryOfOptions({ from, subject, has, query }, now) };
}

async function chosenOf(
  { pool }: Database,
  snapshot: Snapshot,
  { messages, query }: WantedMessages,
): Promise<Snapshot> {
  if (messages === null && query === null) return snapshot;
  const { archive, revision } = snapshot;
  // As push does: one that is not there is said, not left out.
  if (messages !== null) await homesOf(pool, archive.id, revision, messages);
  const selection = messages === null ? {} : { messages };
  const found = await searchedSelection(pool, archive, revision, selection, query);
  return await narrowed(pool, snapshot, found.messages ?? []);
}

/** In a spelling that is the same for the same selection, whatever the order of its patterns. */
function selectionOf({ mailbox = [], message, from, subject, has, query }: ExportOptions): string {
  const patterns = [...new Set(mailbox)].sort();
  const words = { from, subject, has, query, message: message === undefined ? undefined : readMessages(message) };
  const named = Object.values(words).some((word) => word !== undefined);
  if (!named) return patterns.length === 0 ? "" : JSON.stringify(patterns);
  return JSON.stringify({ mailbox: patterns, ...words });
}

/** Without --at, an unfinished export of the same goes on at its own revision: the archive may have moved on since. */
async function goingOn(path: string, archive: string, options: ExportOptions): Promise<ExportOptions> {
  if (options.at !== undefined) return options;
  const begun = await unfinishedExport(path);
  const same = begun !== null && begun.archive === archive && begun.selection === selectionOf(options);
  return same ? { ...options, at: String(begun.revision) } : options;
}

/** Lists longer than this are cut. */
const MOST_NAMED = 20;

interface Told {
  readonly place: ExportPlace;
  readonly outcome: ExportOutcome;
  readonly erased: number;
  readonly took: number;
}

function tell(screen: Screen, snapshot: Snapshot, { place, outcome, erased, took }: Told): void {
  screen.data({
    version: 1,
    archive: snapshot.archive.name,
    revision: snapshot.revision,
    time: snapshot.madeAt === null ? null : new Date(snapshot.madeAt).toISOString(),
    format: place.format,
    [place.format === "zip" ? "file" : "directory"]: place.path,
    mailboxes: snapshot.mailboxes.length,
    messages: outcome.messages,
    bytes: outcome.bytes,
    alreadyThere: outcome.alreadyThere,
    rewritten: outcome.rewritten,
    erased,
    damaged: outcome.damaged,
  });
  const amount = `${plural(outcome.messages, "message")}, ${bytes(outcome.bytes)} in ${plural(snapshot.mailboxes.length, "mailbox")}`;
  screen.line(`Exported ${amount} to ${harmless(place.path)} (${duration(took)}).`);
  screen.line(`${harmless(snapshot.archive.name)} as of ${whenOf(snapshot)}.`);
  if (outcome.alreadyThere > 0)
    screen.line(`${plural(outcome.alreadyThere, "message")} of them written before: proved again.`);
  for (const path of outcome.rewritten.slice(0, MOST_NAMED))
    screen.line(screen.notable(`  ${harmless(path)} was not whole, or was changed since; it is written anew.`));
  if (outcome.rewritten.length > MOST_NAMED)
    screen.line(`  and ${plural(outcome.rewritten.length - MOST_NAMED, "more file")} (--json names all)`);
  if (erased > 0)
    screen.line(`${plural(erased, "message")} had been erased for good by packetboat forget, and are not among them.`);
  screen.line(`To prove ${proofOf(place)}`);
  for (const path of outcome.damaged)
    screen.warning(`packetboat: ${harmless(path)} is damaged: the archive's bytes are not those that were stored.`);
  if (outcome.damaged.length > 0)
    screen.warning(
      `packetboat: ${plural(outcome.damaged.length, "message")} could not be exported whole. packetboat verify ${harmless(snapshot.archive.name)} --deep names what is wrong.`,
    );
}

function proofOf({ format, path }: ExportPlace): string {
  if (format === "zip") return `the files once they are unpacked: sha256sum --quiet -c ${SUMS}`;
  return `the files at any time: cd ${shellWord(path)} && sha256sum --quiet -c ${SUMS}`;
}
