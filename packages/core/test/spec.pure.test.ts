// docs/spec.md against the tree: every rule is there once, every rule in force names a test, and every test named exists and says the
// rule's number in one of its strings. It reads text only; whether those tests pass is their own affair.
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../../..");
const spec = readFileSync(resolve(root, "docs/spec.md"), "utf8");

/** Rules of each group; a new one is added at the end of its group. */
const GROUPS: Readonly<Record<string, number>> = { C: 7, M: 10, F: 3, B: 8, U: 4, S: 5, G: 5, I: 5 };
const STATES = ["in force", "in force in part", "later"];

interface Entry {
  readonly name: string;
  readonly state: string;
  readonly text: string;
}

/** `**C1** (in force) …` up to the next blank line. */
const rules = [...spec.matchAll(/^\*\*([A-Z]\d+)\*\* \(([^)]+)\)([\s\S]*?)(?=\n\n|$(?![\s\S]))/gm)].map(
  (match): Entry => ({ name: match[1] ?? "", state: match[2] ?? "", text: match[3] ?? "" }),
);
/** `| P1 | … | tests |` */
const properties = [...spec.matchAll(/^\| (P\d+) \|(.*)\|$/gm)].map((match) => ({
  name: match[1] ?? "",
  text: match[2] ?? "",
}));
const PROPERTIES = 12;
/** `| 12 | … | tests |` */
const traps = [...spec.matchAll(/^\| (\d+) \|(.*)\|$/gm)].map((match) => ({
  number: match[1] ?? "",
  text: match[2] ?? "",
}));

const pathsIn = (text: string): string[] => [...text.matchAll(/`([^`\s]+\.ts)`/g)].map((match) => match[1] ?? "");
const testsIn = (text: string): string[] => pathsIn(text).filter((path) => /\.test\.ts$|\/contracts\//.test(path));

const stringsOf = new Map<string, string>();
/** A file without its comment lines: what is left of a rule's number there stands in a title. */
function withoutComments(path: string): string {
  const known = stringsOf.get(path);
  if (known !== undefined) return known;
  const lines = readFileSync(resolve(root, path), "utf8").split("\n");
  const text = lines.map((line) => line.replace(/^\s*(\/\/|\*|\/\*).*$/, "").replace(/\s\/\/ .*$/, "")).join("\n");
  stringsOf.set(path, text);
  return text;
}

describe("docs/spec.md", () => {
  const names = Object.entries(GROUPS).flatMap(([group, count]) =>
    Array.from({ length: count }, (_, n) => `${group}${n + 1}`),
  );

  it("has every rule once, in order", () => {
    expect(rules.map((rule) => rule.name)).toEqual(names);
    expect(rules.filter((rule) => !STATES.includes(rule.state))).toEqual([]);
  });

  it("names files that exist", () => {
    expect(pathsIn(spec).filter((path) => !existsSync(resolve(root, path)))).toEqual([]);
  });

  for (const rule of rules) {
    it(`${rule.name} (${rule.state}) is enforced where it says`, () => {
      const tests = testsIn(rule.text);
      if (rule.state === "in force" || rule.state === "in force in part") expect(tests).not.toEqual([]);
      const said = new RegExp(`\\b${rule.name}\\b`);
      expect(tests.filter((path) => !said.test(withoutComments(path)))).toEqual([]);
    });
  }

  it("has every property once, and names tests that name it", () => {
    expect(properties.map(({ name }) => name)).toEqual(Array.from({ length: PROPERTIES }, (_, n) => `P${n + 1}`));
    for (const { name, text } of properties) {
      const tests = testsIn(text);
      expect(tests, name).not.toEqual([]);
      const said = new RegExp(`\\b${name}\\b`);
      expect(
        tests.filter((path) => !said.test(withoutComments(path))),
        name,
      ).toEqual([]);
    }
  });

  it("names for each trap a test that names it", () => {
    expect(traps.length).toBeGreaterThan(30);
    for (const { number, text } of traps) {
      const tests = testsIn(text);
      if (tests.length === 0) expect(text, `trap ${number}`).toMatch(/no test: /);
      const said = new RegExp(`\\btraps? (\\d+, )*${number}\\b`);
      expect(
        tests.filter((path) => !said.test(withoutComments(path))),
        `trap ${number}`,
      ).toEqual([]);
    }
  });
});
