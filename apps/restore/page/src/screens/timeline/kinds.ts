// How messages differ between two moments, in the order in which the screen has them; and what its address may say. Pure.

export const KINDS = ["added", "removed", "moved", "flagged"] as const;
export type Kind = (typeof KINDS)[number];

export interface CompareSearch {
  readonly archive?: number | undefined;
  /** Revisions; not given: now. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly kind?: Kind | undefined;
}

const wholeOf = (word: unknown, least: number): number | undefined =>
  Number.isSafeInteger(Number(word)) && word !== "" && word !== null && Number(word) >= least
    ? Number(word)
    : undefined;

/** What is not understood is left out. */
export function compareSearch(words: Readonly<Record<string, unknown>>): CompareSearch {
  const [archive, from, to] = [wholeOf(words.archive, 1), wholeOf(words.from, 0), wholeOf(words.to, 0)];
  const kind = KINDS.find((one) => one === words.kind);
  return {
    ...(archive === undefined ? {} : { archive }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(kind === undefined ? {} : { kind }),
  };
}
