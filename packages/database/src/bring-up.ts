// Brings the embedded server up when no socket answers: one command at a time under the start lock, and again from the start whenever what
// it finds has changed meanwhile. What counts is whether the socket answers; postmaster.pid only tells whether waiting makes sense.
// It must never start a second server over one cluster: Postgres' own lock file and shared memory stand behind the start lock.
import { readFileSync, renameSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MailError } from "@packetboat/core";
import type { Client } from "pg";
import { prepareCluster, removeStaleLocks } from "./cluster.ts";
import type { HomeLayout } from "./home.ts";
import { type Launch, planLaunch } from "./launch.ts";
import { isPostmaster, isRunning, readPostmasterFile } from "./postmaster.ts";
import { type StartLock, takeStartLock } from "./start-lock.ts";

const POLL_MS = 5;
const LOG_LIMIT_BYTES = 10_000_000;

export interface BringUpOptions {
  /** Unix time in ms. */
  readonly deadline: number;
  readonly tryConnect: (layout: HomeLayout) => Promise<Client | "down" | "changing">;
  readonly onNotice?: (sentence: string) => void;
  readonly settings?: Readonly<Record<string, string>>;
}

/** Returns when the server may answer (the caller connects and finds out). Throws when it cannot be started. */
export async function bringUp(layout: HomeLayout, options: BringUpOptions): Promise<void> {
  const launch = planLaunch(layout);
  if (launch.notice !== null) options.onNotice?.(launch.notice);
  const program = join(launch.native, "bin", "pg_ctl");
  // Relative paths: pg_ctl puts them into a shell line within double quotes, and a home's name may hold a dollar sign.
  const { dataDirectory, serverLog } = launch.layout;
  const command = [program, "-w", "-t", "110", "-D", basename(dataDirectory), "-l", basename(serverLog), "start"];
  const lock = await takeStartLock(launch, command);
  let handedOver = false;
  try {
    if (!(await mayStart(launch.layout, options))) return;
    await prepareCluster(launch, options.settings ?? {});
    rotateLog(serverLog);
    handedOver = true;
  } finally {
    if (!handedOver) await lock.release();
  }
  await startAndWait(lock, launch, options);
}

/** Under the lock: false when the server already answers, or lives and is on its way up or down (then this waits a moment). */
async function mayStart(layout: HomeLayout, options: BringUpOptions): Promise<boolean> {
  const client = await options.tryConnect(layout);
  if (client !== "down") {
    if (client !== "changing") await client.end();
    return false;
  }
  const postmaster = readPostmasterFile(layout);
  if (postmaster === null) return true;
  if (await isPostmaster(postmaster.pid, layout)) {
    // The socket is not there yet, or not any more.
    await delay(POLL_MS);
    return false;
  }
  if (isRunning(postmaster.pid)) removeStaleLocks(layout);
  return true;
}

async function startAndWait(lock: StartLock, launch: Launch, options: BringUpOptions): Promise<void> {
  const logged = sizeOf(launch.layout.serverLog);
  let exitCode: number | null = null;
  const ended = lock.go().then((code) => {
    exitCode = code;
  });
  // pg_ctl looks only ten times a second; the socket answers sooner.
  while (exitCode === null && Date.now() < options.deadline) {
    const client = await options.tryConnect(launch.layout);
    if (typeof client !== "string") {
      await client.end();
      return;
    }
    await Promise.race([ended, delay(POLL_MS)]);
  }
  if (exitCode === 0) return;
  const said = textFrom(launch.layout.serverLog, logged);
  // Backends of a server that was killed live on for a moment, and a start of a killed command may be under way: come again.
  if (/shared memory block|lock file/.test(said)) {
    await delay(20 * POLL_MS);
    return;
  }
  const reason =
    said.split("\n").findLast((line) => /FATAL|PANIC|ERROR/.test(line)) ?? textFrom(launch.layout.startLog, 0);
  throw new MailError(
    "DATABASE_UNREACHABLE",
    `The embedded database in ${launch.layout.home} could not be started: ${reason.trim() || "no reason given"}. The whole story is in ${launch.layout.serverLog}.`,
  );
}

function rotateLog(file: string): void {
  if (sizeOf(file) > LOG_LIMIT_BYTES) renameSync(file, `${file}.1`);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** What was written to a log after `offset`, the last 4,000 characters of it. */
function textFrom(file: string, offset: number): string {
  return sizeOf(file) > offset ? readFileSync(file).subarray(offset).toString("utf8").slice(-4_000) : "";
}
