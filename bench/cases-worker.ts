// The cases of `pnpm bench` in which `packetboat worker` runs many accounts: a pass over all of them in which nothing changed, against mbsync
// account after account, and three workers against one. The workers are the program that a user starts, on an embedded Postgres.
import { loadavg } from "node:os";
import { archivesToIndex } from "@packetboat/archive";
import { type Dovecot, startProxy, until, WireClient } from "@packetboat/testkit";
import type { Bench, Ratio } from "./cases.ts";
import { measure, median, processBelow, processorOfTree } from "./measure.ts";
import { mbsyncPull } from "./peers.ts";
import { type Employed, peakMb, type Staffed, staffed, startWorker } from "./staff.ts";

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

/** Makes everything due; when every account had one more good run, gives the seconds from the beginning of the first to the end of the last. */
async function pass({ pool }: Staffed, users: readonly string[]): Promise<number> {
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
}

/** Waits until the workers have indexed what the first pass brought: they do that between passes, and it is no part of one. */
async function indexed({ pool }: Staffed): Promise<void> {
  await until(async () => (await archivesToIndex(pool)).length === 0, "the mail to be indexed", 400_000, 500);
}

/** Passes one after the other; gives the median of their seconds, and tells what they cost each account on the way. */
async function passes(staff: Staffed, users: readonly string[], workers: readonly Employed[], times: number) {
  const server = processBelow(process.pid, "dovecot");
  const spent = () => ({
    worker: workers.reduce((sum, { pid }) => sum + processorOfTree(pid), 0),
    database: staff.home.databaseProcessor(),
    server: server === null ? Number.NaN : processorOfTree(server),
    bench: process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
  });
  const before = spent();
  const seconds: number[] = [];
  for (let i = 0; i < times; i++) seconds.push(await pass(staff, users));
  const after = spent();
  const each = Object.entries(before).map(([who, then]) => {
    const ms = ((after[who as keyof typeof after] - then) * 1_000) / (times * users.length);
    return `${who} ${ms.toFixed(2)}`;
  });
  const load = loadavg()[0]?.toFixed(1);
  process.stderr.write(
    `${workers.length} at work, processor ms a pass: ${each.join(", ")}; load ${load}; ${seconds.map((one) => one.toFixed(2)).join(" ")} s\n`,
  );
  return median(seconds);
}

/** A worker that does so many accounts at a time and keeps a connection to each. */
const employ = ({ home }: Staffed, atATime: number): Employed =>
  startWorker(home.env, "--accounts", String(atATime), "--kept-per-server", String(accounts));

/** Nothing changed in any of 1,000 accounts; the third pass, as every pass of a day but the first is. */
async function workerPass(bench: Bench): Promise<readonly Ratio[]> {
  const users = Array.from({ length: accounts }, (_, n) => `worker-${n}`);
  await fill(bench.dovecot, users);
  await using staff = await staffed(bench, "worker", users, { port: bench.dovecot.port, caFile: null, watch: false });
  const worker = employ(staff, 40);
  try {
    await pass(staff, users);
    await indexed(staff);
    await pass(staff, users);
    const ours = users.length / (await passes(staff, users, [worker], 1));
    const mb = peakMb(worker.pid);
    const theirs = await mbsyncRate(bench, users.slice(0, PEER_ACCOUNTS));
    const what = `accounts a second, ${users.length} accounts, 40 at a time, nothing changed`;
    return [
      { what, ours: 1 / ours, peer: "mbsync one by one", theirs: 1 / theirs, target: 0.2, unit: "s" },
      { what: "peak memory of that worker", ours: mb, peer: "limit", theirs: 400, target: 1, unit: "MB" },
    ];
  } finally {
    await worker.stop();
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
async function settledPass(staff: Staffed, users: readonly string[], workers: readonly Employed[]): Promise<number> {
  await pass(staff, users);
  await indexed(staff);
  for (let i = 0; i < 2 * workers.length; i++) await pass(staff, users);
  return await passes(staff, users, workers, 3);
}

/** 40 ms to the servers: one worker waits most of the time, three wait at once. */
async function threeWorkers(bench: Bench): Promise<readonly Ratio[]> {
  const users = Array.from({ length: Math.min(accounts, 300) }, (_, n) => `three-${n}`);
  await fill(bench.dovecot, users);
  await using proxy = await startProxy({ host: "127.0.0.1", port: bench.dovecot.port });
  proxy.latency(40);
  await using staff = await staffed(bench, "three", users, { port: proxy.port, caFile: null, watch: false });
  const workers = [employ(staff, 10)];
  try {
    const alone = await settledPass(staff, users, workers);
    workers.push(employ(staff, 10), employ(staff, 10));
    const together = await settledPass(staff, users, workers);
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
  }
}

export const WORKER: Readonly<Record<string, (bench: Bench) => Promise<readonly Ratio[]>>> = {
  "worker-pass": workerPass,
  "three-workers": threeWorkers,
};
