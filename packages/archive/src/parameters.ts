// How values travel to Postgres: whole columns as arrays, one element a row, for `unnest`. Pure. Arrays inside a row (flags, paths) go
// as array literals in text, because unnest flattens nested arrays. It must never build SQL text from data.
import { createHash } from "node:crypto";
import { type Digest, type MailboxPath, pathKey } from "@packetboat/core";

// Years 1 to 9999: what IMAP can say. Anything else is not a date (C2: stored as absent).
const FIRST_DATE = -62_135_596_800_000;
const LAST_DATE = 253_402_300_799_999;
const INT8_MAX = 9_223_372_036_854_775_807n;

/** An array literal of texts: {"a","b"}. */
export function arrayLiteral(texts: readonly string[]): string {
  if (texts.length === 0) return "{}";
  const quoted = texts.map((text) => `"${storable(text).replace(/[\\"]/g, "\\$&")}"`);
  return `{${quoted.join(",")}}`;
}

/** A column of numbers or booleans, as an array literal: what pg makes of an array itself costs it a regular expression for each element. */
export const plainColumn = (values: readonly (number | bigint | boolean | null)[]): string =>
  `{${values.map((value) => value ?? "NULL").join(",")}}`;

/** A column of digests, as text. */
export const digestColumn = (digests: readonly Digest[]): string => `{${digests.join(",")}}`;

/** A column of texts. What is the same is quoted once. */
export function textColumn(texts: readonly (string | null)[]): string {
  const quoted = new Map<string, string>();
  const elements = texts.map((text) => {
    if (text === null) return "NULL";
    const known = quoted.get(text);
    if (known !== undefined) return known;
    const made = `"${storable(text).replace(/[\\"]/g, "\\$&")}"`;
    quoted.set(text, made);
    return made;
  });
  return `{${elements.join(",")}}`;
}

/** A column of arrays, such as flags, as text. A list that many rows share is written once. */
export function listColumn(lists: readonly (readonly string[] | null)[]): string {
  const written = new Map<readonly string[], string>();
  return textColumn(
    lists.map((list) => {
      if (list === null) return null;
      const known = written.get(list);
      if (known !== undefined) return known;
      const made = arrayLiteral(list);
      written.set(list, made);
      return made;
    }),
  );
}

/** Postgres text holds no NUL; a server that sends one means nothing by it. */
export function storable(text: string): string {
  return text.includes("\0") ? text.replaceAll("\0", "\uFFFD") : text;
}

/** Milliseconds since 1970 that a timestamptz can hold, or null. */
export function dateParameter(at: number | null): number | null {
  return at !== null && at >= FIRST_DATE && at <= LAST_DATE ? at : null;
}

/** RFC 7162 allows MODSEQ up to 2^63 - 1; what is beyond is nonsense and read as absent. */
export function int8Parameter(value: bigint | null): bigint | null {
  return value === null || value < 0n || value > INT8_MAX ? null : value;
}

/** What the unique index of live paths holds: SHA-256 of core's pathKey, so a path of any length fits (trap 36). */
export function pathDigest(path: MailboxPath): Buffer {
  return sha256(pathKey(path));
}

/** The same of a server's own spelling. */
export function nameDigest(name: string): Buffer {
  return sha256(name);
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
