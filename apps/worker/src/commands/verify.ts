// packetboat verify: the archive against itself, then against its servers; proves, or names what is wrong. It never mends anything, and
// it holds each account's lease while it asks, so that no run changes the base under it.
import {
  type ArchiveFinding,
  type ArchiveInfo,
  type LinkInfo,
  listLinks,
  openArchive,
  verifyArchive,
} from "@packetboat/archive";
import { asMailError, type Remote } from "@packetboat/core";
import { acquireLease, type Database } from "@packetboat/database";
import { bytes, count, type Screen } from "@packetboat/terminal";
import type { Command } from "commander";
import { signIn } from "../accounts/connect.ts";
import { accountById } from "../accounts/registry.ts";
import { passwordSource } from "../accounts/secret.ts";
import { withExamples, withReporting } from "../command-help.ts";
import { EXIT } from "../exit-codes.ts";
import type { Host, ReportingOptions } from "../host.ts";
import { openHouse, reasonOf, stopSignal } from "../house.ts";
import { archiveByName } from "../runs/targets.ts";
import { type AccountCheck, type VerifyReport, verifyExitCode, verifyLines } from "../verify/outcome.ts";
import { checkServer } from "../verify/server.ts";

interface Options extends ReportingOptions {
  readonly deep?: boolean;
  readonly servers: boolean;
  readonly passwordFile?: string;
  readonly passwordCommand?: string;
}

const PROGRESS_MS = 2_000;

export function define(command: Command, host: Host): void {
  command
    .description(
      "Reads back everything that is stored, hashes it again, and compares the archive with its servers: which messages\n" +
        "are there, with which flags. Exit code 1 when anything does not hold, 3 when no server could be asked.",
    )
    .argument("ARCHIVE")
    .option("--deep", "download every message again and compare the bytes")
    .option("--no-servers", "the archive against itself only; ends with exit code 3")
    .option("--password-file FILE", "the password of its accounts, where none is kept")
    .option("--password-command COMMAND", "the same from a command");
  withReporting(command);
  withExamples(command, [
    { line: "verify you@mail.example.com", what: "after a backup" },
    { line: "verify you@mail.example.com --deep", what: "once in a while, byte for byte" },
  ]);
  command.action(async (name: string, options: Options) => {
    const screen = host.screen(options);
    host.stopsByItself();
    const database = await openHouse(host, screen);
    const archive = await archiveByName(database, name);
    await verify(host, screen, database, archive, options);
  });
}

async function verify(
  host: Host,
  screen: Screen,
  database: Database,
  archive: ArchiveInfo,
  options: Options,
): Promise<void> {
  const signal = stopSignal(host, database);
  const stored = await verifyStored(host, screen, database, archive, signal);
  const servers: AccountCheck[] = [];
  for (const link of await listLinks(database.pool, { archiveId: archive.id })) {
    servers.push(
      options.servers
        ? await verifyServer(host, screen, database, link, options)
        : { account: link.account, asked: false, error: null },
    );
  }
  const deep = options.deep === true;
  const exitCode = verifyExitCode(stored.findings, servers);
  const report: VerifyReport = {
    version: 1,
    archive: archive.name,
    revision: archive.revision,
    deep,
    stored,
    servers,
    exitCode,
  };
  screen.data(report);
  // --quiet is silent on success only: what does not hold is said.
  const say = screen.quiet && exitCode !== EXIT.done ? screen.warning : screen.line;
  if (!screen.json) for (const line of verifyLines(report, screen)) say(line);
  host.end(exitCode);
}

async function verifyStored(
  host: Host,
  screen: Screen,
  database: Database,
  archive: ArchiveInfo,
  signal: AbortSignal,
): Promise<VerifyReport["stored"]> {
  const findings: ArchiveFinding[] = [];
  let read = { blobs: 0, bytes: 0 };
  const tell = paced(host, screen);
  const onProgress = (progress: typeof read) => {
    read = progress;
    tell(() => `${archive.name}: ${count(progress.blobs)} bodies read back, ${bytes(progress.bytes)}`);
  };
  try {
    for await (const finding of verifyArchive(database.pool, archive.id, { onProgress, signal }))
      findings.push(finding);
  } catch (error) {
    throw reasonOf(signal) ?? error;
  }
  return { ...read, findings };
}

/** Gives what calls for a line at most every two seconds. */
function paced(host: Host, screen: Screen): (line: () => string) => void {
  let last = host.now();
  return (line) => {
    if (host.now() - last < PROGRESS_MS) return;
    last = host.now();
    screen.progress(line());
  };
}

async function verifyServer(
  host: Host,
  screen: Screen,
  database: Database,
  link: LinkInfo,
  options: Options,
): Promise<AccountCheck> {
  let remote: Remote | null = null;
  const account = await accountById(database, link.accountId);
  const lease = await acquireLease(database, {
    accountId: link.accountId,
    holder: "verify",
    onWait: (holder) => screen.progress(`${link.account}: waiting for ${holder}`),
    signal: host.signal,
  });
  const signal = AbortSignal.any([stopSignal(host, database), lease.lost]);
  try {
    const given = { passwordFile: options.passwordFile, passwordCommand: options.passwordCommand };
    const source = passwordSource(host, database, account, { options: given, url: null });
    // That the account takes clear text was allowed when it was added.
    const login = { database, address: account.address, settings: account.settings, allowCleartext: true };
    remote = (await signIn(host, login, source, signal)).remote;
    const archive = await openArchive({
      pool: database.pool,
      link,
      lease: { accountId: link.accountId, token: lease.token },
      now: host.now,
    });
    const tell = paced(host, screen);
    const result = await checkServer({
      database,
      remote,
      archive,
      link,
      deep: options.deep === true,
      signal,
      onProgress: ({ mailbox, messages, bytes: size }) =>
        tell(
          () =>
            `${link.account}: ${mailbox}, ${count(messages)} messages compared${size > 0 ? `, ${bytes(size)} downloaded` : ""}`,
        ),
    });
    return { account: link.account, asked: true, ...result };
  } catch (thrown) {
    const reason = reasonOf(signal);
    if (reason !== null) throw reason;
    const error = asMailError(thrown);
    // Without a password the server is not asked, and the report says so; anything wider than this account ends the command.
    if (error.scope === "run" && error.code !== "CONFIG_INVALID" && error.code !== "SECRET_UNREADABLE") throw error;
    return { account: link.account, asked: false, error: { code: error.code, text: error.message } };
  } finally {
    await remote?.close();
    await lease.release();
  }
}
