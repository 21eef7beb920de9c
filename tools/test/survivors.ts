// Finds what the tests left running. Every process they start inherits a mark in its environment and a temporary folder of this run;
// servers that clear their environment still name that folder in their arguments or stand in it. Linux only: elsewhere there is no /proc.
// It must never touch a process without the mark or the folder: other runs and the user's own servers live beside it.
import { randomUUID } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const GRACE_MS = 3000;
const STEP_MS = 50;

const MEMORY = "/dev/shm";
/** What servers and databases of a run hold at the same time is about 2 GB. */
const ROOM_BYTES = 4 * 2 ** 30;

/** What marks the processes of one run. */
export interface Watch {
  readonly mark: string;
  readonly folder: string;
}

/**
 * Where the run keeps its data: in memory where there is plenty, because servers and databases wait for the disk at every message. What a
 * killed process wrote is there afterwards all the same. It must be allowed to run programs, which some tests write.
 */
function place(): string {
  const mounted = read("/proc/mounts", (path) => readFileSync(path, "utf8"));
  const options = new RegExp(`^\\S+ ${MEMORY} tmpfs (\\S+)`, "m").exec(mounted)?.[1]?.split(",") ?? ["noexec"];
  if (options.includes("noexec") || !options.includes("rw")) return "/tmp";
  const { bavail, bsize } = statfsSync(MEMORY);
  const isRoomy = bavail * bsize >= ROOM_BYTES && process.availableMemory() >= 2 * ROOM_BYTES;
  return isRoomy ? MEMORY : "/tmp";
}

/** Marks this process, so that all it starts from now on can be found. The folder is short: sockets must fit below it. */
export function beginWatch(): Watch {
  const folder = mkdtempSync(`${place()}/pb-`);
  chmodSync(folder, 0o1777); // as /tmp itself: servers run as another user
  const mark = `PACKETBOAT_TEST_RUN=${randomUUID()}`;
  process.env.PACKETBOAT_TEST_RUN = mark.slice(mark.indexOf("=") + 1);
  process.env.TMPDIR = folder;
  return { mark, folder };
}

function read(path: string, by: (path: string) => string): string {
  try {
    return by(path);
  } catch {
    return ""; // the process ended meanwhile, or is not ours to look at
  }
}

/** The processes of this run that are alive, but for this one and its parents: pid and command line. */
function survivors({ mark, folder }: Watch): Map<number, string> {
  const found = new Map<number, string>();
  for (const pid of readdirSync("/proc")
    .map(Number)
    .filter((id) => id > 0 && id !== process.pid)) {
    const at = (name: string): string => join("/proc", String(pid), name);
    const text = (path: string): string => readFileSync(path, "latin1");
    const command = read(at("cmdline"), text).replaceAll("\0", " ").trim();
    const marked =
      read(at("environ"), text).split("\0").includes(mark) ||
      command.includes(`${folder}/`) ||
      read(at("cwd"), readlinkSync).startsWith(folder);
    if (marked) found.set(pid, command || read(at("comm"), text).trim());
  }
  return found;
}

/** Gives what is ending a moment to end, kills the rest by pid, and returns one line per process killed. */
export async function killSurvivors(watch: Watch): Promise<string[]> {
  if (process.platform !== "linux") return [];
  let left = survivors(watch);
  // By the clock: on a busy machine a look takes longer than the wait for the next one.
  const end = performance.now() + GRACE_MS;
  while (left.size > 0 && performance.now() < end) {
    await wait(STEP_MS);
    left = survivors(watch);
  }
  const lines: string[] = [];
  for (const [pid, command] of left) {
    lines.push(`${command} (pid ${pid})`);
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended between the look and the kill; it still outlived its test.
    }
  }
  return lines;
}
