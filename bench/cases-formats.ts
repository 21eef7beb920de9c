// The case of mail in files: an export to Maildir against the copy of a Maildir of the same bytes, which is what a disk needs at least. The archive
// is made by an import of the generated Maildir, so no mail server takes part.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { cachedMaildir } from "@packetboat/testkit";
import { type Bench, OURS, type Ratio, ratio } from "./cases.ts";
import { contest, measure } from "./measure.ts";
import { homeIn, PACKETBOAT } from "./ours.ts";

/** The database stays up, as on a machine with a worker. Twice as long as `cp -r` is the target: it reads, unpacks, hashes and proves. */
async function exportMaildir(bench: Bench): Promise<readonly Ratio[]> {
  const home = homeIn(bench.work, "export", true);
  await home.fresh();
  const line = (...args: readonly string[]) => ({ argv: [PACKETBOAT, ...args, "--quiet"], env: home.env });
  await measure(line("import", "small10k", `maildir:${await cachedMaildir("small10k")}`));
  const target = join(bench.work, "maildir");
  const copied = join(bench.work, "copied");
  const original = join(bench.work, "original");
  const program = () => line("restore", "export", "small10k", "--to", `maildir:${target}`);
  await measure(line("restore", "export", "small10k", "--to", `maildir:${original}`));
  const figures = await contest(
    [
      { name: OURS, before: () => rm(target, { recursive: true, force: true }), program },
      {
        name: "cp -r",
        before: () => rm(copied, { recursive: true, force: true }),
        program: () => ({ argv: ["cp", "-r", original, copied] }),
      },
    ],
    bench.times,
  );
  home.run("database", "stop");
  const peak = figures.find((figure) => figure.name === OURS)?.peakMb ?? Number.NaN;
  return [
    ratio("export to Maildir, small10k, database running", figures, "cp -r", 2),
    { what: "peak memory of it", ours: peak, peer: "limit", theirs: 350, target: 1, unit: "MB" },
  ];
}

export const FORMATS: Readonly<Record<string, (bench: Bench) => Promise<readonly Ratio[]>>> = { export: exportMaildir };
