// The cluster on disk: made once by initdb beside its final place and renamed, so that a kill -9 leaves either all of it or nothing.
// It must never remove postmaster.pid of a living server, and is called under the start lock only.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { MailError } from "@packetboat/core";
import { ensureDiskSpace } from "./disk.ts";
import type { HomeLayout } from "./home.ts";
import { type Launch, serverSettings } from "./launch.ts";
import { serverEnvironment } from "./start-lock.ts";

const run = promisify(execFile);

/**
 * Removes the lock files of a server that died when their pid now belongs to another program, over which Postgres would refuse to start.
 * A pid that is free, or leftovers of shared memory, Postgres judges itself.
 */
export function removeStaleLocks(layout: HomeLayout): void {
  rmSync(join(layout.dataDirectory, "postmaster.pid"), { force: true });
  rmSync(join(layout.socketDirectory, ".s.PGSQL.5432.lock"), { force: true });
}

/** Makes the cluster if there is none, and writes this start's settings. Throws DATABASE_UNREACHABLE with what initdb said. */
export async function prepareCluster(launch: Launch, settings: Readonly<Record<string, string>>): Promise<void> {
  const { dataDirectory } = launch.layout;
  if (!existsSync(dataDirectory)) await createCluster(launch);
  const file = join(dataDirectory, "packetboat.conf");
  // Not written in place: a kill between truncate and write would leave a server without its socket directory.
  writeFileSync(`${file}.new`, serverSettings(launch.layout, settings), { mode: 0o644 });
  renameSync(`${file}.new`, file);
}

async function createCluster(launch: Launch): Promise<void> {
  const { dataDirectory } = launch.layout;
  const parent = join(dataDirectory, "..");
  // Only here: a database that exists is started on a full disk too, so that it can be read.
  ensureDiskSpace(parent);
  const prefix = `${basename(dataDirectory)}.init-`;
  // Only the holder of the start lock makes clusters: what lies here was left by a killed one.
  for (const name of readdirSync(parent)) {
    if (name.startsWith(prefix)) rmSync(join(parent, name), { recursive: true, force: true, maxRetries: 5 });
  }
  const partial = join(parent, `${prefix}${randomBytes(6).toString("hex")}`);
  const [program = "", ...words] = [
    ...launch.prefix,
    join(launch.native, "bin", "initdb"),
    ...["-D", partial, "-U", "packetboat", "-A", "trust", "-E", "UTF8", "--no-instructions"],
    // The builtin provider sorts the same on every machine; an index never depends on the C library's version.
    ...["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
  ];
  try {
    await run(program, words, { cwd: parent, env: serverEnvironment(), maxBuffer: 1_000_000 });
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    throw new MailError(
      "DATABASE_UNREACHABLE",
      `The embedded database could not be made in ${parent}: ${lastLine(said)}. Set PACKETBOAT_HOME to another place, or PACKETBOAT_DATABASE_URL.`,
      {
        cause: error,
      },
    );
  }
  const config = join(partial, "postgresql.conf");
  writeFileSync(config, `${readFileSync(config, "utf8")}\ninclude_if_exists = 'packetboat.conf'\n`);
  syncPath(config);
  renameSync(partial, dataDirectory);
  syncPath(parent);
}

function syncPath(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function lastLine(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return (lines.findLast((line) => /error|fatal|could not/i.test(line)) ?? lines.at(-1) ?? "no reason given").trim();
}
