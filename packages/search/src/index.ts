// The door of search: the words of a text, and what a query asks for. Nothing here does anything.
export * from "./content.ts";
export { fold, foldLine } from "./fold.ts";
export { type QueryOptions, queryOfOptions } from "./options.ts";
export { MAX_QUERY_LENGTH, MAX_TERMS, parseQuery, queryOf } from "./parse.ts";
export * from "./query.ts";
export { spaced, wordsOf } from "./words.ts";
