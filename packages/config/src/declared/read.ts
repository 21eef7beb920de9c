// Reads packetboat.yaml: text in, declaration or problems out, in three stages of which each needs the one before: YAML, the schema, what the
// whole says. Pure. It must never give a declaration while anything is wrong: half a declaration with --prune removes the other half.
import { type Alias, type Document, LineCounter, parseDocument, visit } from "yaml";
import type { Declaration, Problem } from "./declaration.ts";
import { placeAt } from "./places.ts";
import {
  jsonSchema,
  problemAt,
  type SchemaNode,
  type Source,
  schemaProblems,
  stepInto,
  yamlProblem,
} from "./problems.ts";
import { type ResolveOptions, resolveFile } from "./resolve.ts";
import { fileSchema } from "./schema.ts";

export type ReadDeclaration =
  | { readonly kind: "declared"; readonly declaration: Declaration }
  /** By line; at least one. */
  | { readonly kind: "problems"; readonly problems: readonly Problem[] };

/** Reads the text of a file. */
export function readDeclaration(text: string, options: ResolveOptions): ReadDeclaration {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, schema: "core" }) as Document.Parsed;
  const source = { doc, lines };
  // Only the first: what comes after it is often its echo.
  const broken = [...doc.errors, ...doc.warnings].slice(0, 1).map((error) => yamlProblem(source, error));
  const lost = broken.length > 0 ? broken : lostAliases(source);
  if (lost.length > 0) return problemsOf(lost);
  const value = plainValue(doc);
  if (value === TOO_MANY) return problemsOf([problemAt(source, [], "refers to itself too often. Write it out.")]);
  const checked = fileSchema.safeParse(value);
  if (!checked.success)
    return problemsOf(checked.error.issues.flatMap((issue) => schemaProblems(source, value, issue)));
  const { declaration, problems } = resolveFile(source, checked.data, options);
  return problems.length > 0 ? problemsOf(problems) : { kind: "declared", declaration };
}

function problemsOf(problems: readonly Problem[]): ReadDeclaration {
  return { kind: "problems", problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column) };
}

/** `cron: * * * * *`, say: YAML takes what follows a * for the name of an anchor. */
function lostAliases({ doc, lines }: Source): readonly Problem[] {
  const lost: Problem[] = [];
  visit(doc, {
    Alias: (_, alias: Alias) => {
      if (alias.resolve(doc) === undefined)
        lost.push({ ...placeAt(lines, alias.range?.[0] ?? 0), text: "Put a text that begins with * in quotes." });
    },
  });
  return lost;
}

const TOO_MANY = Symbol("too many aliases");

/** The content without keys that have no value: `links:` with every line below it commented out says nothing. */
function plainValue(doc: Document.Parsed): unknown {
  try {
    return withoutEmpty(doc.toJS({ maxAliasCount: 100 }), jsonSchema()) ?? {};
  } catch (error) {
    // The one thing that the library throws for a document whose aliases all resolve: a bomb of aliases.
    if (error instanceof ReferenceError) return TOO_MANY;
    throw error;
  }
}

/** Keys that nobody knows stay: they are to be complained about. */
function withoutEmpty(value: unknown, schema: SchemaNode | null): unknown {
  if (Array.isArray(value)) return value.map((each) => withoutEmpty(each, stepInto(schema, 0)));
  if (typeof value !== "object" || value === null) return value;
  const isKnown = (key: string) => Object.hasOwn(schema?.properties ?? {}, key);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, each]) => each !== null || !isKnown(key))
      .map(([key, each]) => [key, withoutEmpty(each, stepInto(schema, key))]),
  );
}
