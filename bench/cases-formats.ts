// The case of mail in files: an export to Maildir against the copy of a Maildir of the same bytes, which is what a disk needs at least. The archive
// is made by an import of the generated Maildir, so no mail server takes part.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { cachedMaildir } from "@packetboat/testkit";
import { type Bench, OURS, type Ratio, ratio } from "./cases.ts";
import { contest, measure } from "./measure.ts";
import { homeIn, PACKETBOAT } from "./ours.ts";

const COPIES = 40;

/**
 * The database stays up, as on a machine with a worker. Twice as long as `cp -r` is the target: it reads, unpacks, hashes and proves. Each run gets a
 * new place and nothing is removed meanwhile: ext4 steps over inodes that were freed within minutes, one by one, which makes 10,000 new files
 * five times as dear for whoever comes next.
 */
async function exportMaildir(bench: Bench): Promise<readonly Ratio[]> {
  const home = homeIn(bench.work, "export", true);
  await home.fresh();
  const line = (...args: readonly string[]) => ({ argv: [PACKETBOAT, ...args, "--quiet"], env: home.env });
  await measure(line("import", "small10k", `maildir:${await cachedMaildir("small10k")}`));
  const original = join(bench.work, "original");
  await measure(line("restore", "export", "small10k", "--to", `maildir:${original}`));
  let places = 0;
  const next = (): string => join(bench.work, `copy${++places}`);
  // What the one before left to be written is not for the next one to wait for.
  const before = async (): Promise<void> => void spawnSync("sync", ["-f", bench.work]);
  /** With --long: the same mail forty times, below forty mailboxes. Stored once; what is written is 10 GB. */
  const longExport = async () => {
    const mail = `maildir:${await cachedMaildir("small10k")}`;
    for (let copy = 1; copy < COPIES; copy++)
      await measure(line("import", "small10k", mail, "--below", `Copy ${copy}`));
    return [await measure(line("restore", "export", "small10k", "--to", `maildir:${next()}`))];
  };
  const figures = await contest(
    [
      {
        name: OURS,
        before,
        program: () => line("restore", "export", "small10k", "--to", `maildir:${next()}`),
        served: home.databaseProcessor,
      },
      { name: "cp -r", before, program: () => ({ argv: ["cp", "-r", original, next()] }) },
    ],
    bench.times,
  );
  const long = bench.long ? await longExport() : [];
  home.run("database", "stop");
  const own = figures.find((figure) => figure.name === OURS);
  const processor = figures.map((figure) => ({ ...figure, seconds: figure.processor }));
  return [
    ratio("export to Maildir, small10k, database running", figures, "cp -r", 2),
    ratio("the same, processor time of all who take part", processor, "cp -r", 2),
    { what: "peak memory of it", ours: own?.peakMb ?? Number.NaN, peer: "limit", theirs: 350, target: 1, unit: "MB" },
    ...long.map(({ peakMb }): Ratio => {
      return {
        what: "peak memory, 10 GB",
        ours: peakMb,
        peer: "limit",
        theirs: 350,
        target: 1,
        unit: "MB",
      };
    }),
  ];
}

export const FORMATS: Readonly<Record<string, (bench: Bench) => Promise<readonly Ratio[]>>> = { export: exportMaildir };
