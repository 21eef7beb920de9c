// The query language (docs/search.md): a text becomes a query, or a problem with its column and what was probably meant. Pure and total.
// Everything that is written must hold; OR joins the two beside it, as in the searches that people know; brackets group.
// It must never guess: half a query would mean other messages.
import { MailError, nearest } from "@packetboat/core";
import { FIELDS, Refusal, wordsTerm } from "./fields.ts";
import type { ParsedQuery, Query, QueryProblem } from "./query.ts";
import { type Token, tokensOf } from "./tokens.ts";

/** Characters of a query. */
export const MAX_QUERY_LENGTH = 2_000;
/** Terms of a query. */
export const MAX_TERMS = 50;
const MAX_DEPTH = 20;

class Problem extends Error {
  readonly at: number;

  constructor(at: number, text: string) {
    super(text);
    this.at = at;
  }
}

interface Reader {
  readonly tokens: readonly Token[];
  readonly end: number;
  readonly now: number;
  next: number;
  terms: number;
}

/** Gives what a text asks for. `now`: milliseconds since 1970; days are days of local time. */
export function parseQuery(text: string, now: number): ParsedQuery {
  try {
    if (text.length > MAX_QUERY_LENGTH)
      throw new Problem(MAX_QUERY_LENGTH, `A query has at most ${MAX_QUERY_LENGTH} characters.`);
    const reader: Reader = { tokens: tokensOf(text), end: text.length, now, next: 0, terms: 0 };
    const query = readAll(reader, 0);
    const left = reader.tokens[reader.next];
    if (left !== undefined) throw new Problem(left.at, "This bracket closes nothing. Remove it, or put it in quotes.");
    return { kind: "query", query };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { kind: "problem", problem: problemAt(text, error) };
  }
}

/** The same for whoever cannot go on without. Throws CONFIG_INVALID, which says where and why. */
export function queryOf(text: string, now: number): Query {
  const parsed = parseQuery(text, now);
  if (parsed.kind === "query") return parsed.query;
  const { column, text: sentence } = parsed.problem;
  throw new MailError("CONFIG_INVALID", `The query is not understood at column ${column}: ${sentence}`);
}

/** Columns are characters, not the halves of them that JavaScript counts. */
function problemAt(text: string, { at, message }: Problem): QueryProblem {
  return { column: [...text.slice(0, at)].length + 1, text: message };
}

/** Terms side by side, to the end or to a closing bracket. */
function readAll(reader: Reader, depth: number): Query {
  if (depth > MAX_DEPTH)
    throw new Problem(reader.tokens[reader.next - 1]?.at ?? 0, "Brackets lie too deep in each other.");
  const all: Query[] = [];
  for (
    let token = reader.tokens[reader.next];
    token !== undefined && token.kind !== "close";
    token = reader.tokens[reader.next]
  )
    all.push(readEither(reader, depth));
  return joined("and", all);
}

/** One term, or several with OR between them. */
function readEither(reader: Reader, depth: number): Query {
  const either = [readOne(reader, depth)];
  while (reader.tokens[reader.next]?.kind === "or") {
    reader.next++;
    either.push(readOne(reader, depth));
  }
  return joined("or", either);
}

function readOne(reader: Reader, depth: number): Query {
  const token = reader.tokens[reader.next];
  if (token === undefined) throw new Problem(reader.end, "Something is missing here.");
  reader.next++;
  switch (token.kind) {
    case "or":
      throw new Problem(token.at, 'OR stands between two terms. Write "or" to search for the word.');
    case "close":
      throw new Problem(token.at, "Something is missing before this bracket.");
    case "not": {
      const of = readOne(reader, depth + 1);
      if (depth > MAX_DEPTH) throw new Problem(token.at, "Too many minus signs.");
      return of.kind === "not" ? of.of : { kind: "not", of };
    }
    case "open": {
      const inner = readAll(reader, depth + 1);
      if (reader.tokens[reader.next]?.kind !== "close") throw new Problem(token.at, "This bracket is not closed.");
      reader.next++;
      if (inner.kind === "and" && inner.of.length === 0)
        throw new Problem(token.at, "There is nothing in these brackets.");
      return inner;
    }
    case "term":
      return readTerm(reader, token);
  }
}

function readTerm(reader: Reader, token: Extract<Token, { kind: "term" }>): Query {
  if (!token.closed) throw new Problem(token.valueAt, "This quotation mark is not closed.");
  if (++reader.terms > MAX_TERMS) throw new Problem(token.at, `A query has at most ${MAX_TERMS} terms.`);
  const query = token.field === null ? wordsTerm("any", token.value) : fieldTerm(token.field, token, reader.now);
  if (query instanceof Refusal) throw new Problem(token.at, query.text);
  return query;
}

function fieldTerm(written: string, token: Extract<Token, { kind: "term" }>, now: number): Query | Refusal {
  const field = written.toLowerCase();
  const read = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
  if (read === undefined) {
    const near = nearest(field, Object.keys(FIELDS));
    const meant = near === null ? `The fields are ${Object.keys(FIELDS).join(": ")}:` : `Did you mean ${near}:?`;
    return new Refusal(`There is no field ${written}:. ${meant} A text with a colon is searched for in quotes.`);
  }
  if (token.value.trim() === "")
    throw new Problem(token.valueAt, `${written}: is followed by nothing; no blank may stand between.`);
  return read(token.value, now);
}

function joined(kind: "and" | "or", of: readonly Query[]): Query {
  const [only] = of;
  return of.length === 1 && only !== undefined ? only : { kind, of };
}
