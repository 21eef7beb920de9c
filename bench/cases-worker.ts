// The cases of `pnpm bench` in which `packetboat worker` runs many accounts: a pass over all of them in which nothing changed, against mbsync
// account after account, and three workers against one. The workers are the program that a user starts, on an embedded Postgres.
import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createAccount, createLink, ensureArchive } from "@packetboat/archive";
import { type Dovecot, startProxy, WireClient } from "@packetboat/testkit";
import pg from "pg";
import type { Bench, Ratio } from "./cases.ts";
import { measure } from "./measure.ts";
import { homeIn, PACKETBOAT } from "./ours.ts";
import { mbsyncPull } from "./peers.ts";

const MAILBOXES = ["INBOX", "Sent", "Work", "Lists", "Archive"];
const MESSAGES_EACH = 4;
/** As many as mbsync is timed on; it takes each like the other. */
const PEER_ACCOUNTS = 50;

const accounts = Number(process.env.PACKETBOAT_BENCH_ACCOUNTS ?? 1_000);

/** Accounts of five mailboxes with a few messages each. */
async function fill(dovecot: Dovecot, users: readonly string[]): Promise<void> {
  for (const user of users) {
    await using client = await WireClient.login({ port: dovecot.port }, user);
    for (const mailbox of MAILBOXES) {
      if (mailbox !== "INBOX") await client.create(mailbox);
      for (let n = 0; n < MESSAGES_EACH; n++) {
        const text = `Subject: ${n}\r\nMessage-ID: <${n}.${mailbox}.${user}@example.org>\r\n\r\nText.\r\n`;
        await client.append(mailbox, Buffer.from(text));
      }
    }
  }
}

/** A home with these accounts, each with an archive and a link that a schedule holds; and what a bench asks of its database. */
async function staffed(bench: Bench, name: string, users: readonly string[], port: number) {
  const home = homeIn(bench.work, name, true);
  await home.fresh();
  home.run("database", "start");
  const passwordFile = join(bench.work, "password");
  await writeFile(passwordFile, "pass\n");
  const pool = new pg.Pool({
    connectionString: home.run("database", "url").trim(),
    max: 2,
    options: "-c search_path=packetboat",
  });
  for (const user of users) {
    const account = await createAccount(pool, { user, host: "127.0.0.1", port }, { security: "none", passwordFile });
    const archive = await ensureArchive(pool, user);
    const rights = { pull: true, push: false };
    const link = await createLink(pool, { accountId: account.id, archiveId: archive.id, rights });
    await pool.query("insert into schedule (link_id, cron, time_zone) values ($1, '0 3 * * *', 'UTC')", [link.id]);
  }
  /** Makes everything due; when every account had one more good run, gives the seconds from the beginning of the first to the end of the last. */
  const pass = async (): Promise<number> => {
    const { rows: before } = await pool.query<{ last: string }>("select coalesce(max(id), 0)::text as last from run");
    await pool.query("update schedule set next_at = now()");
    for (;;) {
      const { rows } = await pool.query<{ runs: number; seconds: number }>(
        `select count(*)::int as runs, extract(epoch from max(finished_at) - min(started_at))::float8 as seconds
          from run where id > $1 and outcome = 'ok'`,
        [before[0]?.last],
      );
      if ((rows[0]?.runs ?? 0) >= users.length) return rows[0]?.seconds ?? Number.NaN;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const close = async (): Promise<void> => {
    await pool.end();
    home.run("database", "stop");
  };
  return { home, pass, close };
}

/** Starts a worker; `stop` ends it in good order and gives the peak of its memory in MB. */
function startWorker(env: NodeJS.ProcessEnv, atATime: number) {
  const options = ["--accounts", String(atATime), "--kept-per-server", String(accounts)];
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

async function peakMb(pid: number): Promise<number> {
  const { readFile } = await import("node:fs/promises");
  const text = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1] ?? Number.NaN) / 1_024;
}

/** Nothing changed in any of 1,000 accounts; the third pass, as every pass of a day but the first is. */
async function workerPass(bench: Bench): Promise<readonly Ratio[]> {
  const users = Array.from({ length: accounts }, (_, n) => `worker-${n}`);
  await fill(bench.dovecot, users);
  const { home, pass, close } = await staffed(bench, "worker", users, bench.dovecot.port);
  const worker = startWorker(home.env, 40);
  try {
    await pass();
    await pass();
    const ours = users.length / (await pass());
    const mb = await peakMb(worker.pid);
    const theirs = await mbsyncRate(bench, users.slice(0, PEER_ACCOUNTS));
    const what = `accounts a second, ${users.length} accounts, 40 at a time, nothing changed`;
    return [
      { what, ours: 1 / ours, peer: "mbsync one by one", theirs: 1 / theirs, target: 0.2, unit: "s" },
      { what: "peak memory of that worker", ours: mb, peer: "limit", theirs: 400, target: 1, unit: "MB" },
    ];
  } finally {
    await worker.stop();
    await close();
  }
}

async function mbsyncRate(bench: Bench, users: readonly string[]): Promise<number> {
  const programs = [];
  for (const user of users)
    programs.push((await mbsyncPull(bench.work, { port: bench.dovecot.port, user }, true, false)).program());
  for (const program of programs) await measure(program);
  const began = performance.now();
  for (const program of programs) await measure(program);
  return users.length / ((performance.now() - began) / 1_000);
}

/** The median of three passes, after each worker has met most accounts: until then it signs in, as it does once a day. */
async function settledPass(pass: () => Promise<number>, workers: number): Promise<number> {
  for (let i = 0; i < 1 + 2 * workers; i++) await pass();
  const times = [await pass(), await pass(), await pass()].sort((a, b) => a - b);
  return times[1] ?? Number.NaN;
}

/** 40 ms to the servers: one worker waits most of the time, three wait at once. */
async function threeWorkers(bench: Bench): Promise<readonly Ratio[]> {
  const users = Array.from({ length: Math.min(accounts, 300) }, (_, n) => `three-${n}`);
  await fill(bench.dovecot, users);
  await using proxy = await startProxy({ host: "127.0.0.1", port: bench.dovecot.port });
  proxy.latency(40);
  const { home, pass, close } = await staffed(bench, "three", users, proxy.port);
  const workers = [startWorker(home.env, 10)];
  try {
    const alone = await settledPass(pass, 1);
    workers.push(startWorker(home.env, 10), startWorker(home.env, 10));
    const together = await settledPass(pass, 3);
    return [
      {
        what: "three workers, 40 ms to the servers",
        ours: together,
        peer: "one worker",
        theirs: alone,
        target: 0.4,
        unit: "s",
      },
    ];
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await close();
  }
}

export const WORKER: Readonly<Record<string, (bench: Bench) => Promise<readonly Ratio[]>>> = {
  "worker-pass": workerPass,
  "three-workers": threeWorkers,
};
