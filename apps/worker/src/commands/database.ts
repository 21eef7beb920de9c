// packetboat database: where the data lies, and the embedded server by hand. Only `start` and `stop` change whether it stays up.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { dumpToFile, loadFromFile, type TransferOptions } from "@packetboat/archive";
import { MailError } from "@packetboat/core";
import {
  type Database,
  embeddedUrl,
  homePath,
  migrateDatabase,
  openDatabase,
  prepareHome,
  stopEmbedded,
} from "@packetboat/database";
import { bytes, plural, type Screen } from "@packetboat/terminal";
import type { Command } from "commander";
import { subcommand, withExamples, withReporting } from "../command-help.ts";
import { EXIT } from "../exit-codes.ts";
import type { Host, ReportingOptions } from "../host.ts";
import { keepMarker, keyPath, openHouse, placeOfData, stopSignal } from "../house.ts";

export function define(command: Command, host: Host): void {
  withExamples(command.description("Where the database is, and the embedded server by hand."), [
    { line: "database url", what: "its address, for psql and others" },
    { line: "database start", what: "leave the embedded server up between commands" },
    { line: "database dump mail.dump", what: "a copy of everything, for another machine" },
    { line: "database load mail.dump", what: "on that machine" },
  ]);
  withReporting(subcommand(command, "url", "print the database's address")).action(url(host));
  withReporting(subcommand(command, "start", "start the embedded server and leave it up")).action(start(host));
  withReporting(subcommand(command, "stop", "stop the embedded server")).action(stop(host));
  withReporting(subcommand(command, "dump FILE", "write the whole database to a file, while runs go on"))
    .description(
      "Writes the whole database to a file (mode 0600), as of one moment, while runs go on. The file holds all mail in the clear;\n" +
        "kept passwords stay sealed, so keep the key file too. Loads into any database of this or a later version.",
    )
    .action(dump(host));
  withReporting(subcommand(command, "load FILE", "fill an empty database from such a file")).action(load(host));
  withReporting(subcommand(command, "upgrade", "bring the schema up to this version")).action(upgrade(host));
}

/** Nothing is started for it: the address is where the server is whenever a command runs. */
const url = (host: Host) => (options: ReportingOptions) => {
  const screen = host.screen(options);
  const { databaseUrl } = host.environment;
  const address = databaseUrl ?? embeddedUrl(prepareHome(homePath(host.variables)));
  if (screen.json) screen.data({ url: address, embedded: databaseUrl === null });
  else screen.value(address);
};

const start = (host: Host) => async (options: ReportingOptions) => {
  requireEmbedded(host);
  const screen = host.screen(options);
  const marker = keepMarker(host);
  mkdirSync(dirname(marker), { recursive: true, mode: 0o700 });
  writeFileSync(marker, "");
  const database = await openHouse(host, screen);
  screen.line(`Running: ${placeOfData(host, database)} stays up until packetboat database stop.`);
  screen.data({ running: true, url: database.url });
};

const stop = (host: Host) => async (options: ReportingOptions) => {
  requireEmbedded(host);
  const screen = host.screen(options);
  rmSync(keepMarker(host), { force: true });
  const outcome = await stopEmbedded(homePath(host.variables));
  screen.data(outcome);
  if (outcome.kind === "inUse") {
    const who = `${plural(outcome.pids.length, "command")} (${outcome.pids.map((pid) => `process ${pid}`).join(", ")})`;
    throw new MailError("DATABASE_REFUSED", `The database is in use by ${who}. It stops by itself when they end.`);
  }
  screen.line(outcome.kind === "stopped" ? "Stopped." : "It was not running.");
  host.end(EXIT.done);
};

const upgrade = (host: Host) => async (options: ReportingOptions) => {
  const screen = host.screen(options);
  const onNotice = (sentence: string) => screen.progress(sentence);
  const database = await openDatabase({ env: host.variables, onNotice });
  host.onLeave(database.close);
  const applied = await migrateDatabase(database, { onNotice });
  const { upgradeQueue } = await import("@packetboat/queue");
  await upgradeQueue(database);
  screen.data({ applied });
  screen.line(applied === 0 ? "The schema is up to date." : `Upgraded by ${plural(applied, "step")}.`);
};

const PROGRESS_MS = 2_000;

const dump = (host: Host) => async (file: string, options: ReportingOptions) => {
  const screen = host.screen(options);
  host.stopsByItself();
  const database = await openHouse(host, screen);
  const path = resolve(file);
  const dumped = await dumpToFile(database.pool, path, {
    ...transfer(host, screen, database, "written"),
    now: host.now(),
  });
  screen.data({ version: 1, file: path, ...dumped });
  screen.line(
    `Dumped ${plural(dumped.rows.message ?? 0, "message")} of ${plural(dumped.rows.archive ?? 0, "archive")} to ${path} (${bytes(dumped.bytes)}).`,
  );
  const { secret = 0 } = dumped.rows;
  if (secret > 0)
    screen.line(`${plural(secret, "kept password")} in it open with ${keyPath(host)} only; take that file along.`);
};

const load = (host: Host) => async (file: string, options: ReportingOptions) => {
  const screen = host.screen(options);
  host.stopsByItself();
  const database = await openHouse(host, screen);
  database.ensureDiskSpace();
  const loaded = await loadFromFile(database.pool, resolve(file), transfer(host, screen, database, "read"));
  screen.data({ version: 1, file: resolve(file), ...loaded });
  screen.line(
    `Loaded ${plural(loaded.rows.message ?? 0, "message")} of ${plural(loaded.rows.archive ?? 0, "archive")} (${bytes(loaded.bytes)}).`,
  );
};

/** The wish to stop, and a line every two seconds. */
function transfer(host: Host, screen: Screen, database: Pick<Database, "lost">, verb: string): TransferOptions {
  let last = host.now();
  const onProgress: TransferOptions["onProgress"] = ({ table, bytes: done }) => {
    if (host.now() - last < PROGRESS_MS) return;
    last = host.now();
    screen.progress(`${table}: ${bytes(done)} ${verb}`);
  };
  return { signal: stopSignal(host, database), onProgress };
}

function requireEmbedded(host: Host): void {
  if (host.environment.databaseUrl === null) return;
  throw new MailError(
    "CONFIG_INVALID",
    "PACKETBOAT_DATABASE_URL names a database that Packetboat does not start or stop. Use its own tools.",
  );
}
