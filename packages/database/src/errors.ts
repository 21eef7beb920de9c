// The one place where what Postgres or the socket says becomes a MailError. By SQLSTATE and errno only, never by message text,
// with one exception (node-postgres has no code for a connection that ended; its sentence sits alone below).
// It must never put a statement's parameters, a password or a connection string into a message.
import { isMailError, MailError } from "@packetboat/core";

const NETWORK_CODES = new Set([
  "ENOENT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EACCES",
]);

// Said by pg 8.23 lib/client.js when the socket closes under a query; it carries no code.
const CONNECTION_ENDED =
  /^(Connection terminated|Client has encountered a connection error|timeout expired|Client was closed)/;

/** The SQLSTATE or errno of what pg threw, or null. */
export function databaseCode(error: unknown): string | null {
  if (error instanceof AggregateError && error.errors.length > 0) return databaseCode(error.errors[0]);
  if (typeof error === "object" && error !== null && "code" in error && typeof error.code === "string")
    return error.code;
  return null;
}

/** True when the connection itself is gone or was never there, whatever the statement was. */
export function isConnectionFailure(error: unknown): boolean {
  const code = databaseCode(error);
  // 08: connection exceptions. 57P01 to 57P05: the server goes down, crashed, is not up yet, lost its database, ended an idle session.
  if (code !== null) return NETWORK_CODES.has(code) || code.startsWith("08") || code.startsWith("57P0");
  return error instanceof Error && CONNECTION_ENDED.test(error.message);
}

/**
 * Gives the MailError for anything a query threw: 40001, 40P01 and 55P03 become ARCHIVE_BUSY, 53100 DISK_FULL, a lost connection
 * DATABASE_LOST; a MailError stays as it is, everything else is a BUG.
 */
export function asDatabaseError(error: unknown): MailError {
  if (isMailError(error)) return error;
  const code = databaseCode(error);
  const options = { cause: error, ...(code === null ? {} : { context: { sqlState: code } }) };
  if (code === "40001" || code === "40P01" || code === "55P03") {
    return new MailError(
      "ARCHIVE_BUSY",
      "Another command wrote to the archive at the same time; nothing was changed. Run it again.",
      options,
    );
  }
  if (code === "53100") {
    return new MailError(
      "DISK_FULL",
      "The database's disk is full. Make room, then run it again: it continues after the last committed batch.",
      options,
    );
  }
  if (code === "53300") {
    return new MailError(
      "DATABASE_UNREACHABLE",
      "The database has no free connection. Raise max_connections or run fewer commands at once.",
      options,
    );
  }
  if (isConnectionFailure(error)) {
    return new MailError(
      "DATABASE_LOST",
      "The connection to the database was lost. What was committed is safe; run it again.",
      options,
    );
  }
  const detail = error instanceof Error ? error.message : String(error);
  return new MailError(
    "BUG",
    `Packetboat has a defect: the database refused a statement: ${detail}. The archive is safe; please report this.`,
    options,
  );
}

/** Gives the MailError for a connection that could not be made to PACKETBOAT_DATABASE_URL. Names the host, never the password. */
export function asConnectError(error: unknown, where: string): MailError {
  if (isMailError(error)) return error;
  const code = databaseCode(error);
  const options = { cause: error, ...(code === null ? {} : { context: { sqlState: code } }) };
  switch (code) {
    case "28P01":
    case "28000":
      return new MailError(
        "DATABASE_REFUSED",
        `The database at ${where} refused the login. Check user and password in PACKETBOAT_DATABASE_URL.`,
        options,
      );
    case "3D000":
      return new MailError(
        "DATABASE_REFUSED",
        `The database at ${where} does not exist. Create it with createdb, or correct PACKETBOAT_DATABASE_URL.`,
        options,
      );
    case "42501":
      return new MailError(
        "DATABASE_REFUSED",
        `The user may not connect to the database at ${where}. Grant it CONNECT and CREATE.`,
        options,
      );
    case "53300":
      return asDatabaseError(error);
    case "08P01":
      return new MailError(
        "DATABASE_REFUSED",
        `The database at ${where} refuses the settings of a session, as poolers do. Give the address of Postgres itself in PACKETBOAT_DATABASE_URL.`,
        options,
      );
    case null:
      return new MailError(
        "DATABASE_UNREACHABLE",
        `The database at ${where} does not answer as Postgres: ${error instanceof Error ? error.message : "no reason given"}. Check PACKETBOAT_DATABASE_URL.`,
        options,
      );
    default:
      return new MailError(
        "DATABASE_UNREACHABLE",
        `The database at ${where} cannot be reached (${code}). Start it, or correct PACKETBOAT_DATABASE_URL.`,
        options,
      );
  }
}
