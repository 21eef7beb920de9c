// The real program as a child process, with a home of its own: what the suites of the command line run and read.
// It must never use the home of whoever runs the tests, nor leave a database behind.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scratchDatabase } from "@packetboat/database/testing";
import { runCommandLine } from "../src/cli.ts";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Sent to the process once: when its output first matches, or when the promise is kept. */
  readonly kill?: { readonly when: RegExp | Promise<unknown>; readonly signal: NodeJS.Signals };
  /** Called with all output so far, whenever there is more. */
  readonly hears?: (said: string) => void;
  /** Given the process as soon as there is one. */
  readonly onStart?: (child: ChildProcess) => void;
  /** Runs the sources as they lie. Default: what set-up made of them. */
  readonly sources?: boolean;
  /** Default: 60 s; the process is killed then and the test told. */
  readonly timeoutMs?: number;
}

/** A home in which the program runs. Its database stays up between calls until it is disposed of. */
export interface Program extends AsyncDisposable {
  readonly home: string;
  /** The libpq address of its database; null when that is the embedded one of the home. */
  readonly databaseUrl: string | null;
  readonly run: (args: readonly string[], options?: RunOptions) => Promise<Ended>;
  /** Runs it, expects exit code 0, and gives its stdout. What only reads runs within the test's own process, see `isLook`. */
  readonly must: (args: readonly string[], options?: RunOptions) => Promise<string>;
  /** The same with --json, parsed. */
  readonly json: <T>(args: readonly string[], options?: RunOptions) => Promise<T>;
}

/** What set-up made, as ./packetboat runs it; and the sources, for those who ask what a command imports. */
const PROGRAM = [
  "--max-semi-space-size=4",
  "--initial-old-space-size=128",
  "--no-parallel-scavenge",
  pathOf("../../../.runtime/program.cjs"),
];
const SOURCES = [pathOf("../src/main.ts")];

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** Runs the program once. */
export function runProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  options: RunOptions = {},
): Promise<Ended> {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, [...(options.sources === true ? SOURCES : PROGRAM), ...args], {
    env: { PATH, HOME, TZ: "UTC", ...env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  options.onStart?.(child);
  const said = { stdout: "", stderr: "" };
  let killed = false;
  const kill = (): void => {
    if (!killed && options.kill !== undefined) child.kill(options.kill.signal);
    killed = true;
  };
  const hear = (stream: "stdout" | "stderr") => (chunk: Buffer) => {
    said[stream] += chunk.toString("utf8");
    options.hears?.(said.stdout + said.stderr);
    if (options.kill?.when instanceof RegExp && options.kill.when.test(said.stdout + said.stderr)) kill();
  };
  if (options.kill?.when instanceof Promise) options.kill.when.then(kill, kill);
  child.stdout.on("data", hear("stdout"));
  child.stderr.on("data", hear("stderr"));
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`packetboat ${args.join(" ")} did not end: ${said.stdout}${said.stderr}`));
    }, options.timeoutMs ?? 60_000);
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(limit);
      resolve({ code, ...said });
    });
  });
}

/**
 * Commands by which tests look at what is there. `must` and `json` run these within the test's process: hundreds of them are run, and
 * starting the program takes 0.2 s of the processor, more than all else that they do.
 */
const isLook = (args: readonly string[]): boolean =>
  /^(restore (list|search)|(account|link|archive) (list|show)|runs|log|status)\b/.test(args.join(" "));

/** Runs the same command line within this process, on streams and an environment of its own. */
async function runHere(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  const said = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr") => ({
    write: (chunk: string | Uint8Array) => {
      said[name] += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
      return true;
    },
    on: () => undefined,
  });
  const { PATH = "", HOME = "" } = process.env;
  const code = await runCommandLine(args, {
    stdin: {},
    stdout: stream("stdout"),
    stderr: stream("stderr"),
    env: { PATH, HOME, TZ: "UTC", ...env },
    on: () => undefined,
    off: () => undefined,
    exit: () => {
      throw new Error("a look is never interrupted");
    },
  });
  return { code, ...said };
}

/** Runs the sources and gives the files that were loaded as well, by Node's own hook (start-up is a budget). */
export async function loadedFiles(
  run: (options: RunOptions) => Promise<Ended>,
): Promise<{ readonly ended: Ended; readonly loaded: readonly string[] }> {
  const hook = `import { registerHooks } from "node:module";
    const seen = [];
    registerHooks({ load(url, context, next) { if (url.startsWith("file:")) seen.push(url); return next(url, context); } });
    process.on("exit", () => process.stderr.write("\\nLOADED " + JSON.stringify(seen)));`;
  const ended = await run({
    sources: true,
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}` },
  });
  const line = /LOADED (\[.*\])/.exec(ended.stderr)?.[1];
  if (line === undefined) throw new Error(`no list of modules: ${ended.stderr}`);
  return { ended, loaded: JSON.parse(line) as string[] };
}

/** Where a home keeps what it has: an address, and how to be rid of it. */
interface Place {
  readonly url: string | null;
  readonly clear: (env: Readonly<Record<string, string>>) => Promise<unknown>;
}

/** A database of its own on the one server of the ring: an embedded one takes the processor for 1.5 s until it is there. */
async function scratchPlace(): Promise<Place> {
  const { url, close } = await scratchDatabase();
  return { url, clear: close };
}

const EMBEDDED: Place = { url: null, clear: (env) => runProgram(["database", "stop"], env) };

/** Makes a home and gives the program in it, with a migrated database that nobody else uses. */
export async function program(env: Readonly<Record<string, string>> = {}): Promise<Program> {
  return programAt(await scratchPlace(), env);
}

/** The same as a new user has it: nothing is there, and the first call makes the embedded database in the home. */
export const freshProgram = (env: Readonly<Record<string, string>> = {}): Promise<Program> => programAt(EMBEDDED, env);

async function programAt(place: Place, env: Readonly<Record<string, string>>): Promise<Program> {
  const home = await mkdtemp(join(tmpdir(), "pb-cli-"));
  const where = place.url === null ? {} : { PACKETBOAT_DATABASE_URL: place.url };
  const all = { PACKETBOAT_HOME: home, PACKETBOAT_DATABASE_KEEP: "1", ...where, ...env };
  const run = (args: readonly string[], options?: RunOptions) => runProgram(args, all, options);
  const must = async (args: readonly string[], options?: RunOptions) => {
    const isHere = options === undefined && place.url !== null && isLook(args);
    const { code, stdout, stderr } = await (isHere ? runHere(args, all) : run(args, options));
    if (code !== 0) throw new Error(`packetboat ${args.join(" ")} ended with ${code}: ${stdout}${stderr}`);
    return stdout;
  };
  return {
    home,
    databaseUrl: place.url,
    run,
    must,
    json: async <T>(args: readonly string[], options?: RunOptions) =>
      JSON.parse(await must([...args, "--json"], options)) as T,
    [Symbol.asyncDispose]: async () => {
      await place.clear(all);
      await rm(home, { recursive: true, force: true });
    },
  };
}
