// Loaded before a process that lives lives (`node --import`): puts the mutant that PACKETBOAT_MUTANT names into its source as it is read. It
// throws when the snippet is not there exactly once, and lets no process end well whose mutant was never read.
import { registerHooks } from "node:module";
import { MUTANTS } from "./table.ts";

const name = process.env.PACKETBOAT_MUTANT;
const mutant = MUTANTS.find((one) => one.name === name);
if (mutant === undefined) throw new Error(`there is no mutant ${name}`);
const { file, snippet, instead } = mutant;
let done = false;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith(`/packages/${file}`)) return loaded;
    const parts = String(loaded.source).split(snippet);
    if (parts.length !== 2)
      throw new Error(`the snippet of the mutant "${name}" is ${parts.length - 1} times in ${file}: write it anew`);
    done = true;
    return { ...loaded, source: parts.join(instead) };
  },
});

process.on("exit", () => {
  if (!done) process.exitCode = 3;
});
