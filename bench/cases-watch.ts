// The cases of accounts that rest: thousands of them watched by one process over TLS, each with 20 further mailboxes that are polled. What that
// process takes in memory and time, and how soon it notices a new message; how soon a worker that watches has it in the archive, and a mirror that
// watches shows a flag on the other side. It must never count what it takes to sign in as what it takes to wait.
import { type ChildProcess, fork, spawn } from "node:child_process";
import { join } from "node:path";
import { type Dovecot, startDovecot, until, WireClient } from "@packetboat/testkit";
import type { Bench, Ratio } from "./cases.ts";
import { median } from "./measure.ts";
import { homeIn, PACKETBOAT } from "./ours.ts";
import { peakMb, type Staffed, staffed, startWorker } from "./staff.ts";
import { userOf, type WatcherWord } from "./watcher.ts";

const MAILBOXES = 20;
const POLL_MS = 15 * 60_000;
/** The short way: each account is polled once as well, 7.5 times as often as it would be. */
const SHORT_MS = 2 * 60_000;
const BETWEEN_MESSAGES_MS = 2_000;
/** Messages, and flags, that are followed to where they are to be seen. */
const SEEN = 30;

/**
 * For so many clients at once. Each that waits takes an inotify instance, and the kernel allows a user 128 of them by default: the others are
 * looked after by the interval, which is 30 s where nobody sets it.
 */
const tuned = (accounts: number): string => `
default_client_limit = ${accounts * 4}
service imap-login {
  client_limit = ${accounts * 3}
  process_limit = 1
  vsz_limit = 2G
}
service imap {
  process_limit = ${accounts + 200}
  unix_listener imap-master {
    user = nobody
  }
}
service imap-hibernate {
  chroot =
  client_limit = ${accounts * 2}
  vsz_limit = 1G
  unix_listener imap-hibernate {
    mode = 0600
    user = nobody
  }
}
service anvil {
  client_limit = ${accounts * 4}
}
service auth {
  client_limit = ${accounts * 4}
}
imap_hibernate_timeout = 1s
mailbox_idle_check_interval = 1s
mail_fsync = never
`;

async function watch({ accounts, long }: Bench): Promise<readonly Ratio[]> {
  // With NOTIFY nothing would be polled.
  await using dovecot = await startDovecot({ hide: ["NOTIFY"], extraConfig: tuned(accounts) });
  await prepare(dovecot, accounts);
  const pollMs = long ? POLL_MS : SHORT_MS;
  const argv = [String(dovecot.tlsPort), dovecot.caFile, String(accounts), String(pollMs)];
  const child = fork(join(import.meta.dirname, "watcher.ts"), argv, { stdio: "inherit" });
  try {
    return await measured(listenTo(child), dovecot, accounts, pollMs);
  } finally {
    if (child.connected) child.disconnect();
    child.kill();
  }
}

/** The same accounts watched by a worker: how long after a message is in INBOX it is in the archive. */
async function watchArchive(bench: Bench): Promise<readonly Ratio[]> {
  const { accounts } = bench;
  await using dovecot = await startDovecot({ hide: ["NOTIFY"], extraConfig: tuned(accounts) });
  await prepare(dovecot, accounts);
  const users = Array.from({ length: accounts }, (_, n) => userOf(n));
  const entrance = { port: dovecot.tlsPort, caFile: dovecot.caFile, watch: true };
  await using staff = await staffed(bench, "watch-archive", users, entrance);
  const worker = startWorker(staff.home.env, "--accounts", "10");
  try {
    // Each watch begins with a pass: what came before it stood is not known.
    const all = "(select count(distinct link_id) from run where outcome = 'ok')";
    await until(async () => Number(await asked(staff, all)) === accounts, "all to be watched", 60_000 + accounts * 200);
    await sleep(5_000);
    const latencies: number[] = [];
    for (let n = 0; n < SEEN; n++) {
      latencies.push(await archivedAfter(staff, dovecot, userOf((n * 997) % accounts)));
      await sleep(BETWEEN_MESSAGES_MS);
    }
    const limit = limitOf(`watch by a worker, ${accounts} accounts`);
    return [limit("peak memory", peakMb(worker.pid), 600, "MB"), ...soon(limit, "in the archive", latencies)];
  } finally {
    await worker.stop();
  }
}

