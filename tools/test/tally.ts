// What a stage of `npm test` reports: counts that can be added up, and the names of what failed or was skipped.

/** One test that did not run, with the suite it belongs to and the reason that suite gave. */
export interface Skip {
  readonly suite: string;
  readonly reason: string;
}

/** The outcome of one stage. Every failure is one line that names it. */
export interface Tally {
  readonly passed: number;
  readonly failures: readonly string[];
  readonly skipped: readonly Skip[];
}

export const nothing: Tally = { passed: 0, failures: [], skipped: [] };

export function add(a: Tally, b: Tally): Tally {
  return {
    passed: a.passed + b.passed,
    failures: [...a.failures, ...b.failures],
    skipped: [...a.skipped, ...b.skipped],
  };
}
