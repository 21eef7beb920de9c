// Lives many lives in a process of its own: what a soak is made of (soak.ts), and what mutants are put before. Each failing life is one line
// on stdout, a JSON object with its seed; so is the progress. It must never judge by itself.
import { parseArgs } from "node:util";
import { judge, KINDS, type KindName } from "../two-lives.ts";

/** Lives between two lines of progress. */
const TOLD = 500;

const { values } = parseArgs({
  options: {
    kinds: { type: "string", default: Object.keys(KINDS).join(",") },
    from: { type: "string", default: "1" },
    /** Seeds; each is lived once in every kind. */
    seeds: { type: "string", default: "100" },
    /** From one seed to the next: several processes share a range by it. */
    step: { type: "string", default: "1" },
    /** Ends with the first failing life. */
    first: { type: "boolean", default: false },
  },
});
const kinds = values.kinds.split(",") as KindName[];
const [from, seeds, step] = [Number(values.from), Number(values.seeds), Number(values.step)];

const tell = (line: object): void => console.log(JSON.stringify(line));

/** One line; what differs goes with the line that lives it again. */
function toldOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.slice(0, 300).replaceAll(/\s+/g, " ");
}

let lives = 0;
let failed = false;
for (let seed = from; seed < from + seeds && !(failed && values.first); seed += step) {
  for (const kind of kinds) {
    try {
      await judge(seed, KINDS[kind]);
    } catch (error) {
      failed = true;
      tell({ kind, seed, failed: toldOf(error) });
      if (values.first) break;
    }
    if (++lives % TOLD === 0) tell({ lives, seed });
  }
}
tell({ lives, seed: from + seeds });
