// Runs a whole process from exec to exit and tells wall time, processor time and the peak of its memory; the median of several. It must never print a bare
// time as a result: a figure means something only beside a peer's or a raw limit's of the same run.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export interface Measured {
  readonly seconds: number;
  /** Of the process and its children, user and system together: what a busy machine changes least. */
  readonly processor: number;
  /** Highest resident set of the process or any of its children, in MB, as the kernel counted it. */
  readonly peakMb: number;
}

export interface Program {
  readonly argv: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

const POLL_MS = 100;

/** Runs a program to its end; throws with what it said when it does not exit with 0. */
export async function measure(program: Program): Promise<Measured> {
  const [file = "", ...args] = program.argv;
  const said: Buffer[] = [];
  let peakMb = 0;
  const began = performance.now();
  // The shell says last what its children took: POSIX, `times`.
  const child = spawn("sh", ["-c", '"$@" 3>&-; code=$?; times >&3; exit $code', "sh", file, ...args], {
    env: program.env ?? process.env,
    cwd: program.cwd,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const spent: Buffer[] = [];
  child.stdio[3]?.on("data", (chunk: Buffer) => spent.push(chunk));
  child.stdout?.on("data", (chunk: Buffer) => said.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => said.push(chunk));
  // VmHWM is a high-water mark kept by the kernel: only what happens after the last look is missed.
  const timer = setInterval(() => {
    peakMb = Math.max(peakMb, ...treeOf(child.pid ?? 0).map(highWaterMb));
  }, POLL_MS);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const seconds = (performance.now() - began) / 1_000;
  clearInterval(timer);
  if (code !== 0)
    throw new Error(
      `${program.argv.join(" ")} ended with ${code}:\n${Buffer.concat(said).toString("utf8").slice(-2_000)}`,
    );
  return { seconds, peakMb, processor: processorOf(Buffer.concat(spent).toString("latin1")) };
}

/** Seconds of the second line of `times`: "0m1.230s 0m0.450s". */
function processorOf(times: string): number {
  const [, children = ""] = times.split("\n");
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + Number(m) * 60 + Number(s), 0);
}

function treeOf(pid: number): number[] {
  const tree = [pid];
  for (let i = 0; i < tree.length; i++) {
    try {
      const tasks = readdirSync(`/proc/${tree[i]}/task`);
      for (const task of tasks) {
        const children = readFileSync(`/proc/${tree[i]}/task/${task}/children`, "utf8").split(" ").filter(Boolean);
        tree.push(...children.map(Number));
      }
    } catch {
      // It ended between two looks.
    }
  }
  return tree;
}

/** Processor seconds of a process, what lives below it, and what has ended there. In hundredths: the kernel's clock for such figures. */
export function processorOfTree(pid: number): number {
  const ticks = treeOf(pid).flatMap((each) => statOf(each).slice(11, 15));
  return ticks.reduce((sum, one) => sum + Number(one), 0) / 100;
}

/** The process of this name below another; null: there is none. */
export function processBelow(pid: number, name: string): number | null {
  return treeOf(pid).find((each) => readOr(`/proc/${each}/comm`).trim() === name) ?? null;
}

/** The fields of /proc/PID/stat behind the name; none for a process that has ended. */
const statOf = (pid: number): readonly string[] => readOr(`/proc/${pid}/stat`).split(") ")[1]?.split(" ") ?? [];

function readOr(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function highWaterMb(pid: number): number {
  try {
    const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(match?.[1] ?? 0) / 1_024;
  } catch {
    return 0;
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** One contestant of a case: what is put back before each run (not measured), and the program. */
export interface Contestant {
  readonly name: string;
  before?(): Promise<void>;
  program(): Program;
  /** Processor seconds so far of a server that works for it. Default: none does. */
  served?(): number;
}

export interface Figure {
  readonly name: string;
  readonly seconds: number;
  readonly all: readonly number[];
  readonly processor: number;
  readonly peakMb: number;
}

/** Runs the contestants in turn, `times` times each, alternating, so that a slow minute of the machine hits them all. */
export async function contest(contestants: readonly Contestant[], times: number): Promise<readonly Figure[]> {
  const results = new Map<string, Measured[]>(contestants.map((one) => [one.name, []]));
  for (let round = 0; round < times; round++) {
    for (const one of contestants) {
      await one.before?.();
      const served = one.served?.() ?? 0;
      const measured = await measure(one.program());
      const processor = measured.processor + (one.served?.() ?? 0) - served;
      results.get(one.name)?.push({ ...measured, processor });
    }
  }
  return contestants.map((one) => {
    const runs = results.get(one.name) ?? [];
    const all = runs.map((run) => run.seconds);
    const processor = median(runs.map((run) => run.processor));
    return { name: one.name, seconds: median(all), all, processor, peakMb: Math.max(...runs.map((run) => run.peakMb)) };
  });
}
