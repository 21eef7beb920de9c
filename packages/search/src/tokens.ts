// A query's text cut into tokens: words with the field before them, quoted texts, OR, minus signs, brackets. Pure.
// It must never take longer than the text is long.

export type Token =
  | { readonly kind: "open" | "close" | "or" | "not"; readonly at: number }
  | {
      readonly kind: "term";
      readonly at: number;
      /** As it was written; null: none. */
      readonly field: string | null;
      readonly value: string;
      /** Where the value begins. */
      readonly valueAt: number;
      readonly quoted: boolean;
      /** False: the quote is not closed. */
      readonly closed: boolean;
    };

/** What is taken for a quotation mark; people copy from word processors. */
const QUOTES: Readonly<Record<string, string>> = { '"': '"', "“": "”", "„": "”", "«": "»" };
const SPACE = /\s/;
const FIELD = /^([A-Za-z][A-Za-z_-]*):/;

/** Gives the tokens of a text in their order. */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text.charAt(at);
    if (SPACE.test(character)) at++;
    else if (character === "(" || character === ")") {
      tokens.push({ kind: character === "(" ? "open" : "close", at });
      at++;
    } else if (character === "-" && (text.charAt(at + 1) === "(" || !isEnd(text, at + 1))) {
      tokens.push({ kind: "not", at });
      at++;
    } else {
      const { token, end } = termAt(text, at);
      tokens.push(token);
      at = end;
    }
  }
  return tokens;
}

function termAt(text: string, at: number): { readonly token: Token; readonly end: number } {
  const field = FIELD.exec(text.slice(at, at + 40))?.[1] ?? null;
  // An address of the web is no field.
  const valueAt = field === null || text.startsWith("//", at + field.length + 1) ? at : at + field.length + 1;
  const named = valueAt === at ? null : field;
  const closing = QUOTES[text.charAt(valueAt)];
  if (closing !== undefined) {
    const begin = valueAt + 1;
    const ends = [text.indexOf(closing, begin), closing === '"' ? -1 : text.indexOf('"', begin)].filter((i) => i >= 0);
    const end = ends.length === 0 ? text.length : Math.min(...ends);
    const value = text.slice(begin, end);
    return {
      token: { kind: "term", at, field: named, value, valueAt, quoted: true, closed: ends.length > 0 },
      end: end + 1,
    };
  }
  let end = valueAt;
  while (!isEnd(text, end)) end++;
  const value = text.slice(valueAt, end);
  if (named === null && (value === "OR" || value === "|")) return { token: { kind: "or", at }, end };
  if (named === null && value === "NOT") return { token: { kind: "not", at }, end };
  return { token: { kind: "term", at, field: named, value, valueAt, quoted: false, closed: true }, end };
}

function isEnd(text: string, at: number): boolean {
  const character = text.charAt(at);
  return character === "" || SPACE.test(character) || character === "(" || character === ")";
}
