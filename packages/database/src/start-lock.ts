// The lock that lets one command at a time bring the embedded server up. Node has no flock(2), so a helper process holds it: it ends,
// and the kernel frees the lock, when the command closes its pipe or dies. With "go" the helper becomes `pg_ctl start` and the lock stays
// held until that is done, even when the command was killed meanwhile. It must never be inherited by the server.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Launch } from "./launch.ts";

const SCRIPT = 'echo locked; read -r go || exit 0; exec "$@" >"$START_LOG" 2>&1';
const PERL =
  'use Fcntl ":flock"; open(my $f, ">>", shift) or exit 90; flock($f, LOCK_EX) or exit 90; exit(system(@ARGV) >> 8);';

/** A held start lock. */
export interface StartLock {
  /** Runs the command it was taken for, detached, and gives its exit code. The lock is free when that has ended. */
  readonly go: () => Promise<number>;
  readonly release: () => Promise<void>;
}

/** Waits for the lock of this home; `command` is what `go` will run. */
export async function takeStartLock(launch: Launch, command: readonly string[]): Promise<StartLock> {
  const words = [...lockWords(launch.layout.startLock), "sh", "-c", SCRIPT, "sh", ...launch.prefix, ...command];
  const [program = "sh", ...rest] = words;
  const helper = spawn(program, rest, {
    cwd: join(launch.layout.dataDirectory, ".."),
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
    env: serverEnvironment({ START_LOG: launch.layout.startLog }),
  });
  const ended = exitOf(helper);
  // The pipe closes under us when the helper dies first; its exit code tells that.
  helper.stdin?.on("error", () => undefined);
  await Promise.race([once(helper.stdout ?? helper, "data"), ended]);
  helper.stdout?.destroy();
  return {
    go: () => {
      helper.stdin?.end("go\n");
      helper.unref();
      return ended;
    },
    release: async () => {
      helper.stdin?.end();
      await ended;
    },
  };
}

/** The server's environment: nothing of the user's (PG*, LD_*, locale) may change how it runs. */
export function serverEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C", ...extra };
}

/** flock(1) on Linux, perl's flock elsewhere (macOS). With neither, Postgres' own lock file has to do. */
function lockWords(file: string): string[] {
  // -o: the server must not inherit the descriptor, or it would hold the lock for its whole life.
  if (onPath("flock")) return ["flock", "-o", file];
  if (onPath("perl")) return ["perl", "-e", PERL, file];
  return [];
}

function onPath(program: string): boolean {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .some((directory) => directory !== "" && existsSync(join(directory, program)));
}

async function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once("error", () => resolve(127));
    child.once("exit", (code) => resolve(code ?? 128));
  });
}
