// Runs programs of unpacked packages as if they were installed: in a private mount namespace their `usr` lies over the
// machine's own /usr (the servers carry absolute paths), and they run as `nobody`, as root never may (Cyrus refuses it).
// A server dies with the process that started it, and stops as a whole process group. It must never touch the machine's files.
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { chmod, chown, readdir } from "node:fs/promises";
import { join } from "node:path";
import { type CommandOptions, command, mustRun, type Outcome, until } from "./commands.ts";
import { ServerUnavailable } from "./unavailable.ts";

const NOBODY = 65534;
/** Mounts the unpacked `usr` over /usr, then becomes what follows. `$0` is the unpacked directory. */
const OVERLAY = 'mount -t overlay packetboat -o "lowerdir=$0/usr:/usr" /usr && exec "$@"';
/** The same, and `etc` and `run` of the layer `$1` over the machine's. */
const WITH_LAYER =
  'for name in etc run; do mount -t overlay packetboat -o "lowerdir=$1/$name:/$name" "/$name" || exit 1; done; ' +
  `shift; ${OVERLAY}`;

/** How a program gets its namespace: a user namespace (any user), or a plain mount namespace (root where the first is forbidden). */
type Mode = "user-namespace" | "mount-namespace";

/** Programs of one unpacked directory, run as the user `nobody`. */
export interface Sandbox {
  /** Runs a program to its end. */
  run(argv: readonly string[], options?: CommandOptions): Promise<Outcome>;
  /** Starts a server in its own process group; it gets SIGTERM when this process dies. */
  start(argv: readonly string[], options?: CommandOptions): Running;
  /** Hands files made by this process to the user the programs run as. */
  own(path: string): Promise<void>;
}

/** A started server: its pid is that of its master process and of its process group. */
export interface Running {
  readonly pid: number;
  /** True as long as any process of the group lives. */
  alive(): boolean;
  /** What it wrote to stdout and stderr, at most the last 64 kB. */
  said(): string;
  /** Ends the whole group: SIGTERM to all, SIGKILL to those that still live after `graceMs`. Gives when none is left. */
  stop(graceMs?: number): Promise<void>;
}

/** What is laid over the machine's files. */
interface Layers {
  /** Unpacked packages: their `usr`. */
  readonly dir: string;
  /** A directory with `etc` and `run`, for programs that find their configuration and sockets nowhere else. */
  readonly layer: string | undefined;
}

/**
 * Prepares to run programs out of `dir`, and with `etc` and `run` of `layer` over the machine's own where it is given. These
 * must not change while a program runs; what is to change lies elsewhere, behind a link. Throws ServerUnavailable where
 * namespaces are forbidden.
 */
export async function sandbox(dir: string, layer?: string): Promise<Sandbox> {
  const layers = { dir, layer };
  const mode = await findMode(layers);
  const wrap = (argv: readonly string[], dieWithParent: boolean) => wrapped(mode, layers, argv, dieWithParent);
  return {
    run: (argv, options) => command(wrap(argv, false), options),
    start: (argv, options) => startGroup(wrap(argv, true), options),
    own: async (path) => {
      if (mode === "mount-namespace") await chownAll(path);
    },
  };
}

function wrapped(mode: Mode, layers: Layers, argv: readonly string[], dieWithParent: boolean): string[] {
  const { dir, layer } = layers;
  const lay = ["sh", "-c", layer === undefined ? OVERLAY : WITH_LAYER, dir, ...(layer === undefined ? [] : [layer])];
  const dying = dieWithParent ? ["--pdeathsig", "TERM"] : [];
  if (mode === "mount-namespace") {
    const become = ["setpriv", "--reuid", String(NOBODY), "--regid", String(NOBODY), "--clear-groups", ...dying, "--"];
    return ["unshare", "--mount", "--propagation", "private", "--", ...lay, ...become, ...argv];
  }
  // The inner namespace gives up the rights of the outer one: inside, the program is `nobody` with no capability at all.
  const become = [
    "unshare",
    "--user",
    `--map-user=${NOBODY}`,
    `--map-group=${NOBODY}`,
    "--",
    "setpriv",
    "--no-new-privs",
    ...dying,
    "--",
  ];
  return ["unshare", "--user", "--map-root-user", "--mount", "--", ...lay, ...become, ...argv];
}

async function findMode(layers: Layers): Promise<Mode> {
  const told: string[] = [];
  const modes: Mode[] = process.getuid?.() === 0 ? ["user-namespace", "mount-namespace"] : ["user-namespace"];
  for (const mode of modes) {
    const probe = await command(wrapped(mode, layers, ["true"], false));
    if (probe.code === 0) return mode;
    told.push(`${mode}: ${probe.stderr.trim().split("\n").at(-1) ?? probe.code}`);
  }
  throw new ServerUnavailable(`no namespace to run unpacked packages in (${told.join("; ")})`);
}

async function chownAll(path: string): Promise<void> {
  await chown(path, NOBODY, NOBODY);
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  if (entries.length > 0) await chmod(path, 0o755);
  for (const entry of entries) if (!entry.isSymbolicLink()) await chownAll(join(path, entry.name));
}

function startGroup(argv: readonly string[], options: CommandOptions = {}): Running {
  const [program = "", ...args] = argv;
  // detached: a process group of its own, so that stop() reaches every process of the server and nothing else.
  const child: ChildProcess = spawn(program, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let said = "";
  const hear = (chunk: Buffer) => {
    said = (said + chunk.toString("utf8")).slice(-65_536);
  };
  child.stdout?.on("data", hear);
  child.stderr?.on("data", hear);
  child.on("error", (error) => hear(Buffer.from(error.message)));
  const pid = child.pid ?? 0;
  // A suite that throws away its handle must not leave the server: SIGTERM at our death may come too late for its data.
  const atExit = () => signal(-pid, "SIGKILL");
  if (pid > 0) process.once("exit", atExit);
  child.once("exit", () => process.removeListener("exit", atExit));
  const alive = () => pid > 0 && signal(-pid, 0) && groupLives(pid);
  return {
    pid,
    alive,
    said: () => said,
    stop: async (graceMs = 5_000) => {
      if (!alive()) return;
      signal(-pid, "SIGTERM");
      const gone = await until(() => !alive(), "stop", graceMs).then(
        () => true,
        () => false,
      );
      if (gone) return;
      signal(-pid, "SIGKILL");
      await until(() => !alive(), `processes of group ${pid} survived SIGKILL`);
    },
  };
}

/** Sends a signal; false when there is nobody to send it to. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}

/** A process that ended but was never waited for still answers signals: only /proc tells it from a living one. */
function groupLives(group: number): boolean {
  for (const entry of readdirSync("/proc")) {
    if (!/^[0-9]+$/.test(entry)) continue;
    const stat = readStat(entry);
    // After the name in brackets: state, parent, process group.
    const [state, , own] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (own === String(group) && state !== "Z" && state !== "X") return true;
  }
  return false;
}

function readStat(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return ""; // it ended between the listing and the reading
  }
}

/** Copies a directory with owners, times and hard links kept; shares blocks where the file system can. */
export async function copyTree(from: string, to: string): Promise<void> {
  await mustRun(["cp", "-a", "--reflink=auto", from, to]);
}
