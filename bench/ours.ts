// Packetboat as this bench runs it: ./packetboat from exec to exit, with a home of its own, made before the clock starts. It must be the same
// program that a user types, on an embedded Postgres with its ordinary settings.
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { type Program, processorOfTree } from "./measure.ts";
import type { Account } from "./peers.ts";

export const PACKETBOAT = fileURLToPath(new URL("../packetboat", import.meta.url));

/** A home of our own below `work`. */
export interface Home {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
  /** The backup of an account, as a user types it. */
  backup(account: Account): Program;
  /** A migration, as a user types it. */
  migrate(from: Account, to: Account): Program;
  /** An archive sent to another account. */
  push(archive: string, to: Account): Program;
  /** Two accounts kept equal. */
  mirror(a: Account, b: Account): Program;
  /** Runs a command to its end and gives its stdout; throws with what it said when it fails. */
  run(...args: string[]): string;
  /** Empties the home and makes a new database, stopped. */
  fresh(): Promise<void>;
  /** A value from the database. */
  query(sql: string): Promise<string>;
  /** Processor seconds that the database has taken, if it is running. */
  databaseProcessor(): number;
}

const urlOf = ({ port, user }: Account): string => `imap://${user}:pass@127.0.0.1:${port}?tls=none`;

export function homeIn(work: string, name: string, keep: boolean): Home {
  const path = join(work, name);
  const env = { ...process.env, PACKETBOAT_HOME: path, ...(keep ? { PACKETBOAT_DATABASE_KEEP: "1" } : {}) };
  const run = (...args: string[]): string => {
    const done = spawnSync(PACKETBOAT, args, { env, encoding: "utf8" });
    if (done.status !== 0)
      throw new Error(`packetboat ${args[0]} ended with ${done.status}:\n${done.stdout}${done.stderr}`);
    return done.stdout;
  };
  return {
    path,
    env,
    run,
    backup: (account) => ({
      argv: [PACKETBOAT, "backup", urlOf(account), "--archive", account.user, "--quiet"],
      env,
    }),
    migrate: (from, to) => ({
      argv: [PACKETBOAT, "migrate", urlOf(from), urlOf(to), "--archive", `${from.user}-${to.user}`, "--quiet"],
      env,
    }),
    push: (archive, to) => ({ argv: [PACKETBOAT, "restore", "push", archive, "--to", urlOf(to), "--quiet"], env }),
    mirror: (a, b) => ({
      argv: [PACKETBOAT, "mirror", urlOf(a), urlOf(b), "--archive", `${a.user}-${b.user}`, "--quiet"],
      env,
    }),
    async fresh() {
      if (await import("node:fs").then((fs) => fs.existsSync(path)))
        spawnSync(PACKETBOAT, ["database", "stop"], { env });
      await rm(path, { recursive: true, force: true });
      await mkdir(path, { recursive: true });
      run("database", "upgrade");
    },
    async query(sql) {
      run("database", "start");
      const client = new pg.Client({ connectionString: run("database", "url").trim() });
      await client.connect();
      try {
        const { rows } = await client.query<Record<string, unknown>>(sql);
        return String(Object.values(rows[0] ?? {})[0]);
      } finally {
        await client.end();
        if (!keep) run("database", "stop");
      }
    },
    databaseProcessor() {
      const [file] = globSync("**/postmaster.pid", { cwd: path });
      return file === undefined ? 0 : processorOfTree(Number(readFileSync(join(path, file), "utf8").split("\n")[0]));
    },
  };
}
