// The beginning of .runtime/program.cjs (tools/program.ts): runs the program that was made while that is what the sources say. When one of
// them was edited it has the program made anew for the next call, where it may, and runs the sources as they lie.
// It must never run what the sources no longer say, nor keep a command from running because the program cannot be made.
import { closeSync, openSync, readFileSync, rmSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";

/** What is seen of a source from outside: bytes, milliseconds of its last writing, of its last change of any kind. */
export type Seen = readonly [size: number, written: number, changed: number];

/** What was made: the files .runtime/NAME.js and .code, and the sources, by their paths in the checkout. */
export interface Made {
  readonly name: string;
  readonly sources: Readonly<Record<string, Seen>>;
}

/** Throws when there is no such file. */
export function seenOf(path: string): Seen {
  return asSeen(statSync(path));
}

const asSeen = ({ size, mtimeMs, ctimeMs }: Stats): Seen => [size, mtimeMs, ctimeMs];

/** The program compiled, from `code` where V8 takes it: another Node, or other flags, compile anew. */
export function scriptOf(text: string, path: string, code?: Buffer): Script {
  return new Script(text, { filename: path, ...(code === undefined ? {} : { cachedData: code }) });
}

/** No source was written since, or taken away. */
function isCurrent(checkout: string, sources: Made["sources"]): boolean {
  return Object.entries(sources).every(([name, before]) => {
    const stats = statSync(`${checkout}/${name}`, { throwIfNoEntry: false });
    return stats !== undefined && asSeen(stats).every((value, index) => value === before[index]);
  });
}

/** Null when another call has put a newer program in its place at this moment. */
function programOf(place: string, name: string): Script | null {
  try {
    const path = join(place, `${name}.js`);
    return scriptOf(readFileSync(path, "latin1"), path, readFileSync(join(place, `${name}.code`)));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

/** Older than this, a mark belongs to a command that was killed. */
const MARK_LIMIT_MS = 60_000;

/** Sets the mark of the one command that makes the program. False when another one does, and where nothing may be written. */
function markSet(mark: string): boolean {
  try {
    const made = statSync(mark, { throwIfNoEntry: false })?.mtimeMs;
    if (made !== undefined && Date.now() - made > MARK_LIMIT_MS) rmSync(mark, { force: true });
    closeSync(openSync(mark, "wx"));
    return true;
  } catch {
    // A checkout of somebody else, a full disk, another command that was quicker: the sources run all the same.
    return false;
  }
}

async function makeAnew(checkout: string): Promise<void> {
  const mark = join(checkout, ".runtime", "program.mark");
  if (!markSet(mark)) return;
  try {
    const { spawnSync } = await import("node:child_process");
    // The same flags, which are part of what V8 compares before it takes compiled code.
    const args = [...process.execArgv, join(checkout, "tools", "program.ts")];
    const made = spawnSync(process.execPath, args, { encoding: "utf8" });
    if (made.status !== 0)
      process.stderr.write(`packetboat: no program can be made of the sources; they run as they are.\n${made.stderr}`);
  } finally {
    rmSync(mark, { force: true });
  }
}

/** Runs a command. `require` is that of program.cjs. */
export async function start({ name, sources }: Made, require: NodeJS.Require): Promise<void> {
  const checkout = join(__dirname, "..");
  const program = isCurrent(checkout, sources) ? programOf(join(checkout, ".runtime"), name) : null;
  if (program !== null) {
    program.runInThisContext()(checkout, require);
    return;
  }
  await makeAnew(checkout);
  await import(pathToFileURL(join(checkout, "apps", "worker", "src", "main.ts")).href);
}
