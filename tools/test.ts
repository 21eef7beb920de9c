// `npm test`: the checks, then the rings of tests, each with its time; the last line is `N passed, N failed`.
// Options: `--only checks,pure` picks stages, further words pick test files. It needs no network once the checkout is set up.
// It must never call a run good that tested nothing, hid a skip from CI, or left a process behind.
import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { runChecks } from "./test/checks.ts";
import { runRing } from "./test/ring.ts";
import { beginWatch, killSurvivors } from "./test/survivors.ts";
import { add, nothing, type Tally } from "./test/tally.ts";

const rings = ["pure", "postgres", "simulator", "servers", "browser", "kills"];
const stages = ["checks", ...rings];

const { values, positionals: filters } = parseArgs({ options: { only: { type: "string" } }, allowPositionals: true });
const chosen = values.only?.split(",") ?? (filters.length > 0 ? rings : stages);
const unknown = chosen.filter((name) => !stages.includes(name));
if (unknown.length > 0) {
  console.error(`There is no stage ${unknown.join(", ")}. Choose from: ${stages.join(", ")}.`);
  process.exit(2);
}
process.chdir(resolve(import.meta.dirname, ".."));
process.env.TURBO_TELEMETRY_DISABLED = "1";

async function timed(name: string, run: () => Promise<Tally>): Promise<Tally> {
  const start = performance.now();
  console.log(`\n── ${name}`);
  const result = await run();
  const survivors = await killSurvivors(watch);
  const tally: Tally = {
    ...result,
    failures: [...result.failures, ...survivors.map((line) => `${name}: left running: ${line}`)],
  };
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `── ${name}: ${tally.passed} passed, ${tally.failures.length} failed, ${tally.skipped.length} skipped, ${seconds} s`,
  );
  return tally;
}

const watch = beginWatch();
let total: Tally = nothing;
for (const stage of stages.filter((name) => chosen.includes(name)))
  total = add(total, await timed(stage, stage === "checks" ? runChecks : () => runRing(stage, filters)));
rmSync(watch.folder, { recursive: true, force: true });

const skips = Map.groupBy(total.skipped, ({ suite, reason }) => `${suite}: ${reason}`);
console.log("");
for (const [line, tests] of skips) console.log(`skipped: ${line} (${tests.length} tests)`);
for (const failure of total.failures) console.log(`failed: ${failure}`);
const ci = process.env.CI === "true";
if (ci && skips.size > 0) console.log("failed: with CI=true nothing may be skipped");
const ran = total.passed + total.failures.length;
if (ran === 0) console.log("failed: not a single test ran");
const failed = total.failures.length + (ci ? total.skipped.length : 0) + (ran === 0 ? 1 : 0);
const rest = !ci && total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : "";
console.log(`${total.passed} passed, ${failed} failed${rest}`);
process.exit(failed > 0 ? 1 : 0);
