// Checks a source tree against rules.ts and files.ts. `node tools/deps/check.ts` checks this repository.
// dependency-cruiser reads TypeScript with a typescript 6 of its own (packageExtensions in pnpm-workspace.yaml). Without it, it guesses at
// the sources with a JavaScript parser, or skips them, and reports success: so that, and any file left unread, is itself a failure.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { allExtensions, cruise } from "dependency-cruiser";
import { checkFiles, sourceFiles, type Violation } from "./files.ts";
import { importRules, type RuleName } from "./rules.ts";

/** What one check saw: how many files were read, how many imports they hold, and what breaks a rule. */
export interface Findings {
  readonly files: number;
  readonly imports: number;
  readonly violations: readonly Violation[];
}

/** Checks the tree under `root`. Throws when dependency-cruiser cannot read TypeScript, or left a source file unread. */
export async function checkTree(root: string): Promise<Findings> {
  if (!allExtensions.some(({ extension, available }) => extension === ".ts" && available))
    throw new Error("dependency-cruiser has no TypeScript it can use: see packageExtensions in pnpm-workspace.yaml");
  const files = sourceFiles(root);
  const { output } = await cruise(
    files,
    {
      baseDir: root,
      ruleSet: { forbidden: importRules },
      validate: true,
      tsPreCompilationDeps: true,
      doNotFollow: { path: "node_modules" },
    },
    {
      conditionNames: ["import", "node", "types", "default"],
      exportsFields: ["exports"],
      extensions: [".ts", ".tsx", ".js", ".mjs", ".d.ts", ".css"],
    },
  );
  if (typeof output === "string") throw new Error("dependency-cruiser answered with text instead of a result");
  const read = new Map(output.modules.map((module) => [module.source, module.dependencies.length]));
  const unread = files.filter((file) => !read.has(file));
  const imports = files.reduce((sum, file) => sum + (read.get(file) ?? 0), 0);
  if (unread.length > 0) throw new Error(`dependency-cruiser did not read ${unread.join(", ")}`);
  const broken = output.summary.violations.map(({ rule, from, to }) => ({
    rule: rule.name as RuleName,
    file: from,
    detail: `imports ${to}`,
  }));
  return { files: files.length, imports, violations: [...broken, ...checkFiles(root)] };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { files, imports, violations } = await checkTree(resolve(import.meta.dirname, "../.."));
  for (const { rule, file, detail } of violations) console.error(`${rule}: ${file} ${detail}`);
  console.log(`${files} files, ${imports} imports read, ${violations.length} rules broken`);
  // Every file but a few imports something: less, and most of it was not read.
  if (violations.length > 0 || imports <= files) process.exitCode = 1;
}
