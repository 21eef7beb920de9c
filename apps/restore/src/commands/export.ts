// packetboat restore export: an archive, as it is or was, as files. The database is read ahead of the disk; what is in memory is a few
// megabytes, whatever the archive holds. An interrupted export goes on where it was, at the revision that it began with.
import { exportMailbox } from "@packetboat/archive";
import type { Database } from "@packetboat/database";
import { type ExportMessage, type ExportOutcome, exportEml, SUMS, unfinishedExport } from "@packetboat/formats";
import { bytes, duration, harmless, plural, type Screen } from "@packetboat/terminal";
import { readDestination } from "../destination.ts";
import { startDisplay } from "../export-progress.ts";
import type { RestoreHost } from "../host.ts";
import { loaded, readAhead } from "../read-ahead.ts";
import { type Snapshot, snapshotOf, whenOf } from "../snapshot.ts";

export interface ExportOptions {
  readonly to: string;
  readonly at?: string;
  readonly mailbox?: readonly string[];
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Exports an archive. Throws as snapshotOf and exportEml do, and INTERRUPTED. */
export async function exportArchive(host: RestoreHost, name: string, options: ExportOptions): Promise<void> {
  const directory = readDestination(options.to, host.variables.HOME);
  const screen = host.screen(options);
  host.stopsByItself();
  const database = await host.open(screen);
  const signal = AbortSignal.any([host.signal, database.lost]);
  const snapshot = await snapshotOf(host, database, name, await goingOn(directory, name, options));
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
    const paths = snapshot.mailboxes.map(({ path }) => path);
    const messages = messagesOf(database, snapshot, erased);
    outcome = await exportEml(directory, subject, paths, messages, { onProgress: display.advance, signal });
  } finally {
    display.stop();
  }
  tell(screen, snapshot, { directory, outcome, erased: erased.messages, took: host.now() - started });
  host.end(outcome.damaged.length > 0 ? 3 : 0);
}

/** In a spelling that is the same for the same patterns, whatever their order. */
const selectionOf = ({ mailbox = [] }: ExportOptions): string =>
  mailbox.length === 0 ? "" : JSON.stringify([...new Set(mailbox)].sort());

/** Without --at, an unfinished export of the same goes on at its own revision: the archive may have moved on since. */
async function goingOn(directory: string, archive: string, options: ExportOptions): Promise<ExportOptions> {
  if (options.at !== undefined) return options;
  const begun = await unfinishedExport(directory);
  const same = begun !== null && begun.archive === archive && begun.selection === selectionOf(options);
  return same ? { ...options, at: String(begun.revision) } : options;
}

/** The messages of all mailboxes, ready to be written. Erased ones are counted, not given. */
async function* messagesOf(
  database: Database,
  snapshot: Snapshot,
  erased: { messages: number },
): AsyncGenerator<ExportMessage> {
  for (const mailbox of snapshot.mailboxes) {
    if (mailbox.messages === 0) continue;
    const stored = exportMailbox(database.pool, snapshot.archive.id, mailbox.id, snapshot.revision);
    for await (const { message, bytes: content } of readAhead(loaded(stored))) {
      const { id, size, sha256, flags, internalDate } = message;
      if (size === null || sha256 === null) erased.messages++;
      else yield { id, mailbox: mailbox.path, sha256, size, flags, internalDate, bytes: content };
    }
  }
}

/** Lists longer than this are cut. */
const MOST_NAMED = 20;

interface Told {
  readonly directory: string;
  readonly outcome: ExportOutcome;
  readonly erased: number;
  readonly took: number;
}

function tell(screen: Screen, snapshot: Snapshot, { directory, outcome, erased, took }: Told): void {
  screen.data({
    version: 1,
    archive: snapshot.archive.name,
    revision: snapshot.revision,
    time: snapshot.madeAt === null ? null : new Date(snapshot.madeAt).toISOString(),
    directory,
    mailboxes: snapshot.mailboxes.length,
    messages: outcome.messages,
    bytes: outcome.bytes,
    alreadyThere: outcome.alreadyThere,
    rewritten: outcome.rewritten,
    erased,
    damaged: outcome.damaged,
  });
  const amount = `${plural(outcome.messages, "message")}, ${bytes(outcome.bytes)} in ${plural(snapshot.mailboxes.length, "mailbox")}`;
  screen.line(`Exported ${amount} to ${harmless(directory)} (${duration(took)}).`);
  screen.line(`${harmless(snapshot.archive.name)} as of ${whenOf(snapshot)}.`);
  if (outcome.alreadyThere > 0)
    screen.line(`${plural(outcome.alreadyThere, "message")} of them had been written before, and were proved again.`);
  for (const path of outcome.rewritten.slice(0, MOST_NAMED))
    screen.line(screen.notable(`  ${harmless(path)} was not whole, or was changed since; it is written anew.`));
  if (outcome.rewritten.length > MOST_NAMED)
    screen.line(`  and ${plural(outcome.rewritten.length - MOST_NAMED, "more file")} (--json names all)`);
  if (erased > 0)
    screen.line(`${plural(erased, "message")} had been erased for good by packetboat forget, and are not among them.`);
  screen.line(`To prove the files at any time: cd ${shellWord(directory)} && sha256sum --quiet -c ${SUMS}`);
  for (const path of outcome.damaged)
    screen.warning(`packetboat: ${harmless(path)} is damaged: the archive's bytes are not those that were stored.`);
  if (outcome.damaged.length > 0)
    screen.warning(
      `packetboat: ${plural(outcome.damaged.length, "message")} could not be exported whole. packetboat verify ${harmless(snapshot.archive.name)} --deep names what is wrong.`,
    );
}

function shellWord(text: string): string {
  const plain = harmless(text);
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", "'\\''")}'`;
}
