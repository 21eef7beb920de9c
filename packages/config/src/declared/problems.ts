// From what the YAML parser and the schema find wrong to problems with a place and a sentence. Pure. Neither library's own message is ever
// shown: they quote the text, and a password that somebody wrote into the file would be printed.

import { nearest } from "@packetboat/core";
import type { Document, LineCounter, YAMLParseError, YAMLWarning } from "yaml";
import { z } from "zod";
import type { Problem } from "./declaration.ts";
import { type Path, placeAt, placeOf } from "./places.ts";
import { fileSchema } from "./schema.ts";

/** What a problem's place is read from. */
export interface Source {
  readonly doc: Document.Parsed;
  readonly lines: LineCounter;
}

const IN_YAML: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: "This key is there twice. Keep one.",
  TAB_AS_INDENT: "YAML takes no tabs. Indent with blanks.",
  BAD_INDENT: "The indentation does not fit the lines above.",
  BAD_ALIAS: "Put a text that begins with * in quotes.",
  BAD_SCALAR_START: "Put a text that begins with such a character in quotes.",
  BAD_DQ_ESCAPE: "A \\ in double quotes begins a code. Use single quotes.",
  MULTIPLE_DOCS: "A file declares one thing. Remove the second document (---).",
  TAG_RESOLVE_FAILED: "Tags (!) mean nothing here. Remove it, or put the text in quotes.",
};

/** Of the YAML parser. */
export function yamlProblem({ lines }: Source, { code, pos }: YAMLParseError | YAMLWarning): Problem {
  const text = IN_YAML[code] ?? "This is no YAML. Look for a missing colon, quote or bracket.";
  return { ...placeAt(lines, pos[0]), text };
}

/** Of a path, with a sentence that begins with the path in words. */
export function problemAt({ doc, lines }: Source, path: Path, end: string): Problem {
  return { ...placeOf(doc, lines, path), text: `${inWords(path)} ${end}` };
}

/** ["links", 1, "guard", "share"] → "link 2: guard.share"; items of lists count from 1. */
function inWords(path: Path): string {
  if (path.length === 0) return "The file";
  const [first, second, ...rest] = path;
  const tail = rest.map((key) => shown(String(key))).join(".");
  if (typeof second === "number") {
    const item = `${String(first).replace(/s$/, "")} ${second + 1}`;
    return tail === "" ? item : `${item}: ${tail}`;
  }
  return path.map((key) => shown(String(key))).join(".");
}

const LONGEST = 40;
/** A key of the file, as it may be printed. */
export function shown(key: string): string {
  const plain = key.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, "\ufffd");
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain;
}

type Issue = z.core.$ZodIssue;

/** Of the schema; `value` is what it was given. */
export function schemaProblems(source: Source, value: unknown, issue: Issue): readonly Problem[] {
  const { path } = issue;
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      ...placeOf(source.doc, source.lines, [...path, key]),
      text: unknownKey(path, key),
    }));
  const key = path.at(-1);
  if (key !== undefined && valueAt(value, path) === undefined)
    return [problemAt(source, path.slice(0, -1), `has no ${shown(String(key))}, which ${issue.message}.`)];
  return [problemAt(source, path, `${issue.message}.`)];
}

function unknownKey(path: Path, key: string): string {
  // Whoever writes `password: { hunter2 }` has written a key.
  if (path.at(-1) === "password")
    return `${inWords(path)} is never written here: give { env: NAME }, { file: PATH } or { command: COMMAND }.`;
  const known = keysAt(path);
  const guess = nearest(key, known);
  const help = guess === null ? `It knows ${known.join(", ")}.` : `Did you mean ${guess}?`;
  return `${inWords(path)} knows no ${shown(key)}. ${help}`;
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Readonly<Record<PropertyKey, unknown>>)[key];
  }
  return at;
}

/** The part of a JSON Schema that this file walks along. */
export interface SchemaNode {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | false;
  readonly items?: SchemaNode;
}

/** The schema as JSON Schema, of what is written in the file. */
export function jsonSchema(): SchemaNode {
  return z.toJSONSchema(fileSchema, { io: "input" }) as SchemaNode;
}

/** The part of the schema for a key or an item; null where it has none. */
export function stepInto(node: SchemaNode | null, key: PropertyKey): SchemaNode | null {
  if (node === null) return null;
  if (typeof key === "number") return node.items ?? null;
  const { properties, additionalProperties } = node;
  if (properties !== undefined && Object.hasOwn(properties, key)) return properties[String(key)] ?? null;
  return additionalProperties === undefined || additionalProperties === false ? null : additionalProperties;
}

function keysAt(path: Path): readonly string[] {
  const node = path.reduce<SchemaNode | null>(stepInto, jsonSchema());
  return Object.keys(node?.properties ?? {});
}