async function asked({ pool }: Staffed, value: string, values: readonly unknown[] = []): Promise<unknown> {
  const { rows } = await pool.query<{ value: unknown }>(`select ${value} as value`, [...values]);
  return rows[0]?.value;
}

async function archivedAfter(staff: Staffed, dovecot: Dovecot, user: string): Promise<number> {
  await using client = await WireClient.login({ port: dovecot.port }, user);
  const count = "(select count(*) from message m join archive a on a.id = m.archive_id where a.name = $1)";
  const before = Number(await asked(staff, count, [user]));
  await client.append("INBOX", Buffer.from(`Subject: news ${before}\r\n\r\nnews\r\n`));
  const began = performance.now();
  await until(async () => Number(await asked(staff, count, [user])) > before, "the message to be archived", 60_000);
  return performance.now() - began;
}

/** Two accounts on loopback that are kept equal: how long after a flag is set on one it is shown by the other. */
async function watchMirror(bench: Bench): Promise<readonly Ratio[]> {
  const { dovecot, work } = bench;
  const [one, other] = ["flag-a", "flag-b"];
  {
    await using client = await WireClient.login({ port: dovecot.port }, one);
    const letters = Array.from({ length: SEEN }, (_, n) => Buffer.from(`Subject: ${n}\r\n\r\n${n}\r\n`));
    await client.appendMany("INBOX", letters);
  }
  const home = homeIn(work, "watch-mirror", true);
  await home.fresh();
  const child = spawn(
    PACKETBOAT,
    [...home.mirror({ port: dovecot.port, user: one }, { port: dovecot.port, user: other }).argv.slice(1), "--watch"],
    { env: home.env, stdio: "ignore" },
  );
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  try {
    await using a = await WireClient.login({ port: dovecot.port }, one);
    await using b = await WireClient.login({ port: dovecot.port }, other);
    await until(async () => (await b.select("INBOX")).exists === SEEN, "the mail to be mirrored", 60_000);
    await a.select("INBOX");
    // Until both watches stand and the rounds of the beginning are over.
    await sleep(5_000);
    const latencies: number[] = [];
    for (let n = 1; n <= SEEN; n++) {
      // Both directions in turn.
      const [from, to] = n % 2 === 0 ? [a, b] : [b, a];
      latencies.push(await flaggedAfter(from, to, n));
      await sleep(BETWEEN_MESSAGES_MS);
    }
    return soon(limitOf("mirror --watch, loopback"), "a flag shown on the other side", latencies);
  } finally {
    child.kill("SIGTERM");
    await ended;
    home.run("database", "stop");
  }
}

/** UIDs are 1, 2, 3 … in both: each was filled once, in order. */
async function flaggedAfter(from: WireClient, to: WireClient, uid: number): Promise<number> {
  await from.store(String(uid), "+FLAGS", ["\\Flagged"]);
  const began = performance.now();
  const isShown = async (): Promise<boolean> => {
    await to.must("NOOP");
    const { untagged } = await to.must(`UID FETCH ${uid} (UID FLAGS)`);
    return untagged.some(({ name, parts }) => name === "FETCH" && /\\Flagged/i.test(JSON.stringify(parts)));
  };
  await until(isShown, "the flag to be shown", 60_000);
  return performance.now() - began;
}

/** Every account is a copy of one that has its mailboxes. */
async function prepare(dovecot: Dovecot, accounts: number): Promise<void> {
  {
    await using client = await WireClient.login({ port: dovecot.port }, "model");
    for (let i = 0; i < MAILBOXES; i++) await client.create(`Mailbox ${i}`);
  }
  await dovecot.snapshot("model", "made");
  for (let first = 0; first < accounts; first += 16) {
    const some = Array.from({ length: Math.min(16, accounts - first) }, (_, i) => userOf(first + i));
    await Promise.all(some.map((user) => dovecot.become(user, "model", "made")));
  }
}

