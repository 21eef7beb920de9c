// Starts the commands of this folder as processes of their own and reads their lines. Whatever is started is killed by pid at the end.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A started command. */
export interface Command {
  readonly pid: number;
  readonly child: ChildProcess;
  /** The next line of its output; rejects when it ends before. */
  readonly line: () => Promise<string>;
  readonly say: (line: string) => void;
  /** Resolves with exit code (null after a signal) and what it said on stderr. */
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

const started = new Set<Command>();

export interface StartOptions {
  /** Words before node, such as setpriv and its options. */
  readonly prefix?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** In a process group of its own, so that the group can be signalled. Default: false. */
  readonly ownGroup?: boolean;
}

export function startCommand(name: "command" | "holder", argument: string, options: StartOptions = {}): Command {
  const script = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const [program = "", ...words] = [...(options.prefix ?? []), process.execPath, script, argument];
  const child = spawn(program, words, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
    detached: options.ownGroup === true,
  });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdin.on("error", () => undefined);
  const reader = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, "close").then(([code]) => ({ code: typeof code === "number" ? code : null, stderr }));
  const command: Command = {
    pid: child.pid ?? 0,
    child,
    line: async () => {
      const { value, done } = await reader.next();
      if (done === true) throw new Error(`${name} ended: ${(await ended).stderr}`);
      return value;
    },
    say: (line) => child.stdin.write(`${line}\n`),
    ended,
  };
  started.add(command);
  void ended.then(() => started.delete(command));
  return command;
}

/** Kills what is still running of all that was started here. */
export async function endCommands(): Promise<void> {
  const running = [...started];
  for (const { child } of running) child.kill("SIGKILL");
  await Promise.all(running.map(({ ended }) => ended));
}

/** Waits until `condition` holds, looking every 10 ms; throws after `limitMs`. For what gives no event of its own. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 15_000,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
