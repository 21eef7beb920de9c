// From a query to what the index is asked: a tsquery that finds all that is meant, and whether it finds anything else. Pure. Whatever people
// write becomes quoted lexemes; it must never become syntax.
import type { ContentTerm, Query } from "@packetboat/search";

/** What the index knows of a query. */
export interface IndexTerms {
  /** A tsquery that finds at least what is meant. Null: everything may be meant. */
  readonly terms: string | null;
  /** It finds nothing else. */
  readonly exact: boolean;
}

/** Three neighbouring characters: more of them find hardly less. */
const MOST_PIECES = 12;
const MARKS = { from: "<", to: ">", cc: ">", bcc: ">", filename: "=" } as const;
const UNKNOWN: IndexTerms = { terms: null, exact: false };

/** A lexeme as tsquery takes it: in quotes, in which only these two are anything but themselves. */
export function quoted(lexeme: string): string {
  return `'${lexeme.replace(/['\\]/g, "$&$&")}'`;
}

/** Gives what the index is asked for a query. */
export function indexTerms(query: Query): IndexTerms {
  switch (query.kind) {
    case "and": {
      const all = query.of.map(indexTerms);
      const known = all.flatMap(({ terms }) => (terms === null ? [] : [terms]));
      return { terms: known.length === 0 ? null : group(known, "&"), exact: all.every(({ exact }) => exact) };
    }
    case "or": {
      const all = query.of.map(indexTerms);
      const known = all.flatMap(({ terms }) => (terms === null ? [] : [terms]));
      if (known.length < all.length) return UNKNOWN;
      return { terms: group(known, "|"), exact: all.every(({ exact }) => exact) };
    }
    case "not": {
      const { terms, exact } = indexTerms(query.of);
      // Without what may be meant: that would be too little, unless it is exactly what is meant.
      return exact && terms !== null ? { terms: `!(${terms})`, exact } : UNKNOWN;
    }
    case "words":
    case "piece":
    case "attachment":
      return contentTerms(query);
    default:
      return UNKNOWN;
  }
}

function contentTerms(term: ContentTerm): IndexTerms {
  switch (term.kind) {
    case "attachment":
      return { terms: quoted("#attachment"), exact: true };
    case "words": {
      const mark = term.field === "subject" ? "/" : "";
      const last = term.words.length - 1;
      const all = term.words.map((word, i) => `${quoted(mark + word)}${term.open && i === last ? ":*" : ""}`);
      return { terms: group(all, "&"), exact: last === 0 && term.field !== "body" };
    }
    case "piece": {
      const mark = MARKS[term.field];
      const characters = [...term.text];
      const pieces = characters.map((_, i) => characters.slice(i, i + 3).join(""));
      const whole = [...new Set(pieces.slice(0, Math.max(1, characters.length - 2)))].slice(0, MOST_PIECES);
      const open = characters.length < 3 ? ":*" : "";
      // A blank may stand between two headers, and receivers have one mark.
      const exact = characters.length <= 3 && !term.text.includes(" ") && (mark !== ">" || term.field === "to");
      return {
        terms: group(
          whole.map((piece) => quoted(mark + piece) + open),
          "&",
        ),
        exact,
      };
    }
  }
}

function group(terms: readonly string[], between: "&" | "|"): string {
  return terms.length === 1 ? (terms[0] ?? "") : `(${terms.join(` ${between} `)})`;
}
