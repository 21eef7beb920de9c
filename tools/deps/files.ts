// The rules about files that no import graph can see: length, header, names, and that every package is a known room.
// It only reads. Fixture folders are data and are not looked at.
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type RuleName, rooms } from "./rules.ts";

/** One breach: the rule by name, the file it stands in, and what about it. */
export interface Violation {
  readonly rule: RuleName;
  readonly file: string;
  readonly detail: string;
}

const MAX_LINES = 400;
const vague = /^(utils?|helpers?|common|managers?|services?)$/i;

/** Every TypeScript file we wrote under `root`, as sorted relative paths. */
export function sourceFiles(root: string): string[] {
  const skip = (path: string): boolean => /(^|\/)(node_modules|fixtures|\.cache|dist)$/.test(path);
  return ["packages", "apps", "bench", "tools"]
    .flatMap((folder) => globSync(`${folder}/**/*.{ts,tsx}`, { cwd: root, exclude: skip }))
    .sort();
}

/** Checks names, headers and lengths of all sources, and that each folder of packages/ is a room of rules.ts. */
export function checkFiles(root: string): Violation[] {
  const found: Violation[] = [];
  for (const file of sourceFiles(root)) {
    const text = readFileSync(join(root, file), "utf8");
    const lines = text.split("\n").length - 1;
    if (lines > MAX_LINES) found.push({ rule: "file-length", file, detail: `${lines} lines, at most ${MAX_LINES}` });
    if (!/^(#!.*\n)?\/\/ \S/.test(text))
      found.push({ rule: "file-header", file, detail: "does not open with a // comment" });
    const name = file.split("/").find((part) => vague.test(part.replace(/\..*$/, "")));
    if (name !== undefined)
      found.push({ rule: "no-vague-names", file, detail: `"${name}" says nothing: name what it holds` });
  }
  const packages = join(root, "packages");
  for (const room of existsSync(packages) ? readdirSync(packages) : [])
    if (!(room in rooms))
      found.push({ rule: "known-rooms", file: `packages/${room}`, detail: "not in tools/deps/rules.ts" });
  return found;
}
