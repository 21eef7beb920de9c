// The guard of `npm test` against processes that outlive their test: it finds what carries the mark, also when the process cleared
// its environment, kills it, and leaves everything else alone.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { beginWatch, killSurvivors, type Watch } from "./survivors.ts";

const before = { ...process.env };
const started: ChildProcess[] = [];
let watch: Watch;

beforeEach(({ skip }) => {
  skip(process.platform !== "linux", "only Linux shows the environment of processes");
  watch = beginWatch();
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  process.env.TMPDIR = before.TMPDIR;
  process.env.PACKETBOAT_TEST_RUN = before.PACKETBOAT_TEST_RUN;
  for (const name of ["TMPDIR", "PACKETBOAT_TEST_RUN"]) if (before[name] === undefined) delete process.env[name];
  rmSync(watch.folder, { recursive: true });
});

async function sleeper(env: NodeJS.ProcessEnv, cwd: string): Promise<ChildProcess> {
  const child = spawn("/bin/sleep", ["600"], { env, cwd, stdio: "ignore" });
  started.push(child);
  await once(child, "spawn");
  return child;
}

test("a marked process, and one without environment in the folder of the run, are named and killed", async () => {
  const marked = await sleeper({ ...process.env }, "/");
  const bare = await sleeper({}, watch.folder);
  const ended = Promise.all([once(marked, "exit"), once(bare, "exit")]);
  const lines = await killSurvivors(watch);
  expect(lines.toSorted()).toEqual([marked, bare].map(({ pid }) => `/bin/sleep 600 (pid ${pid})`).toSorted());
  await ended;
});

test("a process of another run is left alone", async () => {
  const other = await sleeper({ ...process.env, PACKETBOAT_TEST_RUN: "another" }, "/");
  expect(await killSurvivors(watch)).toEqual([]);
  expect(other.exitCode ?? other.signalCode).toBeNull();
});
