// The real program serving the page over a home of its own, for tests that need what only the whole has: accounts at mail servers, and runs. It is
// started and stopped by its own process alone.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const PROGRAM = fileURLToPath(new URL("../../../../.runtime/program.cjs", import.meta.url));
const READY_MS = 60_000;

export interface RealWeb extends AsyncDisposable {
  readonly origin: string;
  /** The path of the one-time link. */
  readonly welcome: string;
  /** Runs a command in the same home and gives its stdout. */
  readonly run: (...args: readonly string[]) => Promise<string>;
}

/** Serves until it is disposed of. */
export async function realWeb(): Promise<RealWeb> {
  const home = await mkdtemp(join(tmpdir(), "pb-page-"));
  const { PATH = "", HOME = "" } = process.env;
  const env = { PATH, HOME, TZ: "UTC", PACKETBOAT_HOME: home, PACKETBOAT_DATABASE_KEEP: "1" };
  const run: RealWeb["run"] = async (...args) =>
    (await promisify(execFile)(process.execPath, [PROGRAM, ...args], { env })).stdout;
  const child = spawn(process.execPath, [PROGRAM, "web", "--port", "0"], { env, stdio: ["ignore", "pipe", "pipe"] });
  const close = async (): Promise<void> => {
    if (child.exitCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    await run("database", "stop");
    await rm(home, { recursive: true, force: true });
  };
  try {
    const [, origin = "", welcome = ""] = /^ +(http:\S+)(\/welcome#[\w-]+)$/m.exec(await said(child)) ?? [];
    return { origin, welcome, run, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What it says until it serves. Throws when it does not. */
function said(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = "";
    const limit = setTimeout(() => reject(new Error(`It does not serve: ${all}`)), READY_MS);
    const hear = (chunk: Buffer): void => {
      all += chunk.toString("utf8");
      if (!/openapi\.json describes/.test(all)) return;
      clearTimeout(limit);
      resolve(all);
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("exit", () => reject(new Error(`It ended: ${all}`)));
  });
}
