// packetboat database: where the data lies, and the embedded server by hand. Only `start` and `stop` change whether it stays up.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { MailError } from "@packetboat/core";
import { embeddedUrl, homePath, migrateDatabase, openDatabase, prepareHome, stopEmbedded } from "@packetboat/database";
import { plural } from "@packetboat/terminal";
import type { Command } from "commander";
import { subcommand, withExamples, withReporting } from "../command-help.ts";
import { EXIT } from "../exit-codes.ts";
import type { Host, ReportingOptions } from "../host.ts";
import { keepMarker, openHouse, placeOfData } from "../house.ts";

export function define(command: Command, host: Host): void {
  withExamples(command.description("Where the database is, and the embedded server by hand."), [
    { line: "database url", what: "its address, for psql and others" },
    { line: "database start", what: "leave the embedded server up between commands" },
  ]);
  withReporting(subcommand(command, "url", "print the database's address")).action(url(host));
  withReporting(subcommand(command, "start", "start the embedded server and leave it up")).action(start(host));
  withReporting(subcommand(command, "stop", "stop the embedded server")).action(stop(host));
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
  screen.data({ applied });
  screen.line(applied === 0 ? "The schema is up to date." : `Upgraded by ${plural(applied, "step")}.`);
};

function requireEmbedded(host: Host): void {
  if (host.environment.databaseUrl === null) return;
  throw new MailError(
    "CONFIG_INVALID",
    "PACKETBOAT_DATABASE_URL names a database that Packetboat does not start or stop. Use its own tools.",
  );
}
