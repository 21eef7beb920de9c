// Reads the token tree that imapflow's parser makes of an answer: text, lists, response codes. Total over whatever a server sends.
// It must never trust a shape: every token may be missing, NIL, a list or a Buffer.

/** A token: an atom or string with a value, a section in brackets, a list, or NIL. */
export type Token = TokenValue | readonly Token[] | null | undefined;

export interface TokenValue {
  readonly type?: string;
  readonly value?: unknown;
  readonly section?: readonly Token[];
}

/** A parsed answer. */
export interface Answer {
  readonly tag?: string;
  /** `OK`, `LIST`; for numbered answers (`5 EXISTS`) the number. */
  readonly command?: string;
  readonly attributes?: readonly Token[];
  /** Numbers of a SEARCH answer, read without tokens. */
  readonly numbers?: readonly number[];
}

/** Text of an atom or string; undefined for NIL and lists. */
export function textOf(token: Token): string | undefined {
  if (token === null || token === undefined || isList(token)) return undefined;
  const { value } = token;
  if (Buffer.isBuffer(value)) return value.toString("utf8");
  return typeof value === "string" ? value : undefined;
}

export function isList(token: Token): token is readonly Token[] {
  return Array.isArray(token);
}

/** Elements of a list; none for anything else. */
export function listOf(token: Token): readonly Token[] {
  return isList(token) ? token : [];
}

/** Texts of a list, NIL and lists left out. */
export function textsOf(token: Token): string[] {
  return listOf(token).flatMap((item) => textOf(item) ?? []);
}

/** A bounded decimal number, null for anything else. */
export function numberOf(token: Token, max = 4_294_967_295): number | null {
  const text = textOf(token);
  if (text === undefined || !/^\d{1,16}$/.test(text)) return null;
  const value = Number(text);
  return value <= max ? value : null;
}

/** A decimal of up to 20 digits, null for anything else. */
export function bigintOf(token: Token): bigint | null {
  const text = textOf(token);
  return text !== undefined && /^\d{1,20}$/.test(text) ? BigInt(text) : null;
}

/** The response code in brackets of an OK, NO, BAD or BYE: its name in upper case and what follows it. */
export function responseCode(
  answer: Answer | undefined,
): { readonly name: string; readonly rest: readonly Token[] } | null {
  const first = answer?.attributes?.[0];
  if (first === null || first === undefined || isList(first)) return null;
  const { section, value } = first as TokenValue;
  if (value || !section) return null;
  const name = textOf(section[0]);
  return name === undefined ? null : { name: name.toUpperCase(), rest: section.slice(1) };
}
