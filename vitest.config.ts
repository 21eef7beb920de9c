// The rings of the tests. Each project has its own budget (docs/testing.md); none may sleep, and none may leave a process behind.
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// A soak (`turbo run soak`) gives every property more cases, and its test the time for them.
const soak = process.env.PACKETBOAT_SOAK !== undefined;

const compileCache = fileURLToPath(new URL(".runtime/compile-cache", import.meta.url));

const keptServer = "packages/database/test-support/kept-server.ts";

/** `timeout`: after so many milliseconds a test hangs, also on a machine that is several times slower than usual. */
const project = (name: string, pattern: string, timeout: number, globalSetup: readonly string[] = []) => ({
  test: {
    name,
    include: [`packages/*/test/**/${pattern}`, `apps/*/{,page/}test/**/${pattern}`, `tools/test/**/${pattern}`],
    testTimeout: soak ? 900_000 : timeout,
    hookTimeout: timeout,
    // What is waited for comes, or the test hangs: a second, the default, says only how busy the machine is.
    expect: { poll: { timeout: Math.min(timeout, 60_000) } },
    globalSetup: [...globalSetup],
    setupFiles: soak ? ["tools/soak.ts"] : [],
    // A worker keeps what it has loaded from file to file: loading it anew cost a third of the processor's time. So no test may leave
    // anything behind in a module, in process.env or in a global.
    isolate: false,
    // Tests start many processes from the sources: Node keeps what it made of them.
    env: { NODE_COMPILE_CACHE: compileCache },
  },
});

export default defineConfig({
  test: {
    // Most tests wait for servers, not for the processor: one worker less than cores, the default, would leave half of them idle.
    maxWorkers: Math.max(3, availableParallelism()),
    projects: [
      project("pure", "*.pure.test.ts", 20_000),
      project("postgres", "*.db.test.ts", 120_000, [keptServer]),
      project("simulator", "*.sim.test.ts", 60_000),
      project("servers", "*.imap.test.ts", 120_000, [keptServer]),
      project("browser", "*.browser.test.ts", 180_000, [keptServer, "apps/restore/test/browser/page-built.ts"]),
      project("kills", "*.kill.test.ts", 120_000, [keptServer]),
    ],
  },
});
