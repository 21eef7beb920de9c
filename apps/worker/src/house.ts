// Opens the database for a command: joins or starts the server, upgrades the schema, and leaves both when the command ends.
// It must never be called by a command that only prints help, nor hold anything that a second command would have to wait for.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { MailError } from "@packetboat/core";
import { type Database, homePath, layoutOf, migrateDatabase, openDatabase } from "@packetboat/database";
import type { Screen } from "@packetboat/terminal";
import type { Host } from "./host.ts";

/** Its presence in the home keeps the embedded server up between commands: `database start` makes it, `database stop` removes it. */
export function keepMarker(host: Host): string {
  return join(homePath(host.variables), "keep-running");
}

/** The embedded server stays up when the command ends. */
function keepsRunning(host: Host): boolean {
  return host.environment.keepDatabase || existsSync(keepMarker(host));
}

/** Opens the database, upgraded; closed when the command ends. Throws as openDatabase and migrateDatabase do. */
export async function openHouse(host: Host, screen: Screen): Promise<Database> {
  const onNotice = (sentence: string) => screen.progress(sentence);
  const env = { ...host.variables, PACKETBOAT_DATABASE_KEEP: keepsRunning(host) ? "1" : "0" };
  const database = await openDatabase({ env, onNotice });
  host.onLeave(database.close);
  try {
    await migrateDatabase(database, { onNotice: upgradesOnly(onNotice) });
  } catch (error) {
    // A worker opens another one later.
    await database.close();
    throw error;
  }
  return database;
}

/** Tells of upgrades; that a new database is filled with its tables, from the first on, is no news to anybody. */
function upgradesOnly(onNotice: (sentence: string) => void): (sentence: string) => void {
  let isNew = false;
  return (sentence) => {
    isNew ||= /\bschema 1\b/.test(sentence);
    if (!isNew) onNotice(sentence);
  };
}

/** Where the data lies, in words; nothing of an address that may hold a password. */
export function placeOfData(host: Host, database: Pick<Database, "home">): string {
  return database.home === null
    ? "the database of PACKETBOAT_DATABASE_URL"
    : `the embedded database in ${homePath(host.variables)}`;
}

/** The key that seals kept passwords. */
export function keyPath(host: Host): string {
  return host.environment.keyFile ?? layoutOf(homePath(host.variables), process.getuid?.() ?? 0).keyFile;
}

/** Gives a signal that is aborted by the person or by a lost database, with the reason of the first. */
export function stopSignal(host: Host, database: Pick<Database, "lost">): AbortSignal {
  return AbortSignal.any([host.signal, database.lost]);
}

/** The reason of an aborted signal, when it is one of our errors. */
export function reasonOf(signal: AbortSignal): MailError | null {
  return signal.aborted ? (signal.reason as MailError) : null;
}
