// A search as a value: what a person asks for, understood and checked, before any table is thought of. Pure; plain JSON.

/** What is said of a message's text and names; the words are folded. */
export type ContentTerm =
  /** Words that follow one another; with `open`, the last is only the beginning of a word. At least one word. */
  | {
      readonly kind: "words";
      readonly field: "any" | "subject" | "body";
      readonly words: readonly string[];
      readonly open: boolean;
    }
  /** A piece of an address, a name or a file name; folded, never empty. `to` is To, Cc and Bcc. */
  | { readonly kind: "piece"; readonly field: PieceField; readonly text: string }
  | { readonly kind: "attachment" };

export type PieceField = "from" | "to" | "cc" | "bcc" | "filename";

/** What is said of a message in its place. */
export type PlaceTerm =
  /** A flag or keyword that is set. */
  | { readonly kind: "flag"; readonly flag: string }
  /** Path or last name of the mailbox, or its role; without case, `*` any text, `?` one character. */
  | { readonly kind: "mailbox"; readonly pattern: string }
  /** Milliseconds since 1970: received at or after; before. */
  | { readonly kind: "since"; readonly time: number }
  | { readonly kind: "before"; readonly time: number }
  /** Bytes of the whole message: more than; less than. */
  | { readonly kind: "larger"; readonly bytes: number }
  | { readonly kind: "smaller"; readonly bytes: number };

export type Term = ContentTerm | PlaceTerm;

export type Query =
  /** None of them: everything. */
  | { readonly kind: "and"; readonly of: readonly Query[] }
  | { readonly kind: "or"; readonly of: readonly Query[] }
  | { readonly kind: "not"; readonly of: Query }
  | Term;

/** What keeps a query from being understood. */
export interface QueryProblem {
  /** Counted in characters, from 1. */
  readonly column: number;
  /** A sentence, with what was probably meant. */
  readonly text: string;
}

export type ParsedQuery =
  | { readonly kind: "query"; readonly query: Query }
  | { readonly kind: "problem"; readonly problem: QueryProblem };
