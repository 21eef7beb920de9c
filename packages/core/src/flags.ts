// Flags and keywords as values: normal form and three-way merge (F1 to F3). Keywords are compared without case and kept in the
// case first seen. It must never let `\Recent` through (F2: it belongs to a session, not to a message).

/** Normal form: no `\Recent`, no two that differ in case only, sorted without case. Made by {@link normalFlags} only. */
export type Flags = readonly string[];

const SYSTEM = new Map(
  ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"].map((flag) => [flag.toLowerCase(), flag]),
);

/** A server that sends thousands of keywords on one message is hostile or broken; Dovecot allows far fewer. */
export const MAX_FLAGS = 1_000;
/** Longest keyword kept; longer ones are dropped with the rest of the abuse. */
export const MAX_FLAG_LENGTH = 512;

const keyOf = (flag: string): string => flag.toLowerCase();

function byKey(a: string, b: string): number {
  const x = keyOf(a);
  const y = keyOf(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Gives the normal form of what a server showed. Total: odd input is dropped, never thrown on. */
export function normalFlags(raw: Iterable<string>): Flags {
  const seen = new Map<string, string>();
  for (const flag of raw) {
    const key = keyOf(flag);
    // A NUL cannot be stored in Postgres text; no server may send one in an atom.
    if (key === "\\recent" || flag === "" || flag.length > MAX_FLAG_LENGTH || flag.includes("\0")) continue;
    if (!seen.has(key)) seen.set(key, SYSTEM.get(key) ?? flag);
    if (seen.size >= MAX_FLAGS) break;
  }
  return [...seen.values()].sort(byKey);
}

/** Equal without case (F3). */
export function sameFlags(a: Flags, b: Flags): boolean {
  return a.length === b.length && a.every((flag, index) => keyOf(flag) === keyOf(b[index] ?? ""));
}

/** What `a` has and `b` has not (F3: without case). */
export function withoutFlags(a: Flags, b: Flags): Flags {
  const keys = new Set(b.map(keyOf));
  return a.filter((flag) => !keys.has(keyOf(flag)));
}

/** Both, in normal form; the case of `a` wins. */
export function unionFlags(a: Flags, b: Flags): Flags {
  return normalFlags([...a, ...b]);
}

/** What both have; the case of `a`. */
export function commonFlags(a: Flags, b: Flags): Flags {
  return withoutFlags(a, withoutFlags(a, b));
}

/**
 * Gives the base's flags after a STORE: of what was sent only what the server then shows (F1), and nothing else of what it shows. Whatever
 * somebody else changed there meanwhile is for the next pull to merge.
 */
export function flagsAfterStore(base: Flags, add: Flags, remove: Flags, shown: Flags): Flags {
  return unionFlags(withoutFlags(base, withoutFlags(remove, shown)), commonFlags(add, shown));
}

/** What a merge says: the archive's flags after it, and what would have to be sent to the server to make it equal. */
export interface FlagMerge {
  readonly archive: Flags;
  readonly add: Flags;
  readonly remove: Flags;
}

/**
 * Merges element by element against the base, which cannot conflict: a flag that one side changed since the base is taken from that
 * side (F2: gone from the server counts as removed only if the base has shown it there). Without `pull` the server's changes stay out.
 */
export function mergeFlags(base: Flags, archive: Flags, remote: Flags, pull: boolean): FlagMerge {
  const added = withoutFlags(remote, base);
  const removed = withoutFlags(base, remote);
  const next = pull ? unionFlags(withoutFlags(archive, removed), added) : archive;
  return { archive: next, add: withoutFlags(next, remote), remove: withoutFlags(remote, next) };
}
