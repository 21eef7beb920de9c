// `pnpm bench [CASE…] [--times N] [--accounts N] [--messages N] [--long]`: our speed as ratios to peers and raw limits on the same Dovecot in the same run. Prints a table with the
// settings that matter, read back from the server. It must never be part of the tests.
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startDovecot } from "@packetboat/testkit";
import { CASES as ONE_WAY, type Ratio } from "./cases.ts";
import { FORMATS } from "./cases-formats.ts";
import { SCALE } from "./cases-scale.ts";
import { SEARCH } from "./cases-search.ts";
import { SNAPSHOT } from "./cases-snapshot.ts";
import { TWO_WAY } from "./cases-two-way.ts";
import { WATCH } from "./cases-watch.ts";
import { WEB } from "./cases-web.ts";
import { WORKER } from "./cases-worker.ts";
import { homeIn } from "./ours.ts";

const CASES = { ...ONE_WAY, ...TWO_WAY, ...SCALE, ...SNAPSHOT, ...WATCH, ...WORKER, ...SEARCH, ...FORMATS, ...WEB };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: "string", default: "5" },
    accounts: { type: "string", default: "2000" },
    messages: { type: "string", default: "100000" },
    long: { type: "boolean", default: false },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(CASES);
const unknown = names.find((name) => !(name in CASES));
if (unknown !== undefined) {
  process.stderr.write(`bench: no case ${unknown}. There are: ${Object.keys(CASES).join(", ")}\n`);
  process.exit(2);
}

const work = await mkdtemp(join(tmpdir(), "pb-bench-"));
// A thousand accounts at once are more than the tests' server is made for.
await using dovecot = await startDovecot({ extraConfig: "service imap {\n  process_limit = 3000\n}\n" });
const times = Number(values.times);
const settings = homeIn(work, "settings", false);
await settings.fresh();
const fsync = await settings.query(
  "select current_setting('fsync') || ', synchronous_commit ' || current_setting('synchronous_commit')",
);
console.log(
  `${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}; Dovecot ${dovecot.version}; Postgres fsync ${fsync}; no DEFLATE; median of ${times}, alternating\n`,
);
console.log("| what | ours | peer | theirs | ratio | target |  |\n|---|--:|---|--:|--:|--:|---|");

const show = (value: number, unit: string) => `${value.toFixed(unit === "s" || unit === "ms" ? 2 : 0)} ${unit}`;
let missed = 0;
for (const name of names) {
  const rows: readonly Ratio[] =
    (await CASES[name as keyof typeof CASES]?.({
      dovecot,
      work,
      times,
      accounts: Number(values.accounts),
      messages: Number(values.messages),
      long: values.long,
    })) ?? [];
  for (const row of rows) {
    const got = row.ours / row.theirs;
    const outcome = row.target === null ? "" : got <= row.target ? "met" : "missed";
    if (outcome === "missed") missed++;
    const cells = [
      row.what,
      show(row.ours, row.unit),
      row.peer,
      show(row.theirs, row.unit),
      got.toFixed(2),
      row.target === null ? "" : `≤ ${row.target}`,
    ];
    console.log(`| ${cells.join(" | ")} | ${outcome} |`);
  }
}
await rm(work, { recursive: true, force: true });
console.log(`\n${missed === 0 ? "every target met" : `${missed} targets missed`}`);
