// Runs a program to its end and gives its output; and the small waits every server needs (a free port, a condition).
// It must never go through a shell, and never wait without a deadline.
import { spawn } from "node:child_process";
import { createServer } from "node:net";

/** How a program ended. `code` is -1 when it could not be started at all. */
export interface Outcome {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string | Uint8Array;
}

/** Runs `argv` without a shell and waits for its end. Never rejects: a program that is missing gives code -1. */
export function command(argv: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  const [program = "", ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    // A program that ends without reading its input closes the pipe; its exit code says all there is to say.
    child.stdin.on("error", () => undefined);
    child.on("error", (error) => resolve({ code: -1, stdout: Buffer.concat(out), stderr: error.message }));
    child.on("close", (code) =>
      resolve({ code: code ?? 128, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString("utf8") }),
    );
    child.stdin.end(options.input ?? "");
  });
}

/** Like `command`, but throws with the program's own words when it did not end with 0. */
export async function mustRun(argv: readonly string[], options: CommandOptions = {}): Promise<Buffer> {
  const outcome = await command(argv, options);
  if (outcome.code !== 0)
    throw new Error(`${argv.slice(0, 4).join(" ")} ended with ${outcome.code}: ${outcome.stderr.trim().slice(-2000)}`);
  return outcome.stdout;
}

/** A TCP port on 127.0.0.1 that was free a moment ago. The caller retries when another process was faster. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once("error", reject);
          server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            if (address === null || typeof address === "string") reject(new Error("no port was given"));
            else resolve(address.port);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/**
 * Asks `condition` every `everyMs` until it is true. Throws `what` when `deadlineMs` have passed: long enough for a machine that is busy with
 * something else, for a deadline costs nothing where all is well.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  deadlineMs = 30_000,
  everyMs = 10,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what}: not after ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
