// The case of accounts that rest: thousands of them watched by one process over TLS, each with 20 further mailboxes that are polled. What that
// process takes in memory and time, and how soon it notices a new message. It must never count what it takes to sign in as what it takes to wait.
import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Dovecot, startDovecot, until, WireClient } from "@packetboat/testkit";
import type { Bench, Ratio } from "./cases.ts";
import { median } from "./measure.ts";
import { userOf, type WatcherWord } from "./watcher.ts";

const MAILBOXES = 20;
const POLL_MS = 15 * 60_000;
/** The short way: each account is polled once as well, 7.5 times as often as it would be. */
const SHORT_MS = 2 * 60_000;
const BETWEEN_MESSAGES_MS = 2_000;

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
  const limit = (name: string, ours: number, theirs: number, unit: string): Ratio => ({
    what: `${what}: ${name}`,
    ours,
    peer: "limit",
    theirs,
    target: 1,
    unit,
  });
  return [
    limit("peak memory", peakMb(pid), 600, "MB"),
    limit("of one core", percent, 5, "%"),
    limit("noticed, median", median(latencies) / 1_000, 2, "s"),
    limit("noticed, longest", Math.max(...latencies) / 1_000, 2, "s"),
  ];
}

/** How long after a message is in INBOX it is noticed. */
async function latencyOf(told: Told, dovecot: Dovecot, account: number): Promise<number> {
  await using client = await WireClient.login({ port: dovecot.port }, userOf(account));
  told.noticed.delete(account);
  await client.append("INBOX", Buffer.from("Subject: news\r\n\r\nnews\r\n"));
  const began = performance.now();
  await until(() => told.noticed.has(account), "the message to be noticed", 60_000);
  return Math.max(0, (told.noticed.get(account) ?? began) - began);
}

function peakMb(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN) / 1_024;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const WATCH: Readonly<Record<string, (bench: Bench) => Promise<readonly Ratio[]>>> = { watch };
