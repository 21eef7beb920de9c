// The checks that need no test runner (types, lint and format, import rules, dead code), run by turbo: together, and from its
// cache when nothing they read has changed. Each check counts as one test.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Tally } from "./tally.ts";

interface Summary {
  readonly tasks: readonly {
    readonly task: string;
    readonly command: string;
    readonly execution?: { readonly startTime: number; readonly endTime: number; readonly exitCode: number };
  }[];
}

/** Runs turbo's task `check` and prints one line per check; the output of those that fail is shown in full. */
export async function runChecks(): Promise<Tally> {
  const colour = process.stdout.isTTY ? {} : { NO_COLOR: "1", FORCE_COLOR: "0" };
  const turbo = spawn("turbo", ["run", "check", "--continue", "--summarize", "--output-logs=errors-only"], {
    env: { ...process.env, ...colour },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  turbo.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  await new Promise((done, fail) => turbo.on("close", done).on("error", fail));
  const path = /^\s*Summary:\s+(\S.*\.json)\s*$/m.exec(output)?.[1];
  if (path === undefined) return { passed: 0, failures: [`turbo did not run the checks:\n${output}`], skipped: [] };
  const summary = JSON.parse(readFileSync(path, "utf8")) as Summary;
  const ran = summary.tasks.filter(({ command }) => command !== "<NONEXISTENT>");
  const failures = ran.filter(({ execution }) => execution?.exitCode !== 0).map(({ task }) => task);
  if (failures.length > 0) console.log(output.trim());
  for (const { task, execution } of ran) {
    const seconds = execution === undefined ? "?" : ((execution.endTime - execution.startTime) / 1000).toFixed(1);
    console.log(`${failures.includes(task) ? "✗" : "✓"} ${task} ${seconds} s`);
  }
  return { passed: ran.length - failures.length, failures: failures.map((task) => `check ${task}`), skipped: [] };
}
