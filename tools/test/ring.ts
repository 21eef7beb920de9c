// Runs one ring (a project of vitest.config.ts) inside this process and counts from vitest's own objects, not from its text.
// A suite that cannot run here says so with `skip(condition, reason)`; the reason is what is printed at the end of the run.
import { availableParallelism } from "node:os";
import { startVitest, type TestCase, type TestModule, type TestSuite } from "vitest/node";
import type { Skip, Tally } from "./tally.ts";

/** Files at the same time in rings whose tests wait for servers and processes more than for the processor: two a core, so that it is not idle. */
const WAITING_WORKERS = { maxWorkers: Math.max(4, 2 * availableParallelism()) };
const WAITING_RINGS: readonly string[] = ["servers", "kills"];

const suiteOf = (test: TestCase): string =>
  test.parent.type === "suite"
    ? `${test.module.relativeModuleId} › ${test.parent.fullName}`
    : test.module.relativeModuleId;

/** True when a test did not run because something above it failed: that failure is already counted. */
function isUnderFailure(test: TestCase): boolean {
  for (let above: TestSuite | TestModule = test.parent; ; above = above.parent) {
    if (above.errors().length > 0) return true;
    if (above.type === "module") return false;
  }
}

function tallyModule(module: TestModule): Tally {
  let passed = 0;
  const failures: string[] = [];
  const skipped: Skip[] = [];
  for (const suite of [module, ...module.children.allSuites()])
    if (suite.errors().length > 0)
      failures.push(`${module.relativeModuleId} › ${suite.type === "suite" ? suite.fullName : "the file itself"}`);
  for (const test of module.children.allTests()) {
    const result = test.result();
    if (result.state === "passed") passed++;
    else if (result.state === "failed") failures.push(`${module.relativeModuleId} › ${test.fullName}`);
    else if (!isUnderFailure(test)) {
      const note = result.state === "skipped" ? result.note : undefined;
      skipped.push({ suite: suiteOf(test), reason: note?.replace(/^skipped: /, "") ?? "no reason given" });
    }
  }
  return { passed, failures, skipped };
}

/** Runs the ring. With file filters an empty ring is fine; without, it is a failure: a ring never loses all its tests. */
export async function runRing(name: string, filters: readonly string[]): Promise<Tally> {
  const vitest = await startVitest("test", [...filters], {
    project: [name],
    watch: false,
    reporters: ["default"],
    silent: "passed-only",
    passWithNoTests: true,
    ...(WAITING_RINGS.includes(name) ? WAITING_WORKERS : {}),
  });
  const tallies = vitest.state.getTestModules().map(tallyModule);
  const unhandled = vitest.state.getUnhandledErrors().map((error) => `${name}: unhandled error: ${String(error)}`);
  await vitest.close();
  const empty = tallies.length === 0 && filters.length === 0 ? [`${name}: the ring has no tests`] : [];
  return {
    passed: tallies.reduce((sum, { passed }) => sum + passed, 0),
    failures: [...tallies.flatMap(({ failures }) => failures), ...unhandled, ...empty],
    skipped: tallies.flatMap(({ skipped }) => skipped),
  };
}
