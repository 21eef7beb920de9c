// The rings of the tests. Each project has its own budget (docs/testing.md); none may sleep, and none may leave a process behind.
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// A soak (`turbo run soak`) gives every property more cases, and its test the time for them.
const soak = process.env.PACKETBOAT_SOAK !== undefined;

const project = (name: string, pattern: string, timeout: number) => ({
  test: {
    name,
    include: [`packages/*/test/**/${pattern}`, `apps/*/test/**/${pattern}`, `tools/test/**/${pattern}`],
    testTimeout: soak ? 900_000 : timeout,
    hookTimeout: timeout,
    setupFiles: soak ? ["tools/soak.ts"] : [],
  },
});

export default defineConfig({
  test: {
    // Most tests wait for servers, not for the processor: one worker less than cores, the default, would leave half of them idle.
    maxWorkers: Math.max(3, availableParallelism()),
    projects: [
      project("pure", "*.pure.test.ts", 20_000),
      project("postgres", "*.db.test.ts", 60_000),
      project("simulator", "*.sim.test.ts", 60_000),
      project("servers", "*.imap.test.ts", 120_000),
      project("kills", "*.kill.test.ts", 120_000),
    ],
  },
});
