// The text of a search as the page handles it: its terms as chips that can be taken out, filters that can be switched, and what may be meant by what
// is being typed. Pure. What it means is the server's affair; here it is only cut where a person would.
import { search } from "../../texts/mail.ts";

/** The terms of a query: parted by blanks that stand in no quotes and no brackets. */
export function termsOf(text: string): readonly string[] {
  const terms: string[] = [];
  let term = "";
  let quoted = false;
  let depth = 0;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    else if (!quoted && character === "(") depth++;
    else if (!quoted && character === ")") depth = Math.max(0, depth - 1);
    if (/\s/.test(character) && !quoted && depth === 0) {
      if (term !== "") terms.push(term);
      term = "";
    } else term += character;
  }
  return term === "" ? terms : [...terms, term];
}

/** Terms that are shown as chips: those that name a field. Words stay words. */
export const chipsOf = (text: string): readonly string[] =>
  termsOf(text).filter((term) => /^-?[a-z_]+:./i.test(term) || term.startsWith("("));

/** The query without one term of it, once. */
export function without(text: string, term: string): string {
  const terms = [...termsOf(text)];
  const at = terms.indexOf(term);
  if (at !== -1) terms.splice(at, 1);
  return terms.join(" ");
}

/** The query with this term, or without it if it has it. */
export const toggled = (text: string, term: string): string =>
  termsOf(text).includes(term) ? without(text, term) : [...termsOf(text), term].join(" ");

/** A value as a query takes it. */
export const quotedValue = (value: string): string =>
  /[\s()"]/.test(value) ? `"${value.replaceAll('"', " ")}"` : value;

export interface Suggestion {
  /** In place of the last term. */
  readonly term: string;
  readonly hint: string;
}

const MOST = 7;
const FIELDS = Object.entries(search.hints).map(([term, hint]) => ({ term, hint }));

/** What may be meant by the last term of a text. `mailboxes`: their paths; `people`: their addresses. */
export function suggestionsFor(
  text: string,
  mailboxes: readonly string[],
  people: readonly string[],
): readonly Suggestion[] {
  const last = /\s$/.test(text) ? "" : (termsOf(text).at(-1) ?? "");
  const [, field = "", value = ""] = /^-?(in|from|to|cc):"?(.*?)"?$/i.exec(last) ?? [];
  if (field !== "") {
    const known = field.toLowerCase() === "in" ? mailboxes : people;
    return known
      .filter((one) => one.toLowerCase().includes(value.toLowerCase()))
      .map((one) => ({ term: `${field}:${quotedValue(one)}`, hint: "" }))
      .filter(({ term }) => term !== last)
      .slice(0, MOST);
  }
  if (last === "") return text === "" ? FIELDS.slice(0, MOST) : [];
  return FIELDS.filter(({ term }) => term.startsWith(last.toLowerCase()) && term !== last).slice(0, MOST);
}

/** The text with a suggestion taken: ready for the next word, or for the value that is still missing. */
export function taken(text: string, { term }: Suggestion): string {
  const terms = termsOf(text);
  const kept = /\s$/.test(text) || text === "" ? terms : terms.slice(0, -1);
  return [...kept, term].join(" ") + (term.endsWith(":") ? "" : " ");
}
