// The long soak of the random lives: all kinds, spread over the processors, as many as are asked for. It goes on where another one ended
// (`--from`), prints how far it is, and every failing life as the line that lives it again. Exit code 1 when one failed.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { KINDS } from "../two-lives.ts";

/** Lives between two lines of progress. */
const TOLD = 10_000;

interface Line {
  readonly lives?: number;
  readonly seed: number;
  readonly kind?: string;
  readonly failed?: string;
}

const { values } = parseArgs({
  options: {
    lives: { type: "string", default: "200000" },
    from: { type: "string", default: "1" },
    kinds: { type: "string", default: Object.keys(KINDS).join(",") },
    processes: { type: "string", default: String(availableParallelism()) },
  },
});
const from = Number(values.from);
const processes = Number(values.processes);
const seeds = Math.ceil(Number(values.lives) / values.kinds.split(",").length);
const begun = performance.now();
const program = `${import.meta.dirname}/lives.ts`;
/** By process: its lives so far, and the seed that it is at. */
const at = Array.from({ length: processes }, () => ({ lives: 0, seed: from }));
let told = 0;
let failures = 0;

const lived = (): number => at.reduce((sum, { lives }) => sum + lives, 0);

function progress(): string {
  const seconds = Math.round((performance.now() - begun) / 1_000);
  const next = Math.min(...at.map(({ seed }) => seed));
  return `${lived()} lives in ${seconds} s, ${failures} failed; go on with --from ${next}`;
}

function read(of: number, line: Line): void {
  if (line.failed !== undefined) {
    failures++;
    console.log(`failed: judge(${line.seed}, KINDS.${line.kind}): ${line.failed}`);
  } else at[of] = { lives: line.lives ?? 0, seed: line.seed };
  if (lived() - told < TOLD) return;
  told = lived();
  console.log(progress());
}

async function share(of: number): Promise<void> {
  const range = ["--from", String(from + of), "--seeds", String(seeds - of), "--step", String(processes)];
  const child = spawn(process.execPath, [program, "--kinds", values.kinds, ...range], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  for await (const line of createInterface({ input: child.stdout })) read(of, JSON.parse(line) as Line);
  const [code] = await ended;
  if (code !== 0) throw new Error(`a process of the soak ended with ${code}`);
}

await Promise.all(at.map((_, of) => share(of)));
console.log(progress());
process.exit(failures > 0 ? 1 : 0);
