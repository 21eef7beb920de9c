// What the file postmaster.pid and the process table tell of a server: its state, and whether that process is it. Never whether it answers:
// only the socket tells that. It must stay cheap: every command reads it.
import { execFile } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { HomeLayout } from "./home.ts";

/** What postmaster.pid says. */
export interface PostmasterFile {
  readonly pid: number;
  /** "starting", "stopping", "ready", or empty in the first moments. */
  readonly status: string;
}

/** Reads postmaster.pid; null when there is none. Line 1 is the pid, line 8 the status (Postgres, pidfile.h). */
export function readPostmasterFile(layout: HomeLayout): PostmasterFile | null {
  try {
    const lines = readFileSync(join(layout.dataDirectory, "postmaster.pid"), "latin1").split("\n");
    return { pid: Number.parseInt(lines[0] ?? "", 10) || 0, status: (lines[7] ?? "").trim() };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

/** True when the process is a Postgres that works in this data directory. A reused pid is some other program. */
export async function isPostmaster(pid: number, layout: HomeLayout): Promise<boolean> {
  if (pid <= 1) return false;
  if (process.platform === "linux") {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === layout.dataDirectory;
    } catch {
      // Gone, or of another user, whose server could not have written our file.
      return false;
    }
  }
  try {
    const { stdout } = await promisify(execFile)("ps", ["-o", "command=", "-p", String(pid)]);
    return stdout.includes("postgres");
  } catch {
    return false;
  }
}

/** True when a process with this pid lives. A zombie does not: it was killed and is only not yet collected by its parent. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
