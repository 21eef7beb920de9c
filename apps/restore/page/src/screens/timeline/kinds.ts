// How messages differ between two moments, in the order in which the screen has them; and what its address may say, and that of a message which is
// opened from there. Pure.

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

export interface MessageSearch extends Omit<CompareSearch, "archive"> {
  /** A revision, or a time as the API takes it. Not there: now. */
  readonly at?: number | string | undefined;
}

/** Of one message: the moment, and the two that were compared where it was opened from; with a kind it was. */
export function messageSearch(words: Readonly<Record<string, unknown>>): MessageSearch {
  const { archive: _, ...compared } = compareSearch(words);
  const at = wholeOf(words.at, 0) ?? words.at;
  const isMoment = typeof at === "number" || (typeof at === "string" && at !== "");
  return { ...(isMoment ? { at } : {}), ...compared };
}

export type Counts = Readonly<Record<Kind, number>>;

/** What is opened where nobody chose: the first kind of which there is anything. */
export const firstKind = (counts: Counts): Kind => KINDS.find((kind) => counts[kind] > 0) ?? KINDS[0];
