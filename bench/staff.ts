// A worker as the bench employs it: a home with many accounts, each with an archive and a link, on an embedded Postgres, and the process that a
// user starts over it. It must never touch what the program itself writes, but for making everything due.
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createAccount, createLink, ensureArchive } from "@packetboat/archive";
import pg from "pg";
import type { Bench } from "./cases.ts";
import { type Home, homeIn, PACKETBOAT } from "./ours.ts";

export interface Staffed extends AsyncDisposable {
  readonly home: Home;
  readonly pool: pg.Pool;
}

/** Where accounts are, and how their links come to run. */
export interface Employment {
  readonly port: number;
  /** The certificate to trust; null: clear text. */
  readonly caFile: string | null;
  readonly watch: boolean;
}

/** A home with these accounts, each with an archive of its own, running. */
export async function staffed(
  { work }: Bench,
  name: string,
  users: readonly string[],
  { port, caFile, watch }: Employment,
): Promise<Staffed> {
  const home = homeIn(work, name, true);
  await home.fresh();
  home.run("database", "start");
  const passwordFile = join(work, "password");
  await writeFile(passwordFile, "pass\n");
  const options = "-c search_path=packetboat";
  const pool = new pg.Pool({ connectionString: home.run("database", "url").trim(), max: 2, options });
  const settings = { security: caFile === null ? "none" : "tls", passwordFile, ...(caFile === null ? {} : { caFile }) };
  for (const user of users) {
    const account = await createAccount(pool, { user, host: "127.0.0.1", port }, settings);
    const archive = await ensureArchive(pool, user);
    const rights = { pull: true, push: false };
    const link = await createLink(pool, { accountId: account.id, archiveId: archive.id, rights });
    const cron = watch ? null : "0 3 * * *";
    await pool.query("insert into schedule (link_id, cron, time_zone, watch) values ($1, $2, 'UTC', $3)", [
      link.id,
      cron,
      watch,
    ]);
  }
  return {
    home,
    pool,
    [Symbol.asyncDispose]: async () => {
      await pool.end();
      home.run("database", "stop");
    },
  };
}

/** A worker process. */
export interface Employed {
  readonly pid: number;
  /** Ends it in good order. */
  readonly stop: () => Promise<void>;
}

/** Starts a worker. */
export function startWorker(env: NodeJS.ProcessEnv, ...options: readonly string[]): Employed {
  const child: ChildProcess = spawn(PACKETBOAT, ["worker", ...options], { env, stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** The most memory that a process ever had, in MB. */
export function peakMb(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1] ?? Number.NaN) / 1_024;
}
