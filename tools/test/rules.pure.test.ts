// Breaks each rule of tools/deps in a small tree of its own and expects it by name; then expects our tree to be read in full.
// Without this a checker that silently reads nothing would stay green for ever.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { checkTree } from "../deps/check.ts";
import { type RuleName, ruleNames } from "../deps/rules.ts";

type Tree = Readonly<Record<string, string>>;

const header = "// A fixture.\n";
const room = (name: string): string => `packages/${name}/src/index.ts`;

// One breach or more per rule; a rule without an entry does not compile.
const breaches: Readonly<Record<RuleName, readonly Tree[]>> = {
  "core-imports-nothing": [
    { [room("core")]: `import { join } from "node:path";\nexport const a = join;` },
    { [room("core")]: `import { randomUUID } from "node:crypto";\nexport const a = randomUUID;` },
    { "packages/core/src/digest.ts": `import { readFileSync } from "node:fs";\nexport const a = readFileSync;` },
    { [room("core")]: `import type { Stats } from "node:fs";\nexport type A = Stats;` },
  ],
  rooms: [
    { [room("imap")]: `export * from "../../engine/src/index.ts";`, [room("engine")]: "export const a = 1;" },
    { [room("database")]: `export * from "../../archive/src/index.ts";`, [room("archive")]: "export const a = 1;" },
    { [room("engine")]: `import "../../../apps/worker/src/index.ts";`, "apps/worker/src/index.ts": "export {};" },
  ],
  doors: [
    { [room("engine")]: `import type { Client } from "pg";\nexport type A = Client;` },
    { [room("database")]: `export const a = () => import("drizzle-orm");` },
    // Only a TypeScript parser reads this one: see check.ts.
    {
      [room("engine")]:
        `import { from as a, to as b } from "pg-copy-streams";\nexport const c = <T,>(t: T) => [a, b, t] as const;`,
    },
    { "apps/worker/src/main.ts": `export { ImapFlow } from "imapflow";` },
    { [room("archive")]: `export { simpleParser } from "mailparser";` },
    { [room("engine")]: `export { default as Queue } from "p-queue";` },
    { "apps/worker/src/main.ts": `import "pg-boss";` },
    { "apps/worker/src/daemon/run.ts": `export const boss = () => import("pg-boss");` },
    { [room("archive")]: `import { Cron } from "croner";\nexport const a = Cron;` },
    { "apps/worker/src/main.ts": `export const a = () => import("openid-client");` },
  ],
  "apps-apart": [
    { "apps/worker/src/main.ts": `import "../../restore/src/index.ts";`, "apps/restore/src/index.ts": "export {};" },
    { "apps/restore/src/index.ts": `import "../../worker/src/index.ts";`, "apps/worker/src/index.ts": "export {};" },
  ],
  "page-apart": [
    {
      "apps/restore/page/src/main.tsx": `import { a } from "../../src/iso.ts";\nexport const b = <p>{a}</p>;`,
      "apps/restore/src/iso.ts": "export const a = 1;",
    },
    {
      "apps/restore/page/src/a.ts": `import { a } from "../../../../packages/core/src/index.ts";\nexport const b = a;`,
      [room("core")]: "export const a = 1;",
    },
    { "apps/restore/page/src/a.ts": `export { join } from "node:path";` },
    {
      "apps/restore/src/a.ts": `export * from "../page/src/b.ts";`,
      "apps/restore/page/src/b.ts": "export const a = 1;",
    },
  ],
  "testkit-in-tests-only": [
    { "apps/worker/src/main.ts": `import "../../../packages/testkit/src/index.ts";`, [room("testkit")]: "export {};" },
  ],
  "no-deep-imports": [
    {
      [room("engine")]: `export * from "../../core/src/flags.ts";`,
      "packages/core/src/flags.ts": "export const a = 1;",
    },
    { "packages/imap/test/a.ts": `import "../../core/src/flags.ts";`, "packages/core/src/flags.ts": "export {};" },
    { "bench/a.ts": `import "../packages/core/src/flags.ts";`, "packages/core/src/flags.ts": "export {};" },
  ],
  "no-cycles": [
    {
      "packages/imap/src/a.ts": `import type { B } from "./b.ts";\nexport type A = B;`,
      "packages/imap/src/b.ts": `import type { A } from "./a.ts";\nexport type B = A | 1;`,
    },
  ],
  "no-src-to-test": [
    { [room("imap")]: `export * from "../test/fake.ts";`, "packages/imap/test/fake.ts": "export const a = 1;" },
  ],
  resolvable: [{ [room("imap")]: `export * from "./missing.ts";` }],
  "known-rooms": [{ [room("attic")]: "export const a = 1;" }],
  "no-vague-names": [
    { "packages/imap/src/utils.ts": "export const a = 1;" },
    { "packages/imap/src/services/a.ts": "export const a = 1;" },
  ],
  "file-length": [{ [room("imap")]: "\n".repeat(400) }],
  "file-header": [{ [room("imap")]: "export const a = 1; // late" }],
};

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

function plant(tree: Tree, rule?: RuleName): string {
  const root = mkdtempSync(join(tmpdir(), "rules-"));
  roots.push(root);
  for (const [file, source] of Object.entries(tree)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), rule === "file-header" ? source : header + source);
  }
  return root;
}

describe("a breach is found by name", () => {
  const cases = ruleNames.flatMap((rule) =>
    breaches[rule].map((tree) => ({ rule, tree, where: Object.keys(tree)[0] })),
  );
  test.each(cases)("$rule: $where", async ({ rule, tree }) => {
    const { violations } = await checkTree(plant(tree, rule));
    expect(violations.map((violation) => violation.rule)).toContain(rule);
  });
});

test("what the house allows passes", async () => {
  const { violations, imports } = await checkTree(
    plant({
      [room("core")]: `export * from "./flags.ts";`,
      "packages/core/src/flags.ts": "export const a = 1;",
      [room("archive")]: `export { a } from "../../core/src/index.ts";\nexport * from "../../database/src/index.ts";`,
      [room("database")]: "export const b = 1;",
      "packages/core/test/a.ts": `import "../../testkit/src/index.ts";\nimport "../src/flags.ts";`,
      [room("testkit")]: `export { a } from "../../core/src/index.ts";`,
      "apps/worker/src/command-table.ts": `export * from "../../restore/src/index.ts";`,
      "apps/restore/src/index.ts": `export * from "../../../packages/archive/src/index.ts";`,
      "apps/restore/page/src/a.tsx": `import type * as A from "../../src/index.ts";\nexport const b = (a: typeof A.a) => <p>{a}</p>;`,
    }),
  );
  expect(violations).toEqual([]);
  expect(imports).toBe(9);
});
