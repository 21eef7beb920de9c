// packetboat import: mail from files and from other programs' stores into an archive. Nothing is sent anywhere: it reaches accounts only by
// the pushes of links (M10). It must never change the source, nor make an archive before it has seen that there is something to read.
import { ensureArchive, findArchive, openImport } from "@packetboat/archive";
import type { Database } from "@packetboat/database";
import { openSource, type Source } from "@packetboat/formats";
import { harmless, type Screen } from "@packetboat/terminal";
import { startDisplay } from "../export-progress.ts";
import type { RestoreHost } from "../host.ts";
import { Intake } from "../import/intake.ts";
import { failureLines, type ImportReport, importLines } from "../import/report.ts";
import { type NamedSource, readPlacing, readSource } from "../import/sources.ts";

export interface ImportOptions {
  readonly mailbox?: string;
  readonly below?: string;
  readonly keepLineEnds?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

type Opened = Source & Pick<NamedSource, "path">;

/** Throws CONFIG_INVALID for a source that cannot be read at all, and INTERRUPTED. */
export async function importMail(
  host: RestoreHost,
  name: string,
  texts: readonly string[],
  options: ImportOptions,
): Promise<void> {
  const named = texts.map((text) => readSource(text, host.variables.HOME));
  const placing = readPlacing(options);
  const screen = host.screen(options);
  host.stopsByItself();
  const sources: Opened[] = [];
  try {
    for (const { path, kind } of named) sources.push({ ...(await openSource(path, kind)), path });
    for (const { path, what } of sources) screen.progress(`${harmless(path)}: ${what}`);
    const database = await host.open(screen);
    await importAll({ host, database, screen, name, sources }, placing, options);
  } finally {
    for (const source of sources) await source.close();
  }
}

interface Around {
  readonly host: RestoreHost;
  readonly database: Database;
  readonly screen: Screen;
  readonly name: string;
  readonly sources: readonly Opened[];
}

async function importAll(
  around: Around,
  placing: ReturnType<typeof readPlacing>,
  options: ImportOptions,
): Promise<void> {
  const { host, database, screen, name, sources } = around;
  const dryRun = options.dryRun === true;
  if (!dryRun) database.ensureDiskSpace();
  const archive = dryRun ? await findArchive(database.pool, name) : await ensureArchive(database.pool, name);
  const into = archive === null ? null : await openImport(database.pool, archive.id, host.now);
  const started = host.now();
  const known = sources.every(({ bytes }) => bytes !== null);
  const all = { messages: null, bytes: known ? sources.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0) : null };
  const display = startDisplay(screen, all, host.now, (text) => process.stderr.write(text), "importing");
  let read = 0;
  const intake = new Intake({
    placing,
    into,
    dryRun,
    signal: AbortSignal.any([host.signal, database.lost]),
    beforeWrite: database.ensureDiskSpace,
    onProgress: ({ messages }) => display.advance({ messages, bytes: read }),
  });
  try {
    for (const source of sources) {
      const onRead = (bytes: number): void => {
        read += bytes;
      };
      await intake.read(source.items({ onRead, keepLineEnds: options.keepLineEnds === true }));
    }
    if (!dryRun) await into?.finish();
  } finally {
    display.stop();
  }
  tell(host, screen, {
    version: 1,
    archive: name,
    dryRun,
    sources: sources.map(({ path, what }) => ({ path, what })),
    totals: intake.totals,
    mailboxes: intake.mailboxes,
    failed: intake.failed,
    failures: intake.failures.map(({ place, reason, detail }) => ({ place, reason, detail })),
    revision: intake.revision,
    milliseconds: host.now() - started,
  });
}

function tell(host: RestoreHost, screen: Screen, report: ImportReport): void {
  screen.data(report);
  for (const line of importLines(report, screen, screen.width())) screen.line(line);
  for (const line of failureLines(report)) screen.warning(line);
  host.end(report.failed > 0 ? 3 : 0);
}