interface Told {
  readonly child: ChildProcess;
  readonly standing: Set<number>;
  /** When each account was last said to have changed. */
  readonly noticed: Map<number, number>;
  readonly troubles: string[];
  /** What the process has used so far. */
  used(): Promise<Extract<WatcherWord, { kind: "used" }>>;
}

function listenTo(child: ChildProcess): Told {
  const standing = new Set<number>();
  const noticed = new Map<number, number>();
  const troubles: string[] = [];
  let answer: ((word: Extract<WatcherWord, { kind: "used" }>) => void) | null = null;
  child.on("message", (word: WatcherWord) => {
    if (word.kind === "standing") standing.add(word.account);
    else if (word.kind === "noticed") noticed.set(word.account, performance.now());
    else if (word.kind === "trouble") troubles.push(word.code);
    else if (word.kind === "used") answer?.(word);
  });
  const used = () =>
    new Promise<Extract<WatcherWord, { kind: "used" }>>((resolve) => {
      answer = resolve;
      child.send("used");
    });
  return { child, standing, noticed, troubles, used };
}

async function measured(told: Told, dovecot: Dovecot, accounts: number, ms: number): Promise<readonly Ratio[]> {
  const pid = told.child.pid ?? 0;
  await until(() => told.standing.size === accounts, "all accounts to be watched", 60_000 + accounts * 100);
  // The last sign-ins are no part of waiting.
  await sleep(5_000);
  const before = await told.used();
  const began = performance.now();
  const latencies: number[] = [];
  for (let n = 0; performance.now() - began < ms; n++) {
    latencies.push(await latencyOf(told, dovecot, (n * 997) % accounts));
    await sleep(BETWEEN_MESSAGES_MS);
  }
  const after = await told.used();
  const percent = ((after.cpuMs - before.cpuMs) / (performance.now() - began)) * 100;
  const what = `watch, ${accounts} accounts, polled every ${Math.round(ms / 60_000)} min`;
  process.stderr.write(
    `${what}: ${latencies.length} messages, resident ${after.rssMb.toFixed(0)} MB, heap ${after.heapMb.toFixed(0)} MB, ${told.troubles.length} troubles ${[...new Set(told.troubles)].join(" ")}\n`,
  );
  const limit = limitOf(what);
  return [
    limit("peak memory", peakMb(pid), 600, "MB"),
    limit("of one core", percent, 5, "%"),
    ...soon(limit, "noticed", latencies),
  ];
}

type Limit = (name: string, ours: number, theirs: number, unit: string) => Ratio;

const limitOf =
  (what: string): Limit =>
  (name, ours, theirs, unit) => ({ what: `${what}: ${name}`, ours, peer: "limit", theirs, target: 1, unit });

/** Within two seconds. */
const soon = (limit: Limit, what: string, latencies: readonly number[]): readonly Ratio[] => [
  limit(`${what}, median`, median(latencies) / 1_000, 2, "s"),
  limit(`${what}, longest`, Math.max(...latencies) / 1_000, 2, "s"),
];

/** How long after a message is in INBOX it is noticed. */
async function latencyOf(told: Told, dovecot: Dovecot, account: number): Promise<number> {
  await using client = await WireClient.login({ port: dovecot.port }, userOf(account));
  told.noticed.delete(account);
  await client.append("INBOX", Buffer.from("Subject: news\r\n\r\nnews\r\n"));
  const began = performance.now();
  await until(() => told.noticed.has(account), "the message to be noticed", 60_000);
  return Math.max(0, (told.noticed.get(account) ?? began) - began);
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const WATCH: Readonly<Record<string, (bench: Bench) => Promise<readonly Ratio[]>>> = {
  watch,
  "watch-archive": watchArchive,
  "watch-mirror": watchMirror,
};
